// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation and every user copy of an operation is made to fail in turn
 *
 * /proc/PID/fail-nth makes the n-th call that can fail do so, counted from now
 * on in this thread. An operation is repeated with n = 1, 2, ... until it ends
 * before its n-th call. Each time, the operation either fails with the errno of
 * the fault and has no effect, or it succeeds, because the kernel does not
 * depend on that call. The same operation without a fault must work afterwards.
 * A sweep that reaches no call that can fail tests nothing. The test therefore
 * verifies that a minimum of failures occurred, for lack of memory and in user
 * copies. How many occur depends on what the kernel has cached and on what it does
 * at the same time, so the minimum of a long operation is well below what is usual.
 *
 * Needs CONFIG_FAULT_INJECTION_USERCOPY, CONFIG_FAILSLAB and
 * CONFIG_FAIL_PAGE_ALLOC, set up so that they fail every kind of allocation
 * except that of user memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lib/data.h"
#include "lib/ism.h"
#include "lib/lab.h"
#include "lib/pair.h"

#define DRIVER		"ism_vfio_pci"
#define SYSFS		"/sys/bus/pci/drivers/" DRIVER
#define DMB_LEN		(2 * ISM_PAGE_SIZE)
#define WINDOW_LEN	4096
#define SBA_IDX		5
#define MAX_NTH		3000	/* more calls than any operation has */
#define TIMEOUT_S	900

static char bdf[2][VFIO_BDF_LEN];

struct sweep {
	int fail_nth;
	unsigned int nth;
	bool hit;		/* the n-th call was reached, and failed */
	unsigned int enomem, efault;
	/*
	 * The operation enables or resets the function. If there is no memory,
	 * the kernel returns -EIO, or -ENODEV if it then cannot enable it.
	 */
	bool enables;
};

static void start(struct __test_metadata *_metadata, struct sweep *s)
{
	*s = (struct sweep) { .hit = true };
	s->fail_nth = open("/proc/thread-self/fail-nth", O_RDWR);
	ASSERT_LE(0, s->fail_nth) {
		TH_LOG("the kernel cannot make calls fail");
	}
}

/* Whether the sweep continues; if so, with the next call that can fail */
static bool next(struct __test_metadata *_metadata, struct sweep *s)
{
	if (!s->hit)
		return false;
	ASSERT_GT(MAX_NTH, ++s->nth);
	return true;
}

static void arm(struct __test_metadata *_metadata, struct sweep *s)
{
	char nth[16];
	int len = snprintf(nth, sizeof(nth), "%u", s->nth);

	ASSERT_EQ(len, pwrite(s->fail_nth, nth, len, 0));
}

/* The n-th call may be one made here, which is not part of the operation */
static void disarm(struct __test_metadata *_metadata, struct sweep *s)
{
	char left[16] = "";
	ssize_t len = pread(s->fail_nth, left, sizeof(left) - 1, 0);

	s->hit = len > 0 && !atoi(left);
	while (pwrite(s->fail_nth, "0", 1, 0) < 0)
		ASSERT_EQ(EFAULT, errno);
}

/* The operation has ended: @ret is an errno or, if not negative, a success */
static void result(struct __test_metadata *_metadata, struct sweep *s,
		   ssize_t ret)
{
	disarm(_metadata, s);
	if (ret >= 0)
		return;
	ASSERT_TRUE(s->hit) {
		TH_LOG("%zd without a fault", ret);
	}
	if ((ret == -EIO || ret == -ENODEV) && s->enables)
		ret = -ENOMEM;
	ASSERT_TRUE(ret == -ENOMEM || ret == -EFAULT) {
		TH_LOG("%zd when call %u failed", ret, s->nth);
	}
	if (ret == -ENOMEM)
		s->enomem++;
	else
		s->efault++;
}

static void end(struct __test_metadata *_metadata, struct sweep *s,
		unsigned int enomem, unsigned int efault)
{
	TH_LOG("%u faults: %u ENOMEM, %u EFAULT, %u without an error", s->nth - 1,
	       s->enomem, s->efault, s->nth - 1 - s->enomem - s->efault);
	EXPECT_LE(enomem, s->enomem);
	EXPECT_LE(efault, s->efault);
	close(s->fail_nth);
}

