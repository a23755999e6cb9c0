// SPDX-License-Identifier: GPL-2.0-only
/* Options of SOL_UDP, which mean what they mean there, and SOL_FERRY. */
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <uapi/linux/ferry.h>

#include "dgram/sock.h"
#include "family.h"

static int set_cork(struct sock *sk, bool on)
{
	int err = 0;

	lock_sock(sk);
	WRITE_ONCE(ferry_dgram_sk(sk)->cork, on);
	if (!on)
		err = ferry_dgram_push(sk);
	release_sock(sk);
	return err;
}

static int set_udp(struct sock *sk, int name, int val)
{
	struct ferry_dgram_sock *ds = ferry_dgram_sk(sk);

	switch (name) {
	case UDP_CORK:
		return set_cork(sk, val);
	case UDP_NO_CHECK6_TX:
		WRITE_ONCE(ds->no_check6_tx, val);
		return 0;
	case UDP_NO_CHECK6_RX:
		WRITE_ONCE(ds->no_check6_rx, val);
		return 0;
	case UDP_SEGMENT:
		if (val < 0 || val > U16_MAX)
			return -EINVAL;
		WRITE_ONCE(ds->gso_size, val);
		return 0;
	case UDP_GRO:
		lock_sock(sk);
		ferry_dgram_set_gro(sk, val);
		release_sock(sk);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int ferry_dgram_setsockopt(struct sock *sk, int level, int name, sockptr_t val,
			   unsigned int len)
{
	int number;

	switch (level) {
	case SOL_UDP:
		if (len < sizeof(number))
			return -EINVAL;
		if (copy_from_sockptr(&number, val, sizeof(number)))
			return -EFAULT;
		return set_udp(sk, name, number);
	case SOL_FERRY:
		if (len < sizeof(number))
			return -EINVAL;
		if (copy_from_sockptr(&number, val, sizeof(number)))
			return -EFAULT;
		return ferry_family_set_udp(sk, name, number);
	default:
		if (sk->sk_family == AF_INET6)
			return ipv6_setsockopt(sk, level, name, val, len);
		return ip_setsockopt(sk, level, name, val, len);
	}
}

static int get_number(struct sock *sk, int level, int name, int *number)
{
	const struct ferry_dgram_sock *ds = ferry_dgram_sk(sk);

	if (level == SOL_FERRY) {
		*number = FERRY_API_VERSION;
		return name == FERRY_VERSION ? 0 :
		       ferry_family_get_udp(sk, name, number);
	}
	switch (name) {
	case UDP_CORK:
		*number = READ_ONCE(ds->cork);
		return 0;
	case UDP_NO_CHECK6_TX:
		*number = READ_ONCE(ds->no_check6_tx);
		return 0;
	case UDP_NO_CHECK6_RX:
		*number = READ_ONCE(ds->no_check6_rx);
		return 0;
	case UDP_SEGMENT:
		*number = READ_ONCE(ds->gso_size);
		return 0;
	case UDP_GRO:
		*number = READ_ONCE(ds->gro);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_own(struct sock *sk, int level, int name, char __user *val,
		   int __user *lenp)
{
	int len, number, err;

	if (get_user(len, lenp))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	err = get_number(sk, level, name, &number);
	if (err)
		return err;
	len = min_t(int, len, sizeof(number));
	if (put_user(len, lenp) || copy_to_user(val, &number, len))
		return -EFAULT;
	return 0;
}

int ferry_dgram_getsockopt(struct sock *sk, int level, int name,
			   char __user *val, int __user *len)
{
	int err;

	if (level == SOL_UDP || level == SOL_FERRY)
		return get_own(sk, level, name, val, len);
	if (sk->sk_family == AF_INET6)
		err = ipv6_getsockopt(sk, level, name, val, len);
	else
		err = ip_getsockopt(sk, level, name, val, len);
	return ferry_ip_udp_mtu(sk, level, name, err, val, len);
}
