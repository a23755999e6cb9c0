// SPDX-License-Identifier: GPL-2.0-only
/* payload - write seeded payload to stdout, for tests that move files. */
#include <stdio.h>

#include "lib/ktap.h"
#include "lib/options.h"
#include "lib/payload.h"

static uint64_t bytes;

static bool own_option(const char *name, const char *value)
{
	if (strcmp(name, "--bytes"))
		return false;
	bytes = ft_number(value);
	return true;
}

int main(int argc, char **argv)
{
	static unsigned char buf[65536];
	uint64_t off;
	size_t n;

	ft_options(argc, argv, own_option, "  --bytes N\n");
	for (off = 0; off < bytes; off += n) {
		n = bytes - off < sizeof(buf) ? bytes - off : sizeof(buf);
		ft_fill(ft_opt.seed, off, buf, n);
		if (fwrite(buf, 1, n, stdout) != n)
			return 1;
	}
	return fflush(stdout) ? 1 : 0;
}