static struct lab_counts counts_of(struct __test_metadata *_metadata,
				   struct ism *ism)
{
	struct lab_counts c;

	ASSERT_EQ(0, lab_count(&ism->fn, &c));
	return c;
}

static void open_a(struct __test_metadata *_metadata, struct ism *a)
{
	ASSERT_EQ(0, ism_open(a, bdf[0], VFIO_MODE_IOMMUFD));
	ASSERT_TRUE(lab_present(&a->fn)) {
		TH_LOG("the function does not count instructions");
	}
}

/* Restart the driver, so that it has no page cached */
static void rebind(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, vfio_write_file(SYSFS "/unbind", bdf[0]));
	ASSERT_EQ(0, vfio_write_file(SYSFS "/bind", bdf[0]));
}

FIXTURE(read) {
	struct ism a;
	__u8 data[WINDOW_LEN];
};

FIXTURE_VARIANT(read) {
	unsigned int off, len;
};

FIXTURE_VARIANT_ADD(read, bytes_8) { .len = 8 };
FIXTURE_VARIANT_ADD(read, bytes_200) { .off = 64, .len = 200 };
FIXTURE_VARIANT_ADD(read, bytes_4096) { .len = 4096 };
FIXTURE_VARIANT_ADD(read, unaligned) { .off = 1019, .len = 2055 };

FIXTURE_SETUP(read)
{
	struct vfio_function *fn = &self->a.fn;

	open_a(_metadata, &self->a);
	fill(self->data, sizeof(self->data), 1);
	/* writing a whole header would issue a command */
	ASSERT_EQ(4, vfio_write(fn, ISM_BAR_COMMAND, 0, self->data, 4));
	ASSERT_EQ(4, vfio_write(fn, ISM_BAR_COMMAND, 4, self->data + 4, 4));
	ASSERT_EQ(WINDOW_LEN - 8, vfio_write(fn, ISM_BAR_COMMAND, 8,
					     self->data + 8, WINDOW_LEN - 8));
}

FIXTURE_TEARDOWN(read)
{
	ism_close(&self->a);
}

/* User memory has @ret bytes of data, and the rest of it is unchanged */
TEST_F_TIMEOUT(read, read, TIMEOUT_S)
{
	struct vfio_function *fn = &self->a.fn;
	const unsigned int len = variant->len;
	struct lab_counts before, after;
	__u8 buf[WINDOW_LEN], expected[WINDOW_LEN];
	unsigned int most = 0;
	struct sweep s;
	ssize_t ret;

	start(_metadata, &s);
	while (next(_metadata, &s)) {
		memset(buf, POISON, sizeof(buf));
		memset(expected, POISON, sizeof(expected));
		before = counts_of(_metadata, &self->a);
		arm(_metadata, &s);
		ret = vfio_read(fn, ISM_BAR_COMMAND, variant->off, buf, len);
		result(_metadata, &s, ret);
		after = counts_of(_metadata, &self->a);
		ASSERT_NE(0, ret);
		ASSERT_GE((ssize_t)len, ret);
		ASSERT_TRUE(s.hit || ret == len);
		if (ret > 0)
			memcpy(expected, self->data + variant->off, ret);
		ASSERT_EQ(0, memcmp(buf, expected, sizeof(buf)));
		if (ret == len)
			most = after.loads - before.loads;
		else	/* the fault prevents delivery of part of the data */
			ASSERT_GE(len / 8 + 8, after.loads - before.loads);
		ASSERT_EQ(before.blocks, after.blocks);

		ASSERT_EQ(len, vfio_read(fn, ISM_BAR_COMMAND, variant->off, buf,
					 len));
		ASSERT_EQ(0, memcmp(buf, self->data + variant->off, len));
	}
	EXPECT_LE(len / 8, most);
	end(_metadata, &s, 0, 1);
}

FIXTURE(write) {
	struct ism a, b;
	struct ism_dmb dmb;
	__u8 *mem;
	__u8 data[ISM_PAGE_SIZE];
};

FIXTURE_VARIANT(write) {
	unsigned int len;
	bool spare;		/* the driver has kept a page from a write */
	unsigned int enomem;
};

