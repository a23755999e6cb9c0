/* SPDX-License-Identifier: GPL-2.0-only */
/* names.h - numbers as people know them, and back. */
#ifndef FERRY_NAMES_H
#define FERRY_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

const char *type_name(unsigned int type);		/* stream, dgram */
const char *state_name(unsigned int state);		/* ESTAB, LISTEN, ... */
const char *state_key(unsigned int state);		/* as the specification spells it */
const char *timer_name(unsigned int kind);
const char *ca_state_name(unsigned int state);
const char *pmtu_state_name(unsigned int state);

/* Numbers where settings.numeric, or where there is no name; to be freed. */
char *port_text(unsigned int type, uint16_t port);
char *user_text(uint32_t uid);
char *group_text(uint32_t gid);
char *device_text(uint32_t index);

/* An address of 4 or 16 bytes; "*" for any where @star; to be freed. */
char *address_text(const void *addr, size_t len, bool star);
/* With port, IPv6 in brackets */
char *endpoint_text(const void *addr, size_t len, uint32_t device, unsigned int type,
		    uint16_t port);

/* These die of what they do not know. */
unsigned int parse_type(const char *word);
uint32_t parse_states(const char *words);
uint32_t parse_user(const char *word);
uint32_t parse_group(const char *word);
/* PORT, NAME, FIRST-LAST; @type (-1: any) chooses among names */
void parse_ports(const char *word, int type, uint16_t *first, uint16_t *last);

/**
 * struct network - ADDRESS[/PREFIX][:PORT], [ADDRESS]:PORT
 * @len: bytes of @addr: 4, 16 or 0 for none
 * @addr: network order
 * @prefix: bits that count
 * @first: first port, @last the last one; 0 and 65535 for none
 */
struct network {
	uint8_t		len;
	uint8_t		addr[16];
	uint8_t		prefix;
	uint16_t	first;
	uint16_t	last;
};

void parse_network(const char *word, struct network *net);

#endif
