// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_guest - random system calls, netlink messages and packets for a running
 * module, for a time. It is for the kernel to show that nothing came of it: the
 * harness reads its log, and the module must unload.
 *
 *	--seed N	of everything random
 *	--seconds N	how long
 *	--uid N		the system calls' and messages' user; packets are root's
 *	--faults	allocations and copies of these processes may fail
 *
 * Time is cut into rounds of a second or two, each in a new network namespace
 * with processes that are killed at its end, wherever they are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define CHILDREN	4
#define STUCK		120	/* seconds a killed process may take to go, under faults */

__thread uint64_t seed;
static uint64_t first_seed = 1;
static unsigned int seconds = 10;
static unsigned int uid;
static bool faults;

static void die(const char *what)
{
	printf("# fuzz_guest: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		die("lo");
	close(fd);
}

static void want_faults(void)
{
	int fd = open("/proc/self/make-it-fail", O_WRONLY);

	if (fd < 0 || write(fd, "1", 1) != 1)
		die("make-it-fail");
	close(fd);
}

static void become(unsigned int who)
{
	if (!who)
		return;
	if (setgroups(0, NULL) || setresgid(who, who, who) || setresuid(who, who, who))
		die("setuid");
}

static void child(unsigned int nr, uint64_t round_seed)
{
	seed = round_seed + nr;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	signal(SIGURG, SIG_IGN);
	if (nr == 0)
		fuzz_packets();
	if (faults)
		want_faults();
	become(uid);
	/* An unprivileged user may be root of a world of his own. */
	if (uid && one_in(4) && !unshare(CLONE_NEWUSER | CLONE_NEWNET))
		lo_up();
	if (nr == 1)
		fuzz_messages();
	fuzz_syscalls(!uid);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

static void pause_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000l };

	nanosleep(&ts, NULL);
}

/* A process that cannot even be killed is stuck in the kernel. */
static void reap(pid_t pid)
{
	uint64_t until = now_ms() + STUCK * 1000ull;
	int status;

	kill(pid, SIGKILL);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ms() > until) {
			printf("# fuzz_guest: process %d does not go away\n", pid);
			exit(1);
		}
		pause_ms(5);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status))
		exit(1);
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) {
		printf("# fuzz_guest: a process died of signal %d\n", WTERMSIG(status));
		exit(1);
	}
}

static void one_round(uint64_t round_seed)
{
	pid_t pid[CHILDREN];
	unsigned int i;

	if (unshare(CLONE_NEWNET))
		die("unshare");
	lo_up();
	for (i = 0; i < CHILDREN; i++) {
		pid[i] = fork();
		if (pid[i] < 0)
			die("fork");
		if (!pid[i])
			child(i, round_seed);
	}
	pause_ms(500 + below(1500));
	for (i = 0; i < CHILDREN; i++)
		reap(pid[i]);
}

int main(int argc, char **argv)
{
	unsigned int rounds = 0;
	uint64_t until;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--faults"))
			faults = true;
		else if (i + 1 == argc)
			break;
		else if (!strcmp(argv[i], "--seed"))
			first_seed = strtoull(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--seconds"))
			seconds = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--uid"))
			uid = atoi(argv[++i]);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	seed = first_seed;
	until = now_ms() + seconds * 1000ull;
	do {
		one_round(rnd());
		rounds++;
	} while (now_ms() < until);
	printf("# fuzz_guest: %u rounds as user %u, seed %llu\n", rounds, uid,
	       (unsigned long long)first_seed);
	return 0;
}
