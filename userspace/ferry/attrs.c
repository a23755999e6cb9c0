// SPDX-License-Identifier: GPL-2.0-only
/* attrs.c - names of request attributes, for complaints about them. */
#include <stddef.h>
#include <linux/ferry.h>

#include "attrs.h"
#include "tool.h"

static const char *const filter_attrs[] = {
	[FERRY_A_FILTER_TYPES] = "types",
	[FERRY_A_FILTER_STATES] = "states",
	[FERRY_A_FILTER_FAMILY] = "family",
	[FERRY_A_FILTER_LOCAL_ADDR] = "local-addr",
	[FERRY_A_FILTER_LOCAL_PREFIX] = "local-prefix",
	[FERRY_A_FILTER_LOCAL_PORT_FIRST] = "local-port-first",
	[FERRY_A_FILTER_LOCAL_PORT_LAST] = "local-port-last",
	[FERRY_A_FILTER_REMOTE_ADDR] = "remote-addr",
	[FERRY_A_FILTER_REMOTE_PREFIX] = "remote-prefix",
	[FERRY_A_FILTER_REMOTE_PORT_FIRST] = "remote-port-first",
	[FERRY_A_FILTER_REMOTE_PORT_LAST] = "remote-port-last",
	[FERRY_A_FILTER_UID] = "uid",
	[FERRY_A_FILTER_INODE] = "inode",
	[FERRY_A_FILTER_DEVICE] = "device",
	[FERRY_A_FILTER_COOKIE] = "cookie",
};

static const char *const socket_attrs[] = {
	[FERRY_A_SOCKET_FILTER] = "filter",
	[FERRY_A_SOCKET_DETAILS] = "details",
	[FERRY_A_SOCKET_COOKIE] = "cookie",
};

static const char *const port_attrs[] = {
	[FERRY_A_PORT_FIRST] = "first",
	[FERRY_A_PORT_LAST] = "last",
	[FERRY_A_PORT_TYPE] = "type",
	[FERRY_A_PORT_UID] = "uid",
};

static const char *const grant_attrs[] = {
	[FERRY_A_GRANT_TYPE] = "type",
	[FERRY_A_GRANT_FIRST] = "first",
	[FERRY_A_GRANT_LAST] = "last",
	[FERRY_A_GRANT_UID] = "uid",
	[FERRY_A_GRANT_GID] = "gid",
};

static const char *pick(const char *const *names, size_t n, int type)
{
	return type >= 0 && (size_t)type < n ? names[type] : NULL;
}

const char *attr_name(uint8_t cmd, bool nested, int type)
{
	if (nested)
		return pick(filter_attrs, ARRAY_SIZE(filter_attrs), type);
	switch (cmd) {
	case FERRY_CMD_SOCKET_GET:
	case FERRY_CMD_SOCKET_DESTROY:
		return pick(socket_attrs, ARRAY_SIZE(socket_attrs), type);
	case FERRY_CMD_PORT_GET:
		return pick(port_attrs, ARRAY_SIZE(port_attrs), type);
	case FERRY_CMD_PORT_RESERVE:
	case FERRY_CMD_PORT_GRANT:
	case FERRY_CMD_PORT_RELEASE:
		return pick(grant_attrs, ARRAY_SIZE(grant_attrs), type);
	}
	return NULL;
}
