// SPDX-License-Identifier: GPL-2.0
/*
 * A hostile peer of a running listener
 *
 * usage: libism_attack GID PORT STEPS
 *
 * Uses the first free function. Only what the listener does is of interest.
 */
#include <err.h>
#include <stdlib.h>

#include "attack.h"

int main(int argc, char **argv)
{
	struct libism *ism;
	unsigned long i, steps;

	if (argc != 4)
		errx(2, "usage: %s GID PORT STEPS", argv[0]);
	steps = strtoul(argv[3], NULL, 0);
	if (libism_open(&ism, NULL) ||
	    attack_start(ism, strtoull(argv[1], NULL, 16), atoi(argv[2]), 1))
		err(1, "open");
	for (i = 0; i < steps; i++) {
		attack();
		if (libism_dispatch(ism))
			err(1, "%s", libism_bdf(ism));
	}
	libism_close(ism);
	return 0;
}
