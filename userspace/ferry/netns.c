// SPDX-License-Identifier: GPL-2.0-only
/* netns.c - network namespaces as ip-netns(8) names them. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"
#include "tool.h"

void netns_enter(const char *name)
{
	char *path = xprintf("%s%s", strchr(name, '/') ? "" : "/run/netns/", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(EXIT_SYNTAX, "no network namespace \"%s\": %s: %s; see \"ip netns\"",
		    name, path, strerror(errno));
	if (setns(fd, CLONE_NEWNET))
		die(EXIT_SYNTAX, "cannot enter network namespace \"%s\": %s%s", name,
		    strerror(errno), errno == EPERM ? "; this needs root" : "");
	close(fd);
	free(path);
}
