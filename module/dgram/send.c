// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: one datagram is one sk_buff, the user's bytes copied once.
 *
 * The common case takes no lock. MSG_MORE and UDP_CORK gather a datagram from
 * several calls in a list of chunks, under the socket's lock.
 */
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>

#include "compat/dgram.h"
#include "compat/inet_flags.h"
#include "dgram/sock.h"
#include "frag.h"

#define IP_PAYLOAD_MAX	65535u
#define LINEAR_MAX	2048u	/* longer payloads lie in pages (frag.c) */
#define CHUNK_ROOM	SKB_WITH_OVERHEAD(PAGE_SIZE - 256)

/* ---- one datagram, complete ---- */

static unsigned int headroom(const struct ferry_dgram_out *o)
{
	return LL_RESERVED_SPACE(o->dst->dev) + o->dst->header_len + o->ip_hdr;
}

/* IPv4 counts its own header in the 65535 bytes, IPv6 does not. */
static unsigned int longest(const struct ferry_dgram_out *o)
{
	return o->v4 ? IP_PAYLOAD_MAX - o->ip_hdr :
		       IP_PAYLOAD_MAX - (o->ip_hdr - sizeof(struct ipv6hdr));
}

static bool unsummed(const struct sock *sk, const struct ferry_dgram_out *o)
{
	return o->v4 ? sk->sk_no_check_tx : ferry_dgram_sk(sk)->no_check6_tx;
}

static bool is_super(const struct ferry_dgram_out *o, size_t len)
{
	return o->gso_size && len > o->gso_size;
}

static int check_len(struct sock *sk, const struct ferry_dgram_out *o, size_t len)
{
	bool whole = !o->how.fragment || o->dontfrag;

	if (len > longest(o) - FDP_HDR ||
	    (whole && !is_super(o, len) && len + FDP_HDR + o->ip_hdr > o->mtu)) {
		ferry_dgram_too_long(sk, o);
		return -EMSGSIZE;
	}
	return is_super(o, len) ? ferry_dgram_super_check(o, len, unsummed(sk, o)) : 0;
}

/* What checksums are made of */
static void ends(const struct ferry_dgram_out *o, struct ferry_tuple *tuple)
{
	*tuple = (struct ferry_tuple) { .raddr = o->raddr, .udp = o->udp };
	if (o->v4)
		ferry_ip_map4(&tuple->laddr, o->fl.u.ip4.saddr);
	else
		tuple->laddr = o->fl.u.ip6.saddr;
}

static void put_header(struct sock *sk, struct sk_buff *skb,
		       const struct ferry_dgram_out *o)
{
	struct fdp_header h = {
		.sport	= ntohs(inet_sk(sk)->inet_sport),
		.dport	= ntohs(o->dport),
		.length	= skb->len,
	};
	struct ferry_tuple tuple;

	ends(o, &tuple);
	fdp_build(skb->data, &h);
	if (unsummed(sk, o))
		skb->ip_summed = CHECKSUM_NONE;
	else
		ferry_ip_csum(FERRY_DGRAM, skb, &tuple, o->dst);
}

/* RFC 1191: a datagram that fits the path says so; one that does not, cannot. */
static bool wants_df(struct sock *sk, const struct sk_buff *skb,
		     const struct ferry_dgram_out *o)
{
	unsigned int len = skb_is_gso(skb) ? o->gso_size + FDP_HDR : skb->len;
	u8 pmtudisc = inet_sk(sk)->pmtudisc;

	return pmtudisc == IP_PMTUDISC_DO || pmtudisc == IP_PMTUDISC_PROBE ||
	       (len + o->ip_hdr <= dst_mtu(o->dst) && ip_dont_fragment(sk, o->dst));
}

/* Options are written by the kernel only, with the socket's TTL or hop limit. */
static int out_options4(struct sock *sk, struct sk_buff *skb,
			struct ferry_dgram_out *o)
{
	memset(skb->cb, 0, sizeof(skb->cb));
	skb->ignore_df = o->how.fragment;
	return __ip_queue_xmit(sk, skb, &o->fl, o->how.tclass);
}

