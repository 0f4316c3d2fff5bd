// SPDX-License-Identifier: GPL-2.0
/*
 * Resets of an ISM function during continuous reads and writes of it
 *
 * Resets through VFIO wait for operations or are refused, so operations are not
 * affected. During a reset through sysfs, operations can see the function
 * without its handle. After either, the function works.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lib/data.h"
#include "lib/ism.h"
#include "lib/pair.h"

#define DRIVER		"ism_vfio_pci"
#define DMB_LEN		ISM_PAGE_SIZE
#define SBA_IDX		40
#define NR_RESETS	20
#define BUSY_S		15	/* until a reset finds a moment without operations */

static char bdf[2][VFIO_BDF_LEN];

struct io {
	struct ism a;		/* is reset; writes into the DMB of b */
	struct ism b;
	struct ism_dmb dmb;
	__u8 *mem;
	bool may_fail;		/* operations, with -EIO or -ENXIO */
	atomic_bool stop;
	atomic_ulong done, affected, failures;
};

/* If only a part was transferred, a reset came in between */
static void judge(struct io *io, const char *what, ssize_t ret, size_t len)
{
	atomic_fetch_add(&io->done, 1);
	if (ret >= 0 && (size_t)ret == len)
		return;
	atomic_fetch_add(&io->affected, 1);
	if (io->may_fail && (ret > 0 || ret == -EIO || ret == -ENXIO))
		return;
	if (atomic_fetch_add(&io->failures, 1) < 20)
		printf("# %s: %zd\n", what, ret);
}

static void *reader(void *arg)
{
	struct io *io = arg;
	__u8 buf[ISM_PAGE_SIZE];
	ssize_t ret;

	while (!atomic_load(&io->stop)) {
		ret = vfio_read(&io->a.fn, ISM_BAR_COMMAND, 0, buf, sizeof(buf));
		judge(io, "read", ret, sizeof(buf));
	}
	return NULL;
}

static void *writer(void *arg)
{
	static const __u8 data[ISM_PAGE_SIZE];
	struct io *io = arg;
	size_t len = 64;
	ssize_t ret;

	while (!atomic_load(&io->stop)) {
		ret = vfio_write(&io->a.fn, ISM_BAR_DATA, io->dmb.tok, data, len);
		judge(io, "write", ret, len);
		len ^= 64 ^ ISM_PAGE_SIZE;
	}
	return NULL;
}

/* Returns the number of attempts */
static unsigned int hot_reset(struct __test_metadata *_metadata,
			      struct vfio_function *fn)
{
	time_t end = time(NULL) + BUSY_S;
	unsigned int n;
	int ret;

	for (n = 1; (ret = vfio_hot_reset(fn)); n++) {
		ASSERT_EQ(-EBUSY, ret);
		ASSERT_GT(end, time(NULL)) {
			TH_LOG("still busy after %u tries", n);
		}
	}
	return n;
}

static void by_vfio(struct __test_metadata *_metadata, struct vfio_function *fn)
{
	unsigned int i, tries = 0, ms;
	struct timespec a, b;

	for (i = 0; i < NR_RESETS; i++)
		ASSERT_EQ(0, ioctl(fn->device, VFIO_DEVICE_RESET));
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < NR_RESETS; i++)
		tries += hot_reset(_metadata, fn);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	TH_LOG("%u times VFIO_DEVICE_PCI_HOT_RESET: %u tries, %u ms", NR_RESETS,
	       tries, ms);
}

static void by_sysfs(struct __test_metadata *_metadata, struct vfio_function *fn)
{
	unsigned int i;

	for (i = 0; i < NR_RESETS; i++) {
		ASSERT_EQ(0, vfio_write_sysfs(bdf[0], "reset", "1"));
		usleep(1000);
	}
}

FIXTURE(reset) {
	struct io io;
};

FIXTURE_VARIANT(reset) {
	void (*reset)(struct __test_metadata *_metadata,
		      struct vfio_function *fn);
	bool writes;
	bool may_fail;
};

FIXTURE_VARIANT_ADD(reset, vfio_reads) {
	.reset = by_vfio,
};

FIXTURE_VARIANT_ADD(reset, vfio_reads_and_writes) {
	.reset = by_vfio,
	.writes = true,
};

FIXTURE_VARIANT_ADD(reset, sysfs_reads_and_writes) {
	.reset = by_sysfs,
	.writes = true,
	.may_fail = true,
};

FIXTURE_SETUP(reset)
{
	struct io *io = &self->io;

	*io = (struct io) { .dmb = { .len = DMB_LEN, .sba_idx = SBA_IDX } };
	ASSERT_EQ(0, ism_open(&io->a, bdf[0], VFIO_MODE_IOMMUFD));
	ASSERT_EQ(0, ism_open(&io->b, bdf[1], VFIO_MODE_IOMMUFD));
	ASSERT_EQ(0, ism_connect(&io->a, &io->b, &io->dmb, &io->mem));
}

FIXTURE_TEARDOWN(reset)
{
	ism_close(&self->io.a);
	ism_close(&self->io.b);
}

static void works(struct __test_metadata *_metadata, struct io *io)
{
	__u8 data[64], buf[64];

	fill(data, sizeof(data), 1);
	EXPECT_EQ(0, vfio_enable(&io->a.fn));
	EXPECT_EQ(64, vfio_write(&io->a.fn, ISM_BAR_COMMAND, 1024, data, 64));
	EXPECT_EQ(64, vfio_read(&io->a.fn, ISM_BAR_COMMAND, 1024, buf, 64));
	EXPECT_EQ(0, memcmp(buf, data, 64));
	EXPECT_EQ(0, ism_move(&io->a, io->dmb.tok, 0, true, 0, data, 64));
	EXPECT_EQ(0, memcmp(io->mem, data, 64));
	EXPECT_EQ(0, ism_wait(&io->b, 5000));
}

TEST_F_TIMEOUT(reset, during_io, 120)
{
	struct io *io = &self->io;
	pthread_t thread[2];

	io->may_fail = variant->may_fail;
	ASSERT_EQ(0, pthread_create(&thread[0], NULL, reader, io));
	if (variant->writes)
		ASSERT_EQ(0, pthread_create(&thread[1], NULL, writer, io));
	while (!atomic_load(&io->done))
		usleep(1000);
	variant->reset(_metadata, &io->a.fn);
	atomic_store(&io->stop, true);
	ASSERT_EQ(0, pthread_join(thread[0], NULL));
	if (variant->writes)
		ASSERT_EQ(0, pthread_join(thread[1], NULL));
	TH_LOG("%lu reads and writes, of which %lu were affected", io->done,
	       io->affected);
	EXPECT_EQ(0, io->failures);
	works(_metadata, io);
}

int main(int argc, char **argv)
{
	ism_find_two(DRIVER, bdf);
	return test_harness_run(argc, argv);
}
