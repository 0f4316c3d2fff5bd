// SPDX-License-Identifier: GPL-2.0
/*
 * Behavior of ism_vfio_pci with particular functions or on particular kernels
 *
 * Uses two ISM functions with a maximum store block size of 512, and an
 * ordinary function with memory in BAR 0, "zpci-ram", all bound to the driver.
 * The module vfio-pci must be loaded: what our driver leaves to the VFIO core
 * is compared with the results from vfio-pci.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lib/data.h"
#include "lib/ism.h"
#include "lib/lab.h"
#include "lib/pair.h"

#define DRIVER		"ism_vfio_pci"
#define MAXSTBL		512
#define DMB_LEN		(16 * 1024)
#define TIMEOUT_MS	5000

static char bdf[2][VFIO_BDF_LEN];

/* What the core reports about a function */
#define NR_FEATURES	64
#define NR_CAPS		16

struct answers {
	int feature[NR_FEATURES][3];	/* PROBE alone, with GET, with SET */
	struct vfio_device_info info;
	__u32 cap[NR_CAPS];		/* id and version */
	struct {
		int ret;
		struct vfio_irq_info info;
	} irq[VFIO_PCI_NUM_IRQS];
};

static int do_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

static void ask_features(int fd, struct answers *a)
{
	static const __u32 ops[] = {
		0, VFIO_DEVICE_FEATURE_GET, VFIO_DEVICE_FEATURE_SET,
	};
	unsigned int i, op;

	for (i = 0; i < NR_FEATURES; i++) {
		for (op = 0; op < ARRAY_SIZE(ops); op++) {
			struct vfio_device_feature f = {
				.argsz = sizeof(f),
				.flags = VFIO_DEVICE_FEATURE_PROBE | ops[op] | i,
			};

			a->feature[i][op] = do_ioctl(fd, VFIO_DEVICE_FEATURE, &f);
		}
	}
}

static void ask_info(struct __test_metadata *_metadata, int fd,
		     struct answers *a)
{
	union {
		struct vfio_device_info info;
		__u8 space[1024];
	} u = { .info.argsz = sizeof(u) };
	const struct vfio_info_cap_header *cap;
	unsigned int n = 0;
	__u32 at;

	ASSERT_EQ(0, do_ioctl(fd, VFIO_DEVICE_GET_INFO, &u.info));
	a->info = u.info;
	for (at = u.info.cap_offset; at; at = cap->next) {
		ASSERT_GT(NR_CAPS, n);
		cap = (void *)(u.space + at);
		a->cap[n++] = cap->id << 16 | cap->version;
	}
}

static void ask(struct __test_metadata *_metadata, const char *name,
		struct answers *a)
{
	struct vfio_function fn;
	unsigned int i;

	memset(a, 0, sizeof(*a));
	ASSERT_EQ(0, vfio_open(&fn, name, VFIO_MODE_IOMMUFD));
	ask_features(fn.device, a);
	ask_info(_metadata, fn.device, a);
	for (i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		a->irq[i].info = (struct vfio_irq_info) {
			.argsz = sizeof(a->irq[i].info), .index = i,
		};
		a->irq[i].ret = do_ioctl(fn.device, VFIO_DEVICE_GET_IRQ_INFO,
					 &a->irq[i].info);
	}
	vfio_close(&fn);
}

static int rebind(const char *name, const char *driver)
{
	int ret;

	ret = vfio_write_sysfs(name, "driver/unbind", name);
	if (!ret)
		ret = vfio_write_sysfs(name, "driver_override", driver);
	if (!ret)
		ret = vfio_write_sysfs(name, "subsystem/drivers_probe", name);
	return ret;
}

TEST(as_vfio_pci)
{
	struct answers ours, plain;

	ask(_metadata, bdf[0], &ours);
	ASSERT_EQ(0, rebind(bdf[0], "vfio-pci"));
	ask(_metadata, bdf[0], &plain);
	ASSERT_EQ(0, rebind(bdf[0], DRIVER));

	EXPECT_EQ(0, memcmp(ours.feature, plain.feature, sizeof(ours.feature)));
	EXPECT_EQ(0, plain.feature[VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY][0]);
	EXPECT_EQ(0, memcmp(&ours.info, &plain.info, sizeof(ours.info)));
	EXPECT_EQ(0, memcmp(ours.cap, plain.cap, sizeof(ours.cap)));
	EXPECT_EQ(0, memcmp(ours.irq, plain.irq, sizeof(ours.irq)));
	EXPECT_NE(0, plain.info.flags & VFIO_DEVICE_FLAGS_RESET);
}

