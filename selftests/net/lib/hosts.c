// SPDX-License-Identifier: GPL-2.0-only
/* hosts.c - one program as two hosts. */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hosts.h"
#include "ktap.h"
#include "options.h"

static union ft_addr server_address(int ip)
{
	if (ft_opt.server)
		return ft_addr(ft_opt.server, 0);
	return ft_loopback(ip, 0);
}

static void run_server(int ip, int type, int backlog, ft_server_fn fn, void *arg,
		       int report)
{
	union ft_addr addr = server_address(ip);
	int fd;

	/* Not to outlive a client that died. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ft_enter_netns(ft_opt.server_ns);
	fd = type == SOCK_STREAM ? ft_listener(&addr, backlog) :
	     ft_bound(type, &addr);
	if (write(report, &addr, sizeof(addr)) != sizeof(addr))
		FT_DIE("report: %s", strerror(errno));
	close(report);
	fn(fd, arg);
	fflush(stdout);
	_exit(KTAP_PASS);
}

struct ft_server ft_serve(int ip, int type, int backlog, ft_server_fn fn, void *arg)
{
	static bool have_netns;
	struct ft_server s = {};
	int fds[2];

	if (!ft_opt.server_ns && !have_netns) {
		ft_new_netns();
		have_netns = true;
	}
	if (pipe(fds) < 0)
		FT_DIE("pipe: %s", strerror(errno));
	fflush(stdout);
	s.pid = fork();
	if (s.pid < 0)
		FT_DIE("fork: %s", strerror(errno));
	if (!s.pid) {
		close(fds[0]);
		run_server(ip, type, backlog, fn, arg, fds[1]);
	}
	close(fds[1]);
	if (read(fds[0], &s.addr, sizeof(s.addr)) != sizeof(s.addr))
		FT_DIE("the server did not start");
	close(fds[0]);
	ft_enter_netns(ft_opt.client_ns);
	return s;
}

bool ft_served(struct ft_server *s)
{
	int status;

	while (waitpid(s->pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	if (WIFSIGNALED(status))
		ktap_diag("server: %s", strsignal(WTERMSIG(status)));
	return WIFEXITED(status) && !WEXITSTATUS(status);
}
