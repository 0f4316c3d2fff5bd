// SPDX-License-Identifier: GPL-2.0
/*
 * Many concurrent users of two ISM functions, some of them destructive
 *
 * Data that arrives is never wrong. An operation fails only with an errno that
 * the test lists for it, and only while another thread disturbs one of the
 * functions: resets it, disables its memory space, or closes and opens it. The
 * threads are not synchronized; a sequence count of disturbances determines
 * which operations had to succeed.
 *
 * The environment variable VFIO_ISM_STRESS_SECONDS sets the duration; the
 * default is 60. Apart from that, times are only tested to detect hangs.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "../kselftest_harness.h"
#include "lib/data.h"
#include "lib/ism.h"
#include "lib/pair.h"

#define DRIVER		"ism_vfio_pci"
#define SBA_IDX		40
#define PART_LEN	(16 * 1024)	/* of the DMB, for each writer */
#define NR_WRITERS	2
#define DMB_LEN		(NR_WRITERS * PART_LEN)
#define PATTERN_AT	1024		/* in the window, after any response */
#define HANG_S		60

static char bdf[2][VFIO_BDF_LEN];

/*
 * One of the two functions. Threads access it through @fn, whose file
 * descriptor number never changes: the thread that closes and opens the
 * function replaces the file behind it.
 */
static struct side {
	const char *bdf;
	struct vfio_function fn;
	struct ism ism;
	__u64 gid;
	struct ism_dmb dmb;
} side[2];			/* 0 writes into the DMB of 1 */

static __u8 *dmb_mem;
static atomic_ullong token;
static atomic_bool stop;

/* No disturbance while @disturbing is 0 and @disturbances does not change */
static atomic_int disturbing;
static atomic_uint disturbances;

/* Held for writing to set up a function, for reading by what would disturb */
static pthread_rwlock_t setup_lock = PTHREAD_RWLOCK_INITIALIZER;

static int closed_fd;		/* cannot be read or written */

static atomic_ulong failures;
static atomic_ulong counts[2][8];	/* by undisturbed (1) or not, thread */

static void complain(const char *what, int ret, bool calm)
{
	if (atomic_fetch_add(&failures, 1) < 20)
		printf("# %s: %d%s\n", what, ret, calm ? ", undisturbed" : "");
}

static void disturb_begin(void)
{
	atomic_fetch_add(&disturbing, 1);
	atomic_fetch_add(&disturbances, 1);
}

static void disturb_end(void)
{
	atomic_fetch_sub(&disturbing, 1);
}

/* Begin an operation; calm_since() then tells if it was not disturbed */
static unsigned int calm_begin(void)
{
	unsigned int seq = atomic_load(&disturbances);

	return atomic_load(&disturbing) ? seq - 1 : seq;
}

static bool calm_since(unsigned int seq)
{
	return atomic_load(&disturbances) == seq;
}

/* Errors that an operation may return, only while disturbed */
struct outcome {
	const char *what;
	int errors[4];
};

static const struct outcome may_read = {
	"read", {
		-EIO,		/* memory disabled, or no handle during reset */
		-EBADF,		/* closed */
	}
};

static const struct outcome may_write = {
	"write", {
		-EIO,
		-EBADF,
		-ENXIO,		/* the DMB is not registered */
	}
};

static const struct outcome may_query = {
	"command", {
		-EIO,
		-EBADF,
	}
};

static const struct outcome may_reset = {
	"reset", {
		-EAGAIN,	/* another thread has the device locked */
		-EBADF,
	}
};

static const struct outcome may_config = {
	"config", {
		-EBADF,
	}
};

static const struct outcome may_open = {
	"open", {
		-EBUSY,		/* the last user still holds the group, */
		-EINVAL,	/* the cdev, */
		-EPERM,		/* or its DMA */
		-EAGAIN,	/* being reset */
	}
};

static bool allowed(const struct outcome *o, int ret)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(o->errors); i++) {
		if (o->errors[i] == ret)
			return true;
	}
	return false;
}

/* Check the result of an operation that began at @seq; true if it succeeded */
static bool judge(const struct outcome *o, int ret, unsigned int seq, int nr)
{
	bool calm = calm_since(seq);

	atomic_fetch_add(&counts[calm][nr], 1);
	if (ret >= 0)
		return true;
	if (calm || !allowed(o, ret))
		complain(o->what, ret, calm);
	return false;
}

