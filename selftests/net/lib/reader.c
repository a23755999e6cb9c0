// SPDX-License-Identifier: GPL-2.0-only
/* See reader.h. */
#include <sys/socket.h>

#include "ktap.h"
#include "net.h"
#include "options.h"
#include "payload.h"
#include "reader.h"

static void *read_thread(void *arg)
{
	struct ft_reader *r = arg;
	static char in[70000];
	ssize_t n;

	while ((n = recv(r->fd, in, sizeof(in), 0)) > 0) {
		if (ft_check(ft_opt.seed, r->got, in, n) >= 0)
			r->wrong = true;
		r->got += n;
	}
	return NULL;
}

void ft_reader_start(struct ft_reader *r, int fd)
{
	*r = (struct ft_reader){ .fd = fd };
	ASSERT_EQ(0, pthread_create(&r->thread, NULL, read_thread, r));
}

void ft_reader_finish(struct ft_reader *r, int writer, size_t want)
{
	ASSERT_OK(shutdown(writer, SHUT_WR));
	pthread_join(r->thread, NULL);
	EXPECT_EQ(want, r->got);
	EXPECT_TRUE(!r->wrong);
}