/* Retries while the kernel itself handles the error event */
static int reset(struct vfio_function *fn)
{
	int ms, ret = -EAGAIN;

	for (ms = 0; ret == -EAGAIN && ms < TIMEOUT_MS; ms++) {
		usleep(1000);
		ret = do_ioctl(fn->device, VFIO_DEVICE_RESET, NULL);
	}
	return ret;
}

/* The kernel reports an error event to the user of the function */
TEST(error_interrupt)
{
	struct vfio_irq_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_ERR_IRQ_INDEX,
	};
	struct pollfd pfd = { .events = POLLIN };
	struct vfio_function fn;
	__u8 buf[8];

	ASSERT_EQ(0, vfio_open(&fn, bdf[0], VFIO_MODE_IOMMUFD));
	ASSERT_EQ(0, vfio_enable(&fn));
	pfd.fd = vfio_irq_enable(&fn, VFIO_PCI_ERR_IRQ_INDEX);
	if (pfd.fd == -EINVAL) {
		EXPECT_EQ(-EINVAL, do_ioctl(fn.device, VFIO_DEVICE_GET_IRQ_INFO,
					    &info));
		SKIP(return, "the kernel has it for PCI Express only");
	}
	ASSERT_LE(0, pfd.fd);
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	ASSERT_EQ(0, lab_error_state(&fn, LAB_EVENT_SERVICE));
	EXPECT_EQ(1, poll(&pfd, 1, TIMEOUT_MS));

	ASSERT_EQ(0, reset(&fn));
	ASSERT_EQ(0, vfio_enable(&fn));
	EXPECT_EQ(8, vfio_read(&fn, ISM_BAR_COMMAND, 0, buf, 8));
	vfio_close(&fn);
}

/* Missing in the headers of older kernels */
#define BIND_FLAG_TOKEN		1

struct bind_with_token {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
	__u64 token_uuid_ptr;
};

/* Whether the kernel log contains @text after the position of @fd */
static bool kernel_says(int fd, const char *text)
{
	char record[1024];
	bool found = false;
	ssize_t n;

	while ((n = read(fd, record, sizeof(record) - 1)) > 0) {
		record[n] = 0;
		found |= !!strstr(record, text);
	}
	return found;
}

/*
 * Tokens are for functions with virtual functions. Only the kernel log shows
 * that it was refused for that reason, by the driver's match_token_uuid.
 */
TEST(bind_with_token)
{
	static const __u8 uuid[16] = { 1 };
	struct bind_with_token bind = {
		.argsz = sizeof(bind),
		.flags = BIND_FLAG_TOKEN,
		.token_uuid_ptr = (unsigned long)uuid,
	};
	int log, device;

	log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, log);
	ASSERT_EQ(0, lseek(log, 0, SEEK_END));
	bind.iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, bind.iommufd);
	device = vfio_cdev_open(bdf[0]);
	ASSERT_LE(0, device);
	EXPECT_EQ(-EINVAL, do_ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind));
	close(device);
	close(bind.iommufd);
	if (!kernel_says(log, "not a PF or VF"))
		SKIP(return, "the kernel knows no such token");
}

FIXTURE(other) {
	struct ism a, b;
	struct ism_dmb dmb;
	__u8 *mem;
	__u8 data[ISM_PAGE_SIZE];
};

FIXTURE_SETUP(other)
{
	ASSERT_EQ(0, ism_open(&self->a, bdf[0], VFIO_MODE_IOMMUFD));
	ASSERT_EQ(0, ism_open(&self->b, bdf[1], VFIO_MODE_IOMMUFD));
	self->dmb = (struct ism_dmb) { .len = DMB_LEN, .sba_idx = 32 };
	ASSERT_EQ(0, ism_connect(&self->a, &self->b, &self->dmb, &self->mem));
	fill(self->data, sizeof(self->data), 1);
}

FIXTURE_TEARDOWN(other)
{
	ism_close(&self->a);
	ism_close(&self->b);
}

/* The machine enforces the maximum: one instruction, without effect */
TEST_F(other, longer_than_maxstbl)
{
	static const unsigned int lens[] = { 1, 8, 64, 511, 512 };
	static const unsigned int longer[] = { 513, 520, 1024, 4096 };
	struct lab_counts before, after;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		ASSERT_EQ(0, ism_move(&self->a, self->dmb.tok, 0, false, 0,
				      self->data, lens[i]));
		EXPECT_EQ(0, memcmp(self->mem, self->data, lens[i]));
		memset(self->mem, POISON, lens[i]);
		EXPECT_TRUE(all_poison(self->mem, DMB_LEN));
	}
	ASSERT_EQ(0, lab_count(&self->a.fn, &before));
	for (i = 0; i < ARRAY_SIZE(longer); i++)
		EXPECT_EQ(-ENXIO, ism_move(&self->a, self->dmb.tok, 0, true, 0,
					   self->data, longer[i]));
	ASSERT_EQ(0, lab_count(&self->a.fn, &after));
	EXPECT_EQ(before.blocks + ARRAY_SIZE(longer), after.blocks);
	EXPECT_EQ(before.stores, after.stores);
	EXPECT_TRUE(all_poison(self->mem, DMB_LEN));
}

