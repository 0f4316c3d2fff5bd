// SPDX-License-Identifier: GPL-2.0
/*
 * Move 1 MiB from one ISM function into a DMB of another, with an interrupt at
 * the end, compare the data and print the number of PCI instructions
 *
 * usage: vfio_ism_peer SENDER RECEIVER, both bound to ism_vfio_pci
 *
 * Exits with 0 only if all bytes and the interrupt have arrived.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/fmb.h"
#include "lib/ism.h"

#define DMB_LEN		(1024 * 1024)
#define WRITES		(DMB_LEN / ISM_PAGE_SIZE)
#define SBA_IDX		32	/* first one used by the kernel driver */
#define DMBE_IDX	5
#define TIMEOUT_MS	5000

static void check(int ret, const char *what)
{
	if (ret < 0)
		errx(1, "%s: %s", what, strerror(-ret));
	if (ret)
		errx(1, "%s: the function refused it with code %#x", what, ret);
}

static void *anonymous(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	return p;
}

static struct fmb measure(const char *bdf)
{
	struct fmb fmb;

	check(fmb_read(bdf, &fmb), "read the function measurement");
	return fmb;
}

static void print_measured(const char *name, const char *bdf,
			   const struct fmb *fmb)
{
	printf("%-8s %s: %lu PCI loads, %lu stores, %lu block stores\n", name,
	       bdf, fmb->loads, fmb->stores, fmb->blocks);
}

static void fill(__u8 *buf, size_t len)
{
	__u32 x = 0x15a15a;
	size_t i;

	for (i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		buf[i] = x >> 24;
	}
}

/* Each write must be exactly one store block and nothing else */
static struct fmb send_all(struct ism *a, const char *bdf,
			   const struct ism_dmb *dmb, const __u8 *data)
{
	struct fmb before = measure(bdf), after;
	size_t off;
	bool last;

	for (off = 0; off < DMB_LEN; off += ISM_PAGE_SIZE) {
		last = off + ISM_PAGE_SIZE == DMB_LEN;
		check(ism_move(a, dmb->tok, DMBE_IDX, last, off, data + off,
			       ISM_PAGE_SIZE), "write to the DMB");
	}
	after = measure(bdf);
	if (after.blocks - before.blocks != WRITES ||
	    after.stores != before.stores || after.loads != before.loads)
		errx(1, "%d writes took %lu block stores, %lu stores, %lu loads",
		     WRITES, after.blocks - before.blocks,
		     after.stores - before.stores, after.loads - before.loads);
	return after;
}

static void compare(const __u8 *got, const __u8 *want)
{
	size_t i;

	for (i = 0; i < DMB_LEN; i++) {
		if (got[i] != want[i])
			errx(1, "byte %zu is %#x and should be %#x", i, got[i],
			     want[i]);
	}
}

int main(int argc, char **argv)
{
	struct ism_dmb dmb = { .len = DMB_LEN, .sba_idx = SBA_IDX };
	__u8 *data = anonymous(DMB_LEN);
	__u8 *memory = anonymous(DMB_LEN);
	struct fmb sent, received;
	__u64 gid_b;
	__u16 mask;
	struct ism a, b;

	if (argc != 3)
		errx(2, "usage: %s SENDER RECEIVER", argv[0]);
	setvbuf(stdout, NULL, _IOLBF, 0);

	check(ism_open_any(&a, argv[1]), argv[1]);
	check(ism_open_any(&b, argv[2]), argv[2]);
	check(fmb_restart(argv[1]), "restart the sender's measurement");
	check(fmb_restart(argv[2]), "restart the receiver's measurement");
	check(ism_read_gid(&a, &dmb.rgid), "read the sender's GID");
	check(ism_read_gid(&b, &gid_b), "read the receiver's GID");
	printf("sender   %s: GID %016llx\n", argv[1], dmb.rgid);
	printf("receiver %s: GID %016llx\n", argv[2], gid_b);
	check(ism_query_rgid(&a, gid_b), "reach the receiver");

	check(ism_register(&b), "register SBA and event queue");
	check(vfio_map(&b.fn, memory, DMB_LEN, &dmb.iova), "map the DMB");
	check(ism_reg_dmb(&b, &dmb), "register the DMB");

	fill(data, DMB_LEN);
	sent = send_all(&a, argv[1], &dmb, data);
	check(ism_wait(&b, TIMEOUT_MS), "wait for the interrupt");
	if (!ism_signalled(&b, SBA_IDX, &mask))
		errx(1, "interrupt, but no signal for the DMB");
	if (!mask)
		errx(1, "signal for the DMB, but for no element of it");
	compare(memory, data);

	printf("moved    %d bytes in %d writes, all compared; interrupt received\n",
	       DMB_LEN, WRITES);
	received = measure(argv[2]);
	print_measured("sender", argv[1], &sent);
	print_measured("receiver", argv[2], &received);

	check(ism_unreg_dmb(&b, dmb.tok), "unregister the DMB");
	check(ism_unregister(&b), "unregister SBA and event queue");
	ism_close(&a);
	ism_close(&b);
	printf("verdict  PASS\n");
	return 0;
}
