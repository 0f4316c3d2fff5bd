// SPDX-License-Identifier: GPL-2.0
/*
 * What a user space program sees when an ISM function fails
 *
 * Whichever PCI instruction of an operation fails, and in whichever way: the
 * program gets the corresponding errno, no instruction is issued after the one
 * that failed, user memory and the DMB are either unchanged or have the right
 * contents, and the next operation works. To test this, the instructions of
 * each operation are counted in a run without a fault. Then the operation is
 * repeated, and each instruction is made to fail in turn, in each way. Emulated
 * functions support this ("-device ism,lab=on"); without these the tests are
 * skipped.
 *
 * Opening a function issues no instruction to a BAR, which "open" verifies. It
 * does access config space, but these instructions cannot be made to fail.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "../kselftest_harness.h"
#include "lib/data.h"
#include "lib/ism.h"
#include "lib/lab.h"
#include "lib/pair.h"

#define DRIVER		"ism_vfio_pci"
#define DMB_LEN		(16 * 1024)
#define WINDOW_LEN	4096
#define SBA_IDX		37
#define VLAN_ID		7
#define QUEUE_LEN	15
#define QUEUE_FULL	7	/* response code if an event is refused */
#define QUIET_MS	50	/* no interrupt must arrive during this time */
#define TIMEOUT_MS	5000
#define EVENT_MS	300	/* time for the kernel to handle an event */
#define BUSY_TIMES	200000	/* a fraction of a second, which is long */

static char bdf[2][VFIO_BDF_LEN];

static const struct fault {
	const char *name;
	__u64 result;
	int err;
} faults[] = {
	{ "cc 3", LAB_CC(3), -EIO },
	{ "operand exception", LAB_EXCEPTION(LAB_OPERAND), -ENXIO },
	{ "specification exception", LAB_EXCEPTION(LAB_SPECIFICATION), -ENXIO },
	{ "cc 1 status 4", LAB_STATUS(4), -EIO },
	{ "cc 1 status 8", LAB_STATUS(8), -EIO },
	{ "cc 1 status 12", LAB_STATUS(12), -EIO },
	{ "cc 1 status 16", LAB_STATUS(16), -EIO },
	{ "cc 1 status 20", LAB_STATUS(20), -EIO },
	{ "cc 1 status 24", LAB_STATUS(24), -EIO },
	{ "cc 1 status 28", LAB_STATUS(28), -EIO },
	{ "cc 1 status 36", LAB_STATUS(36), -EIO },
	{ "cc 1 status 40", LAB_STATUS(40), -EIO },
	{ "cc 1 status 44", LAB_STATUS(44), -EIO },
};

static const unsigned int busy_times[] = { 1, 2, 17 };

struct pair {
	struct ism a;		/* the failing one; writes into the DMB of b */
	struct ism b;
	struct ism_dmb dmb;
	struct ism_dmb own;	/* DMB of A, for the commands */
	__u8 *mem;
	__u64 gid_b;
	__u8 data[ISM_PAGE_SIZE];
};

FIXTURE(fault) {
	struct pair pair;
};

static void setup_dmb(struct __test_metadata *_metadata, struct pair *p)
{
	void *own;

	p->dmb = (struct ism_dmb) { .len = DMB_LEN, .sba_idx = SBA_IDX };
	ASSERT_EQ(0, ism_connect(&p->a, &p->b, &p->dmb, &p->mem));
	ASSERT_EQ(0, ism_read_gid(&p->b, &p->gid_b));

	own = mmap(NULL, DMB_LEN, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, own);
	p->own = (struct ism_dmb) {
		.len = DMB_LEN, .sba_idx = SBA_IDX, .rgid = p->gid_b,
	};
	ASSERT_EQ(0, vfio_map(&p->a.fn, own, DMB_LEN, &p->own.iova));
}

FIXTURE_SETUP(fault)
{
	if (!vfio_has(VFIO_MODE_IOMMUFD))
		SKIP(return, "the kernel has no iommufd");
	ASSERT_EQ(0, ism_open(&self->pair.a, bdf[0], VFIO_MODE_IOMMUFD));
	if (!lab_present(&self->pair.a.fn))
		SKIP(return, "the function cannot inject faults");
	ASSERT_EQ(0, ism_open(&self->pair.b, bdf[1], VFIO_MODE_IOMMUFD));
	ASSERT_EQ(0, lab_fault(&self->pair.a.fn, 0, 0, 0, 0));
	setup_dmb(_metadata, &self->pair);
	fill(self->pair.data, sizeof(self->pair.data), 1);
}

FIXTURE_TEARDOWN(fault)
{
	ism_close(&self->pair.a);
	ism_close(&self->pair.b);
}

static struct lab_counts counts_of(struct __test_metadata *_metadata,
				   struct pair *p)
{
	struct lab_counts c;

	ASSERT_EQ(0, lab_count(&p->a.fn, &c));
	return c;
}

/* The window keeps these contents until the next command */
static void fill_window(struct __test_metadata *_metadata, struct pair *p)
{
	struct vfio_function *fn = &p->a.fn;

	/* writing a whole header would issue a command */
	ASSERT_EQ(4, vfio_write(fn, ISM_BAR_COMMAND, 0, p->data, 4));
	ASSERT_EQ(4, vfio_write(fn, ISM_BAR_COMMAND, 4, p->data + 4, 4));
	ASSERT_EQ(WINDOW_LEN - 8,
		  vfio_write(fn, ISM_BAR_COMMAND, 8, p->data + 8,
			     WINDOW_LEN - 8));
}

