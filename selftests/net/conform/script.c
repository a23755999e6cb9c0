// SPDX-License-Identifier: GPL-2.0-only
/* script.c - reads a script, runs its lines, and says where one went wrong. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conform.h"
#include "lib/ktap.h"
#include "lib/net.h"
#include "lib/options.h"
#include "lib/payload.h"

#define LINE	512
#define SHOWN	40	/* lines of the conversation, after a failure */

struct world w;

static char conversation[SHOWN][LINE];
static unsigned int notes;
static int64_t start;

void note(const char *fmt, ...)
{
	char *line = conversation[notes++ % SHOWN];
	va_list ap;
	int n;

	n = snprintf(line, LINE, "%6lld ms  ", (long long)(now_ms() - start));
	va_start(ap, fmt);
	vsnprintf(line + n, LINE - n, fmt, ap);
	va_end(ap);
}

/*
 * Nothing may stay behind: an orphan that tries to reach us would keep the
 * module in use long after the script.
 */
void script_end(void)
{
	struct linger l = { .l_onoff = 1 };
	static bool ended;
	char line[64];
	int i;

	if (ended)
		return;
	ended = true;
	for (i = 0; i < FLOWS; i++) {
		w.cur = &w.flows[i];
		if (w.cur->fd >= 0)
			setsockopt(w.cur->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
		close(w.cur->fd);
		if (!w.cur->irs_known || w.type != SOCK_STREAM)
			continue;
		snprintf(line, sizeof(line), "> RST,ACK win=0");
		script_line(line);
	}
}

bool script_late(void)
{
	int64_t took = now_ms() - w.running;

	if (took > w.late)
		w.late = took;
	return w.late >= LATE;
}

void fail(const char *fmt, ...)
{
	const char *base = strrchr(w.file, '/');
	unsigned int i;
	va_list ap;

	printf("# %s:%d: %s\n#   ", base ? base + 1 : w.file, w.line, w.text);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n# The conversation (> is what we sent, < what the module did):\n");
	for (i = notes > SHOWN ? notes - SHOWN : 0; i < notes; i++)
		printf("#   %s\n", conversation[i % SHOWN]);
	if (script_late())
		printf("#   this host was late by %lld ms\n", (long long)w.late);
	fflush(stdout);
	script_end();
	_exit(w.late >= LATE ? STATUS_LATE : KTAP_FAIL);
}

static void statement(char *text)
{
	text += strspn(text, " \t");
	w.running = now_ms();
	if (*text && !packet_line(text) && !call_line(text))
		fail("what does this line mean?");
	script_late();
}

/* "10x " in front of a line */
static int repetitions(char **line)
{
	char *end;
	long n;

	*line += strspn(*line, " \t");
	n = strtol(*line, &end, 10);
	if (end == *line || end[0] != 'x' || end[1] != ' ')
		return 1;
	*line = end + 2;
	return n;
}

void script_line(char *line)
{
	char copy[LINE], *save, *part;
	int n;

	line[strcspn(line, "#\n")] = 0;
	for (n = repetitions(&line); n > 0; n--) {
		snprintf(copy, sizeof(copy), "%s", line);
		for (part = strtok_r(copy, ";", &save); part;
		     part = strtok_r(NULL, ";", &save))
			statement(part);
	}
}

static FILE *open_script(const char *file)
{
	FILE *f = fopen(file, "re");

	if (!f)
		ktap_bail("%s: %s", file, strerror(errno));
	return f;
}

/* "only v4" anywhere in it */
bool script_wants(const char *file, int ip)
{
	FILE *f = open_script(file);
	char line[LINE];
	int only = ip;

	while (fgets(line, sizeof(line), f))
		sscanf(line, "only v%d", &only);
	fclose(f);
	return only == ip;
}

static void init_flows(void)
{
	struct ft_rng rng = { .state = ft_opt.seed };
	int i;

	for (i = 0; i < FLOWS; i++)
		w.flows[i] = (struct flow) {
			.fd = -1,
			.rport = REMOTE_PORT + i,
			.lport = MODULE_PORT,
			.iss = ft_rand(&rng),
			.serial = ft_rand(&rng),
			.our_ws = -1,
			.mod_ws = -1,
			.win = 65535,
		};
	w.cur = w.flows;
}

void script_run(const char *file)
{
	FILE *f = open_script(file);
	char line[LINE], shown[LINE];

	w.file = file;
	w.type = SOCK_STREAM;
	w.lfd = -1;
	w.tail = &w.head;
	start = now_ms();
	w.event = start;
	w.text = shown;
	init_flows();
	var_set("ip", w.ip == 4 ? 20 : 40);
	while (fgets(line, sizeof(line), f)) {
		w.line++;
		snprintf(shown, sizeof(shown), "%s", line + strspn(line, " \t"));
		shown[strcspn(shown, "\n")] = 0;
		if (strncmp(line, "only ", 5))
			script_line(line);
	}
	fclose(f);
}
