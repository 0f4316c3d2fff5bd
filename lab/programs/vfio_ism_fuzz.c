// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations on two ISM functions, each predicted by a model
 *
 * usage: vfio_ism_fuzz [OPERATIONS [SEED]]; the default is a million operations
 * and a seed from the clock
 *
 * Reads and writes with any region, offset, length and user memory, commands
 * and data moves with good and bad arguments, PCI_COMMAND, resets, closing and
 * opening. The model (lib/model.h) predicts what each returns, what it reads,
 * the contents of the DMBs, status pages and event queues after it, and, if the
 * functions count them (lib/lab.h), how many PCI instructions were issued. The
 * test stops at the first difference and prints the operations that led to it.
 * The same seed gives the same operations.
 *
 * For emulated functions only: the model contains inferred details that may be
 * different on a real machine.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "../kselftest.h"
#include "lib/ism.h"
#include "lib/lab.h"
#include "lib/model.h"
#include "lib/pair.h"

#define DRIVER		"ism_vfio_pci"
#define BUF_LEN		(2 * ISM_PAGE_SIZE)	/* mapped, followed by a hole */
#define POISON		0xa5
#define GUARD		16	/* bytes after the end that must not change */
#define LOG_LEN		24
#define CHECK_EVERY	1024
#define TIMEOUT_MS	5000
#define EMULATED_GID	0x49534d00	/* start of the GIDs of emulated ISMs */

/* Kinds of user memory */
enum place { GOOD, EDGE, HOLE, READ_ONLY, NR_PLACES };
static const char * const place_name[] = { "", " into a hole", " in a hole",
					   " in read-only memory" };

enum kind { READ, WRITE, INFO, RESET, REOPEN, TAKE };
static const char * const kind_name[] = { "read", "write", "region info",
					  "reset", "close and open",
					  "take signals" };

static struct op {
	unsigned long nr;
	enum kind kind;
	unsigned int fn, index;
	__u64 offset;
	size_t len, good;
	enum place place;
	ssize_t want, got;
	__u8 data[48];
} history[LOG_LEN], *op = history;

static char bdf[2][VFIO_BDF_LEN];
static struct ism ism[2];
static __u8 *mem[2];
static struct model model;
static struct lab_counts first_counts[2];
static __u8 *buf, *hole, *read_only;
static __u8 expected[BUF_LEN];
static unsigned long nr, seed;
static unsigned long by_errno[256], moves, interrupts;
static __u64 rnd;

static __u64 random64(void)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	rnd ^= rnd << 17;
	return rnd;
}

static unsigned int below(unsigned int n)
{
	return (random64() >> 16) % n;
}

static bool one_in(unsigned int n)
{
	return !below(n);
}

static void print_op(const struct op *o)
{
	unsigned int i, n = o->len < sizeof(o->data) ? o->len : sizeof(o->data);

	printf("# op %lu: %c %s", o->nr, 'A' + o->fn, kind_name[o->kind]);
	if (o->kind == READ || o->kind == WRITE)
		printf(" region %u offset %#llx length %zu%s", o->index,
		       o->offset, o->len, place_name[o->place]);
	if (o->place == EDGE)
		printf(" after %zu", o->good);
	if (o->kind == INFO)
		printf(" %u", o->index);
	if (o->kind == WRITE && o->place == GOOD) {
		printf(":");
		for (i = 0; i < n; i++)
			printf(" %02x", o->data[i]);
	}
	printf(" = %zd\n", o->got);
}

static void mismatch(const char *what)
{
	unsigned int i;

	printf("# the last operations, the oldest first:\n");
	for (i = 1; i <= LOG_LEN; i++) {
		const struct op *o = &history[(op - history + i) % LOG_LEN];

		if (o->nr)
			print_op(o);
	}
	printf("# expected %zd; wrong: %s\n", op->want, what);
	printf("# again: vfio_ism_fuzz %lu %lu\n", op->nr, seed);
	ksft_exit_fail_msg("operation %lu: %s\n", op->nr, what);
}

