// SPDX-License-Identifier: GPL-2.0-only
/*
 * conform.c - runs scripts, each over IPv4 and IPv6, each in a process and a
 * network namespace of its own, many at once: they mostly wait for timers. One that
 * fails where the host was late is run again, alone.
 *
 * usage: conform [-4|-6] [--seed N] SCRIPT...
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conform.h"
#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"

#define AT_ONCE		16
#define TIME_LIMIT	60	/* seconds for one script */
#define ATTEMPTS	3

struct job {
	const char *file;
	int ip;
	pid_t pid;
	int out;
	int attempts;
	bool again;
	bool done;
	int status;
};

static struct job *jobs;
static int njobs, started, running, reported;

static void add_jobs(const char *file)
{
	int ip;

	for (ip = 4; ip <= 6; ip += 2) {
		if ((ft_opt.ip && ft_opt.ip != ip) || !script_wants(file, ip))
			continue;
		jobs[njobs].file = file;
		jobs[njobs++].ip = ip;
	}
}

static void run_child(const struct job *job)
{
	dup2(job->out, STDOUT_FILENO);
	/* Left to its default action, the alarm ends the script. */
	alarm(patience(TIME_LIMIT * 1000) / 1000);
	w.ip = job->ip;
	ft_new_netns();
	tun_open();
	script_run(job->file);
	script_end();
	fflush(stdout);
	_exit(KTAP_PASS);
}

static void start(struct job *job)
{
	job->again = false;
	job->attempts++;
	job->out = memfd_create("conform", MFD_CLOEXEC);
	if (job->out < 0)
		ktap_bail("memfd_create: %s", strerror(errno));
	fflush(stdout);
	job->pid = fork();
	if (job->pid < 0)
		ktap_bail("fork: %s", strerror(errno));
	if (!job->pid)
		run_child(job);
	running++;
}

static bool too_late(const struct job *job)
{
	return WIFEXITED(job->status) && WEXITSTATUS(job->status) == STATUS_LATE &&
	       job->attempts < ATTEMPTS;
}

static void reap(void)
{
	int status, i;
	pid_t pid = wait(&status);

	for (i = 0; i < njobs; i++) {
		if (pid <= 0 || jobs[i].pid != pid)
			continue;
		jobs[i].status = status;
		jobs[i].again = too_late(&jobs[i]);
		jobs[i].done = !jobs[i].again;
		running--;
	}
}

/* When all have run, one after the other */
static void start_again(void)
{
	int i;

	for (i = 0; i < njobs && !running; i++) {
		if (!jobs[i].again)
			continue;
		close(jobs[i].out);
		start(&jobs[i]);
	}
}

static void copy_output(int fd)
{
	char buf[4096];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, n, stdout);
	close(fd);
}

static void report(const struct job *job)
{
	const char *base = strrchr(job->file, '/');
	int len;

	base = base ? base + 1 : job->file;
	len = strlen(base) - (strlen(base) > 4 ? 4 : 0);	/* without ".fsp" */
	copy_output(job->out);
	if (job->attempts > 1)
		ktap_diag("%.*s.v%d: run %d times, as this host was late", len, base,
			  job->ip, job->attempts);
	if (WIFSIGNALED(job->status))
		ktap_diag("%.*s.v%d: %s", len, base, job->ip,
			  WTERMSIG(job->status) == SIGALRM ? "timed out" :
			  strsignal(WTERMSIG(job->status)));
	ktap_result(WIFEXITED(job->status) && WEXITSTATUS(job->status) == KTAP_PASS,
		    "%.*s.v%d", len, base, job->ip);
}

int main(int argc, char **argv)
{
	int i;

	ft_options(argc, argv, NULL, "SCRIPT...");
	jobs = calloc(2 * (ft_opt.nargs + 1), sizeof(*jobs));
	for (i = 0; jobs && i < ft_opt.nargs; i++)
		add_jobs(ft_opt.args[i]);
	if (!njobs)
		ktap_bail("which scripts?");
	ktap_plan(njobs);
	ktap_diag("seed %llu", (unsigned long long)ft_opt.seed);
	while (reported < njobs) {
		while (started < njobs && running < AT_ONCE)
			start(&jobs[started++]);
		if (!running)
			start_again();
		reap();
		while (reported < njobs && jobs[reported].done)
			report(&jobs[reported++]);
	}
	return ktap_finish();
}