static unsigned int below(unsigned int *state, unsigned int n)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % n;
}

static void nap(unsigned int *state, unsigned int max_ms)
{
	usleep(1000 + below(state, max_ms * 1000));
}

static __u8 pattern(unsigned int offset)
{
	return (offset * 7 + offset / 251) | 1;
}

/*
 * Set up a function that was reset or opened. Starts from scratch, because
 * another thread may have reset it meanwhile. If this fails, the thread that
 * caused the failure sets up the function again.
 */
static int set_up(struct side *s)
{
	__u8 window[ISM_PAGE_SIZE - PATTERN_AT];
	unsigned int i;
	int ret;

	ret = ioctl(s->fn.device, VFIO_DEVICE_RESET) ? -errno : 0;
	if (!ret)
		ret = vfio_enable(&s->ism.fn);
	if (!ret)
		ret = ism_register(&s->ism);
	if (!ret && s->dmb.len) {
		ret = ism_reg_dmb(&s->ism, &s->dmb);
		atomic_store(&token, s->dmb.tok);
	}
	for (i = 0; i < sizeof(window); i++)
		window[i] = pattern(PATTERN_AT + i);
	if (ret)
		return ret;
	ret = vfio_write(&s->ism.fn, ISM_BAR_COMMAND, PATTERN_AT, window,
			 sizeof(window));
	return ret < 0 ? ret : 0;
}

static int open_mode(struct side *s, struct ism *ism, enum vfio_mode mode)
{
	int ret = ism_open(ism, s->bdf, mode);

	if (!ret && s->dmb.len)
		ret = vfio_map(&ism->fn, dmb_mem, DMB_LEN, &s->dmb.iova);
	return ret;
}

/* Open the function again, with the old file descriptor number */
static int open_side(struct side *s, enum vfio_mode mode)
{
	struct ism ism;
	int ret;

	ret = open_mode(s, &ism, mode);
	if (ret)
		return ret;
	dup2(ism.fn.device, s->fn.device);
	close(ism.fn.device);
	ism.fn.device = s->fn.device;
	s->ism = ism;
	return 0;
}

/* Operations in progress continue and keep the old file open until they end */
static void close_side(struct side *s)
{
	dup2(closed_fd, s->fn.device);
	s->ism.fn.device = -1;
	ism_close(&s->ism);
}

/*
 * Each writer owns a part of the DMB, which contains exactly what the writer
 * has stored: all of it after success, nothing after an error.
 */
static void *writer(void *arg)
{
	struct vfio_function *fn = &side[0].fn;
	unsigned int nr = (unsigned long)arg, rnd = nr, seq, off, len;
	static __u8 shadow[NR_WRITERS][PART_LEN];
	__u8 *mem = dmb_mem + nr * PART_LEN;
	__u8 data[ISM_PAGE_SIZE];
	int ret;

	while (!atomic_load(&stop)) {
		len = 1 + below(&rnd, below(&rnd, 4) ? 64 : ISM_PAGE_SIZE);
		off = below(&rnd, PART_LEN / ISM_PAGE_SIZE) * ISM_PAGE_SIZE;
		off += below(&rnd, ISM_PAGE_SIZE - len + 1);
		fill(data, len, rnd);
		seq = calm_begin();
		ret = vfio_write(fn, ISM_BAR_DATA, atomic_load(&token) +
				 nr * PART_LEN + off, data, len);
		if (judge(&may_write, ret, seq, nr)) {
			memcpy(shadow[nr] + off, data, len);
			if ((unsigned int)ret != len)
				complain("count of a write", ret, false);
		}
		if (memcmp(mem, shadow[nr], PART_LEN))
			complain("what a write has left in the DMB", ret, false);
	}
	return NULL;
}

/* Each byte read must be what was written, or 0 after a reset */
static bool plausible(const __u8 *buf, unsigned int off, int len, bool calm)
{
	int i;

	for (i = 0; i < len; i++) {
		if (buf[i] != pattern(off + i) && (buf[i] || calm))
			return false;
	}
	return true;
}