static void begin(unsigned int fn, enum kind kind)
{
	op = op == history + LOG_LEN - 1 ? history : op + 1;
	*op = (struct op) { .nr = ++nr, .fn = fn, .kind = kind };
}

static void expect(ssize_t want, ssize_t got)
{
	op->want = want;
	op->got = got;
	if (want != got)
		mismatch("result");
	by_errno[got < 0 ? -got : 0]++;
	moves += op->kind == WRITE && op->index == ISM_BAR_DATA && got > 0;
}

/* Check what the functions have written to memory */
static void check_memory(unsigned int fn)
{
	struct model_fn *f = &model.fn[fn];
	unsigned int i;

	for (i = 0; i < 15; i++)
		f->ieq.entry[i].time = ism[fn].ieq->entry[i].time;
	if (memcmp(mem[fn], f->mem, sizeof(f->mem)))
		mismatch("content of DMBs");
	if (memcmp(ism[fn].sba, &f->sba, sizeof(f->sba)))
		mismatch("status page");
	if (memcmp(ism[fn].ieq, &f->ieq, sizeof(f->ieq)))
		mismatch("event queue");
}

static void check_interrupt(unsigned int fn)
{
	int ret = ism_wait(&ism[fn], model.fn[fn].interrupted ? TIMEOUT_MS : 0);

	if (ret == -ETIME && model.fn[fn].interrupted)
		mismatch("no interrupt");
	if (!ret && !model.fn[fn].interrupted)
		mismatch("an interrupt");
	interrupts += model.fn[fn].interrupted;
	model.fn[fn].interrupted = false;
}

static void check_counts(unsigned int fn)
{
	struct model_fn *f = &model.fn[fn];
	struct lab_counts c;
	__u64 loads;

	if (!model_memory_enabled(f))
		return;
	if (lab_count(&ism[fn].fn, &c))
		mismatch("instructions cannot be counted");
	loads = c.loads - first_counts[fn].loads;
	if (loads < f->loads || loads > f->loads + f->maybe_loads ||
	    c.blocks - first_counts[fn].blocks != f->blocks ||
	    c.stores != first_counts[fn].stores)
		mismatch("number of PCI instructions");
	f->loads = loads;
	f->maybe_loads = 0;
}

static void check_all(void)
{
	unsigned int fn;

	for (fn = 0; fn < 2; fn++) {
		check_memory(fn);
		check_counts(fn);
		check_interrupt(fn);
	}
}

/* Choose @len bytes of user memory of this kind */
static __u8 *choose_memory(enum place place, size_t len)
{
	op->place = place;
	op->good = len;
	switch (place) {
	case GOOD:
		return buf + below(BUF_LEN - len - GUARD);
	case EDGE:
		op->good = below(1 + (one_in(2) || len < 16 ? len : 16));
		return hole - op->good;
	case HOLE:
		op->good = 0;
		return one_in(2) ? NULL : hole + below(64);
	default:
		return read_only + below(64);
	}
}

static enum place any_place(void)
{
	return one_in(16) ? below(NR_PLACES) : GOOD;
}

/* Works also for regions that VFIO has no index for */
static __u64 position(unsigned int index, __u64 offset)
{
	return ((__u64)index << 48) + offset;
}

static ssize_t result(ssize_t ret)
{
	return ret < 0 ? -errno : ret;
}

static void do_read(unsigned int fn, unsigned int index, __u64 offset,
		    size_t len, enum place place)
{
	__u8 *p;

	begin(fn, READ);
	op->index = index;
	op->offset = offset;
	op->len = len;
	p = choose_memory(place, len);
	if (place == READ_ONLY)
		op->good = 0;
	if (place == GOOD)
		memset(p + len, POISON, GUARD);
	expect(model_read(&model, fn, index, offset, len, op->good, expected),
	       result(pread(ism[fn].fn.device, p, len,
			    position(index, offset))));
	if (op->got > 0 && memcmp(p, expected, op->got))
		mismatch("what was read");
	if (place == GOOD) {
		for (len += GUARD; len > op->len; len--) {
			if (p[len - 1] != POISON)
				mismatch("more was read");
		}
	}
}