static int out_options6(struct sock *sk, struct sk_buff *skb,
			struct ferry_dgram_out *o)
{
	memset(skb->cb, 0, sizeof(skb->cb));
	skb->ignore_df = o->how.fragment;
	o->fl.u.ip6.daddr = o->raddr;
	return ip6_xmit(sk, skb, &o->fl.u.ip6, o->how.mark, o->opt,
			o->how.tclass, o->how.priority);
}

static int out_udp(struct sock *sk, struct sk_buff *skb, struct ferry_dgram_out *o)
{
	struct ferry_net *fn = ferry_sock_net(sk);
	struct ferry_tuple tuple;
	int err;

	ends(o, &tuple);
	err = ferry_ip_udp_wrap(fn, FERRY_DGRAM, skb, &tuple);
	return err ?: ferry_ip_out(fn, sk, skb, &o->fl, o->v4, &o->how);
}

static int out(struct sock *sk, struct sk_buff *skb, struct ferry_dgram_out *o)
{
	int ret;

	if (o->udp)
		return out_udp(sk, skb, o);

	if (!o->options4 && !o->opt)
		return ferry_ip_out(ferry_sock_net(sk), sk, skb, &o->fl, o->v4,
				    &o->how);
	ret = o->options4 ? out_options4(sk, skb, o) : out_options6(sk, skb, o);
	if (ret > 0)
		ret = net_xmit_errno(ret);
	if (ret < 0)
		ferry_stat_inc(ferry_sock_net(sk), FERRY_STAT_IP_OUT_DROPPED);
	return ret;
}

/* A full queue is told only to those who asked for it, as with UDP. */
static int hide_nobufs(struct sock *sk, bool v4, int err)
{
	bool recverr = v4 ? ferry_inet_flag(sk, recverr, RECVERR) :
			    ferry_inet6_flag(sk, recverr, RECVERR6);

	return err == -ENOBUFS && !recverr ? 0 : err;
}

/* Takes over @skb, whose data is the datagram with room for its header. */
static int transmit(struct sock *sk, struct sk_buff *skb, struct ferry_dgram_out *o)
{
	struct ferry_net *fn = ferry_sock_net(sk);
	unsigned int count;
	bool v4 = o->v4;
	int err;

	if (is_super(o, skb->len - FDP_HDR))
		ferry_dgram_super_mark(skb, o->gso_size);
	count = ferry_dgram_count(skb);
	put_header(sk, skb, o);
	o->how.df = wants_df(sk, skb, o);
	skb_reset_transport_header(skb);
	skb_dst_set(skb, dst_clone(o->dst));
	if (o->sockc.transmit_time)
		ferry_set_transmit_time(skb, &o->sockc);
	ferry_setup_tx_timestamp(skb, &o->sockc);
	err = out(sk, skb, o);
	if (!err)
		ferry_stat_add(fn, FERRY_STAT_DGRAM_OUT, count);
	return hide_nobufs(sk, v4, err);
}

/*
 * The bytes' place is taken before they are copied: a fault may send something of
 * its own from the same pages.
 */
static int add_piece(struct sock *sk, struct sk_buff *skb, struct msghdr *msg,
		     unsigned int want)
{
	struct page_frag *pfrag = &current->task_frag;
	unsigned int i = skb_shinfo(skb)->nr_frags, bytes;
	void *to;

	if (i == MAX_SKB_FRAGS || !ferry_frag_refill(sk, pfrag))
		return -ENOBUFS;
	bytes = min(want, pfrag->size - pfrag->offset);
	to = page_address(pfrag->page) + pfrag->offset;
	get_page(pfrag->page);
	skb_fill_page_desc(skb, i, pfrag->page, pfrag->offset, bytes);
	pfrag->offset += bytes;
	skb->len += bytes;
	skb->data_len += bytes;
	skb->truesize += bytes;
	refcount_add(bytes, &sk->sk_wmem_alloc);
	return copy_from_iter_full(to, bytes, &msg->msg_iter) ? bytes : -EFAULT;
}