/* Length of the driver's next load: naturally aligned, up to a doubleword */
static unsigned int next_load(unsigned int off, unsigned int end)
{
	unsigned int len = 8;

	while (off % len || off + len > end)
		len /= 2;
	return len;
}

static const struct region_read {
	unsigned int off, len;
} reads[] = {
	{ 0, 1 }, { 5, 1 }, { 6, 2 }, { 4, 4 }, { 0, 8 }, { 4088, 8 },
	{ 1, 7 }, { 3, 8 }, { 7, 10 }, { 0, 64 }, { 250, 12 }, { 255, 2 },
	{ 0, 256 }, { 256, 256 }, { 0, 257 }, { 255, 258 }, { 3, 300 },
	{ 0, 600 }, { 1, 1023 },
};

static unsigned int nr_loads(const struct region_read *r)
{
	unsigned int off, n = 0;

	for (off = r->off; off < r->off + r->len;
	     off += next_load(off, r->off + r->len))
		n++;
	return n;
}

/* One read whose @nth load ends with @fault */
static void read_with_fault(struct __test_metadata *_metadata, struct pair *p,
			    const struct region_read *r,
			    const struct fault *fault, unsigned int nth)
{
	unsigned int off = r->off, i;
	struct lab_counts before, after;
	__u8 buf[WINDOW_LEN + 8];
	struct lab_last last;
	ssize_t ret, done;

	for (i = 1; i < nth; i++)
		off += next_load(off, r->off + r->len);
	done = off - r->off;

	memset(buf, POISON, sizeof(buf));
	before = counts_of(_metadata, p);
	ASSERT_EQ(0, lab_fault(&p->a.fn, LAB_LOAD, fault->result, 1, nth));
	ret = vfio_read(&p->a.fn, ISM_BAR_COMMAND, r->off, buf, r->len);
	after = counts_of(_metadata, p);
	ASSERT_EQ(0, lab_last(&p->a.fn, &last));

	ASSERT_EQ(done ?: fault->err, ret) {
		TH_LOG("%u bytes at %u, %s at load %u", r->len, r->off,
		       fault->name, nth);
	}
	ASSERT_EQ(0, memcmp(buf, p->data + r->off, done));
	ASSERT_TRUE(all_poison(buf + done, sizeof(buf) - done)) {
		TH_LOG("more than %zd bytes were delivered", done);
	}
	ASSERT_EQ(nth, after.loads - before.loads);
	ASSERT_EQ(before.blocks, after.blocks);
	ASSERT_EQ(LAB_LOAD, last.kind);
	ASSERT_EQ(off, last.offset);
	ASSERT_EQ(next_load(off, r->off + r->len), last.len);
}

static void read_without_fault(struct __test_metadata *_metadata,
			       struct pair *p,
			       const struct region_read *r, unsigned int extra)
{
	struct lab_counts before, after;
	__u8 buf[WINDOW_LEN];

	before = counts_of(_metadata, p);
	ASSERT_EQ(r->len, vfio_read(&p->a.fn, ISM_BAR_COMMAND, r->off, buf,
				    r->len));
	after = counts_of(_metadata, p);
	ASSERT_EQ(0, memcmp(buf, p->data + r->off, r->len));
	ASSERT_EQ(nr_loads(r) + extra, after.loads - before.loads);
}

TEST_F(fault, read)
{
	unsigned int i, f, nth;

	fill_window(_metadata, &self->pair);
	for (i = 0; i < ARRAY_SIZE(reads); i++) {
		read_without_fault(_metadata, &self->pair, &reads[i], 0);
		for (f = 0; f < ARRAY_SIZE(faults); f++) {
			for (nth = 1; nth <= nr_loads(&reads[i]); nth++)
				read_with_fault(_metadata, &self->pair, &reads[i],
						&faults[f], nth);
			read_without_fault(_metadata, &self->pair, &reads[i], 0);
		}
	}
}

/* More than the driver reads in one piece */
TEST_F(fault, read_whole_window)
{
	static const struct region_read parts[] = {
		{ 3, 2100 }, { 1020, 8 }, { 1023, 1026 }, { 4, 4091 },
	};
	const struct region_read r = { 0, WINDOW_LEN };
	unsigned int nth, i;

	fill_window(_metadata, &self->pair);
	for (nth = 1; nth <= nr_loads(&r); nth++)
		read_with_fault(_metadata, &self->pair, &r, &faults[0], nth);
	read_without_fault(_metadata, &self->pair, &r, 0);
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		read_without_fault(_metadata, &self->pair, &parts[i], 0);
}

/* Busy is not an error; the read only takes longer */
TEST_F(fault, read_busy)
{
	unsigned int i, k, nth;

	fill_window(_metadata, &self->pair);
	for (i = 0; i < ARRAY_SIZE(reads); i++) {
		for (nth = 1; nth <= nr_loads(&reads[i]); nth++) {
			k = busy_times[nth % ARRAY_SIZE(busy_times)];
			ASSERT_EQ(0, lab_fault(&self->pair.a.fn, LAB_LOAD, LAB_CC(2),
					       k, nth));
			read_without_fault(_metadata, &self->pair, &reads[i], k);
		}
	}
}

/* One store into the DMB that is busy @extra times; checks the result */
static void write_without_fault(struct __test_metadata *_metadata,
				struct pair *p, bool signal,
				unsigned int off, unsigned int len,
				unsigned int extra)
{
	struct lab_counts before, after;
	__u16 mask;

	before = counts_of(_metadata, p);
	ASSERT_EQ(0, ism_move(&p->a, p->dmb.tok, 1, signal, off,
			      p->data, len));
	after = counts_of(_metadata, p);
	ASSERT_EQ(1 + extra, after.blocks - before.blocks);
	ASSERT_EQ(before.loads, after.loads);
	ASSERT_EQ(0, memcmp(p->mem + off, p->data, len));
	memset(p->mem + off, POISON, len);
	ASSERT_TRUE(all_poison(p->mem, DMB_LEN));
	ASSERT_EQ(signal, ism_signalled(&p->b, SBA_IDX, &mask));
	if (signal)
		ASSERT_EQ(0, ism_wait(&p->b, TIMEOUT_MS));
}

