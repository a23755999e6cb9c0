// SPDX-License-Identifier: GPL-2.0-only
/*
 * environ.c - the settings, and how they reach the children.
 *
 * Programs clear their environment (nginx' workers) or build a new one for
 * their children (sshd). The settings are therefore taken from the environment
 * once, when the library is loaded, and put back whenever they are missing from
 * one that is given to exec. What such a program wants to set itself stays.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload.h"
#include "settings.h"

#define PRELOAD_VAR	"LD_PRELOAD="
#define MODE_VAR	FERRY_RUN_MODE "="
#define VERBOSE_VAR	FERRY_RUN_VERBOSE "="
#define UDP_VAR		FERRY_RUN_UDP "="
#define TOLD_VAR	FERRY_RUN_TOLD "="

/* The copy is made on the stack of whoever calls exec. */
#define MAX_ROOM	(128 * 1024)

struct run_settings ferry_run;

/* "LD_PRELOAD=" and the path this library was loaded from. */
static char own_preload[sizeof(PRELOAD_VAR) + PATH_MAX];

/* What an environment has of ours. */
struct survey {
	size_t entries;
	const char *preload;	/* its LD_PRELOAD, NULL without one */
	bool ours;		/* which has us in it */
	bool mode, verbose, udp, told, off;
};

static const char *value_of(const char *entry, const char *var)
{
	size_t len = strlen(var);

	return strncmp(entry, var, len) ? NULL : entry + len;
}

static const char *own_path(void)
{
	return own_preload + strlen(PRELOAD_VAR);
}

static void survey_entry(struct survey *s, const char *entry)
{
	const char *v;

	v = value_of(entry, PRELOAD_VAR);
	if (v && !s->preload) {
		s->preload = v;
		s->ours = strstr(v, own_path());
	}
	v = value_of(entry, MODE_VAR);
	if (v) {
		s->mode = true;
		s->off = !strcmp(v, "off");
	}
	if (value_of(entry, VERBOSE_VAR))
		s->verbose = true;
	if (value_of(entry, UDP_VAR))
		s->udp = true;
	if (value_of(entry, TOLD_VAR))
		s->told = true;
}

static void take_survey(struct survey *s, char *const envp[])
{
	memset(s, 0, sizeof(*s));
	while (envp && envp[s->entries])
		survey_entry(s, envp[s->entries++]);
}

static bool complete(const struct survey *s)
{
	return s->ours && s->mode &&
	       (s->verbose || !ferry_run.verbose) &&
	       (s->udp || !ferry_run.udp) && (s->told || !ferry_run.told);
}

static const char *mode_entry(void)
{
	if (ferry_run.keep_stream)
		return MODE_VAR "dgram";
	if (ferry_run.keep_dgram)
		return MODE_VAR "stream";
	return MODE_VAR "all";
}

size_t ferry_run_environ_size(char *const envp[])
{
	struct survey s;
	size_t room;

	if (ferry_run.off || !*own_path())
		return 0;
	take_survey(&s, envp);
	if (s.off || complete(&s))
		return 0;
	/* Theirs, our five, the end, and the text of a merged LD_PRELOAD. */
	room = (s.entries + 6) * sizeof(*envp);
	room += strlen(own_preload) + 1 + (s.preload ? strlen(s.preload) : 0) + 1;
	return room <= MAX_ROOM ? room : 0;
}

/* Our library first, then what they preload. */
static char *merge_preload(const struct survey *s, char *text)
{
	char *end = stpcpy(text, own_preload);

	if (*s->preload) {
		*end++ = ':';
		strcpy(end, s->preload);
	}
	return text;
}

char **ferry_run_environ_fill(char *const envp[], void *room)
{
	char **out = room, **next = out;
	struct survey s;
	size_t i;

	take_survey(&s, envp);
	for (i = 0; i < s.entries; i++) {
		if (!s.preload || s.ours || !value_of(envp[i], PRELOAD_VAR))
			*next++ = envp[i];
	}
	if (!s.preload)
		*next++ = own_preload;
	else if (!s.ours)
		*next++ = merge_preload(&s, (char *)(out + s.entries + 6));
	if (!s.mode)
		*next++ = (char *)mode_entry();
	if (!s.verbose && ferry_run.verbose)
		*next++ = (char *)VERBOSE_VAR "1";
	if (!s.udp && ferry_run.udp)
		*next++ = (char *)UDP_VAR "1";
	if (!s.told && ferry_run.told)
		*next++ = (char *)TOLD_VAR "1";
	*next = NULL;
	return out;
}

static void put_back(char *entry)
{
	char name[64], *eq = strchr(entry, '=');

	if ((size_t)(eq - entry) >= sizeof(name))
		return;
	memcpy(name, entry, eq - entry);
	name[eq - entry] = '\0';
	setenv(name, eq + 1, 1);
}

void ferry_run_environ_restore(void)
{
	size_t size = ferry_run_environ_size(environ);
	char **full, **entry;
	struct survey s;

	if (!size)
		return;
	full = malloc(size);
	if (!full)
		return;
	take_survey(&s, environ);
	ferry_run_environ_fill(environ, full);
	/* What was added stands behind what was there. */
	entry = full + s.entries - (s.preload && !s.ours);
	while (*entry)
		put_back(*entry++);
	free(full);
}

static bool is_set(const char *name)
{
	const char *v = getenv(name);

	return v && *v && strcmp(v, "0");
}

static void find_own_path(void)
{
	Dl_info info;
	char *path;

	strcpy(own_preload, PRELOAD_VAR);
	if (!dladdr(own_preload, &info) || !info.dli_fname)
		return;
	/* Children may stand in another directory. */
	path = own_preload + strlen(PRELOAD_VAR);
	if (*info.dli_fname == '/' && strlen(info.dli_fname) < PATH_MAX)
		strcpy(path, info.dli_fname);
	else if (!realpath(info.dli_fname, path))
		*path = '\0';
}

__attribute__((constructor)) static void read_settings(void)
{
	const char *mode = getenv(FERRY_RUN_MODE);

	find_own_path();
	if (mode) {
		ferry_run.keep_stream = !strcmp(mode, "dgram");
		ferry_run.keep_dgram = !strcmp(mode, "stream");
		ferry_run.off = !strcmp(mode, "off");
	}
	ferry_run.verbose = is_set(FERRY_RUN_VERBOSE);
	ferry_run.udp = is_set(FERRY_RUN_UDP);
	ferry_run.told = is_set(FERRY_RUN_TOLD);
}
