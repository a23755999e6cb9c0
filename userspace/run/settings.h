/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * settings.h - what the launcher tells the preloaded library, by environment.
 */
#ifndef FERRY_RUN_SETTINGS_H
#define FERRY_RUN_SETTINGS_H

#define FERRY_RUN_LIBRARY	"libferry-run.so"

/* Which sockets to convert: "all", "stream", "dgram"; "off" disarms the library. */
#define FERRY_RUN_MODE		"FERRY_RUN_MODE"
/* "1": one line on stderr for each converted socket. */
#define FERRY_RUN_VERBOSE	"FERRY_RUN_VERBOSE"
/* "1": the sockets go inside UDP. */
#define FERRY_RUN_UDP		"FERRY_RUN_UDP"
/* "1": the user was told that this kernel has no Ferry. */
#define FERRY_RUN_TOLD		"FERRY_RUN_TOLD"

#define FERRY_RUN_NO_FAMILY						\
	"ferry run: this kernel has no Ferry (is ferry.ko loaded?), "	\
	"using TCP and UDP\n"

#endif