FIXTURE_VARIANT_ADD(write, bytes_8) { .len = 8 };
FIXTURE_VARIANT_ADD(write, bytes_256) { .len = 256 };
FIXTURE_VARIANT_ADD(write, bytes_257) { .len = 257, .enomem = 1 };
FIXTURE_VARIANT_ADD(write, bytes_4096) { .len = 4096, .enomem = 1 };
FIXTURE_VARIANT_ADD(write, bytes_4096_again) { .len = 4096, .spare = true };

FIXTURE_SETUP(write)
{
	open_a(_metadata, &self->a);
	ASSERT_EQ(0, ism_open(&self->b, bdf[1], VFIO_MODE_IOMMUFD));
	self->dmb = (struct ism_dmb) { .len = DMB_LEN, .sba_idx = SBA_IDX };
	ASSERT_EQ(0, ism_connect(&self->a, &self->b, &self->dmb, &self->mem));
	fill(self->data, sizeof(self->data), 1);
	if (variant->spare)
		ASSERT_EQ(0, ism_move(&self->a, self->dmb.tok, 0, false, 0,
				      self->data, variant->len));
}

FIXTURE_TEARDOWN(write)
{
	ism_close(&self->a);
	ism_close(&self->b);
}

/* Either all data reaches the DMB, by one instruction, or none, without any */
TEST_F_TIMEOUT(write, write, TIMEOUT_S)
{
	const unsigned int len = variant->len, off = ISM_PAGE_SIZE;
	const __u64 tok = self->dmb.tok;
	struct lab_counts before, after;
	struct sweep s;
	ssize_t ret;

	start(_metadata, &s);
	while (next(_metadata, &s)) {
		if (!variant->spare) {
			ism_close(&self->a);
			rebind(_metadata);
			open_a(_metadata, &self->a);
		}
		memset(self->mem, POISON, DMB_LEN);
		before = counts_of(_metadata, &self->a);
		arm(_metadata, &s);
		ret = vfio_write(&self->a.fn, ISM_BAR_DATA, tok + off,
				 self->data, len);
		result(_metadata, &s, ret);
		after = counts_of(_metadata, &self->a);
		ASSERT_TRUE(ret < 0 || ret == len);
		ASSERT_EQ(ret < 0 ? 0 : 1, after.blocks - before.blocks);
		ASSERT_EQ(before.loads, after.loads);
		ASSERT_EQ(before.stores, after.stores);
		ASSERT_TRUE(poison_except(self->mem, DMB_LEN, off, self->data,
					  ret < 0 ? 0 : len));

		ASSERT_EQ(len, vfio_write(&self->a.fn, ISM_BAR_DATA, tok + off,
					  self->data, len));
		ASSERT_TRUE(poison_except(self->mem, DMB_LEN, off, self->data,
					  len));
	}
	end(_metadata, &s, variant->enomem, 1);
}

FIXTURE(function) {
	struct ism a;
};

FIXTURE_SETUP(function)
{
	open_a(_metadata, &self->a);
}

FIXTURE_TEARDOWN(function)
{
	ism_close(&self->a);
}

static void expect_works(struct __test_metadata *_metadata, struct ism *ism)
{
	__u64 gid = 0;

	ASSERT_EQ(0, vfio_enable(&ism->fn));
	ASSERT_EQ(0, ism_read_gid(ism, &gid));
	ASSERT_NE(0, gid);
}

TEST_F_TIMEOUT(function, region_info, TIMEOUT_S)
{
	struct vfio_function *fn = &self->a.fn;
	struct vfio_region_info info;
	struct sweep s;
	int ret;

	start(_metadata, &s);
	while (next(_metadata, &s)) {
		arm(_metadata, &s);
		ret = vfio_region_info(fn, ISM_BAR_COMMAND, &info);
		result(_metadata, &s, ret);
		ASSERT_TRUE(ret || info.offset == fn->offset[ISM_BAR_COMMAND]);

		ASSERT_EQ(0, vfio_region_info(fn, ISM_BAR_COMMAND, &info));
		ASSERT_EQ(fn->offset[ISM_BAR_COMMAND], info.offset);
	}
	end(_metadata, &s, 0, 2);
}

