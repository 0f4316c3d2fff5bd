// SPDX-License-Identifier: GPL-2.0
/*
 * The cost of one system call to an ISM function, as seen by user space
 *
 * usage: vfio_ism_bench SENDER RECEIVER
 *
 * Prints a line for each: name, cost, PCI instructions. The cost is measured
 * with CLOCK_MONOTONIC. In QEMU with -icount shift=0,sleep=off it is the number
 * of guest instructions, the same in each run; elsewhere nanoseconds.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/fmb.h"
#include "lib/ism.h"
#include "lib/pair.h"

#define DMB_LEN		(64 * 1024)
#define RUNS		21	/* the result is their median */
#define CALLS		16	/* per run: the clock may be off by one */

struct bench {
	struct ism a, b;
	struct ism_dmb dmb;
	__u8 buf[ISM_PAGE_SIZE];
};

static void nothing(struct bench *b)
{
}

static void null_call(struct bench *b)
{
	getppid();
}

static void write_block(struct bench *b, size_t len)
{
	if (ism_move(&b->a, b->dmb.tok, 0, false, 0, b->buf, len))
		errx(1, "write of %zu bytes", len);
}

static void write_4096(struct bench *b)
{
	write_block(b, 4096);
}

static void write_64(struct bench *b)
{
	write_block(b, 64);
}

static void write_8(struct bench *b)
{
	write_block(b, 8);
}

static void read_window(struct bench *b, size_t len)
{
	if (vfio_read(&b->a.fn, ISM_BAR_COMMAND, 0, b->buf, len) != len)
		errx(1, "read of %zu bytes", len);
}

static void read_8(struct bench *b)
{
	read_window(b, 8);
}

static void read_4096(struct bench *b)
{
	read_window(b, 4096);
}

static const struct {
	const char *name;
	void (*op)(struct bench *b);
} ops[] = {
	{ "getppid",	null_call },
	{ "pwrite_4096", write_4096 },
	{ "pwrite_64",	write_64 },
	{ "pwrite_8",	write_8 },
	{ "pread_8",	read_8 },
	{ "pread_4096",	read_4096 },
};

static long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static long median(struct bench *b, void (*op)(struct bench *b))
{
	long cost[RUNS];
	int i, j;

	for (i = 0; i < RUNS; i++) {
		cost[i] = now();
		for (j = 0; j < CALLS; j++)
			op(b);
		cost[i] = now() - cost[i];
	}
	qsort(cost, RUNS, sizeof(*cost), compare);
	return cost[RUNS / 2];
}

/* All kinds together; vfio_ism_test checks them separately */
static unsigned long instructions(const char *bdf)
{
	struct fmb fmb;

	if (fmb_read(bdf, &fmb))
		errx(1, "no function measurement");
	return fmb.loads + fmb.stores + fmb.blocks;
}

static void set_up(struct bench *b, char **bdf)
{
	__u8 *mem;

	b->dmb.len = DMB_LEN;
	b->dmb.sba_idx = 32;
	if (ism_open_any(&b->a, bdf[0]) || ism_open_any(&b->b, bdf[1]) ||
	    ism_connect(&b->a, &b->b, &b->dmb, &mem) || fmb_restart(bdf[0]))
		errx(1, "%s and %s cannot be used", bdf[0], bdf[1]);
}

int main(int argc, char **argv)
{
	static struct bench b;
	unsigned long before, after;
	long empty, cost;
	unsigned int i;

	if (argc != 3)
		errx(2, "usage: %s SENDER RECEIVER", argv[0]);
	set_up(&b, argv + 1);
	empty = median(&b, nothing);
	before = instructions(argv[1]);
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++, before = after) {
		cost = median(&b, ops[i].op);
		after = instructions(argv[1]);
		printf("%s %ld %lu\n", ops[i].name,
		       (cost - empty + CALLS / 2) / CALLS,
		       (after - before + RUNS * CALLS - 1) / (RUNS * CALLS));
	}
	sleep(1);	/* for report.sh to read the last counts */
	ism_close(&b.a);
	ism_close(&b.b);
	return 0;
}
