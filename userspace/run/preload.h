/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * preload.h - the parts of the preloaded library.
 *
 * The functions it stands in for are called from signal handlers, between
 * vfork() and exec, and by other libraries' constructors before ours has run.
 * So nothing on their way allocates, takes a lock or uses stdio, and zeroed
 * settings mean what the plain library does.
 */
#ifndef FERRY_RUN_PRELOAD_H
#define FERRY_RUN_PRELOAD_H

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define EXPORT	__attribute__((visibility("default")))

/*
 * DEFINE_NEXT - next_NAME(): the function of this name behind ours. Looked up
 * once; threads that do it at the same time find the same. The constructors
 * call it early because dlsym() may not be called from a signal handler.
 */
#define DEFINE_NEXT(name)						\
	static __typeof__(&(name)) next_##name(void)			\
	{								\
		static _Atomic(void *) known;				\
		void *fn;						\
									\
		fn = atomic_load_explicit(&known, memory_order_acquire); \
		if (!fn) {						\
			fn = dlsym(RTLD_NEXT, #name);			\
			atomic_store_explicit(&known, fn, memory_order_release); \
		}							\
		return (__typeof__(&(name)))fn;				\
	}

struct run_settings {
	bool keep_stream;	/* leave stream sockets to TCP */
	bool keep_dgram;	/* leave datagram sockets to UDP */
	bool off;		/* do nothing at all, for children neither */
	bool verbose;
	bool udp;		/* go inside UDP */
	atomic_bool told;	/* the user knows that there is no Ferry */
};

extern struct run_settings ferry_run;

/**
 * ferry_run_environ_size - what is missing from an environment
 * @envp: what the program wants to give to exec; may be NULL
 *
 * Return: bytes that ferry_run_environ_fill() needs for a completed copy, 0 if
 * @envp has everything (or is absurdly large) and can be passed on as it is.
 */
size_t ferry_run_environ_size(char *const envp[]);

/**
 * ferry_run_environ_fill - complete an environment
 * @envp: the same
 * @room: aligned space of the size asked for
 *
 * Return: the completed environment, in @room.
 */
char **ferry_run_environ_fill(char *const envp[], void *room);

/**
 * ferry_run_environ_restore - complete the program's own environ
 *
 * For system() and popen(), which take no environment. Only does something
 * in a program that removed our variables.
 */
void ferry_run_environ_restore(void);

#endif
