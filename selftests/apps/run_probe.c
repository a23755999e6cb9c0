// SPDX-License-Identifier: GPL-2.0-only
/*
 * run_probe - does one of the things that programs do, for test_run.sh.
 *
 *	run_probe socket DOMAIN TYPE PROTOCOL [FLAGS]	(numbers; FLAGS hex)
 *	run_probe exec METHOD PROGRAM [ARG...]		with an empty environment
 *	run_probe storm					threads and a signal handler
 *	run_probe protocol v4|v6			what SO_PROTOCOL says
 *	run_probe errno					socket() leaves errno alone
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int do_socket(char **a)
{
	int flags = a[3] ? strtol(a[3], NULL, 16) : 0;
	int fd = socket(atoi(a[0]), atoi(a[1]) | flags, atoi(a[2]));

	if (fd < 0) {
		printf("%s\n", strerrorname_np(errno));
		return 1;
	}
	printf("ok%s%s\n", fcntl(fd, F_GETFD) & FD_CLOEXEC ? " cloexec" : "",
	       fcntl(fd, F_GETFL) & O_NONBLOCK ? " nonblock" : "");
	return 0;
}

static char *joined(char **argv)
{
	char *line = calloc(1, 4096);

	for (; *argv; argv++)
		strcat(strcat(line, *argv), " ");
	return line;
}

static int wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int do_spawn(int by_name, char **argv)
{
	char *empty[] = { NULL };
	pid_t pid;
	int ret;

	ret = (by_name ? posix_spawnp : posix_spawn)(&pid, argv[0], NULL, NULL,
						     argv, empty);
	return ret ? 1 : wait_for(pid);
}

static int do_popen(char **argv)
{
	char text[256];
	FILE *f;

	clearenv();
	f = popen(joined(argv), "r");
	if (!f)
		return 1;
	while (fgets(text, sizeof(text), f))
		fputs(text, stdout);
	return pclose(f);
}

static int do_vfork(char **argv)
{
	char *empty[] = { NULL };
	pid_t pid = vfork();

	if (!pid) {
		execve(argv[0], argv, empty);
		_exit(127);
	}
	return wait_for(pid);
}

/* The ways that do not come back; each exec variant gets up to six arguments. */
static int do_exec(const char *how, char **v)
{
	static char *own[] = { "LD_PRELOAD=libm.so.6", "A=b", NULL };
	char *empty[] = { NULL };

	if (!strcmp(how, "execve"))
		execve(v[0], v, empty);
	else if (!strcmp(how, "execve-null"))
		execve(v[0], v, NULL);
	else if (!strcmp(how, "execve-preload"))
		execve(v[0], v, own);
	else if (!strcmp(how, "execvpe"))
		execvpe(v[0], v, empty);
	else if (!strcmp(how, "execle"))
		execle(v[0], v[0], v[1], v[2], v[3], v[4], NULL, empty);
	else if (!strcmp(how, "execveat"))
		execveat(AT_FDCWD, v[0], v, empty, 0);
	else if (!strcmp(how, "fexecve"))
		fexecve(open(v[0], O_RDONLY | O_CLOEXEC), v, empty);
	clearenv();
	if (!strcmp(how, "execv"))
		execv(v[0], v);
	else if (!strcmp(how, "execvp"))
		execvp(v[0], v);
	else if (!strcmp(how, "execl"))
		execl(v[0], v[0], v[1], v[2], v[3], v[4], NULL);
	else if (!strcmp(how, "execlp"))
		execlp(v[0], v[0], v[1], v[2], v[3], v[4], NULL);
	perror(how);
	return 1;
}

static int do_start(char **a)
{
	if (!strcmp(a[0], "system")) {
		clearenv();
		return system(joined(a + 1));
	}
	if (!strcmp(a[0], "popen"))
		return do_popen(a + 1);
	if (!strcmp(a[0], "posix_spawn"))
		return do_spawn(0, a + 1);
	if (!strcmp(a[0], "posix_spawnp"))
		return do_spawn(1, a + 1);
	if (!strcmp(a[0], "vfork"))
		return do_vfork(a + 1);
	return do_exec(a[0], a + 1);
}

#define THREADS	4
#define ROUNDS	200

static volatile sig_atomic_t from_handler, failed;

static void one_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		failed = 1;
	close(fd);
}

static void handler(int sig)
{
	int saved = errno;

	(void)sig;
	one_socket();
	from_handler++;
	errno = saved;
}

static void *rounds(void *arg)
{
	int i;

	for (i = 0; i < ROUNDS; i++)
		one_socket();
	return arg;
}

static int do_storm(void)
{
	struct itimerval tick = { { 0, 1000 }, { 0, 1000 } }, off = {};
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	pthread_t t[THREADS];
	int i;

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &tick, NULL);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, rounds, NULL))
			return 1;
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	while (!from_handler)
		pause();
	setitimer(ITIMER_REAL, &off, NULL);
	printf("%s %d\n", failed ? "failed" : "ok", THREADS * ROUNDS + from_handler);
	return failed;
}

static void print_protocol(int domain, int type)
{
	int fd = socket(domain, type, 0), value = -1;
	socklen_t len = sizeof(value);

	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &len);
	printf("%d ", value);
	close(fd);
}

static int do_protocol(const char *version)
{
	int domain = strcmp(version, "v6") ? AF_INET : AF_INET6;
	int pair[2], value = -1;
	socklen_t len = sizeof(value);

	print_protocol(domain, SOCK_STREAM);
	print_protocol(domain, SOCK_DGRAM);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return 1;
	getsockopt(pair[0], SOL_SOCKET, SO_PROTOCOL, &value, &len);
	printf("%d\n", value);
	return 0;
}

static int do_errno(void)
{
	errno = EXDEV;
	if (socket(AF_INET, SOCK_STREAM, 0) < 0 || errno != EXDEV) {
		perror("errno");
		return 1;
	}
	puts("ok");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 5 && !strcmp(argv[1], "socket"))
		return do_socket(argv + 2);
	if (argc >= 4 && !strcmp(argv[1], "exec"))
		return do_start(argv + 2);
	if (argc == 2 && !strcmp(argv[1], "storm"))
		return do_storm();
	if (argc == 3 && !strcmp(argv[1], "protocol"))
		return do_protocol(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "errno"))
		return do_errno();
	fputs("usage: see the head of run_probe.c\n", stderr);
	return 2;
}
