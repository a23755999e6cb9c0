// SPDX-License-Identifier: GPL-2.0-only
/*
 * sendmsg, sendfile and splice into a stream: user data becomes large segments
 * of page fragments, up to what one super-packet carries. Bytes are copied
 * once, or not at all where whole pages are handed over: spliced ones, or those of
 * a MSG_ZEROCOPY. The latter stay the user's, who is told by the error queue when
 * no segment and no packet holds them any more. Until then the record of that, and
 * each packet that holds it, holds the socket, and so the module.
 */
#include <linux/signal.h>
#include <net/inet_common.h>

#include "compat/splice.h"
#include "compat/zerocopy.h"
#include "frag.h"
#include "sock.h"

/* Acknowledgments wait in the backlog while we write: let them in now and then. */
#define SEGS_PER_BACKLOG	16

/**
 * struct writing - one sendmsg() under way
 * @sk: locked
 * @msg: where the bytes come from
 * @flags: MSG_*
 * @splice: the pages themselves are to be sent
 * @zerocopy: likewise, and @uarg is told when they were
 * @uarg: of MSG_ZEROCOPY (or io_uring's), or NULL
 * @goal: most bytes of a segment
 * @segs: segments filled since the backlog was looked at
 * @copied: bytes queued
 * @timeo: how long it may still sleep
 */
struct writing {
	struct sock	*sk;
	struct msghdr	*msg;
	int		flags;
	bool		splice;
	bool		zerocopy;
	struct ubuf_info *uarg;
	u32		goal;
	u32		segs;
	size_t		copied;
	long		timeo;
};

static struct fsp_conn *conn_of(const struct writing *w)
{
	return &ferry_stream_sk(w->sk)->conn;
}

static void push(struct writing *w, unsigned int flags)
{
	fsp_conn_push(conn_of(w), flags, ferry_stream_now());
}

static int add_frag(struct sk_buff *skb, struct page_frag *pfrag, u32 bytes)
{
	int i = skb_shinfo(skb)->nr_frags;

	if (skb_can_coalesce(skb, i, pfrag->page, pfrag->offset)) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], bytes);
	} else {
		get_page(pfrag->page);
		skb_fill_page_desc(skb, i, pfrag->page, pfrag->offset, bytes);
	}
	pfrag->offset += bytes;
	return bytes;
}

/* Return: bytes copied, -ENOBUFS: wait for memory, -EMSGSIZE: @skb is full. */
static int copy_bytes(struct writing *w, struct sk_buff *skb, u32 want)
{
	struct page_frag *pfrag = sk_page_frag(w->sk);
	size_t bytes;

	if (!ferry_frag_refill(w->sk, pfrag))
		return -ENOBUFS;
	if (skb_shinfo(skb)->nr_frags >= MAX_SKB_FRAGS &&
	    !skb_can_coalesce(skb, skb_shinfo(skb)->nr_frags, pfrag->page,
			      pfrag->offset))
		return -EMSGSIZE;
	bytes = ferry_stream_wmem(w->sk, min_t(u32, want, pfrag->size - pfrag->offset));
	if (!bytes)
		return -ENOBUFS;
	/* Not copy_page_from_iter(), which goes page by page: there is no high memory. */
	bytes = copy_from_iter(page_address(pfrag->page) + pfrag->offset, bytes,
			       &w->msg->msg_iter);
	if (!bytes)
		return -EFAULT;
	add_frag(skb, pfrag, bytes);
	ferry_stream_charge_tx(w->sk, skb, bytes);
	return bytes;
}

/* The owner of the pages may still write to them: nobody may trust a sum. */
static int splice_bytes(struct writing *w, struct sk_buff *skb, u32 want)
{
	ssize_t bytes;

	want = ferry_stream_wmem(w->sk, want);
	if (!want)
		return -ENOBUFS;
	bytes = ferry_splice_from_iter(skb, &w->msg->msg_iter, want,
				       w->sk->sk_allocation);
	if (bytes <= 0)
		return bytes ? bytes : -EFAULT;
	skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
	sk_wmem_queued_add(w->sk, bytes);
	sk_mem_charge(w->sk, bytes);
	return bytes;
}

/* A carrier has one owner of pages to tell, and no copied bytes beside his. */
static int pin_bytes(struct writing *w, struct sk_buff *skb, u32 want)
{
	int ret;

	if (skb->len && skb_zcopy(skb) != w->uarg)
		return -EMSGSIZE;
	want = ferry_stream_wmem(w->sk, want);
	if (!want)
		return -ENOBUFS;
	ret = ferry_zerocopy_from_iter(w->sk, skb, w->msg, want, w->uarg);
	return ret == -EEXIST ? -EMSGSIZE : ret ?: -EFAULT;
}

static int add_bytes(struct writing *w, struct sk_buff *skb)
{
	u32 want = min_t(size_t, w->goal - skb->len, msg_data_left(w->msg));

	if (unlikely(w->zerocopy))
		return pin_bytes(w, skb, want);
	if (unlikely(skb_zcopy(skb)))
		return -EMSGSIZE;
	return w->splice ? splice_bytes(w, skb, want) : copy_bytes(w, skb, want);
}