static int add_pieces(struct sock *sk, struct sk_buff *skb, struct msghdr *msg,
		      unsigned int len)
{
	int ret;

	for (; len; len -= ret) {
		ret = add_piece(sk, skb, msg, len);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int fill(struct sock *sk, struct sk_buff *skb, struct msghdr *msg,
		unsigned int len)
{
	if (len > LINEAR_MAX)
		return add_pieces(sk, skb, msg, len);
	return copy_from_iter_full(skb_put(skb, len), len, &msg->msg_iter) ? 0 : -EFAULT;
}

static int send_whole(struct sock *sk, struct msghdr *msg, size_t len,
		      struct ferry_dgram_out *o)
{
	unsigned int room = headroom(o) + FDP_HDR;
	struct sk_buff *skb;
	int err;

	err = check_len(sk, o, len);
	if (err)
		return err;
	skb = sock_alloc_send_skb(sk, room + (len <= LINEAR_MAX ? len : 0),
				  msg->msg_flags & MSG_DONTWAIT, &err);
	if (!skb)
		return err;
	skb_reserve(skb, room);
	err = fill(sk, skb, msg, len);
	if (err) {
		kfree_skb(skb);
		return err;
	}
	__skb_push(skb, FDP_HDR);
	return transmit(sk, skb, o);
}

static int dest(struct sock *sk, struct msghdr *msg, struct ferry_dgram_out *o,
		struct ipv6_txoptions *space)
{
	int err;

	err = ferry_dgram_super_control(sk, msg, o);
	if (err)
		return err;
	if (sk->sk_family == AF_INET6)
		return ferry_dgram_dest6(sk, msg, o, space);
	return ferry_dgram_dest4(sk, msg, o);
}

/* ---- one datagram from several calls ---- */

static void release(struct ferry_dgram_out *o)
{
	dst_release(o->dst);
	o->dst = NULL;
}

/**
 * ferry_dgram_flush() - forget a datagram that is being gathered
 * @sk: locked
 */
void ferry_dgram_flush(struct sock *sk)
{
	struct ferry_dgram_sock *ds = ferry_dgram_sk(sk);

	if (!ds->pending)
		return;
	ds->pending = false;
	__skb_queue_purge(&ds->chunks);
	release(&ds->out);
}

static unsigned int gathered(const struct ferry_dgram_sock *ds)
{
	const struct sk_buff *skb;
	unsigned int len = 0;

	skb_queue_walk(&ds->chunks, skb)
		len += skb->len;
	return len ? len - FDP_HDR : 0;
}

/* Twice the send buffer, then no more: nobody else would free it while we wait. */
static struct sk_buff *new_chunk(struct sock *sk)
{
	struct ferry_dgram_sock *ds = ferry_dgram_sk(sk);
	struct sk_buff *skb;
	unsigned int room;

	if (refcount_read(&sk->sk_wmem_alloc) > 2 * READ_ONCE(sk->sk_sndbuf))
		return NULL;
	room = headroom(&ds->out) + FDP_HDR;
	skb = alloc_skb(room + CHUNK_ROOM, sk->sk_allocation);
	if (!skb)
		return NULL;
	skb_reserve(skb, room);
	skb_set_owner_w(skb, sk);
	/* the first one carries the header */
	if (skb_queue_empty(&ds->chunks))
		__skb_push(skb, FDP_HDR);
	__skb_queue_tail(&ds->chunks, skb);
	return skb;
}

static int append(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct ferry_dgram_sock *ds = ferry_dgram_sk(sk);
	struct sk_buff *skb;
	unsigned int part;

	while (len || skb_queue_empty(&ds->chunks)) {
		skb = skb_peek_tail(&ds->chunks);
		if (!skb || !skb_tailroom(skb))
			skb = new_chunk(sk);
		if (!skb)
			return -ENOBUFS;
		part = min_t(size_t, len, skb_tailroom(skb));
		if (!copy_from_iter_full(skb_put(skb, part), part, &msg->msg_iter))
			return -EFAULT;
		len -= part;
	}
	return 0;
}

/*
 * Chain the chunks under the first. It answers for the memory of all: pieces
 * below an sk_buff must not have an owner of their own.
 */
static struct sk_buff *join(struct ferry_dgram_sock *ds)
{
	struct sk_buff *head = __skb_dequeue(&ds->chunks), **tail, *skb;

	tail = &skb_shinfo(head)->frag_list;
	while ((skb = __skb_dequeue(&ds->chunks))) {
		skb->destructor = NULL;
		skb->sk = NULL;
		head->truesize += skb->truesize;
		head->len += skb->len;
		head->data_len += skb->len;
		*tail = skb;
		tail = &skb->next;
	}
	return head;
}

/**
 * ferry_dgram_push() - send the datagram that is being gathered, if any
 * @sk: locked
 *
 * Return: 0 or a negative errno.
 */
int ferry_dgram_push(struct sock *sk)
{
	struct ferry_dgram_sock *ds = ferry_dgram_sk(sk);
	struct ferry_dgram_out *o = &ds->out;
	struct ipv6_txoptions *opt = NULL;
	struct sk_buff *skb;
	int err;

	if (!ds->pending)
		return 0;
	if (!o->v4 && !o->udp) {
		opt = txopt_get(inet6_sk(sk));
		o->opt = opt;
	}
	skb = join(ds);
	/* what is cut later must not consist of pieces cut elsewhere */
	if (is_super(o, skb->len - FDP_HDR) && skb_linearize(skb)) {
		kfree_skb(skb);
		err = -ENOBUFS;
	} else {
		err = transmit(sk, skb, o);
	}
	ds->pending = false;
	release(o);
	txopt_put(opt);
	return err;
}

static int begin(struct sock *sk, struct msghdr *msg)
{
	struct ferry_dgram_sock *ds = ferry_dgram_sk(sk);
	struct ferry_dgram_out *o = &ds->out;
	struct ipv6_txoptions space;
	int err;

	memset(o, 0, sizeof(*o));
	err = dest(sk, msg, o, &space);
	o->opt = NULL;	/* a gathered datagram has the socket's options only */
	if (err)
		release(o);
	else
		ds->pending = true;
	return err;
}

static int gather_locked(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct ferry_dgram_sock *ds = ferry_dgram_sk(sk);
	int err = 0;

	if (!ds->pending)
		err = begin(sk, msg);
	if (err)
		return err;
	err = check_len(sk, &ds->out, gathered(ds) + len);
	if (!err)
		err = append(sk, msg, len);
	if (err)
		ferry_dgram_flush(sk);
	else if (!ds->cork && !(msg->msg_flags & MSG_MORE))
		err = ferry_dgram_push(sk);
	return err;
}

static int gather(struct sock *sk, struct msghdr *msg, size_t len)
{
	int err;

	lock_sock(sk);
	err = gather_locked(sk, msg, len);
	release_sock(sk);
	return err;
}

/* ---- sendmsg() ---- */

static int send_now(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct ferry_dgram_out o = {};
	struct ipv6_txoptions space, *opt = NULL;
	int err;

	err = dest(sk, msg, &o, &space);
	if (err)
		goto out;
	if (!o.v4 && !o.opt && !o.udp) {
		opt = txopt_get(inet6_sk(sk));
		o.opt = opt;
		if (opt)
			o.ip_hdr += opt->opt_flen + opt->opt_nflen;
	}
	if (msg->msg_flags & MSG_CONFIRM)
		dst_confirm_neigh(o.dst, o.v4 ? (void *)&o.fl.u.ip4.daddr :
						(void *)&o.fl.u.ip6.daddr);
	if (len || !(msg->msg_flags & MSG_PROBE))
		err = send_whole(sk, msg, len, &o);
out:
	txopt_put(opt);
	release(&o);
	return err;
}

int ferry_dgram_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct ferry_dgram_sock *ds = ferry_dgram_sk(sk);
	int err;

	if (len > IP_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (READ_ONCE(ds->pending) || READ_ONCE(ds->cork) ||
	    (msg->msg_flags & MSG_MORE))
		err = gather(sk, msg, len);
	else
		err = send_now(sk, msg, len);
	if (err) {
		ferry_stat_inc(ferry_sock_net(sk), FERRY_STAT_DGRAM_OUT_ERRORS);
		return err;
	}
	return len;
}