static void write_with_fault(struct __test_metadata *_metadata,
			     struct pair *p, bool signal,
			     unsigned int off, unsigned int len,
			     const struct fault *fault)
{
	struct lab_counts before, after;
	__u16 mask;

	before = counts_of(_metadata, p);
	ASSERT_EQ(0, lab_fault(&p->a.fn, LAB_BLOCK, fault->result, 1, 1));
	ASSERT_EQ(fault->err, ism_move(&p->a, p->dmb.tok, 1, signal, off,
				       p->data, len)) {
		TH_LOG("%u bytes at %u: %s", len, off, fault->name);
	}
	after = counts_of(_metadata, p);
	ASSERT_EQ(1, after.blocks - before.blocks);
	ASSERT_EQ(before.loads, after.loads);
	ASSERT_EQ(before.stores, after.stores);
	ASSERT_TRUE(all_poison(p->mem, DMB_LEN));
	ASSERT_FALSE(ism_signalled(&p->b, SBA_IDX, &mask));
}

TEST_F(fault, write)
{
	static const unsigned int lens[] = { 1, 7, 8, 64, 4000, 4096 };
	unsigned int i, f, off;
	bool signal;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		off = ISM_PAGE_SIZE + (ISM_PAGE_SIZE - lens[i]) / 2;
		signal = i % 2;
		for (f = 0; f < ARRAY_SIZE(faults); f++) {
			write_with_fault(_metadata, &self->pair, signal, off, lens[i],
					 &faults[f]);
			write_without_fault(_metadata, &self->pair, signal, off,
					    lens[i], 0);
		}
	}
	/* stores that failed caused no signal */
	EXPECT_EQ(-ETIME, ism_wait(&self->pair.b, QUIET_MS));
}

TEST_F(fault, write_busy)
{
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(busy_times); i++) {
		k = busy_times[i];
		ASSERT_EQ(0, lab_fault(&self->pair.a.fn, LAB_BLOCK, LAB_CC(2), k, 1));
		write_without_fault(_metadata, &self->pair, true, 100, 1000, k);
	}
}

/* Each operation is one instruction: two fail, the third one works */
TEST_F(fault, two_faults_in_a_row)
{
	struct lab_counts before, after;
	__u8 buf[8];

	before = counts_of(_metadata, &self->pair);
	ASSERT_EQ(0, lab_fault(&self->pair.a.fn, 0, LAB_CC(3), 2, 1));
	EXPECT_EQ(-EIO, vfio_read(&self->pair.a.fn, ISM_BAR_COMMAND, 0, buf, 8));
	EXPECT_EQ(-EIO, ism_move(&self->pair.a, self->pair.dmb.tok, 0, false, 0,
				 self->pair.data, 8));
	EXPECT_EQ(8, vfio_read(&self->pair.a.fn, ISM_BAR_COMMAND, 0, buf, 8));
	after = counts_of(_metadata, &self->pair);
	EXPECT_EQ(2, after.loads - before.loads);
	EXPECT_EQ(1, after.blocks - before.blocks);
	EXPECT_TRUE(all_poison(self->pair.mem, DMB_LEN));
}

/* A write from an invalid pointer stores nothing; a read loads and fails */
TEST_F(fault, bad_pointer)
{
	struct pair *p = &self->pair;
	struct lab_counts before, after;
	__u8 *page;

	page = mmap(NULL, ISM_PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)page);
	before = counts_of(_metadata, p);
	EXPECT_EQ(-EFAULT, vfio_read(&p->a.fn, ISM_BAR_COMMAND, 0, page, 8));
	ASSERT_EQ(0, munmap(page, ISM_PAGE_SIZE));
	EXPECT_EQ(-EFAULT, vfio_read(&p->a.fn, ISM_BAR_COMMAND, 0, page, 4096));
	EXPECT_EQ(-EFAULT, vfio_write(&p->a.fn, ISM_BAR_COMMAND, 0, page, 8));
	after = counts_of(_metadata, p);
	EXPECT_LE(2, after.loads - before.loads);
	EXPECT_EQ(before.blocks, after.blocks);
}

/*
 * The commands, in an order such that command n is undone by command
 * NR_COMMANDS - 1 - n. The body consists of doublewords; that of UNREG_DMB, the
 * token, is set later.
 */
enum {
	REG_SBA, REG_IEQ, ADD_VLAN, REG_DMB,
	READ_GID, QUERY_INFO, QUERY_RGID, SIGNAL,
	UNREG_DMB, DEL_VLAN, UNREG_IEQ, UNREG_SBA,
	NR_COMMANDS
};

struct command {
	const char *name;
	enum ism_command_code code;
	unsigned int words;
	unsigned int answer_len;
	__u64 body[4];
};

/* What a command may change */
struct state {
	__u8 info[200];
	__u64 events;
};

