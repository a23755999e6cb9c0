// SPDX-License-Identifier: GPL-2.0-only
/* proc.c - which processes have a socket open. */
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out.h"
#include "proc.h"
#include "tool.h"

struct opened {
	uint64_t	inode;
	int		pid;
	int		fd;
	char		name[16];
};

/* Sorted by inode once all are known */
static struct opened *all;
static unsigned int n_all;
static bool scanned;

static void read_name(int pid, char *name, size_t size)
{
	char *path = xprintf("/proc/%d/comm", pid);
	FILE *f = fopen(path, "re");

	snprintf(name, size, "?");
	if (f) {
		if (fgets(name, size, f))
			name[strcspn(name, "\n")] = 0;
		fclose(f);
	}
	free(path);
}

static void add_opened(uint64_t inode, int pid, int fd, const char *name)
{
	struct opened *o;

	if (!(n_all & (n_all - 1)))
		all = xalloc(all, (n_all ? n_all * 2 : 1) * sizeof(*all));
	o = &all[n_all++];
	o->inode = inode;
	o->pid = pid;
	o->fd = fd;
	snprintf(o->name, sizeof(o->name), "%s", name);
}

static void scan_descriptors(int pid, DIR *dir)
{
	unsigned long long inode;
	char name[16], link[64];
	struct dirent *e;
	ssize_t len;

	read_name(pid, name, sizeof(name));
	while ((e = readdir(dir))) {
		len = readlinkat(dirfd(dir), e->d_name, link, sizeof(link) - 1);
		if (len < 0)
			continue;
		link[len] = 0;
		if (sscanf(link, "socket:[%llu]", &inode) == 1)
			add_opened(inode, pid, atoi(e->d_name), name);
	}
}

static int compare(const void *a, const void *b)
{
	const struct opened *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->fd - y->fd;
}

/* Processes that are not ours are closed to us: their names stay unknown. */
static void scan(void)
{
	struct dirent *e;
	DIR *proc, *dir;
	char *path;

	if (scanned)
		return;
	scanned = true;
	proc = opendir("/proc");
	if (!proc)
		return;
	while ((e = readdir(proc))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		path = xprintf("/proc/%s/fd", e->d_name);
		dir = opendir(path);
		free(path);
		if (!dir)
			continue;
		scan_descriptors(atoi(e->d_name), dir);
		closedir(dir);
	}
	closedir(proc);
	if (n_all)
		qsort(all, n_all, sizeof(*all), compare);
}

/* The first one with this inode, or where it would be */
static unsigned int find(uint64_t inode)
{
	unsigned int low = 0, high = n_all, mid;

	scan();
	for (high = n_all; low < high; ) {
		mid = low + (high - low) / 2;
		if (all[mid].inode < inode)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

char *proc_text(uint64_t inode)
{
	char *text = xprintf("%s", ""), *longer;
	unsigned int i;

	if (!inode)
		return text;
	for (i = find(inode); i < n_all && all[i].inode == inode; i++) {
		longer = xprintf("%s%s%s(%d,%d)", text, *text ? " " : "", all[i].name,
				 all[i].pid, all[i].fd);
		free(text);
		text = longer;
	}
	return text;
}

void proc_json(const char *key, uint64_t inode)
{
	unsigned int i;

	js_open(key, '[');
	for (i = find(inode); inode && i < n_all && all[i].inode == inode; i++) {
		js_open(NULL, '{');
		js_string("name", all[i].name);
		js_number("pid", all[i].pid);
		js_number("fd", all[i].fd);
		js_close();
	}
	js_close();
}
