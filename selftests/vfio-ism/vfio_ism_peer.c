// SPDX-License-Identifier: GPL-2.0
/*
 * Move 1 MiB from one ISM function into a DMB of another, with an interrupt at
 * the end, compare the data and print the number of PCI instructions
 *
 * usage: vfio_ism_peer SENDER RECEIVER		in one process
 *        vfio_ism_peer send SENDER
 *        vfio_ism_peer receive RECEIVER GID	of the sender
 *
 * The functions must be bound to ism_vfio_pci. The two ends can be in different
 * machines and be started in any order; the receiver tells the sender the token
 * of its DMB by an event, and by another one that it has everything.
 *
 * Exits with 0 only if all bytes and the interrupt have arrived.
 */
#include <endian.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/data.h"
#include "lib/fmb.h"
#include "lib/ism.h"

#define DMB_LEN		(1024 * 1024)
#define WRITES		(DMB_LEN / ISM_PAGE_SIZE)
#define SBA_IDX		32	/* first one used by the kernel driver */
#define DMBE_IDX	5
#define TIMEOUT_MS	5000
#define OTHER_MS	60000	/* for the other machine to start */

/* Events to the sender. SMC uses 0x80 to 0x83. */
#define CODE_TOKEN	0x5e01
#define CODE_DONE	0x5e02

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

static void open_function(struct ism *ism, const char *name, const char *bdf,
			  __u64 *gid)
{
	check(ism_open_any(ism, bdf), bdf);
	check(fmb_restart(bdf), "restart the measurement");
	check(ism_read_gid(ism, gid), "read the GID");
	printf("%-8s %s: GID %016llx\n", name, bdf, *gid);
}

static __u8 *offer_dmb(struct ism *b, struct ism_dmb *dmb)
{
	__u8 *memory = anonymous(DMB_LEN);

	check(ism_register(b), "register SBA and event queue");
	check(vfio_map(&b->fn, memory, DMB_LEN, &dmb->iova), "map the DMB");
	check(ism_reg_dmb(b, dmb), "register the DMB");
	return memory;
}

static __u8 *new_data(void)
{
	__u8 *data = anonymous(DMB_LEN);

	fill(data, DMB_LEN, 0x15a15a);
	return data;
}

static void receive_all(struct ism *b, const __u8 *memory, int ms)
{
	__u8 *data = new_data();
	__u16 mask;

	check(ism_wait(b, ms), "wait for the interrupt");
	if (!ism_signalled(b, SBA_IDX, &mask))
		errx(1, "interrupt, but no signal for the DMB");
	if (!mask)
		errx(1, "signal for the DMB, but for no element of it");
	compare(memory, data);
	printf("moved    %d bytes in %d writes, all compared; interrupt received\n",
	       DMB_LEN, WRITES);
}

static void both_ends(const char *sender, const char *receiver)
{
	struct ism_dmb dmb = { .len = DMB_LEN, .sba_idx = SBA_IDX };
	struct fmb sent, received;
	struct ism a, b;
	__u64 gid_b;
	__u8 *memory;

	open_function(&a, "sender", sender, &dmb.rgid);
	open_function(&b, "receiver", receiver, &gid_b);
	check(ism_query_rgid(&a, gid_b), "reach the receiver");
	memory = offer_dmb(&b, &dmb);

	sent = send_all(&a, sender, &dmb, new_data());
	receive_all(&b, memory, TIMEOUT_MS);
	received = measure(receiver);
	print_measured("sender", sender, &sent);
	print_measured("receiver", receiver, &received);

	check(ism_unreg_dmb(&b, dmb.tok), "unregister the DMB");
	check(ism_unregister(&b), "unregister SBA and event queue");
	ism_close(&a);
	ism_close(&b);
}

/* Any other event is not for us. */
static struct ism_event wait_for(struct ism *ism, __u32 code, const char *what)
{
	const struct ism_event *e;

	do {
		e = ism_next_event(ism, OTHER_MS);
		if (!e)
			errx(1, "%s: nothing came within %d s", what,
			     OTHER_MS / 1000);
	} while (be32toh(e->type) != ISM_EVENT_SOFTWARE ||
		 be32toh(e->code) != code);
	return *e;
}

static void send_end(const char *bdf)
{
	struct ism_dmb dmb = { };
	struct ism_event offer;
	struct fmb sent;
	struct ism a;
	__u64 gid;

	open_function(&a, "sender", bdf, &gid);
	check(ism_register(&a), "register SBA and event queue");
	offer = wait_for(&a, CODE_TOKEN, "wait for the receiver");
	check(ism_query_rgid(&a, be64toh(offer.tok)), "reach the receiver");
	dmb.tok = be64toh(offer.info);

	sent = send_all(&a, bdf, &dmb, new_data());
	wait_for(&a, CODE_DONE, "wait until the receiver has everything");
	print_measured("sender", bdf, &sent);
	check(ism_unregister(&a), "unregister SBA and event queue");
	ism_close(&a);
}

/* Refused until the sender is there and has registered its event queue */
static void tell_token(struct ism *b, const struct ism_dmb *dmb)
{
	int ms, ret;

	for (ms = 0; ms < OTHER_MS; ms += 100) {
		ret = ism_signal_ieq(b, dmb->rgid, CODE_TOKEN, dmb->tok);
		if (ret <= 0)
			break;
		usleep(100000);
	}
	check(ret, "tell the sender the token");
}

static void receive_end(const char *bdf, const char *sender)
{
	struct ism_dmb dmb = { .len = DMB_LEN, .sba_idx = SBA_IDX };
	struct fmb received;
	struct ism b;
	__u8 *memory;
	__u64 gid;
	char *end;

	dmb.rgid = strtoull(sender, &end, 16);
	if (!dmb.rgid || *end)
		errx(2, "%s is not a GID", sender);
	open_function(&b, "receiver", bdf, &gid);
	memory = offer_dmb(&b, &dmb);
	tell_token(&b, &dmb);

	/* from here on, because the number of attempts varies */
	check(fmb_restart(bdf), "restart the measurement");
	receive_all(&b, memory, OTHER_MS);
	received = measure(bdf);
	print_measured("receiver", bdf, &received);
	check(ism_signal_ieq(&b, dmb.rgid, CODE_DONE, 0), "tell the sender");
	check(ism_unreg_dmb(&b, dmb.tok), "unregister the DMB");
	check(ism_unregister(&b), "unregister SBA and event queue");
	ism_close(&b);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && !strcmp(argv[1], "receive"))
		receive_end(argv[2], argv[3]);
	else if (argc == 3 && !strcmp(argv[1], "send"))
		send_end(argv[2]);
	else if (argc == 3)
		both_ends(argv[1], argv[2]);
	else
		errx(2, "usage: %s SENDER RECEIVER | send SENDER | receive RECEIVER GID",
		     argv[0]);
	printf("verdict  PASS\n");
	return 0;
}