static void do_write(unsigned int fn, unsigned int index, __u64 offset,
		     const void *data, size_t len, enum place place)
{
	__u8 *p;

	begin(fn, WRITE);
	op->index = index;
	op->offset = offset;
	op->len = len;
	p = choose_memory(place, len);
	if (place == READ_ONLY && len <= ISM_PAGE_SIZE / 2)
		data = p;
	else if (place == READ_ONLY)
		p = hole, op->good = 0;
	else
		memcpy(p, data, op->good);
	memcpy(op->data, data, len < sizeof(op->data) ? len : sizeof(op->data));
	expect(model_write(&model, fn, index, offset, len, op->good, data),
	       result(pwrite(ism[fn].fn.device, p, len,
			     position(index, offset))));
}

/* Get the token of a DMB that was registered from the response */
static void learn_token(unsigned int fn)
{
	struct model_dmb *dmb = model_new_dmb(&model);
	__be64 answer[2];
	__u64 tok;
	int i;

	if (!dmb)
		return;
	if (vfio_read(&ism[fn].fn, ISM_BAR_COMMAND, 0, answer, 16) != 16)
		mismatch("the token cannot be read");
	tok = be64toh(answer[1]);
	if (!tok || tok & 0xfffffff || tok >> 48)
		mismatch("a token with other bits");
	for (i = 0; i < MODEL_DMBS; i++) {
		if (model.dmb[i].valid && model.dmb[i].tok == tok)
			mismatch("the same token twice");
	}
	dmb->tok = tok;
	memcpy(model.fn[fn].window + 8, &answer[1], 8);
	model.fn[fn].loads += 2;
}

static size_t any_length(size_t max)
{
	switch (below(8)) {
	case 0:
		return below(max + 1);
	case 1:
		return below(300);
	default:
		return below(24);
	}
}

static __u64 any_offset(void)
{
	switch (below(4)) {
	case 0:
		return 256 * below(18) + below(24) - 12;
	case 1:
		return below(MODEL_WINDOW);
	default:
		return below(256);
	}
}

static const __u8 *any_data(void)
{
	static __u8 data[BUF_LEN];
	unsigned int i;

	/* some of it is new each time */
	for (i = 0; i < 4; i++)
		data[below(i < 3 ? 64 : sizeof(data))] = random64() >> 24;
	return data;
}

static void fuzz_window_read(unsigned int fn)
{
	do_read(fn, ISM_BAR_COMMAND, any_offset() & 0xffff, any_length(5000),
		any_place());
}

/* May ring the doorbell for an unknown command */
static void fuzz_window_write(unsigned int fn)
{
	do_write(fn, ISM_BAR_COMMAND, any_offset() & 0xffff, any_data(),
		 any_length(4200), any_place());
	learn_token(fn);
}

static struct model_dmb *any_dmb(void)
{
	struct model_dmb *dmb = &model.dmb[below(MODEL_DMBS)];
	unsigned int i;

	for (i = 0; i < MODEL_DMBS && !dmb->valid; i++)
		dmb = dmb == model.dmb ? dmb + MODEL_DMBS - 1 : dmb - 1;
	return dmb->valid ? dmb : NULL;
}

static __u64 any_token(void)
{
	const struct model_dmb *dmb = any_dmb();

	if (!dmb || one_in(16))
		return below(1 << 16) * 16ULL << 28;
	return dmb->tok;
}

/* Mostly by the function that may do it */
static void fuzz_move(unsigned int fn)
{
	const struct model_dmb *dmb = any_dmb();
	size_t len = any_length(4200);
	__u64 addr = any_token();
	__u32 offset;

	if (dmb && !one_in(8)) {
		addr = dmb->tok;
		fn = model.fn[1].gid == dmb->rgid;
	}
	offset = below(dmb ? dmb->len + (dmb->len >> 4) : 65536);
	if (!one_in(8) && offset % 4096 + len > 4096)
		offset -= offset % 4096;
	addr |= (__u64)below(16) << 24 | (__u64)one_in(4) << 23 | offset;
	do_write(fn, ISM_BAR_DATA, addr, any_data(), len, any_place());
}