static void make_commands(struct pair *p,
			  struct command cmd[NR_COMMANDS])
{
	const __u64 idx_len = (__u64)p->own.len << 32 | p->own.sba_idx;
	struct ism *a = &p->a;
	const struct command table[NR_COMMANDS] = {
		{ "REG_SBA", ISM_REG_SBA, 1, 8, { a->sba_iova } },
		{ "REG_IEQ", ISM_REG_IEQ, 2, 8, { a->ieq_iova, 512 } },
		{ "ADD_VLAN_ID", ISM_ADD_VLAN_ID, 1, 8, { VLAN_ID } },
		{ "REG_DMB", ISM_REG_DMB, 4, 16,
		  { p->own.iova, idx_len, 0, p->own.rgid } },
		{ "READ_GID", ISM_READ_GID, 0, 16 },
		{ "QUERY_INFO", ISM_QUERY_INFO, 0, 200 },
		{ "QUERY_RGID", ISM_QUERY_RGID, 2, 8, { p->gid_b } },
		{ "SIGNAL_IEQ", ISM_SIGNAL_IEQ, 3, 8,
		  { p->gid_b, 1ULL << 32 | 0x1234, 0x5678 } },
		{ "UNREG_DMB", ISM_UNREG_DMB, 1, 8 },
		{ "DEL_VLAN_ID", ISM_DEL_VLAN_ID, 1, 8, { VLAN_ID } },
		{ "UNREG_IEQ", ISM_UNREG_IEQ, 0, 8 },
		{ "UNREG_SBA", ISM_UNREG_SBA, 0, 8 },
	};

	memcpy(cmd, table, sizeof(table));
}

static int run(struct pair *p, struct command cmd[NR_COMMANDS],
	       unsigned int nr, __u8 answer[200])
{
	struct command *c = &cmd[nr];
	__be64 buf[25] = {};
	unsigned int i;
	int ret;

	for (i = 0; i < c->words; i++)
		buf[1 + i] = htobe64(c->body[i]);
	ret = ism_command(&p->a, c->code, buf, 8 + 8 * c->words,
			  c->answer_len);
	memcpy(answer, buf, sizeof(buf));
	if (!ret && nr == REG_DMB)
		cmd[UNREG_DMB].body[0] = be64toh(buf[1]);
	return ret;
}

/* B has read all events in its queue */
static void take_events(struct pair *p)
{
	__atomic_and_fetch(&p->b.sba->flags, ~htobe32(ISM_SBA_EVENT),
			   __ATOMIC_SEQ_CST);
}

static void get_state(struct __test_metadata *_metadata,
		      struct pair *p, struct state *state)
{
	memset(state, 0, sizeof(*state));
	ASSERT_EQ(0, ism_command(&p->a, ISM_QUERY_INFO, state->info, 8,
				 sizeof(state->info)));
	state->events = be64toh(p->b.ieq->idx);
	take_events(p);
}

/* Whether two states are the same, except for the number of events */
static bool same_state(const struct state *s, const struct state *t)
{
	return !memcmp(s->info, t->info, sizeof(s->info));
}

struct command_run {
	struct state before, after;
	__u8 answer[200];
	unsigned int stores;	/* the last one is the doorbell */
	unsigned int loads;
};

/* The command works, with the expected number of instructions */
static void run_clean(struct __test_metadata *_metadata, struct pair *p,
		      struct command cmd[NR_COMMANDS], unsigned int nr,
		      struct command_run *r)
{
	struct lab_counts before, after;

	get_state(_metadata, p, &r->before);
	before = counts_of(_metadata, p);
	ASSERT_EQ(0, run(p, cmd, nr, r->answer)) {
		TH_LOG("%s", cmd[nr].name);
	}
	after = counts_of(_metadata, p);
	get_state(_metadata, p, &r->after);
	r->stores = 1 + !!cmd[nr].words;
	r->loads = cmd[nr].answer_len / 8;
	ASSERT_EQ(r->stores, after.blocks - before.blocks);
	ASSERT_EQ(r->loads, after.loads - before.loads);
	ASSERT_EQ(before.stores, after.stores);
}

/* A response that was not read completely can be read again */
static void reread_answer(struct __test_metadata *_metadata, struct pair *p,
			  struct command cmd[NR_COMMANDS], unsigned int nr,
			  struct command_run *r)
{
	__be64 answer[25];

	ASSERT_EQ(cmd[nr].answer_len,
		  vfio_read(&p->a.fn, ISM_BAR_COMMAND, 0, answer,
			    cmd[nr].answer_len));
	if (nr == REG_DMB)
		cmd[UNREG_DMB].body[0] = be64toh(answer[1]);
	else
		ASSERT_EQ(0, memcmp(answer, r->answer, cmd[nr].answer_len));
}

/* The @nth instruction of the command fails; returns if the command was done */
static bool run_with_fault(struct __test_metadata *_metadata, struct pair *p,
			   struct command cmd[NR_COMMANDS], unsigned int nr,
			   struct command_run *r, const struct fault *fault,
			   unsigned int nth)
{
	struct lab_counts before, after;
	bool done = nth > r->stores;
	/* the body is one read; after its first load it is a short read */
	int err = nth > r->stores + 2 ? -EIO : fault->err;
	struct state state;
	__u8 answer[200];
	__u64 events;

	get_state(_metadata, p, &state);
	events = state.events;
	before = counts_of(_metadata, p);
	ASSERT_EQ(0, lab_fault(&p->a.fn, 0, fault->result, 1, nth));
	ASSERT_EQ(err, run(p, cmd, nr, answer)) {
		TH_LOG("%s, %s at instruction %u", cmd[nr].name, fault->name,
		       nth);
	}
	after = counts_of(_metadata, p);
	ASSERT_EQ(done ? r->stores : nth, after.blocks - before.blocks);
	ASSERT_EQ(done ? nth - r->stores : 0, after.loads - before.loads);
	if (done)
		reread_answer(_metadata, p, cmd, nr, r);
	get_state(_metadata, p, &state);
	ASSERT_TRUE(same_state(done ? &r->after : &r->before, &state)) {
		TH_LOG("%s, %s at instruction %u", cmd[nr].name, fault->name,
		       nth);
	}
	ASSERT_EQ((events + (done && nr == SIGNAL)) % 15, state.events % 15);
	return done;
}