/* The function with a BAR 0 that can be read */
static int open_memory(struct vfio_function *fn)
{
	char name[8][VFIO_BDF_LEN];
	int i, n = vfio_find(DRIVER, name, 8);
	__u8 buf[8];

	for (i = 0; i < n; i++) {
		if (vfio_open(fn, name[i], VFIO_MODE_IOMMUFD))
			continue;
		if (!vfio_enable(fn) && vfio_read(fn, 0, 0, buf, 8) == 8)
			return 0;
		vfio_close(fn);
	}
	return -ENOENT;
}

/* read() and write() start at the file's position and advance it */
TEST(position)
{
	struct vfio_region_info info;
	struct vfio_function fn;
	__u8 data[64], buf[64], *page;
	struct iovec iov[] = { { buf, 3 }, { buf + 3, 5 } };
	struct iovec bad[] = { { buf, 5 }, { NULL, 5 } };
	unsigned int i;
	ssize_t n;

	for (i = 0; i < sizeof(data); i++)
		data[i] = i + 1;
	page = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)page);
	ASSERT_EQ(0, munmap(page + 4096, 4096));
	ASSERT_EQ(0, open_memory(&fn));
	ASSERT_EQ(0, vfio_region_info(&fn, 0, &info));

	/* complete */
	ASSERT_EQ(64, write(fn.device, data, 64));
	ASSERT_EQ(64, vfio_position(&fn));
	ASSERT_EQ(16, write(fn.device, data, 16));
	ASSERT_EQ(80, vfio_position(&fn));
	ASSERT_EQ(64, vfio_write(&fn, 0, 80, data, 64));
	ASSERT_EQ(80, vfio_position(&fn));
	ASSERT_EQ(8, read(fn.device, buf, 8));
	ASSERT_EQ(88, vfio_position(&fn));
	EXPECT_EQ(0, memcmp(buf, data, 8));
	ASSERT_EQ(8, readv(fn.device, iov, ARRAY_SIZE(iov)));
	ASSERT_EQ(96, vfio_position(&fn));
	EXPECT_EQ(0, memcmp(buf, data + 8, 8));
	EXPECT_EQ(0, read(fn.device, buf, 0));
	ASSERT_EQ(64, vfio_read(&fn, 0, 0, buf, 64));
	EXPECT_EQ(0, memcmp(buf, data, 64));

	/* not at all */
	EXPECT_EQ(-1, write(fn.device, data, 9));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(-1, write(fn.device, page, 4096));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(fn.device, page + 4090, 16));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, read(fn.device, page + 4096, 8));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(0, lab_fault(&fn, LAB_LOAD, LAB_CC(3), 1, 1));
	EXPECT_EQ(-1, read(fn.device, buf, 32));
	EXPECT_EQ(EIO, errno);
	ASSERT_EQ(96, vfio_position(&fn));

	/* partial */
	ASSERT_EQ(0, lab_fault(&fn, LAB_LOAD, LAB_CC(3), 1, 3));
	EXPECT_EQ(16, read(fn.device, buf, 32));
	ASSERT_EQ(112, vfio_position(&fn));
	EXPECT_EQ(3, read(fn.device, page + 4093, 32));
	ASSERT_EQ(115, vfio_position(&fn));
	bad[1].iov_base = page + 4096;
	EXPECT_EQ(5, readv(fn.device, bad, ARRAY_SIZE(bad)));
	EXPECT_EQ(0, memcmp(buf, data + 35, 5));
	ASSERT_EQ(120, vfio_position(&fn));

	/* the position does not move past the end of the BAR to the next one */
	while ((n = read(fn.device, page, 4096)) > 0)
		continue;
	EXPECT_EQ(-1, n);
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(info.size, vfio_position(&fn));
	EXPECT_EQ(-1, write(fn.device, data, 16));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(info.size, vfio_position(&fn));
	vfio_close(&fn);
}

int main(int argc, char **argv)
{
	ism_find_two(DRIVER, bdf);
	return test_harness_run(argc, argv);
}
