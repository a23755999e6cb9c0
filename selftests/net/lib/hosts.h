/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hosts.h - one program as two hosts: the server is a child process in the
 * namespace --server-ns, the caller goes on as the client in --client-ns.
 * Without them both share a fresh namespace and talk over loopback.
 */
#ifndef FT_HOSTS_H
#define FT_HOSTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "net.h"

struct ft_server {
	pid_t pid;
	union ft_addr addr;	/* where it is bound */
};

/* What the server does with its socket: bound, and listening if a stream's. */
typedef void (*ft_server_fn)(int fd, void *arg);

/* ft_serve - start the server; when it returns, the port is taken */
struct ft_server ft_serve(int ip, int type, int backlog, ft_server_fn fn, void *arg);

/* Did the server end well? Waits for it. */
bool ft_served(struct ft_server *server);

#endif