static void undo(struct __test_metadata *_metadata, struct pair *p,
		 struct command cmd[NR_COMMANDS], unsigned int nr,
		 const struct command_run *r)
{
	__u8 answer[200];

	if (!same_state(&r->before, &r->after))
		ASSERT_EQ(0, run(p, cmd, NR_COMMANDS - 1 - nr, answer));
}

/* Make each instruction of a command fail in each way; ends with it done */
static void sweep_command(struct __test_metadata *_metadata, struct pair *p,
			  struct command cmd[NR_COMMANDS], unsigned int nr)
{
	struct command_run r;
	unsigned int f, nth;
	__u8 answer[200];

	run_clean(_metadata, p, cmd, nr, &r);
	undo(_metadata, p, cmd, nr, &r);
	for (f = 0; f < ARRAY_SIZE(faults); f++) {
		for (nth = 1; nth <= r.stores + r.loads; nth++) {
			if (run_with_fault(_metadata, p, cmd, nr, &r,
					   &faults[f], nth))
				undo(_metadata, p, cmd, nr, &r);
		}
	}
	for (nth = 1; nth <= r.stores + r.loads; nth++) {
		ASSERT_EQ(0, lab_fault(&p->a.fn, 0, LAB_CC(2), 3, nth));
		ASSERT_EQ(0, run(p, cmd, nr, answer));
		undo(_metadata, p, cmd, nr, &r);
	}
	ASSERT_EQ(0, run(p, cmd, nr, answer));
}

TEST_F(fault, command)
{
	struct command cmd[NR_COMMANDS];
	unsigned int nr;

	make_commands(&self->pair, cmd);
	for (nr = 0; nr < NR_COMMANDS; nr++)
		sweep_command(_metadata, &self->pair, cmd, nr);
	write_without_fault(_metadata, &self->pair, true, 0, 64, 0);
}

static void expect_event(struct __test_metadata *_metadata, struct pair *p,
			 unsigned int nr)
{
	ASSERT_EQ(0, ism_signal_ieq(&p->a, p->gid_b, nr, ~nr));
	ASSERT_EQ(nr % QUEUE_LEN + 1, be64toh(p->b.ieq->idx));
	ASSERT_EQ(nr, be32toh(p->b.ieq->entry[nr % QUEUE_LEN].code));
}

/* One more event would make the queue look empty, so it is refused */
TEST_F(fault, event_queue_full)
{
	struct pair *p = &self->pair;
	struct ism_ieq full;
	unsigned int nr = 0;

	while (nr < 2 * (QUEUE_LEN - 1)) {
		expect_event(_metadata, p, nr++);
		if (nr % (QUEUE_LEN - 1))
			continue;
		full = *p->b.ieq;
		EXPECT_EQ(QUEUE_FULL, ism_signal_ieq(&p->a, p->gid_b, nr, 0));
		EXPECT_EQ(QUEUE_FULL, ism_signal_ieq(&p->a, p->gid_b, nr, 0));
		EXPECT_EQ(0, memcmp(&full, p->b.ieq, sizeof(full)));
		take_events(p);
	}
}

/* Opening issues no instruction to a BAR, so an armed fault stays armed */
TEST_F(fault, open)
{
	struct lab_counts before, after;
	__u8 buf[8];

	before = counts_of(_metadata, &self->pair);
	ASSERT_EQ(0, lab_fault(&self->pair.a.fn, 0, LAB_CC(3), 1, 1));
	ism_close(&self->pair.a);
	ASSERT_EQ(0, ism_open(&self->pair.a, bdf[0], VFIO_MODE_IOMMUFD));
	after = counts_of(_metadata, &self->pair);
	EXPECT_EQ(before.loads, after.loads);
	EXPECT_EQ(before.stores, after.stores);
	EXPECT_EQ(before.blocks, after.blocks);
	EXPECT_EQ(-EIO, vfio_read(&self->pair.a.fn, ISM_BAR_COMMAND, 0, buf, 8));
	EXPECT_EQ(8, vfio_read(&self->pair.a.fn, ISM_BAR_COMMAND, 0, buf, 8));
}

static int recover_ioctl(struct ism *ism)
{
	return ioctl(ism->fn.device, VFIO_DEVICE_RESET) ? -errno : 0;
}

static int recover_sysfs(struct ism *ism)
{
	return vfio_write_sysfs(bdf[0], "reset", "1");
}

static int recover_reopen(struct ism *ism)
{
	ism_close(ism);
	return ism_open(ism, bdf[0], VFIO_MODE_IOMMUFD);
}

static const struct recovery {
	const char *name;
	int (*recover)(struct ism *ism);
} recoveries[] = {
	{ "VFIO_DEVICE_RESET", recover_ioctl },
	{ "reset in sysfs", recover_sysfs },
	{ "opened again", recover_reopen },
};

