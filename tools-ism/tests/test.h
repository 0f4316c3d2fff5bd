/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests that print KTAP. A failed CHECK() ends the program: what comes after it would
 * not mean much.
 */
#ifndef LIBISM_TESTS_TEST_H
#define LIBISM_TESTS_TEST_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

#define CHECK(condition)						\
	do {								\
		if (!(condition)) {					\
			printf("# %s:%d: %s is false; errno: %s\n",	\
			       __FILE__, __LINE__, #condition,		\
			       strerror(errno));			\
			fflush(stdout);					\
			abort();					\
		}							\
	} while (0)

struct test {
	const char *name;
	void (*run)(void);
};

#define TEST(function) { #function, function }

/* A test program's arguments: [OPERATIONS [SEED]] */
static inline void parse_arguments(int argc, char **argv, unsigned long *operations,
				   __u64 *seed)
{
	if (argc > 1)
		*operations = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		*seed = strtoull(argv[2], NULL, 0);
}

static inline void run_tests(const struct test *test, unsigned int n)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	for (i = 0; i < n; i++) {
		test[i].run();
		printf("ok %u %s\n", i + 1, test[i].name);
	}
}

#endif
