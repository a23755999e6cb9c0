/* SPDX-License-Identifier: GPL-2.0-only */
/* reader.h - a thread that reads a stream to its end and checks every byte. */
#ifndef FT_READER_H
#define FT_READER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct ft_reader {
	pthread_t thread;
	int fd;
	size_t got;
	bool wrong;
};

/* What @fd brings is to be the payload of ft_opt.seed from its beginning on. */
void ft_reader_start(struct ft_reader *r, int fd);
/* Shut down @writer, wait for the end, expect @want right bytes. */
void ft_reader_finish(struct ft_reader *r, int writer, size_t want);

#endif