/* Nothing works, and the error is always the same */
static void expect_broken(struct __test_metadata *_metadata, struct pair *p)
{
	struct ism *a = &p->a;
	__u8 buf[600];

	memset(buf, POISON, sizeof(buf));
	ASSERT_EQ(-EIO, vfio_read(&a->fn, ISM_BAR_COMMAND, 0, buf, 8));
	ASSERT_EQ(-EIO, vfio_read(&a->fn, ISM_BAR_COMMAND, 3, buf, 600));
	ASSERT_EQ(-EIO, vfio_read(&a->fn, LAB_BAR, 0, buf, 8));
	ASSERT_EQ(-EIO, vfio_write(&a->fn, ISM_BAR_COMMAND, 8, buf, 8));
	ASSERT_EQ(-EIO, ism_move(a, p->dmb.tok, 0, true, 0, p->data, 64));
	ASSERT_TRUE(all_poison(buf, sizeof(buf)));
	ASSERT_TRUE(all_poison(p->mem, DMB_LEN));
}

static void expect_works(struct __test_metadata *_metadata, struct pair *p)
{
	ASSERT_EQ(0, vfio_enable(&p->a.fn));
	fill_window(_metadata, p);
	read_without_fault(_metadata, p, &reads[10], 0);
	write_without_fault(_metadata, p, true, 0, 64, 0);
}

/* Any kind of reset ends the error state, if the kernel does not know of it */
TEST_F(fault, error_state)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(recoveries); i++) {
		ASSERT_EQ(0, lab_error_state(&self->pair.a.fn, LAB_EVENT_NONE));
		expect_broken(_metadata, &self->pair);
		ASSERT_EQ(0, recoveries[i].recover(&self->pair.a)) {
			TH_LOG("%s", recoveries[i].name);
		}
		expect_works(_metadata, &self->pair);
	}
}

/*
 * An operation that waits because the function is busy. Meanwhile a second one
 * is started, which the VFIO core must hold until the first one has ended.
 */
struct waiting {
	const char *name;
	__u64 kind;
	unsigned int off, len;
	struct pair *pair;
	pthread_t thread;
	ssize_t ret;
	__u8 buf[ISM_PAGE_SIZE];
};

static void *wait_for_function(void *arg)
{
	struct waiting *w = arg;
	struct pair *p = w->pair;

	if (w->kind == LAB_LOAD)
		w->ret = vfio_read(&p->a.fn, ISM_BAR_COMMAND, w->off, w->buf,
				   w->len);
	else
		w->ret = vfio_write(&p->a.fn, ISM_BAR_DATA,
				    p->dmb.tok + w->off, p->data, w->len);
	return NULL;
}

static void start_waiting(struct __test_metadata *_metadata, struct pair *p,
			  struct waiting *w)
{
	__u64 hits;

	w->pair = p;
	ASSERT_EQ(0, lab_fault(&p->a.fn, w->kind, LAB_CC(2), BUSY_TIMES, 1));
	ASSERT_EQ(0, pthread_create(&w->thread, NULL, wait_for_function, w));
	do {
		ASSERT_EQ(0, lab_hits(&p->a.fn, &hits));
	} while (!hits);
	ASSERT_GT(BUSY_TIMES, hits);
}

/* The other operation has waited for this one, and this one has succeeded */
static void end_waiting(struct __test_metadata *_metadata, struct pair *p,
			struct waiting *w, const char *other)
{
	__u64 hits;

	ASSERT_EQ(0, vfio_enable(&p->a.fn));
	ASSERT_EQ(0, lab_hits(&p->a.fn, &hits));
	ASSERT_EQ(0, pthread_join(w->thread, NULL));
	ASSERT_EQ(BUSY_TIMES, hits) {
		TH_LOG("%s was not waited for by %s", w->name, other);
	}
	ASSERT_EQ(w->len, w->ret) {
		TH_LOG("%s during %s", w->name, other);
	}
	if (w->kind == LAB_LOAD) {
		ASSERT_EQ(0, memcmp(w->buf, p->data + w->off, w->len));
		return;
	}
	ASSERT_EQ(0, memcmp(p->mem + w->off, p->data, w->len));
	memset(p->mem + w->off, POISON, w->len);
	ASSERT_TRUE(all_poison(p->mem, DMB_LEN));
}

static int disable_memory(struct ism *ism)
{
	const __u16 off = 0;
	ssize_t ret = vfio_write(&ism->fn, VFIO_PCI_CONFIG_REGION_INDEX,
				 PCI_COMMAND, &off, sizeof(off));

	return ret < 0 ? ret : 0;
}

/*
 * Operations that revoke access to the function wait for the instruction in
 * progress. A reset of all functions on a bus does not wait but is refused.
 */
TEST_F(fault, reset_of_a_busy_function)
{
	static const struct recovery others[] = {
		{ "VFIO_DEVICE_RESET", recover_ioctl },
		{ "a write of PCI_COMMAND", disable_memory },
	};
	struct waiting waiting[] = {
		{ "a read of 8 bytes", LAB_LOAD, 8, 8 },
		{ "a read of 4 bytes", LAB_LOAD, 4, 4 },
		{ "a read of 200 bytes", LAB_LOAD, 0, 200 },
		{ "a write of 64 bytes", LAB_BLOCK, 0, 64 },
		{ "a write of 4096 bytes", LAB_BLOCK, 0, 4096 },
	};
	struct pair *p = &self->pair;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(waiting); i++) {
		for (k = 0; k < ARRAY_SIZE(others); k++) {
			fill_window(_metadata, p);
			start_waiting(_metadata, p, &waiting[i]);
			EXPECT_EQ(-EBUSY, vfio_hot_reset(&p->a.fn));
			ASSERT_EQ(0, others[k].recover(&p->a));
			end_waiting(_metadata, p, &waiting[i], others[k].name);
		}
		ASSERT_EQ(0, vfio_hot_reset(&p->a.fn));
		expect_works(_metadata, p);
	}
}

#define DBF	"/sys/kernel/debug/s390dbf/pci_error/"

/*
 * What a failing load records in the kernel's s390dbf: the level and the data
 * of each line, which has the form
 * "area time level exception cpu caller data | text".
 */