/* A segment is complete: send it while the next one is being filled. */
static void segment_full(struct writing *w)
{
	push(w, FSP_PUSH_MORE);
	w->segs++;
}

/* Return: bytes added to the tail, or -EMSGSIZE where a new segment is wanted. */
static int grow_tail(struct writing *w)
{
	struct fsp_seg *seg = fsp_conn_tail(conn_of(w));
	struct sk_buff *skb;
	int ret;

	if (!seg)
		return -EMSGSIZE;
	skb = ferry_seg_skb(seg);
	if (skb->len >= w->goal)
		return -EMSGSIZE;
	ret = add_bytes(w, skb);
	if (ret <= 0)
		return ret;
	fsp_conn_grow(conn_of(w), seg, ret);
	if (skb->len >= w->goal)
		segment_full(w);
	return ret;
}

/* It may have come to rest while we slept. */
static bool awake(const struct writing *w)
{
	return likely(fsp_conn_awake(conn_of(w))) ||
	       fsp_conn_wake(conn_of(w), ferry_stream_now());
}

static int new_segment(struct writing *w)
{
	struct sk_buff *skb;
	int ret;

	if (!sk_stream_memory_free(w->sk) || !awake(w))
		return -ENOBUFS;
	skb = ferry_stream_alloc_tx(w->sk, w->sk->sk_allocation);
	if (!skb)
		return -ENOBUFS;
	ret = add_bytes(w, skb);
	if (ret <= 0) {
		ferry_stream_free_tx(w->sk, skb);
		return ret;
	}
	fsp_conn_queue(conn_of(w), ferry_skb_seg(skb), ret);
	if (skb->len >= w->goal)
		segment_full(w);
	return ret;
}

static int append(struct writing *w)
{
	int ret = grow_tail(w);

	return ret == -EMSGSIZE ? new_segment(w) : ret;
}

/* Everything may have changed while we slept. */
static int refresh(struct writing *w)
{
	if (w->sk->sk_err || w->sk->sk_shutdown & SEND_SHUTDOWN)
		return -EPIPE;
	w->goal = ferry_stream_seg_goal(w->sk);
	return 0;
}

static int wait_for_room(struct writing *w)
{
	int ret;

	set_bit(SOCK_NOSPACE, &w->sk->sk_socket->flags);
	if (w->copied)
		push(w, FSP_PUSH_NOW);
	ferry_stream_after(w->sk);
	ret = sk_stream_wait_memory(w->sk, &w->timeo);
	return ret ? ret : refresh(w);
}

static int look_at_backlog(struct writing *w)
{
	if (w->segs < SEGS_PER_BACKLOG)
		return 0;
	w->segs = 0;
	ferry_stream_after(w->sk);
	return sk_flush_backlog(w->sk) ? refresh(w) : 0;
}

static int write_loop(struct writing *w)
{
	int ret = 0;

	while (msg_data_left(w->msg) && !ret) {
		ret = append(w);
		if (ret == -ENOBUFS) {
			ret = wait_for_room(w);
		} else if (ret > 0) {
			w->copied += ret;
			ret = look_at_backlog(w);
		}
	}
	return ret;
}

/* A stream has no use for what ancillary data asks, but says what is no data. */
static int check_cmsgs(struct sock *sk, struct msghdr *msg)
{
	struct sockcm_cookie cookie;

	if (!msg->msg_controllen)
		return 0;
	sockcm_init(&cookie, sk);
	return sock_cmsg_send(sk, msg, &cookie) ? -EINVAL : 0;
}

void ferry_stream_fill_first(struct writing *w, u32 room)
{
	w->goal = room;
	while (w->copied < room && msg_data_left(w->msg)) {
		int ret = append(w);

		if (ret <= 0)
			break;
		w->copied += ret;
	}
}

/* MSG_FASTOPEN, or the first write after a connect() that was put off */
static int send_first(struct writing *w)
{
	int ret = ferry_stream_first_send(w->sk, w->msg, w);

	return ret == -EINPROGRESS && w->copied ? 1 : ret;
}

/*
 * May bytes be queued? Waits for a handshake under way.
 *
 * Return: 0, 1 where all that may go has gone with the SYN, or a negative errno.
 */
static int prepare(struct writing *w)
{
	struct sock *sk = w->sk;
	int ret;

	if (w->flags & MSG_OOB)
		return -EOPNOTSUPP;
	ret = check_cmsgs(sk, w->msg);
	if (ret)
		return ret;
	if (unlikely(w->flags & MSG_FASTOPEN || ferry_stream_deferred(sk))) {
		ret = send_first(w);
		if (ret)
			return ret;
	}
	w->timeo = sock_sndtimeo(sk, w->flags & MSG_DONTWAIT);
	if ((1 << sk->sk_state) & ~(TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) &&
	    !fsp_conn_early(conn_of(w))) {
		ret = sk_stream_wait_connect(sk, &w->timeo);
		if (ret)
			return ret;
	}
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	return refresh(w);
}