TEST_F_TIMEOUT(function, irq, TIMEOUT_S)
{
	struct vfio_function fn;
	struct sweep s;
	int irq;

	ism_close(&self->a);
	start(_metadata, &s);
	while (next(_metadata, &s)) {
		ASSERT_EQ(0, vfio_open(&fn, bdf[0], VFIO_MODE_IOMMUFD));
		arm(_metadata, &s);
		irq = vfio_irq_enable(&fn, VFIO_PCI_MSI_IRQ_INDEX);
		result(_metadata, &s, irq);
		if (irq < 0)
			irq = vfio_irq_enable(&fn, VFIO_PCI_MSI_IRQ_INDEX);
		ASSERT_LE(0, irq);
		vfio_close(&fn);
		close(irq);
	}
	end(_metadata, &s, 2, 1);
}

TEST_F_TIMEOUT(function, reset, TIMEOUT_S)
{
	struct vfio_function *fn = &self->a.fn;
	struct sweep s;
	int ret;

	start(_metadata, &s);
	s.enables = true;
	while (next(_metadata, &s)) {
		arm(_metadata, &s);
		ret = ioctl(fn->device, VFIO_DEVICE_RESET) ? -errno : 0;
		result(_metadata, &s, ret);
		ASSERT_EQ(0, ioctl(fn->device, VFIO_DEVICE_RESET));
		expect_works(_metadata, &self->a);
	}
	end(_metadata, &s, 1, 0);
}

/* Closing reports no errors, but a later open would be affected */
TEST_F_TIMEOUT(function, close, TIMEOUT_S)
{
	struct sweep s;

	start(_metadata, &s);
	while (next(_metadata, &s)) {
		arm(_metadata, &s);
		vfio_close(&self->a.fn);
		result(_metadata, &s, 0);
		ism_close(&self->a);
		open_a(_metadata, &self->a);
		expect_works(_metadata, &self->a);
	}
	end(_metadata, &s, 0, 0);
}

static bool bound(void)
{
	char path[64];

	snprintf(path, sizeof(path), SYSFS "/%s", bdf[0]);
	return !access(path, F_OK);
}

TEST_F_TIMEOUT(function, bind, TIMEOUT_S)
{
	struct sweep s;
	int ret;

	ism_close(&self->a);
	start(_metadata, &s);
	s.enables = true;
	while (next(_metadata, &s)) {
		ASSERT_EQ(0, vfio_write_file(SYSFS "/unbind", bdf[0]));
		arm(_metadata, &s);
		ret = vfio_write_file(SYSFS "/bind", bdf[0]);
		result(_metadata, &s, ret);
		ASSERT_EQ(!ret, bound());
		/* without memory the kernel may bind without a device node */
		if (!ret)
			ASSERT_EQ(0, vfio_write_file(SYSFS "/unbind", bdf[0]));
		ASSERT_EQ(0, vfio_write_file(SYSFS "/bind", bdf[0]));
		open_a(_metadata, &self->a);
		expect_works(_metadata, &self->a);
		ism_close(&self->a);
	}
	end(_metadata, &s, 10, 1);	/* usually 26 to 39, and 2 or 3 */
}

FIXTURE(open) {
};

FIXTURE_VARIANT(open) {
	enum vfio_mode mode;
};

/*
 * Not with type 1: if Linux 6.12 cannot allocate the reserved regions, it
 * leaves the function in the error state, and nobody can open it again.
 */
FIXTURE_VARIANT_ADD(open, iommufd) { .mode = VFIO_MODE_IOMMUFD };
FIXTURE_VARIANT_ADD(open, compat) { .mode = VFIO_MODE_COMPAT };

FIXTURE_SETUP(open)
{
}

FIXTURE_TEARDOWN(open)
{
}

/* Everything from the first sysfs file to the last region info */
TEST_F_TIMEOUT(open, open, TIMEOUT_S)
{
	struct ism a = {};
	struct sweep s;
	int ret;

	start(_metadata, &s);
	s.enables = true;
	while (next(_metadata, &s)) {
		arm(_metadata, &s);
		ret = vfio_open(&a.fn, bdf[0], variant->mode);
		result(_metadata, &s, ret);
		vfio_close(&a.fn);
		ASSERT_EQ(0, vfio_open(&a.fn, bdf[0], variant->mode));
		expect_works(_metadata, &a);
		vfio_close(&a.fn);
	}
	end(_metadata, &s, 8, 10);	/* usually 19 to 31, and 36 to 47 */
}

int main(int argc, char **argv)
{
	ism_find_two(DRIVER, bdf);
	return test_harness_run(argc, argv);
}