static void record_of(struct __test_metadata *_metadata, struct pair *p,
		      const struct fault *fault, unsigned int off,
		      unsigned int len, unsigned int nth, char record[512])
{
	char line[256], *end = record;
	__u8 buf[ISM_PAGE_SIZE];
	int n, level, at;
	FILE *f;

	ASSERT_EQ(0, lab_fault(&p->a.fn, LAB_LOAD, fault->result, 1, nth));
	ASSERT_EQ(0, vfio_write_file(DBF "flush", "-"));
	ASSERT_NE(len, vfio_read(&p->a.fn, ISM_BAR_COMMAND, off, buf, len));
	f = fopen(DBF "hex_ascii", "r");
	ASSERT_NE(NULL, f);
	*end = 0;
	while (fgets(line, sizeof(line), f)) {
		n = sscanf(line, "%*d %*s %d %*s %*d %*s %n", &level, &at);
		ASSERT_EQ(1, n);
		end += snprintf(end, record + 512 - end, "%d %s", level,
				line + at);
		ASSERT_GT(record + 512, end);
	}
	fclose(f);
}

/* A failing load is recorded in the same way alone and among others */
TEST_F(fault, record_of_a_load)
{
	char row[512], one[512];
	unsigned int f, nth, lines;
	const char *c;

	for (f = 0; f < ARRAY_SIZE(faults); f++) {
		for (nth = 1; nth <= 3; nth++) {
			record_of(_metadata, &self->pair, &faults[f], 64, 512,
				  nth, row);
			record_of(_metadata, &self->pair, &faults[f],
				  64 + 8 * (nth - 1), 8, 1, one);
			EXPECT_STREQ(one, row) {
				TH_LOG("%s", faults[f].name);
			}
		}
		for (c = one, lines = 0; *c; c++)
			lines += *c == '\n';
		EXPECT_EQ(2, lines);	/* 19 bytes, in pieces of 16 */
	}
}

/*
 * Remove the function, rescan the bus, and bind the function to the driver
 * again. "recover" cannot be used: it holds the lock that the kernel needs to
 * detect that the function it finds can be reset.
 */
static int rediscover(const char *name)
{
	int ret;

	ret = vfio_write_sysfs(name, "remove", "1");
	if (!ret)
		ret = vfio_write_sysfs("..", "rescan", "1");
	if (!ret)
		ret = vfio_write_sysfs(name, "driver_override", DRIVER);
	if (!ret)
		ret = vfio_write_sysfs(name, "subsystem/drivers_probe", name);
	return ret;
}

/*
 * An error event tells the kernel that the function has failed. The program
 * that uses it can continue after a reset; whether another program can open it
 * depends on the kernel. After removal and rescan everything works again.
 */
TEST_F(fault, error_event)
{
	static const __u64 events[] = {
		LAB_EVENT_SERVICE, LAB_EVENT_PERMANENT,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		ASSERT_EQ(0, lab_error_state(&self->pair.a.fn, events[i]));
		expect_broken(_metadata, &self->pair);
		usleep(EVENT_MS * 1000);
		ASSERT_EQ(0, recover_ioctl(&self->pair.a));
		expect_works(_metadata, &self->pair);

		ism_close(&self->pair.a);
		ASSERT_EQ(0, rediscover(bdf[0]));
		ASSERT_EQ(0, ism_open(&self->pair.a, bdf[0], VFIO_MODE_IOMMUFD));
		expect_works(_metadata, &self->pair);
	}
}

static void *recover_by_sysfs(void *arg)
{
	return (void *)(long)vfio_write_sysfs(bdf[0], "recover", "1");
}

/*
 * "recover" removes the function after asking its user to close it. Until then
 * everything works as before.
 */
TEST_F(fault, recover)
{
	struct pair *p = &self->pair;
	pthread_t thread;
	unsigned int i;
	int request;
	void *ret;

	request = vfio_irq_enable(&p->a.fn, VFIO_PCI_REQ_IRQ_INDEX);
	ASSERT_LE(0, request);
	fill_window(_metadata, p);
	ASSERT_EQ(0, pthread_create(&thread, NULL, recover_by_sysfs, NULL));
	while (!vfio_irq_pending(request))
		read_without_fault(_metadata, p, &reads[10], 0);
	for (i = 0; i < 100; i++) {
		read_without_fault(_metadata, p, &reads[10], 0);
		write_without_fault(_metadata, p, false, 0, 64, 0);
	}
	ism_close(&p->a);
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(0, (long)ret);

	ASSERT_EQ(0, rediscover(bdf[0]));
	ASSERT_EQ(0, ism_open(&p->a, bdf[0], VFIO_MODE_IOMMUFD));
	expect_works(_metadata, p);
}

/* The receiver is in the error state: its memory cannot be reached */
TEST_F(fault, error_state_of_the_peer)
{
	__u16 mask;

	ASSERT_EQ(0, lab_error_state(&self->pair.b.fn, LAB_EVENT_NONE));
	EXPECT_EQ(-EIO, ism_move(&self->pair.a, self->pair.dmb.tok, 0, true, 0,
				 self->pair.data, 64));
	EXPECT_TRUE(all_poison(self->pair.mem, DMB_LEN));
	EXPECT_FALSE(ism_signalled(&self->pair.b, SBA_IDX, &mask));

	ASSERT_EQ(0, recover_ioctl(&self->pair.b));
	ASSERT_EQ(0, vfio_enable(&self->pair.b.fn));
	ASSERT_EQ(0, ism_register(&self->pair.b));
	ASSERT_EQ(0, ism_reg_dmb(&self->pair.b, &self->pair.dmb));
	write_without_fault(_metadata, &self->pair, true, 0, 64, 0);
}