static void finish(struct writing *w)
{
	unsigned int flags = w->flags & MSG_MORE ? FSP_PUSH_MORE : 0;
	u64 now;

	if (!w->copied)
		return;
	now = ferry_stream_now();
	if (!fsp_conn_gather(conn_of(w), flags, now))
		fsp_conn_push(conn_of(w), flags, now);
	ferry_stream_after(w->sk);
}

/* With nothing queued, no acknowledgment will wake an edge-triggered epoll. */
static int fail(struct writing *w, int err)
{
	struct fsp_conn *c = conn_of(w);

	err = sk_stream_error(w->sk, w->flags, err);
	if (err == -EAGAIN && c->write_seq == c->snd_una)
		w->sk->sk_write_space(w->sk);
	return err;
}

/*
 * Who asked for MSG_ZEROCOPY is told of each call, whether its bytes were copied or
 * not. io_uring brings a record of its own; as that cannot be continued by one of
 * ours, a second try goes without.
 */
static int get_uarg(struct writing *w)
{
	size_t size = msg_data_left(w->msg);
	struct ubuf_info *last = NULL;
	struct fsp_seg *tail;

	if (likely(!(w->flags & MSG_ZEROCOPY)) || w->splice || !size)
		return 0;
	if (w->msg->msg_ubuf) {
		w->uarg = w->msg->msg_ubuf;
		return 0;
	}
	if (!sock_flag(w->sk, SOCK_ZEROCOPY))
		return 0;
	tail = fsp_conn_tail(conn_of(w));
	if (tail)
		last = skb_zcopy(ferry_seg_skb(tail));
	w->uarg = ferry_zerocopy_get(w->sk, size, last);
	if (!w->uarg && last)
		w->uarg = ferry_zerocopy_get(w->sk, size, NULL);
	return w->uarg ? 0 : -ENOBUFS;
}

/* A call that failed has no number: the user counts those that did not. */
static void put_uarg(struct writing *w, bool queued)
{
	if (!w->uarg || w->msg->msg_ubuf)
		return;
	if (queued)
		net_zcopy_put(w->uarg);
	else
		net_zcopy_put_abort(w->uarg, true);
}

/*
 * A device that cannot gather fragments would have them copied anyway, the kernel's
 * own memory has no pages to pin, and what went with the SYN was copied already.
 */
static void start_zerocopy(struct writing *w)
{
	w->zerocopy = w->sk->sk_route_caps & NETIF_F_SG &&
		      !iov_iter_is_kvec(&w->msg->msg_iter);
	if ((!w->zerocopy || w->copied) && !w->msg->msg_ubuf)
		uarg_to_msgzc(w->uarg)->zerocopy = 0;
}

static int write_locked(struct writing *w)
{
	int ret;

	ret = prepare(w);
	if (ret < 0)
		return fail(w, ret);
	if (unlikely(w->uarg))
		start_zerocopy(w);
	if (!ret) {
		ret = write_loop(w);
		finish(w);
	}
	if (w->copied)
		return w->copied;
	return ret ? fail(w, ret) : 0;
}

static int write_stream(struct sock *sk, struct msghdr *msg, bool splice)
{
	struct writing w = {
		.sk	= sk,
		.msg	= msg,
		.flags	= msg->msg_flags,
		.splice	= splice,
	};
	int ret;

	lock_sock(sk);
	ret = get_uarg(&w);
	if (likely(!ret)) {
		ret = write_locked(&w);
		put_uarg(&w, ret > 0);
	}
	release_sock(sk);
	return ret;
}

/**
 * ferry_stream_sendmsg() - struct proto's sendmsg
 * @sk: not locked
 * @msg: the bytes, and MSG_* in msg_flags
 * @size: as msg_data_left() says
 *
 * Return: bytes queued (fewer than asked where it may not wait, or something
 * happened meanwhile), or a negative errno.
 */
int ferry_stream_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	return write_stream(sk, msg, ferry_msg_splices(msg));
}

#ifdef FERRY_HAVE_SENDPAGE
/**
 * ferry_stream_sendpage() - proto_ops.sendpage, before 6.5
 * @sock: not locked
 * @page: to be sent without a copy
 * @offset: where the bytes begin
 * @size: how many
 * @flags: MSG_*
 */
ssize_t ferry_stream_sendpage(struct socket *sock, struct page *page, int offset,
			      size_t size, int flags)
{
	struct bio_vec bvec = {
		.bv_page	= page,
		.bv_offset	= offset,
		.bv_len		= size,
	};
	struct msghdr msg = { .msg_flags = flags };

	if (!sendpage_ok(page))
		return sock_no_sendpage(sock, page, offset, size, flags);
	if (flags & MSG_SENDPAGE_NOTLAST)
		msg.msg_flags |= MSG_MORE;
	iov_iter_bvec(&msg.msg_iter, WRITE, &bvec, 1, size);
	return write_stream(sock->sk, &msg, true);
}
#endif