static __u64 any_gid(void)
{
	return one_in(8) ? random64() : model.fn[below(2)].gid;
}

/* Mostly the right argument */
static __u64 mostly(__u64 right)
{
	static const __u64 wrong[] = { 0, 1, 0x1000, 0x7fffffffffffffff, ~0ULL };

	return one_in(8) ? wrong[below(ARRAY_SIZE(wrong))] : right;
}

static void dmb_body(const struct model_fn *f, __u64 *body)
{
	static const unsigned int idx[] = { 32, 33, 100, 1919, 1920, 5000 };
	unsigned int page = below(16), pages = 1 + below(16 - page);
	__u64 len = pages * ISM_PAGE_SIZE - (one_in(2) ? below(4096) : 0);

	if (one_in(16))
		len = one_in(2) ? 0 : MODEL_MAX_DMB + 1;
	body[0] = f->mem_iova + page * ISM_PAGE_SIZE + one_in(16) * 8;
	body[1] = len << 32 | idx[one_in(8) ? below(6) : below(4)];
	body[2] = 0;
	body[3] = any_gid();
}

static const struct {
	__u32 code;
	unsigned int words, answer_len;
} commands[] = {
	{ ISM_REG_SBA, 1, 8 }, { ISM_REG_IEQ, 2, 8 }, { ISM_READ_GID, 0, 16 },
	{ ISM_ADD_VLAN_ID, 1, 8 }, { ISM_DEL_VLAN_ID, 1, 8 },
	{ 6, 0, 8 }, { 7, 0, 8 }, { ISM_QUERY_INFO, 0, 200 },
	{ ISM_QUERY_RGID, 2, 8 }, { ISM_REG_DMB, 4, 16 },
	{ ISM_REG_DMB, 4, 16 }, { ISM_REG_DMB, 4, 16 },
	{ ISM_UNREG_DMB, 1, 8 }, { ISM_SIGNAL_IEQ, 3, 8 },
	{ ISM_UNREG_SBA, 0, 8 }, { ISM_UNREG_IEQ, 0, 8 },
	{ 0x0c, 0, 8 }, { 0x7f, 4, 8 }, { 0xffffffff, 1, 8 },
	{ ISM_REG_SBA, 1, 8 }, { ISM_REG_IEQ, 2, 8 },
	{ ISM_ADD_VLAN_ID, 1, 8 }, { ISM_SIGNAL_IEQ, 3, 8 },
};

static void command_body(const struct model_fn *f, __u32 code, __u64 *body)
{
	switch (code) {
	case ISM_REG_SBA:
		body[0] = f->sba_iova + (one_in(8) ? 8 : 0);
		break;
	case ISM_REG_IEQ:
		body[0] = f->ieq_iova + (one_in(8) ? 8 : 0);
		body[1] = mostly(512);
		break;
	case ISM_ADD_VLAN_ID:
	case ISM_DEL_VLAN_ID:
		body[0] = mostly(one_in(16) ? 0x1fff : 1 + below(90));
		break;
	case ISM_QUERY_RGID:
		body[0] = any_gid();
		break;
	case ISM_REG_DMB:
		dmb_body(f, body);
		break;
	case ISM_UNREG_DMB:
		body[0] = any_token();
		break;
	case ISM_SIGNAL_IEQ:
		body[0] = any_gid();
		body[1] = (__u64)below(2) << 32 | below(0x10000);
		body[2] = random64();
		break;
	}
}

