// SPDX-License-Identifier: GPL-2.0-only
/*
 * reach.c - which programs a preloaded library cannot reach.
 *
 * Statically linked programs load no library, Go programs make their system
 * calls themselves even when they load some, and the loader preloads nothing
 * into set-user-ID programs.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reach.h"

#define MAX_HEADERS	64

static int open_program(const char *program)
{
	const char *path = getenv("PATH"), *end;
	char file[PATH_MAX];
	int fd;

	if (strchr(program, '/'))
		return open(program, O_RDONLY | O_CLOEXEC);
	for (; path; path = *end ? end + 1 : NULL) {
		end = strchrnul(path, ':');
		if (snprintf(file, sizeof(file), "%.*s/%s", (int)(end - path),
			     end == path ? "." : path, program) >= (int)sizeof(file))
			continue;
		if (access(file, X_OK))
			continue;
		fd = open(file, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

/* The Go linker leaves a note named "Go" in each program it makes. */
static bool is_go_note(int fd, const Elf64_Phdr *ph)
{
	struct {
		Elf64_Nhdr head;
		char name[4];
	} note;

	if (ph->p_type != PT_NOTE ||
	    pread(fd, &note, sizeof(note), ph->p_offset) != sizeof(note))
		return false;
	return note.head.n_namesz == 4 && !memcmp(note.name, "Go\0", 4);
}

static const char *why_not_elf(int fd)
{
	Elf64_Phdr ph[MAX_HEADERS];
	bool loader = false;
	Elf64_Ehdr eh;
	ssize_t size;
	int i;

	if (pread(fd, &eh, sizeof(eh), 0) != sizeof(eh) ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG) ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_phnum > MAX_HEADERS)
		return NULL;
	size = eh.e_phnum * sizeof(*ph);
	if (pread(fd, ph, size, eh.e_phoff) != size)
		return NULL;
	for (i = 0; i < eh.e_phnum; i++) {
		if (ph[i].p_type == PT_INTERP)
			loader = true;
		if (is_go_note(fd, &ph[i]))
			return "is a Go program";
	}
	return loader ? NULL : "is statically linked";
}

void ferry_run_warn_unreachable(const char *program)
{
	const char *why = NULL;
	struct stat st;
	int fd;

	fd = open_program(program);
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && (st.st_mode & (S_ISUID | S_ISGID)) && geteuid())
		why = "is set-user-ID or set-group-ID";
	else
		why = why_not_elf(fd);
	close(fd);
	if (why)
		fprintf(stderr, "ferry run: %s %s and cannot be reached, it will use TCP and UDP\n",
			program, why);
}