static void *reader(void *arg)
{
	unsigned int nr = (unsigned long)arg, rnd = nr, seq, off, len;
	struct vfio_function *fn = &side[nr % 2].fn;
	__u8 buf[ISM_PAGE_SIZE];
	int ret;

	while (!atomic_load(&stop)) {
		off = PATTERN_AT + below(&rnd, ISM_PAGE_SIZE - PATTERN_AT);
		len = 1 + below(&rnd, below(&rnd, 4) ? 16 : ISM_PAGE_SIZE - off);
		if (len > ISM_PAGE_SIZE - off)
			len = ISM_PAGE_SIZE - off;
		seq = calm_begin();
		ret = vfio_read(fn, ISM_BAR_COMMAND, off, buf, len);
		if (!judge(&may_read, ret, seq, nr))
			continue;
		if ((unsigned int)ret != len && calm_since(seq))
			complain("count of a read", ret, true);
		/* in A, commands erase the pattern */
		if (!plausible(buf, off, ret, nr % 2 && calm_since(seq)))
			complain("what was read", ret, calm_since(seq));
	}
	return NULL;
}

/* Commands get a response, with the function's own GID */
static void *commander(void *arg)
{
	unsigned int nr = (unsigned long)arg, seq;
	struct ism ism = { .fn = side[0].fn };
	__u64 gid;
	int ret;

	while (!atomic_load(&stop)) {
		gid = 0;
		pthread_rwlock_rdlock(&setup_lock);
		seq = calm_begin();
		ret = ism_read_gid(&ism, &gid);
		if (ret > 0)
			complain("READ_GID was refused", ret, false);
		if (judge(&may_query, ret, seq, nr) && gid != side[0].gid &&
		    (gid || calm_since(seq)))
			complain("the answer to READ_GID", ret, false);
		pthread_rwlock_unlock(&setup_lock);
		usleep(1000);
	}
	return NULL;
}

static void set_up_again(struct side *s)
{
	unsigned int seq = atomic_load(&disturbances);
	int ret;

	pthread_rwlock_wrlock(&setup_lock);
	ret = set_up(s);
	/* a thread that disturbs this one waits for the lock to do the same */
	if (ret && atomic_load(&disturbances) == seq &&
	    atomic_load(&disturbing) == 1)
		complain("setup", ret, true);
	pthread_rwlock_unlock(&setup_lock);
}

static void *resetter(void *arg)
{
	unsigned int nr = (unsigned long)arg, rnd = nr, i;
	int ret;

	for (i = 0; !atomic_load(&stop); i++) {
		disturb_begin();
		ret = ioctl(side[i % 2].fn.device, VFIO_DEVICE_RESET) ? -errno : 0;
		judge(&may_reset, ret, calm_begin(), nr);
		set_up_again(&side[i % 2]);
		disturb_end();
		nap(&rnd, 40);
	}
	return NULL;
}

/* While the memory space of A is disabled, nothing reaches the DMB */
static void watch_dmb(unsigned int *rnd)
{
	__u8 before[DMB_LEN];

	if (vfio_vfn(side[0].bdf) > 0)
		return;		/* it cannot be disabled */
	memcpy(before, dmb_mem, DMB_LEN);
	nap(rnd, 2);
	if (memcmp(before, dmb_mem, DMB_LEN))
		complain("a write while memory is disabled", 0, false);
}

static void *toggler(void *arg)
{
	unsigned int nr = (unsigned long)arg, rnd = nr, i;
	struct vfio_function *fn;
	const __u16 off = 0;
	int ret;

	for (i = 0; !atomic_load(&stop); i++) {
		fn = &side[i % 2].fn;
		disturb_begin();
		pthread_rwlock_rdlock(&setup_lock);
		ret = vfio_write(fn, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND,
				 &off, sizeof(off));
		if (judge(&may_config, ret, calm_begin(), nr) && i % 2 == 0)
			watch_dmb(&rnd);
		judge(&may_config, vfio_enable(fn), calm_begin(), nr);
		pthread_rwlock_unlock(&setup_lock);
		disturb_end();
		nap(&rnd, 20);
	}
	return NULL;
}

