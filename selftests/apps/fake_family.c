// SPDX-License-Identifier: GPL-2.0-only
/*
 * fake_family - run a program on a kernel that seems to have AF_FERRY.
 *
 *	fake_family LOG [-e ERRNO] PROGRAM [ARG...]
 *
 * A seccomp filter hands socket(AF_FERRY, ...) of the program and of all its
 * children to this process, which gives them a TCP or UDP socket instead and
 * writes one line to LOG: pid, v4|v6, stream|dgram, flags. With -e it refuses
 * with that error. So everything "ferry run" does can be asserted without the
 * module, whatever the program does to its environment. A given socket answers
 * FERRY_VERSION, and SO_PROTOCOL as a Ferry socket does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ferry.h>

#define MARK	0x6665	/* tells our sockets from others */

static int log_fd, refuse_errno, listener;

static void die(const char *what)
{
	fprintf(stderr, "fake_family: %s: %s\n", what, strerror(errno));
	exit(125);
}

#define ARG(n)	(offsetof(struct seccomp_data, args) + 8 * (n))
#define LOAD(off)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, off)
#define IF(k, t, f)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, t, f)
#define RET(k)		BPF_STMT(BPF_RET | BPF_K, k)

/* The low halves of the arguments suffice: all of them are ints. */
static int install_filter(void)
{
	struct sock_filter code[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		IF(SYS_socket, 0, 2),
		LOAD(ARG(0)),
		IF(AF_FERRY, 7, 6),
		IF(SYS_getsockopt, 0, 5),
		LOAD(ARG(1)),
		IF(SOL_FERRY, 4, 0),	/* whatever the name */
		IF(SOL_SOCKET, 0, 2),
		LOAD(ARG(2)),
		IF(SO_PROTOCOL, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		RET(SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(*code), .filter = code,
	};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

static pid_t process_of(pid_t tid)
{
	char path[64], line[128];
	pid_t pid = tid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &pid) == 1)
			break;
	if (f)
		fclose(f);
	return pid;
}

/* The caller's socket is to live in the caller's namespace, not in ours. */
static void enter_netns_of(pid_t tid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;		/* it is gone, and will not notice */
	if (setns(fd, CLONE_NEWNET))
		die("setns");
	close(fd);
}

static void log_socket(pid_t tid, int type, int proto)
{
	dprintf(log_fd, "%d %s %s%s%s\n", process_of(tid),
		proto == FERRY_PROTO_V4 ? "v4" : "v6",
		(type & 0xf) == SOCK_STREAM ? "stream" : "dgram",
		type & SOCK_NONBLOCK ? " nonblock" : "",
		type & SOCK_CLOEXEC ? " cloexec" : "");
}

static int stand_in(const struct seccomp_notif *req)
{
	int type = req->data.args[1], proto = req->data.args[2];
	int mark = MARK, fd;

	if ((type & 0xf) != SOCK_STREAM && (type & 0xf) != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (proto != FERRY_PROTO_V4 && proto != FERRY_PROTO_V6)
		return -EPROTONOSUPPORT;
	if (refuse_errno)
		return -refuse_errno;
	enter_netns_of(req->pid);
	fd = socket(proto == FERRY_PROTO_V4 ? AF_INET : AF_INET6, type, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	return fd;
}

static void answer(const struct seccomp_notif *req, int error, bool go_on)
{
	struct seccomp_notif_resp resp = {
		.id = req->id, .error = error,
		.flags = go_on ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0,
	};

	/* ENOENT: a signal ended the call, the caller will try again. */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) && errno != ENOENT)
		die("answer");
}

static void on_socket(const struct seccomp_notif *req)
{
	struct seccomp_notif_addfd add = {
		.id = req->id, .flags = SECCOMP_ADDFD_FLAG_SEND,
	};
	int fd = stand_in(req);

	if (fd < 0) {
		answer(req, fd, false);
		return;
	}
	add.srcfd = fd;
	add.newfd_flags = req->data.args[1] & SOCK_CLOEXEC ? O_CLOEXEC : 0;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) >= 0)
		log_socket(req->pid, req->data.args[1], req->data.args[2]);
	else if (errno == EMFILE)
		answer(req, -EMFILE, false);
	else if (errno != ENOENT)
		die("give descriptor");
	close(fd);
}

static int copy_of(pid_t tid, int number)
{
	int pidfd = syscall(SYS_pidfd_open, process_of(tid), 0), fd;

	if (pidfd < 0)
		return -1;
	fd = syscall(SYS_pidfd_getfd, pidfd, number, 0);
	close(pidfd);
	return fd;
}

/* What a Ferry socket would say; -1 if the kernel is to answer. */
static int option_value(const struct seccomp_notif *req)
{
	int fd = copy_of(req->pid, req->data.args[0]);
	int mark = 0, type = 0, value = -1;
	socklen_t len = sizeof(int);

	if (fd < 0)
		return -1;
	getsockopt(fd, SOL_SOCKET, SO_MARK, &mark, &len);
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	close(fd);
	if (mark != MARK)
		return -1;
	if ((int)req->data.args[1] == SOL_SOCKET)
		value = type == SOCK_STREAM ? FERRY_IPPROTO_FSP : FERRY_IPPROTO_FDP;
	else if (req->data.args[2] == FERRY_VERSION)
		value = FERRY_API_VERSION;
	return value;
}

static void on_getsockopt(const struct seccomp_notif *req)
{
	int value = option_value(req);
	struct iovec from = { &value, sizeof(value) };
	struct iovec to = { (void *)(uintptr_t)req->data.args[3], sizeof(value) };

	if (value < 0 ||
	    process_vm_writev(req->pid, &from, 1, &to, 1, 0) != sizeof(value)) {
		answer(req, 0, true);
		return;
	}
	answer(req, 0, false);
}

static bool serve_one(void)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	struct seccomp_notif req = {};

	if (poll(&p, 1, -1) < 0)
		return errno == EINTR;
	if (!(p.revents & POLLIN))
		return false;	/* the last process under the filter is gone */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req))
		return errno == EINTR || errno == ENOENT;
	if (req.data.nr == SYS_socket)
		on_socket(&req);
	else
		on_getsockopt(&req);
	return true;
}

/* Under the filter: tell our parent the listener's number, then become the program. */
static void child(int pipe_fd, char **argv)
{
	int fd = install_filter();

	if (fd < 0)
		die("seccomp filter with listener");
	if (write(pipe_fd, &fd, sizeof(fd)) != sizeof(fd))
		die("pipe");
	/* Closed by the parent's nod that it has a copy. */
	while (read(pipe_fd, &(char){ 0 }, 1) > 0)
		;
	close(fd);
	close(pipe_fd);
	execvp(argv[0], argv);
	die(argv[0]);
}

int main(int argc, char **argv)
{
	int status, number, sock[2];
	pid_t pid;

	if (argc > 4 && !strcmp(argv[2], "-e"))
		refuse_errno = atoi(argv[3]);
	if (argc < 3 + 2 * !!refuse_errno) {
		fputs("usage: fake_family LOG [-e ERRNO] PROGRAM [ARG...]\n", stderr);
		return 125;
	}
	log_fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log_fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
		die(argv[1]);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		close(sock[0]);
		child(sock[1], argv + 2 + 2 * !!refuse_errno);
	}
	close(sock[1]);
	if (read(sock[0], &number, sizeof(number)) != sizeof(number))
		return 125;
	listener = copy_of(pid, number);
	if (listener < 0)
		die("listener");
	close(sock[0]);
	while (serve_one())
		;
	if (waitpid(pid, &status, 0) < 0)
		die("wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
