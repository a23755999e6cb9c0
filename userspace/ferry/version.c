// SPDX-License-Identifier: GPL-2.0-only
/* version.c - "ferry version": of the tool and of the module. */
#include <inttypes.h>
#include <stdio.h>

#include "nl.h"
#include "out.h"
#include "tool.h"

static void usage(void)
{
	puts("Usage: ferry version\n"
	     "\n"
	     "  Versions of this tool, of the loaded module and of the interface between\n"
	     "  them, and the IP protocol numbers in use.");
}

static const char *module_version(const struct nlattr **tb)
{
	return tb[FERRY_A_VERSION_MODULE] ?
	       mnl_attr_get_str(tb[FERRY_A_VERSION_MODULE]) : "";
}

static void print(uint8_t cmd, const struct nlattr **tb, void *arg)
{
	(void)cmd;
	(void)arg;
	if (settings.json) {
		js_string("module", module_version(tb));
		js_number("api", nl_get(tb[FERRY_A_VERSION_API]));
		js_number("fsp_protocol", nl_get(tb[FERRY_A_VERSION_FSP_PROTOCOL]));
		js_number("fdp_protocol", nl_get(tb[FERRY_A_VERSION_FDP_PROTOCOL]));
		return;
	}
	printf("module     %s\n", module_version(tb));
	printf("interface  %" PRIu64 "\n", nl_get(tb[FERRY_A_VERSION_API]));
	printf("streams    IP protocol %" PRIu64 "\n",
	       nl_get(tb[FERRY_A_VERSION_FSP_PROTOCOL]));
	printf("datagrams  IP protocol %" PRIu64 "\n",
	       nl_get(tb[FERRY_A_VERSION_FDP_PROTOCOL]));
}

static void print_absent(void)
{
	if (settings.json)
		js_null("module");
	else
		puts("module     not loaded");
}

static int show(int argc, char **argv)
{
	if (argc)
		die(EXIT_SYNTAX, "\"%s\" is unknown here; try \"ferry version help\"", *argv);
	if (settings.json) {
		js_open(NULL, '[');
		js_open(NULL, '{');
		js_string("tool", TOOL_VERSION);
	} else {
		printf("tool       %s\n", TOOL_VERSION);
	}
	if (nl_available())
		nl_talk_or_die(nl_request(FERRY_CMD_VERSION_GET, 0), FERRY_A_VERSION_MAX,
			       print, NULL);
	else
		print_absent();
	return out_finish(0);
}

static const struct command commands[] = {
	{ "show", show },
	{}
};

int object_version(int argc, char **argv)
{
	return run_command(commands, true, usage, argc, argv);
}