/* Opening fails until the previous user's operations have ended */
static void open_again(struct side *s, enum vfio_mode mode, int nr)
{
	time_t end = time(NULL) + HANG_S;
	int ret;

	do {
		ret = open_side(s, mode);
		judge(&may_open, ret, calm_begin(), nr);
		if (ret)
			usleep(500);
	} while (ret && time(NULL) < end);
	if (ret)
		complain("the function stays closed", ret, false);
}

static void *closer(void *arg)
{
	static const enum vfio_mode modes[] = {
		VFIO_MODE_IOMMUFD, VFIO_MODE_COMPAT, VFIO_MODE_TYPE1,
	};
	unsigned int nr = (unsigned long)arg, rnd = nr, i;

	for (i = 0; !atomic_load(&stop); i++) {
		disturb_begin();
		pthread_rwlock_wrlock(&setup_lock);
		close_side(&side[i % 2]);
		open_again(&side[i % 2], modes[below(&rnd, ARRAY_SIZE(modes))], nr);
		pthread_rwlock_unlock(&setup_lock);
		set_up_again(&side[i % 2]);
		disturb_end();
		nap(&rnd, 60);
	}
	return NULL;
}

static const struct {
	const char *name;
	void *(*run)(void *arg);
} threads[] = {
	{ "writes of A", writer },
	{ "writes of A", writer },
	{ "reads of A", reader },
	{ "reads of B", reader },
	{ "commands to A", commander },
	{ "resets", resetter },
	{ "PCI_COMMAND", toggler },
	{ "opens", closer },
};

static unsigned int seconds(void)
{
	const char *s = getenv("VFIO_ISM_STRESS_SECONDS");

	return s ? strtoul(s, NULL, 10) : 60;
}

FIXTURE(stress) {
};

FIXTURE_SETUP(stress)
{
	unsigned int i;

	dmb_mem = mmap(NULL, DMB_LEN, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)dmb_mem);
	closed_fd = open("/", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, closed_fd);
	for (i = 0; i < 2; i++) {
		side[i].bdf = bdf[i];
		ASSERT_EQ(0, ism_open(&side[i].ism, bdf[i], VFIO_MODE_IOMMUFD));
		ASSERT_EQ(0, ism_read_gid(&side[i].ism, &side[i].gid));
		side[i].fn = side[i].ism.fn;
		side[i].fn.device = dup(closed_fd);
		ism_close(&side[i].ism);
	}
	side[1].dmb = (struct ism_dmb) {
		.len = DMB_LEN, .sba_idx = SBA_IDX, .rgid = side[0].gid,
	};
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, open_side(&side[i], VFIO_MODE_IOMMUFD));
		ASSERT_EQ(0, set_up(&side[i]));
	}
}

FIXTURE_TEARDOWN(stress)
{
	close_side(&side[0]);
	close_side(&side[1]);
}

/* After the test everything works as before */
static void still_works(struct __test_metadata *_metadata)
{
	__u8 data[64], buf[64];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, set_up(&side[i]));
		EXPECT_EQ(64, vfio_read(&side[i].fn, ISM_BAR_COMMAND,
					PATTERN_AT, buf, 64));
		EXPECT_TRUE(plausible(buf, PATTERN_AT, 64, true));
	}
	fill(data, sizeof(data), 1);
	EXPECT_EQ(0, ism_move(&side[0].ism, side[1].dmb.tok, 0, true, 0, data,
			      sizeof(data)));
	EXPECT_EQ(0, memcmp(dmb_mem, data, sizeof(data)));
	EXPECT_EQ(0, ism_wait(&side[1].ism, 5000));
}

TEST_F_TIMEOUT(stress, threads, 900)
{
	pthread_t thread[ARRAY_SIZE(threads)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, threads[i].run,
					    (void *)(unsigned long)i));
	sleep(seconds());
	atomic_store(&stop, true);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_join(thread[i], NULL));

	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		TH_LOG("%s: %lu, and %lu while disturbed", threads[i].name,
		       counts[true][i], counts[false][i]);
		EXPECT_NE(0, counts[false][i]);
		if (threads[i].run != resetter && threads[i].run != toggler &&
		    threads[i].run != closer)
			EXPECT_NE(0, counts[true][i]);
	}
	EXPECT_EQ(0, failures);
	still_works(_metadata);
}

int main(int argc, char **argv)
{
	ism_find_two(DRIVER, bdf);
	return test_harness_run(argc, argv);
}
