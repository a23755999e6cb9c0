/* SPDX-License-Identifier: GPL-2.0-only */
/* netns.h - network namespaces as ip-netns(8) names them. */
#ifndef FERRY_NETNS_H
#define FERRY_NETNS_H

/* Move there, or die. @name: a name, or a path where it has a slash in it. */
void netns_enter(const char *name);

#endif