/* There are never more DMBs than the model can hold */
static void fuzz_command(unsigned int fn)
{
	unsigned int i, nr_cmd = below(ARRAY_SIZE(commands));
	unsigned int words = commands[nr_cmd].words;
	__u64 body[4] = {};
	__be64 request[5];
	__u64 len;

	command_body(&model.fn[fn], commands[nr_cmd].code, body);
	for (i = 0; i < 4; i++)
		request[1 + i] = htobe64(body[i]);
	len = one_in(16) ? below(80) : 8 + 8 * words;
	request[0] = htobe64((__u64)commands[nr_cmd].code << 32 | len);

	if (words)
		do_write(fn, ISM_BAR_COMMAND, 8, request + 1, 8 * words, GOOD);
	do_write(fn, ISM_BAR_COMMAND, 0, request, 8, GOOD);
	learn_token(fn);
	do_read(fn, ISM_BAR_COMMAND, 0, commands[nr_cmd].answer_len, GOOD);
}

static void fuzz_config_read(unsigned int fn)
{
	__u64 offset = one_in(8) ? random64() >> 16 : below(64);

	/* offsets beyond the core's 40 bits must not be truncated */
	if (one_in(16))
		offset |= (__u64)below(256) << 40;
	do_read(fn, VFIO_PCI_CONFIG_REGION_INDEX, offset, any_length(64),
		any_place());
}

static void fuzz_config_write(unsigned int fn)
{
	__u16 cmd = htole16(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);

	if (one_in(4)) {
		do_write(fn, VFIO_PCI_CONFIG_REGION_INDEX, below(4), any_data(),
			 1, any_place());
		return;
	}
	if (one_in(3))
		cmd = htole16(below(4) << 1);
	do_write(fn, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, &cmd,
		 sizeof(cmd), one_in(16) ? HOLE : GOOD);
}

/* Also absent regions; not the config space */
static void fuzz_any_region(unsigned int fn)
{
	unsigned int index = below(one_in(4) ? 100 : 10);
	__u64 offset = random64() >> (16 + below(48));
	size_t len = any_length(4200);

	if (index == LAB_BAR || index == VFIO_PCI_CONFIG_REGION_INDEX)
		index = ISM_BAR_DATA;
	if (one_in(2))
		do_read(fn, index, offset, len, any_place());
	else
		do_write(fn, index, offset, any_data(), len, any_place());
}

static void fuzz_region_info(unsigned int fn)
{
	unsigned int index = below(12);
	struct vfio_region_info info;
	int ret;

	begin(fn, INFO);
	op->index = index;
	ret = vfio_region_info(&ism[fn].fn, index, &info);
	expect(index < VFIO_PCI_VGA_REGION_INDEX ? 0 : -EINVAL, ret);
	if (ret)
		return;
	if (info.size != model.fn[fn].size[index] ||
	    info.offset != (__u64)index << 48)
		mismatch("region info");
}

static void fuzz_take_signals(unsigned int fn)
{
	begin(fn, TAKE);
	check_memory(fn);
	check_interrupt(fn);
	memset(ism[fn].sba, 0, ISM_PAGE_SIZE);
	memset(&model.fn[fn].sba, 0, sizeof(model.fn[fn].sba));
}

static void fuzz_reset(unsigned int fn)
{
	begin(fn, RESET);
	expect(0, ioctl(ism[fn].fn.device, VFIO_DEVICE_RESET) ? -errno : 0);
	model_reset(&model, fn);
}

static void open_fn(unsigned int fn)
{
	const unsigned int cfg = VFIO_PCI_CONFIG_REGION_INDEX;
	struct model_fn *f = &model.fn[fn];
	struct vfio_region_info info;
	unsigned int i;

	if (ism_open(&ism[fn], bdf[fn], VFIO_MODE_IOMMUFD) ||
	    vfio_map(&ism[fn].fn, mem[fn], MODEL_MEM_LEN, &f->mem_iova))
		mismatch("the function cannot be opened");
	f->sba_iova = ism[fn].sba_iova;
	f->ieq_iova = ism[fn].ieq_iova;
	f->virtual = vfio_vfn(bdf[fn]) > 0;
	f->memory = true;
	f->master = true;
	memset(&f->sba, 0, sizeof(f->sba));
	memset(&f->ieq, 0, sizeof(f->ieq));
	for (i = 0; i <= cfg; i++) {
		if (vfio_region_info(&ism[fn].fn, i, &info))
			mismatch("no region info");
		f->size[i] = info.size;
	}
	if (f->size[cfg] > sizeof(f->config) ||
	    vfio_read(&ism[fn].fn, cfg, 0, f->config, f->size[cfg]) !=
	    (ssize_t)f->size[cfg])
		mismatch("config space");
}

