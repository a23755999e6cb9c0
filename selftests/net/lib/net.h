/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * net.h - sockets, addresses and namespaces for tests.
 *
 * Which family the sockets are of comes from ft_opt.ferry: the same test runs
 * over Ferry and over TCP/UDP, and what it claims about TCP's behaviour can be
 * proven against TCP. @ip is 4 or 6 everywhere. Helpers that return no error
 * end the test case (or the program) when the kernel refuses.
 */
#ifndef FT_NET_H
#define FT_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

union ft_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage ss;
};

/* socket() of the family under test; -1 and errno like it. */
int ferry_socket(int ip, int type);

/* The same, ends the test on failure. */
int ft_socket(int ip, int type);

union ft_addr ft_loopback(int ip, uint16_t port);
union ft_addr ft_any(int ip, uint16_t port);
union ft_addr ft_addr(const char *text, uint16_t port);
union ft_addr ft_mapped(const char *v4_text, uint16_t port);
socklen_t ft_addrlen(const union ft_addr *addr);
uint16_t ft_port(const union ft_addr *addr);
void ft_set_port(union ft_addr *addr, uint16_t port);
bool ft_addr_equal(const union ft_addr *a, const union ft_addr *b);
const char *ft_addr_text(const union ft_addr *addr);

/* bind(), connect(), accept4() with these addresses; -1 and errno like them. */
int ft_bind(int fd, const union ft_addr *addr);
int ft_connect(int fd, const union ft_addr *addr);
int ft_accept(int fd, union ft_addr *peer);

union ft_addr ft_local(int fd);
union ft_addr ft_peer(int fd);

/* A socket bound to @addr, whose port 0 is replaced by the one given. */
int ft_bound(int type, union ft_addr *addr);
int ft_listener(union ft_addr *addr, int backlog);

/* Two sockets connected to each other over loopback. */
void ft_stream_pair(int ip, int fd[2]);
void ft_dgram_pair(int ip, int fd[2]);

/* Write a sysctl under net/, named by its path there; -1 and errno if refused. */
int ft_sysctl(const char *name, const char *value);

int ft_getopt(int fd, int level, int name);
int ft_setopt(int fd, int level, int name, int value);
void ft_nonblock(int fd);

/* poll() one descriptor: its revents, 0 on timeout. */
int ft_poll(int fd, short events, int timeout_ms);

/* Everything or the end of the test; ft_recv_all() stops early at EOF. */
void ft_send_all(int fd, const void *buf, size_t len);
size_t ft_recv_all(int fd, void *buf, size_t len);

/* A fresh network namespace with loopback up, for this process. */
void ft_new_netns(void);
/* Enter a namespace made by "ip netns add"; NULL stays. */
void ft_enter_netns(const char *name);

/* Raise the descriptor limit to at least @n. */
void ft_want_files(unsigned int n);

/* Milliseconds on the monotonic clock: for rates and deadlines only. */
uint64_t ft_now_ms(void);

#endif
