// SPDX-License-Identifier: GPL-2.0-only
/* harness.c - runs registered cases, each in its own process and namespace. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "net.h"
#include "options.h"

#define DEFAULT_TIMEOUT	30

static struct ft_case *cases, **last = &cases;
static bool case_failed;

void ft_register(struct ft_case *c)
{
	*last = c;
	last = &c->next;
}

static void complain(const char *file, int line, const char *fmt, va_list ap)
{
	const char *base = strrchr(file, '/');

	flockfile(stdout);
	printf("# %s:%d: ", base ? base + 1 : file, line);
	vprintf(fmt, ap);
	putchar('\n');
	funlockfile(stdout);
}

void ft_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(file, line, fmt, ap);
	va_end(ap);
	case_failed = true;
}

void ft_die(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(file, line, fmt, ap);
	va_end(ap);
	fflush(stdout);
	_exit(KTAP_FAIL);
}

void ft_skip(const char *why)
{
	printf("# SKIP: %s\n", why);
	fflush(stdout);
	_exit(KTAP_SKIP);
}

static void run_child(const struct ft_case *c, int ip)
{
	setpgid(0, 0);
	/* Left to its default action, the alarm ends the case. */
	alarm(c->timeout ? c->timeout : DEFAULT_TIMEOUT);
	ft_new_netns();
	c->run(ip);
	fflush(stdout);
	if (case_failed)
		_exit(KTAP_FAIL);
	_exit(KTAP_PASS);
}

static void report(const struct ft_case *c, int ip, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == KTAP_SKIP) {
		ktap_skip("see above", "%s.v%d", c->name, ip);
		return;
	}
	if (WIFSIGNALED(status))
		ktap_diag("%s.v%d: %s", c->name, ip,
			  WTERMSIG(status) == SIGALRM ? "timed out" :
			  strsignal(WTERMSIG(status)));
	ktap_result(WIFEXITED(status) && WEXITSTATUS(status) == KTAP_PASS,
		    "%s.v%d", c->name, ip);
}

static void run_case(const struct ft_case *c, int ip)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		ktap_bail("fork: %s", strerror(errno));
	if (!pid)
		run_child(c, ip);
	setpgid(pid, pid);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* Whatever the case forked and forgot. */
	kill(-pid, SIGKILL);
	report(c, ip, status);
}

static bool selected(const struct ft_case *c, int ip)
{
	int i;

	if (!(c->versions & (ip == 4 ? FT_V4 : FT_V6)))
		return false;
	if (ft_opt.ip && ft_opt.ip != ip)
		return false;
	for (i = 0; i < ft_opt.nargs; i++)
		if (!strcmp(ft_opt.args[i], c->name))
			return true;
	return !ft_opt.nargs;
}

static unsigned int visit_selected(void (*fn)(const struct ft_case *c, int ip))
{
	const struct ft_case *c;
	unsigned int n = 0;
	int ip;

	for (c = cases; c; c = c->next) {
		for (ip = 4; ip <= 6; ip += 2) {
			if (!selected(c, ip))
				continue;
			n++;
			if (fn)
				fn(c, ip);
		}
	}
	return n;
}

int ft_harness_main(int argc, char **argv)
{
	unsigned int n;

	ft_options(argc, argv, NULL, NULL);
	n = visit_selected(NULL);
	if (!n)
		ktap_bail("no such test case");
	ktap_plan(n);
	ktap_diag("family %s, seed %llu", ft_family_name(),
		  (unsigned long long)ft_opt.seed);
	visit_selected(run_case);
	return ktap_finish();
}
