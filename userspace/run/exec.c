// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec.c - every way to start a program, so that its sockets are Ferry's too.
 *
 * glibc's exec functions call each other inside the library, where nothing can
 * stand in: each has to be caught by itself.
 */
#define _GNU_SOURCE
#include <alloca.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "preload.h"

DEFINE_NEXT(execve)
DEFINE_NEXT(execvpe)
DEFINE_NEXT(execveat)
DEFINE_NEXT(fexecve)
DEFINE_NEXT(posix_spawn)
DEFINE_NEXT(posix_spawnp)
DEFINE_NEXT(system)
DEFINE_NEXT(popen)

/*
 * The environment to give to exec instead of @envp. A copy lives on the stack
 * of the calling function, the one place that is safe after vfork().
 */
#define COMPLETE(envp)							\
({									\
	size_t size_ = ferry_run_environ_size(envp);			\
									\
	size_ ? ferry_run_environ_fill(envp, alloca(size_)) :		\
		(char **)(envp);					\
})

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	return next_execve()(path, argv, COMPLETE(envp));
}

EXPORT int execv(const char *path, char *const argv[])
{
	return next_execve()(path, argv, COMPLETE(environ));
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	return next_execvpe()(file, argv, COMPLETE(envp));
}

EXPORT int execvp(const char *file, char *const argv[])
{
	return next_execvpe()(file, argv, COMPLETE(environ));
}

EXPORT int execveat(int dir, const char *path, char *const argv[],
		    char *const envp[], int flags)
{
	return next_execveat()(dir, path, argv, COMPLETE(envp), flags);
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	return next_fexecve()(fd, argv, COMPLETE(envp));
}

/* Arguments up to and with the NULL that ends them. */
static size_t count_args(va_list ap)
{
	size_t n = 2;

	while (va_arg(ap, char *))
		n++;
	return n;
}

/* By pointer: the caller goes on reading behind the NULL. */
static void collect_args(char **argv, const char *first, va_list *ap)
{
	*argv = (char *)first;
	while (*argv)
		*++argv = va_arg(*ap, char *);
}

/* @argv in the caller's frame, @ap behind the last argument. */
#define COLLECT(argv, first, ap)					\
	do {								\
		va_start(ap, first);					\
		argv = alloca(count_args(ap) * sizeof(*argv));		\
		va_end(ap);						\
		va_start(ap, first);					\
		collect_args(argv, first, &ap);				\
	} while (0)

EXPORT int execl(const char *path, const char *arg, ...)
{
	char **argv;
	va_list ap;

	COLLECT(argv, arg, ap);
	va_end(ap);
	return next_execve()(path, argv, COMPLETE(environ));
}

EXPORT int execlp(const char *file, const char *arg, ...)
{
	char **argv;
	va_list ap;

	COLLECT(argv, arg, ap);
	va_end(ap);
	return next_execvpe()(file, argv, COMPLETE(environ));
}

EXPORT int execle(const char *path, const char *arg, ...)
{
	char **argv, **envp;
	va_list ap;

	COLLECT(argv, arg, ap);
	envp = va_arg(ap, char **);
	va_end(ap);
	return next_execve()(path, argv, COMPLETE(envp));
}

EXPORT int posix_spawn(pid_t *pid, const char *path,
		       const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attr, char *const argv[],
		       char *const envp[])
{
	return next_posix_spawn()(pid, path, actions, attr, argv, COMPLETE(envp));
}

EXPORT int posix_spawnp(pid_t *pid, const char *file,
			const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attr, char *const argv[],
			char *const envp[])
{
	return next_posix_spawnp()(pid, file, actions, attr, argv, COMPLETE(envp));
}

EXPORT int system(const char *command)
{
	ferry_run_environ_restore();
	return next_system()(command);
}

EXPORT FILE *popen(const char *command, const char *type)
{
	ferry_run_environ_restore();
	return next_popen()(command, type);
}

__attribute__((constructor)) static void look_up(void)
{
	next_execve();
	next_execvpe();
	next_execveat();
	next_fexecve();
	next_posix_spawn();
	next_posix_spawnp();
}