static void fuzz_reopen(unsigned int fn)
{
	begin(fn, REOPEN);
	check_all();
	ism_close(&ism[fn]);
	model_reset(&model, fn);
	open_fn(fn);
}

static const struct {
	unsigned int weight;
	void (*run)(unsigned int fn);
} choices[] = {
	{ 5000, fuzz_window_read },
	{ 2500, fuzz_window_write },
	{ 5000, fuzz_move },
	{ 1500, fuzz_command },
	{ 700, fuzz_config_read },
	{ 500, fuzz_config_write },
	{ 700, fuzz_any_region },
	{ 300, fuzz_region_info },
	{ 100, fuzz_take_signals },
	{ 5, fuzz_reset },
	{ 1, fuzz_reopen },
};

static void fuzz(void)
{
	unsigned int i = 0, total = 0;

	for (i = 0; i < ARRAY_SIZE(choices); i++)
		total += choices[i].weight;
	total = below(total);
	for (i = 0; total >= choices[i].weight; i++)
		total -= choices[i].weight;
	choices[i].run(below(2));
}

static void *anonymous(size_t len, int prot)
{
	void *p = mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		ksft_exit_fail_msg("mmap: %s\n", strerror(errno));
	return p;
}

static void set_up(void)
{
	unsigned int fn;

	buf = anonymous(BUF_LEN + ISM_PAGE_SIZE, PROT_READ | PROT_WRITE);
	hole = buf + BUF_LEN;
	mprotect(hole, ISM_PAGE_SIZE, PROT_NONE);
	read_only = anonymous(ISM_PAGE_SIZE, PROT_READ);
	for (fn = 0; fn < 2; fn++) {
		mem[fn] = anonymous(MODEL_MEM_LEN, PROT_READ | PROT_WRITE);
		open_fn(fn);
		if (ism_read_gid(&ism[fn], &model.fn[fn].gid))
			ksft_exit_fail_msg("no GID\n");
		if (model.fn[fn].gid >> 32 != EMULATED_GID)
			ksft_exit_skip("not for real functions\n");
		if (!lab_present(&ism[fn].fn))
			ksft_exit_skip("the function does not count instructions\n");
		fuzz_reset(fn);
	}
	for (fn = 0; fn < 2; fn++)
		lab_count(&ism[fn].fn, &first_counts[fn]);
}

static void summary(void)
{
	unsigned int i;

	ksft_print_msg("%lu succeeded, %lu of these moved data\n", by_errno[0],
		       moves);
	for (i = 1; i < ARRAY_SIZE(by_errno); i++) {
		if (by_errno[i])
			ksft_print_msg("%lu ended with %s\n", by_errno[i],
				       strerror(i));
	}
	ksft_print_msg("%lu times there was an interrupt\n", interrupts);
}

int main(int argc, char **argv)
{
	unsigned long operations = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;
	time_t start = time(NULL), took;
	unsigned long next = CHECK_EVERY;

	seed = argc > 2 ? strtoul(argv[2], NULL, 0) : (unsigned long)start;
	rnd = seed * 0x9e3779b97f4a7c15 + 1;
	ism_find_two(DRIVER, bdf);
	ksft_print_header();
	ksft_set_plan(1);
	ksft_print_msg("%lu operations, seed %lu\n", operations, seed);
	set_up();
	for (nr = 0; nr < operations;) {
		fuzz();
		if (nr >= next) {
			check_all();
			next = nr + CHECK_EVERY;
		}
	}
	check_all();
	took = time(NULL) - start;
	summary();
	ksft_print_msg("%lu operations per second\n", nr / (took ? took : 1));
	ksft_test_result(moves && interrupts, "fuzz\n");
	ksft_finished();
}
