/* SPDX-License-Identifier: GPL-2.0 */
/* Random numbers that are the same for the same seed, which each file sets */
#ifndef LIBISM_TESTS_RANDOM_H
#define LIBISM_TESTS_RANDOM_H

#include <linux/types.h>

static __u64 seed = 1;

static inline __u32 next_random(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return seed >> 32;
}

static inline __u32 below(__u32 n)
{
	return next_random() % n;
}

#endif