/* After an error event the kernel cannot use B any more, so rediscover it */
static void renew_peer(struct __test_metadata *_metadata, struct pair *p)
{
	usleep(EVENT_MS * 1000);
	ism_close(&p->b);
	ASSERT_EQ(0, rediscover(bdf[1]));
	ASSERT_EQ(0, ism_open(&p->b, bdf[1], VFIO_MODE_IOMMUFD));
	ASSERT_EQ(0, ism_register(&p->b));
	ASSERT_EQ(0, vfio_map(&p->b.fn, p->mem, DMB_LEN, &p->dmb.iova));
	ASSERT_EQ(0, ism_reg_dmb(&p->b, &p->dmb));
	write_without_fault(_metadata, p, true, 0, 64, 0);
}

/* A has stored nothing, so it gets no event either when B is reset */
TEST_F(fault, dmb_not_mapped)
{
	struct pair *p = &self->pair;

	ASSERT_EQ(0, ism_register(&p->a));
	ASSERT_EQ(0, vfio_unmap(&p->b.fn, p->dmb.iova, DMB_LEN));
	EXPECT_EQ(-EIO, ism_move(&p->a, p->dmb.tok, 0, true, 0, p->data, 64));
	EXPECT_TRUE(all_poison(p->mem, DMB_LEN));
	usleep(EVENT_MS * 1000);
	ASSERT_EQ(0, recover_ioctl(&p->b));
	EXPECT_EQ(0, be64toh(p->a.ieq->idx));
	renew_peer(_metadata, p);
	ASSERT_EQ(0, recover_ioctl(&p->b));
	EXPECT_NE(NULL, ism_next_event(&p->a, TIMEOUT_MS));
}

static void *store_until_refused(void *arg)
{
	struct pair *p = arg;
	long ret;

	do {
		ret = ism_move(&p->a, p->dmb.tok, 0, false, ISM_PAGE_SIZE,
			       p->data, ISM_PAGE_SIZE);
	} while (!ret);
	return (void *)ret;
}

/* Once the DMB is unmapped, nothing is stored; only its owner is in error */
TEST_F(fault, dmb_unmapped_during_stores)
{
	struct pair *p = &self->pair;
	pthread_t thread;
	__u64 gid;
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, store_until_refused, p));
	while (all_poison(p->mem, DMB_LEN))
		usleep(1000);
	usleep(QUIET_MS * 1000);
	ASSERT_EQ(0, vfio_unmap(&p->b.fn, p->dmb.iova, DMB_LEN));
	memset(p->mem, POISON, DMB_LEN);
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(-EIO, (long)ret);
	EXPECT_TRUE(all_poison(p->mem, DMB_LEN));
	EXPECT_EQ(-EIO, ism_read_gid(&p->b, &gid));
	EXPECT_EQ(0, ism_read_gid(&p->a, &gid));
	renew_peer(_metadata, p);
}

/* Bypasses the kernel, which would disable the function first */
static int deconfigure(const char *name)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "modprobe zpci_deconfigure function=%s",
		 name);
	return system(cmd) ?: system("rmmod zpci_deconfigure");
}

/* The same effect as disabling it, and its peer gets an event */
TEST_F(fault, peer_deconfigured)
{
	struct pair *p = &self->pair;
	__u64 gid;

	ASSERT_EQ(0, ism_register(&p->a));
	write_without_fault(_metadata, p, true, 0, 64, 0);
	ASSERT_EQ(0, deconfigure(bdf[1]));
	EXPECT_NE(0, be64toh(p->a.ieq->idx));
	EXPECT_EQ(-ENXIO, ism_move(&p->a, p->dmb.tok, 0, true, 0, p->data, 64));
	EXPECT_EQ(-EIO, ism_read_gid(&p->b, &gid));

	ASSERT_EQ(0, recover_ioctl(&p->b));
	ASSERT_EQ(0, vfio_enable(&p->b.fn));
	ASSERT_EQ(0, ism_register(&p->b));
	ASSERT_EQ(0, ism_reg_dmb(&p->b, &p->dmb));
	write_without_fault(_metadata, p, true, 0, 64, 0);
}

typedef long (*code_fn)(void);

/*
 * The bits that the function sets are also visible as code: the mask of the DMB
 * is the operand of LOAD HALFWORD IMMEDIATE, which is followed by BRANCH ON
 * CONDITION. An emulator must detect that this code has changed.
 */
TEST_F(fault, signal_in_code)
{
	struct pair *p = &self->pair;
	__be16 *mask = &p->b.sba->dmbe_mask[SBA_IDX];
	code_fn get_mask = (code_fn)(mask - 1);
	unsigned int element;
	__u16 taken;

	ASSERT_EQ(0, mprotect(p->b.sba, ISM_PAGE_SIZE,
			      PROT_READ | PROT_WRITE | PROT_EXEC));
	mask[-1] = htobe16(0xa729);	/* lghi %r2,0 */
	mask[1] = htobe16(0x07fe);	/* br %r14 */
	for (element = 1; element < 16; element++) {
		ASSERT_EQ(0, get_mask());
		ASSERT_EQ(0, ism_move(&p->a, p->dmb.tok, element, true, 0,
				      p->data, 8));
		ASSERT_EQ(0x8000 >> element, get_mask());
		ASSERT_TRUE(ism_signalled(&p->b, SBA_IDX, &taken));
	}
}

int main(int argc, char **argv)
{
	ism_find_two(DRIVER, bdf);
	return test_harness_run(argc, argv);
}
