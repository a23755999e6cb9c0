// SPDX-License-Identifier: GPL-2.0-only
/* Listeners: listen(), the accept queue, accept(). */
#include "diag.h"
#include "stream/internal.h"

/* It stays: softirq may have found the listener before it stops to be one. */
struct ferry_listener *ferry_stream_listener(struct sock *sk)
{
	struct ferry_stream_sock *ss = ferry_stream_sk(sk);
	struct ferry_listener *l;

	if (ss->listens)
		return ss->listens;
	l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
	if (!l)
		return NULL;
	spin_lock_init(&l->lock);
	INIT_LIST_HEAD(&l->queue);
	INIT_LIST_HEAD(&l->requests);
	/* Pairs with those who look for a first-flight queue without the lock */
	smp_store_release(&ss->listens, l);
	return l;
}

static int start(struct sock *sk)
{
	struct ferry_net *fn = ferry_sock_net(sk);
	int err;

	if (!ferry_stream_listener(sk))
		return -ENOMEM;
	if (!inet_sk(sk)->inet_num) {
		err = ferry_port_get(fn->ports[FERRY_STREAM], sk, 0);
		if (err)
			return err;
		inet_sk(sk)->inet_sport = htons(inet_sk(sk)->inet_num);
	}
	sk->sk_ack_backlog = 0;
	inet_sk_set_state(sk, TCP_LISTEN);
	err = ferry_port_listen(sk);
	if (err) {
		inet_sk_set_state(sk, TCP_CLOSE);
		return err;
	}
	sk_dst_reset(sk);
	ferry_diag_notify(sk, FERRY_DIAG_NEW);
	return 0;
}

/* The administrator turned first flights on for programs that know nothing of them. */
static bool first_without_asking(struct sock *sk)
{
	int enabled = READ_ONCE(ferry_sock_net(sk)->sysctl.stream_fastopen);

	return enabled & FERRY_FASTOPEN_NO_SOCKOPT && enabled & FERRY_FASTOPEN_SERVER &&
	       !ferry_firstq_qlen(sk);
}

int ferry_stream_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED ||
	    (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN))
		goto unlock;
	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	if (first_without_asking(sk)) {
		err = ferry_firstq_set_qlen(sk, backlog);
		if (err)
			goto unlock;
	}
	err = sk->sk_state == TCP_LISTEN ? 0 : start(sk);
unlock:
	release_sock(sk);
	return err;
}

bool ferry_stream_accept_add(struct sock *listener, struct sock *child)
{
	struct ferry_listener *l = ferry_stream_sk(listener)->listens;
	bool ok;

	spin_lock_bh(&l->lock);
	ok = listener->sk_state == TCP_LISTEN;
	if (ok) {
		list_add_tail(&ferry_stream_sk(child)->accept_node, &l->queue);
		sk_acceptq_added(listener);
	}
	spin_unlock_bh(&l->lock);
	return ok;
}

static struct sock *take(struct sock *sk)
{
	struct ferry_listener *l = ferry_stream_sk(sk)->listens;
	struct ferry_stream_sock *child;

	spin_lock_bh(&l->lock);
	child = list_first_entry_or_null(&l->queue, struct ferry_stream_sock,
					 accept_node);
	if (child) {
		list_del_init(&child->accept_node);
		sk_acceptq_removed(sk);
	}
	spin_unlock_bh(&l->lock);
	return child ? &child->fs.inet.sk : NULL;
}

/* One wakes per connection. The socket is locked but while it sleeps. */
static int wait_for_child(struct sock *sk, long *timeo)
{
	struct ferry_listener *l = ferry_stream_sk(sk)->listens;
	DEFINE_WAIT(wait);
	int err = 0;

	while (list_empty(&l->queue)) {
		if (!*timeo)
			err = -EAGAIN;
		else if (signal_pending(current))
			err = sock_intr_errno(*timeo);
		if (sk->sk_state != TCP_LISTEN)
			err = -EINVAL;
		if (err)
			break;
		prepare_to_wait_exclusive(sk_sleep(sk), &wait, TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (list_empty_careful(&l->queue))
			*timeo = schedule_timeout(*timeo);
		sched_annotate_sleep();
		lock_sock(sk);
	}
	finish_wait(sk_sleep(sk), &wait);
	return err;
}

struct sock *ferry_stream_accept_child(struct sock *sk, int flags, int *err)
{
	long timeo = sock_rcvtimeo(sk, flags & O_NONBLOCK);
	struct sock *child = NULL;

	lock_sock(sk);
	*err = sk->sk_state == TCP_LISTEN ? wait_for_child(sk, &timeo) : -EINVAL;
	if (!*err) {
		child = take(sk);
		if (!child)
			*err = -EAGAIN;
	}
	release_sock(sk);
	return child;
}

static void forget(struct sock *child)
{
	sock_hold(child);
	lock_sock_nested(child, SINGLE_DEPTH_NESTING);
	ferry_stream_child_abort(child);
	release_sock(child);
	sock_put(child);
}

/*
 * Stop to listen: what is not accepted yet is reset. The socket is locked; the
 * state, changed under the listener's lock, keeps softirq from adding to either list.
 */
void ferry_stream_listen_stop(struct sock *sk)
{
	struct ferry_listener *l = ferry_stream_sk(sk)->listens;
	struct sock *child;

	ferry_diag_notify(sk, FERRY_DIAG_CLOSED);
	ferry_port_stop(sk);
	spin_lock_bh(&l->lock);
	inet_sk_set_state(sk, TCP_CLOSE);
	spin_unlock_bh(&l->lock);
	ferry_stream_request_purge(sk);
	while ((child = take(sk)))
		forget(child);
}
