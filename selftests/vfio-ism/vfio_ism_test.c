// SPDX-License-Identifier: GPL-2.0
/*
 * What a user space program may rely on when it uses ism_vfio_pci
 *
 * Runs on two functions, real or emulated, that are bound to the driver and can
 * reach each other; skipped if there are none. Each test runs with the three
 * kinds of container. The function measurement and the contents of the DMB show
 * that a write is one store block, and that a refused write has not reached the
 * function.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/iommufd.h>
#include <linux/pci_regs.h>

#include "../kselftest_harness.h"
#include "lib/data.h"
#include "lib/fmb.h"
#include "lib/ism.h"
#include "lib/pair.h"

#define DRIVER		"ism_vfio_pci"
#define DMB_LEN		(64 * 1024)
#define SBA_IDX		37
#define TIMEOUT_MS	5000
#define QUIET_MS	50	/* no interrupt must arrive during this time */

static char bdf[2][VFIO_BDF_LEN];

FIXTURE(ism) {
	struct ism a;		/* writes into the DMB of b */
	struct ism b;
	struct ism_dmb dmb;
	__u8 *mem;
	__u8 *src;		/* two pages of data, then an unmapped one */
	__u64 gid_b;
};

FIXTURE_VARIANT(ism) {
	enum vfio_mode mode;
};

FIXTURE_VARIANT_ADD(ism, iommufd) {
	.mode = VFIO_MODE_IOMMUFD,
};

FIXTURE_VARIANT_ADD(ism, compat) {
	.mode = VFIO_MODE_COMPAT,
};

FIXTURE_VARIANT_ADD(ism, type1) {
	.mode = VFIO_MODE_TYPE1,
};

static void *anonymous(size_t len)
{
	return mmap(NULL, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

FIXTURE_SETUP(ism)
{
	if (!vfio_has(variant->mode))
		SKIP(return, "the kernel has no such container");
	ASSERT_EQ(0, ism_open(&self->a, bdf[0], variant->mode));
	ASSERT_EQ(0, ism_open(&self->b, bdf[1], variant->mode));
	self->dmb = (struct ism_dmb) { .len = DMB_LEN, .sba_idx = SBA_IDX };
	ASSERT_EQ(0, ism_connect(&self->a, &self->b, &self->dmb, &self->mem));
	ASSERT_EQ(0, ism_read_gid(&self->b, &self->gid_b));

	self->src = anonymous(3 * ISM_PAGE_SIZE);
	ASSERT_NE(MAP_FAILED, (void *)self->src);
	ASSERT_EQ(0, munmap(self->src + 2 * ISM_PAGE_SIZE, ISM_PAGE_SIZE));
	fill(self->src, 2 * ISM_PAGE_SIZE, 1);
}

FIXTURE_TEARDOWN(ism)
{
	ism_close(&self->a);
	ism_close(&self->b);
}

static bool dmb_holds(const __u8 *mem, size_t offset, const __u8 *data,
		      size_t len)
{
	return poison_except(mem, DMB_LEN, offset, data, len);
}

/* Provides constant data to read: the response to QUERY_INFO, 200 bytes */
static int query_info(struct ism *ism, __u8 info[200])
{
	return ism_command(ism, ISM_QUERY_INFO, info, 8, 200);
}

TEST_F(ism, region_info)
{
	struct vfio_region_info info;
	unsigned int i;

	for (i = 0; i <= VFIO_PCI_CONFIG_REGION_INDEX; i++) {
		ASSERT_EQ(0, vfio_region_info(&self->a.fn, i, &info));
		EXPECT_EQ((__u64)i << 48, info.offset);
		EXPECT_EQ(info.size ? VFIO_REGION_INFO_FLAG_READ |
				      VFIO_REGION_INFO_FLAG_WRITE : 0,
			  info.flags);
	}
	ASSERT_EQ(0, vfio_region_info(&self->a.fn, ISM_BAR_DATA, &info));
	EXPECT_EQ(1ULL << 48, info.size);
	ASSERT_EQ(0, vfio_region_info(&self->a.fn, ISM_BAR_COMMAND, &info));
	EXPECT_LE(200, info.size);
}

/* Absent regions are reported in the same way as by the core */
TEST_F(ism, region_info_absent)
{
	struct vfio_region_info info;

	ASSERT_EQ(0, vfio_region_info(&self->a.fn, VFIO_PCI_BAR1_REGION_INDEX,
				      &info));
	EXPECT_EQ(0, info.size);
	EXPECT_EQ(0, info.flags);
	EXPECT_EQ(0, vfio_region_info(&self->a.fn, VFIO_PCI_ROM_REGION_INDEX,
				      &info));
	EXPECT_EQ(0, info.size);
	EXPECT_EQ(-EINVAL, vfio_region_info(&self->a.fn,
					    VFIO_PCI_VGA_REGION_INDEX, &info));
	EXPECT_EQ(-EINVAL, vfio_region_info(&self->a.fn, 64, &info));
}

TEST_F(ism, no_such_region)
{
	static const unsigned int regions[] = {
		VFIO_PCI_BAR1_REGION_INDEX, VFIO_PCI_BAR5_REGION_INDEX,
		VFIO_PCI_ROM_REGION_INDEX, VFIO_PCI_VGA_REGION_INDEX,
		VFIO_PCI_NUM_REGIONS, 255, 32767,
	};
	int fd = self->a.fn.device;
	__u8 buf[8] = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(regions); i++) {
		EXPECT_EQ(-1, pread(fd, buf, 8, (__u64)regions[i] << 48));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, pwrite(fd, buf, 8, (__u64)regions[i] << 48));
		EXPECT_EQ(EINVAL, errno);
	}
}

/* VFIO_DEVICE_GET_REGION_INFO with room for what the kernel may append */
struct region_query {
	struct vfio_region_info info;
	__u8 room[256];
};

static int region_query(struct ism *ism, __u32 index, __u32 argsz,
			struct region_query *q)
{
	memset(q, POISON, sizeof(*q));
	q->info = (struct vfio_region_info) { .argsz = argsz, .index = index };
	return ioctl(ism->fn.device, VFIO_DEVICE_GET_REGION_INFO, q) ? -errno : 0;
}

TEST_F(ism, region_info_argsz)
{
	static const unsigned int regions[] = {
		ISM_BAR_DATA, VFIO_PCI_BAR1_REGION_INDEX, ISM_BAR_COMMAND,
		VFIO_PCI_CONFIG_REGION_INDEX,
	};
	struct vfio_region_info info;
	struct region_query q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(regions); i++) {
		ASSERT_EQ(0, vfio_region_info(&self->a.fn, regions[i], &info));
		ASSERT_EQ(0, region_query(&self->a, regions[i], sizeof(q), &q));
		EXPECT_EQ(sizeof(q), q.info.argsz);
		q.info.argsz = sizeof(info);
		EXPECT_EQ(0, memcmp(&info, &q.info, sizeof(info)));
		EXPECT_TRUE(all_poison(q.room, sizeof(q.room)));

		EXPECT_EQ(-EINVAL, region_query(&self->a, regions[i],
						sizeof(info) - 1, &q));
		EXPECT_EQ(0, q.info.size | q.info.offset | q.info.flags);
		EXPECT_EQ(-EINVAL, region_query(&self->a, regions[i], 0, &q));
	}
}

TEST_F(ism, region_info_bad_pointer)
{
	struct vfio_region_info *info =
		(void *)(self->src + 2 * ISM_PAGE_SIZE - sizeof(*info));

	*info = (struct vfio_region_info) { .argsz = sizeof(*info) };
	ASSERT_EQ(0, ioctl(self->a.fn.device, VFIO_DEVICE_GET_REGION_INFO, info));
	EXPECT_EQ(-1, ioctl(self->a.fn.device, VFIO_DEVICE_GET_REGION_INFO,
			    (void *)info + 8));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(0, mprotect(self->src + ISM_PAGE_SIZE, ISM_PAGE_SIZE,
			      PROT_READ));
	EXPECT_EQ(-1, ioctl(self->a.fn.device, VFIO_DEVICE_GET_REGION_INFO, info));
	EXPECT_EQ(EFAULT, errno);
}

static int probe_feature(struct ism *ism, __u32 feature)
{
	struct vfio_device_feature probe = {
		.argsz = sizeof(probe),
		.flags = VFIO_DEVICE_FEATURE_PROBE | feature,
	};

	return ioctl(ism->fn.device, VFIO_DEVICE_FEATURE, &probe) ? -errno : 0;
}

/* The core features of every PCI function, and none that an ISM lacks */
TEST_F(ism, features)
{
	struct ism *a = &self->a;

	EXPECT_EQ(0, probe_feature(a, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	EXPECT_EQ(0, probe_feature(a, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT));
	EXPECT_EQ(-EINVAL, probe_feature(a, VFIO_DEVICE_FEATURE_GET |
					 VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	EXPECT_EQ(-ENOTTY, probe_feature(a, VFIO_DEVICE_FEATURE_PCI_VF_TOKEN));
	EXPECT_EQ(-ENOTTY, probe_feature(a, VFIO_DEVICE_FEATURE_MIGRATION));
	EXPECT_EQ(-ENOTTY, probe_feature(a, VFIO_DEVICE_FEATURE_MASK));
}

/* A function cannot be opened twice, and an attempt does not affect its user */
TEST_F(ism, open_twice)
{
	static const enum vfio_mode modes[] = {
		VFIO_MODE_IOMMUFD, VFIO_MODE_COMPAT, VFIO_MODE_TYPE1,
	};
	struct vfio_function fn;
	unsigned int i;
	__u64 gid;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		EXPECT_GT(0, vfio_open(&fn, bdf[0], modes[i]));
	ASSERT_EQ(0, ism_read_gid(&self->a, &gid));
	EXPECT_EQ(self->dmb.rgid, gid);
}

/* Well-formed, but only functions with virtual functions accept a token */
#define TOKEN	"%s vf_token=bd8d9d2b-5a5f-4f5a-a211-f591514ba1f3"

static int device_fd(struct vfio_function *fn, const char *format)
{
	char name[96];
	int fd;

	snprintf(name, sizeof(name), format, bdf[0]);
	fd = ioctl(fn->group, VFIO_GROUP_GET_DEVICE_FD, name);
	return fd < 0 ? -errno : fd;
}

TEST(device_by_name)
{
	struct vfio_function fn;
	__u8 buf[8];
	int fd;

	if (!vfio_has(VFIO_MODE_TYPE1) && !vfio_has(VFIO_MODE_COMPAT))
		SKIP(return, "the kernel has no groups");
	ASSERT_EQ(0, vfio_open(&fn, bdf[0], vfio_has(VFIO_MODE_TYPE1) ?
			       VFIO_MODE_TYPE1 : VFIO_MODE_COMPAT));
	ASSERT_EQ(0, vfio_enable(&fn));

	EXPECT_EQ(-ENODEV, device_fd(&fn, ""));
	EXPECT_EQ(-ENODEV, device_fd(&fn, "x%s"));
	EXPECT_EQ(-ENODEV, device_fd(&fn, "%sx"));
	EXPECT_EQ(-EINVAL, device_fd(&fn, "%s x"));
	EXPECT_EQ(-EINVAL, device_fd(&fn, "%s vf_token=x"));
	EXPECT_EQ(-EINVAL, device_fd(&fn, TOKEN));

	/* another file of the same device */
	fd = device_fd(&fn, "%s ");
	ASSERT_LE(0, fd);
	EXPECT_EQ(8, pread(fd, buf, 8, fn.offset[ISM_BAR_COMMAND]));
	close(fd);
	EXPECT_EQ(8, vfio_read(&fn, ISM_BAR_COMMAND, 0, buf, 8));
	vfio_close(&fn);
}

/* Change to another address space: to another IOAS, if the mode has any */
static int change_address_space(struct ism *ism, __u64 iova, size_t len)
{
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
	};
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
	};
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct vfio_function *fn = &ism->fn;
	int ret;

	if (fn->mode != VFIO_MODE_IOMMUFD)
		return vfio_unmap(fn, iova, len);
	if (ioctl(fn->device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach) ||
	    ioctl(fn->iommu, IOMMU_IOAS_ALLOC, &alloc))
		return -errno;
	fn->ioas = alloc.out_ioas_id;
	attach.pt_id = fn->ioas;
	if (ioctl(fn->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		return -errno;
	ret = vfio_map(fn, ism->sba, ISM_PAGE_SIZE, &ism->sba_iova);
	if (ret)
		return ret;
	return vfio_map(fn, ism->ieq, ISM_PAGE_SIZE, &ism->ieq_iova);
}

TEST_F(ism, other_address_space)
{
	struct ism *b = &self->b;
	__u8 *mem = anonymous(DMB_LEN);

	ASSERT_NE(MAP_FAILED, (void *)mem);
	memset(mem, POISON, DMB_LEN);
	ASSERT_EQ(0, ism_unreg_dmb(b, self->dmb.tok));
	ASSERT_EQ(0, ism_unregister(b));
	ASSERT_EQ(0, change_address_space(b, self->dmb.iova, DMB_LEN));
	ASSERT_EQ(0, vfio_map(&b->fn, mem, DMB_LEN, &self->dmb.iova));
	ASSERT_EQ(0, ism_register(b));
	ASSERT_EQ(0, ism_reg_dmb(b, &self->dmb));

	ASSERT_EQ(0, ism_move(&self->a, self->dmb.tok, 0, true, 64, self->src,
			      64));
	EXPECT_EQ(0, ism_wait(b, TIMEOUT_MS));
	EXPECT_TRUE(dmb_holds(mem, 64, self->src, 64));
	EXPECT_TRUE(all_poison(self->mem, DMB_LEN));
}

TEST_F(ism, no_mmap)
{
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED,
				   self->a.fn.device,
				   self->a.fn.offset[ISM_BAR_COMMAND]));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(ism, no_ioeventfd)
{
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io),
		.flags = VFIO_DEVICE_IOEVENTFD_8,
		.offset = self->a.fn.offset[ISM_BAR_COMMAND],
		.fd = self->a.irq,
	};

	EXPECT_EQ(-1, ioctl(self->a.fn.device, VFIO_DEVICE_IOEVENTFD, &io));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_F(ism, config_space)
{
	const unsigned int cfg = VFIO_PCI_CONFIG_REGION_INDEX;
	struct vfio_function *fn = &self->a.fn;
	struct vfio_region_info info;
	__u8 id[4], byte[4], half[4];
	struct iovec iov[] = { { byte, 2 }, { byte + 2, 1 }, { byte + 3, 1 } };
	unsigned int i;

	ASSERT_EQ(4, vfio_read(fn, cfg, PCI_VENDOR_ID, id, 4));
	EXPECT_EQ(0, memcmp(id, "\x14\x10\xed\x04", 4));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(1, vfio_read(fn, cfg, i, byte + i, 1));
	for (i = 0; i < 4; i += 2)
		ASSERT_EQ(2, vfio_read(fn, cfg, i, half + i, 2));
	EXPECT_EQ(0, memcmp(id, byte, 4));
	EXPECT_EQ(0, memcmp(id, half, 4));
	memset(byte, 0, sizeof(byte));
	ASSERT_EQ(4, preadv(fn->device, iov, ARRAY_SIZE(iov),
			    fn->offset[cfg] + PCI_VENDOR_ID));
	EXPECT_EQ(0, memcmp(id, byte, 4));

	ASSERT_EQ(0, vfio_region_info(fn, cfg, &info));
	EXPECT_EQ(-EFAULT, vfio_read(fn, cfg, info.size, id, 1));
	EXPECT_EQ(-EFAULT, vfio_read(fn, cfg, 1ULL << 40, id, 4));
	EXPECT_EQ(-EFAULT, vfio_read(fn, cfg, (1ULL << 48) - 4, id, 4));
}

/* Reads of any offset and length return the same bytes as byte reads */
TEST_F(ism, read_any_width)
{
	__u8 info[200], byte[64], buf[64];
	unsigned int off, len;

	ASSERT_EQ(0, query_info(&self->a, info));
	for (off = 0; off < sizeof(byte); off++)
		ASSERT_EQ(1, vfio_read(&self->a.fn, ISM_BAR_COMMAND, off,
				       byte + off, 1));
	EXPECT_EQ(0, memcmp(byte, info, sizeof(byte)));
	for (off = 0; off < 16; off++) {
		for (len = 1; off + len <= sizeof(byte); len++) {
			memset(buf, POISON, sizeof(buf));
			ASSERT_EQ(len, vfio_read(&self->a.fn, ISM_BAR_COMMAND,
						 off, buf, len));
			ASSERT_EQ(0, memcmp(buf, byte + off, len));
			ASSERT_TRUE(len == sizeof(buf) || buf[len] == POISON);
		}
	}
}

TEST_F(ism, read_ends_with_the_bar)
{
	struct vfio_region_info info;
	__u8 buf[16];

	ASSERT_EQ(0, vfio_region_info(&self->a.fn, ISM_BAR_COMMAND, &info));
	EXPECT_EQ(5, vfio_read(&self->a.fn, ISM_BAR_COMMAND, info.size - 5, buf,
			       sizeof(buf)));
	EXPECT_EQ(-EINVAL, vfio_read(&self->a.fn, ISM_BAR_COMMAND, info.size,
				     buf, sizeof(buf)));
	EXPECT_EQ(-EINVAL, vfio_read(&self->a.fn, VFIO_PCI_BAR1_REGION_INDEX, 0,
				     buf, sizeof(buf)));
	EXPECT_EQ(0, vfio_read(&self->a.fn, ISM_BAR_COMMAND, info.size, buf, 0));
}

TEST_F(ism, read_leaves_the_rest_of_the_buffer)
{
	struct vfio_region_info info;
	__u8 buf[64];

	memset(buf, POISON, sizeof(buf));
	ASSERT_EQ(0, vfio_region_info(&self->a.fn, ISM_BAR_COMMAND, &info));
	EXPECT_EQ(-EINVAL, vfio_read(&self->a.fn, ISM_BAR_COMMAND, info.size,
				     buf, sizeof(buf)));
	EXPECT_EQ(-EINVAL, vfio_read(&self->a.fn, VFIO_PCI_BAR1_REGION_INDEX, 0,
				     buf, 8));
	EXPECT_TRUE(all_poison(buf, sizeof(buf)));
	EXPECT_EQ(8, vfio_read(&self->a.fn, ISM_BAR_COMMAND, info.size - 8, buf,
			       sizeof(buf)));
	EXPECT_TRUE(all_poison(buf + 8, sizeof(buf) - 8));
}

static ssize_t read_vector(struct ism *ism, const struct iovec *iov, int n,
			   __u64 off)
{
	return preadv(ism->fn.device, iov, n,
		      ism->fn.offset[ISM_BAR_COMMAND] + off);
}

/* Each part continues where the previous one ended */
TEST_F(ism, read_vector)
{
	__u8 info[200], buf[200], tail[16];
	struct iovec iov[] = {
		{ buf, 3 }, { buf + 3, 8 }, { buf + 11, 0 }, { buf + 11, 189 },
	};
	struct iovec end[] = { { tail, 4 }, { tail + 4, 4 }, { tail + 8, 8 } };
	struct iovec bad[] = { { buf, 16 }, { self->src + 2 * ISM_PAGE_SIZE, 8 } };
	struct vfio_region_info region;
	struct ism *a = &self->a;

	ASSERT_EQ(0, query_info(a, info));
	EXPECT_EQ(200, read_vector(a, iov, ARRAY_SIZE(iov), 0));
	EXPECT_EQ(0, memcmp(info, buf, sizeof(info)));

	/* a part that is not filled completely is the last one */
	memset(tail, POISON, sizeof(tail));
	ASSERT_EQ(0, vfio_region_info(&a->fn, ISM_BAR_COMMAND, &region));
	EXPECT_EQ(6, read_vector(a, end, ARRAY_SIZE(end), region.size - 6));
	EXPECT_FALSE(all_poison(tail, 6));
	EXPECT_TRUE(all_poison(tail + 6, sizeof(tail) - 6));

	memset(buf, POISON, sizeof(buf));
	EXPECT_EQ(16, read_vector(a, bad, ARRAY_SIZE(bad), 4));
	EXPECT_EQ(0, memcmp(info + 4, buf, 16));
}

static ssize_t write_vector(struct ism *ism, const struct iovec *iov, int n,
			    __u64 off)
{
	return pwritev(ism->fn.device, iov, n,
		       ism->fn.offset[ISM_BAR_DATA] + off);
}

/* Each part is one store block, and the same rules apply to it */
TEST_F(ism, write_vector)
{
	__u8 *src = self->src;
	struct iovec iov[] = { { src, 64 }, { src + 64, 7 }, { src + 71, 1000 } };
	struct iovec crossing[] = { { src, 8 }, { src + 8, 4096 } };

	ASSERT_EQ(1071, write_vector(&self->a, iov, ARRAY_SIZE(iov),
				     self->dmb.tok + 100));
	EXPECT_TRUE(dmb_holds(self->mem, 100, src, 1071));
	memset(self->mem, POISON, DMB_LEN);
	EXPECT_EQ(8, write_vector(&self->a, crossing, ARRAY_SIZE(crossing),
				  self->dmb.tok));
	EXPECT_TRUE(dmb_holds(self->mem, 0, src, 8));
}

/* The position is at the start of BAR 0, where no DMB is, and never moves */
TEST_F(ism, position)
{
	int fd = self->a.fn.device;
	__u8 buf[200];

	EXPECT_EQ(-1, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(ESPIPE, errno);
	ASSERT_EQ(0, query_info(&self->a, buf));
	EXPECT_EQ(0, ism_move(&self->a, self->dmb.tok, 0, false, 0, self->src, 8));
	EXPECT_EQ(0, vfio_position(&self->a.fn));
	EXPECT_EQ(-1, write(fd, self->src, 8));
	EXPECT_TRUE(errno == EIO || errno == ENXIO);
	EXPECT_EQ(-1, write(fd, self->src, 4097));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, vfio_position(&self->a.fn));
}

/* More than the driver reads in one piece */
TEST_F(ism, read_whole_bar)
{
	struct vfio_region_info info;
	__u8 answer[200], *buf;

	ASSERT_EQ(0, query_info(&self->a, answer));
	ASSERT_EQ(0, vfio_region_info(&self->a.fn, ISM_BAR_COMMAND, &info));
	buf = anonymous(info.size);
	ASSERT_NE(MAP_FAILED, (void *)buf);
	EXPECT_EQ(info.size, vfio_read(&self->a.fn, ISM_BAR_COMMAND, 0, buf,
				       info.size));
	EXPECT_EQ(0, memcmp(buf, answer, sizeof(answer)));
	EXPECT_EQ(info.size - 9, vfio_read(&self->a.fn, ISM_BAR_COMMAND, 9, buf,
					   info.size));
	EXPECT_EQ(0, memcmp(buf, answer + 9, sizeof(answer) - 9));
}

TEST_F(ism, write_any_length_and_alignment)
{
	static const unsigned int lengths[] = {
		1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 129,
		255, 1000, 2047, 4095, 4096,
	};
	unsigned int i, at, skew, len, off;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (skew = 0; skew < 8; skew++) {
			len = lengths[i];
			at = len < 4089 ? 8192 + 4096 - len - skew : 8192;
			off = at % 4096 + len > 4096 ? 8192 : at;
			ASSERT_EQ(0, ism_move(&self->a, self->dmb.tok, 0, false,
					      off, self->src + skew, len));
			ASSERT_TRUE(dmb_holds(self->mem, off, self->src + skew,
					      len));
			memset(self->mem + off, POISON, len);
		}
	}
}

TEST_F(ism, write_is_one_store_block)
{
	const unsigned int lengths[] = { 1, 8, 13, 64, 4000, 4096 };
	struct fmb before, after;
	unsigned int i;

	if (fmb_restart(bdf[0]))
		SKIP(return, "no function measurement");
	ASSERT_EQ(0, fmb_read(bdf[0], &before));
	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		ASSERT_EQ(0, ism_move(&self->a, self->dmb.tok, 0, false, 0,
				      self->src, lengths[i]));
	ASSERT_EQ(0, fmb_read(bdf[0], &after));
	EXPECT_EQ(before.blocks + ARRAY_SIZE(lengths), after.blocks);
	EXPECT_EQ(before.stores, after.stores);
	EXPECT_EQ(before.loads, after.loads);
}

/*
 * The counts are updated every 4 s on a real machine, so all reads are counted
 * together. None of them can take fewer loads, so the sum is right only if each
 * count is.
 */
TEST_F(ism, read_is_fewest_loads)
{
	static const struct {
		unsigned int off, len, loads;
	} reads[] = {
		{ 0, 8, 1 }, { 0, 4, 1 }, { 0, 200, 25 }, { 1, 7, 3 },
		{ 4, 8, 2 }, { 3, 300, 41 }, { 5, 3000, 378 }, { 0, 4096, 512 },
	};
	struct fmb before, after;
	unsigned int i, loads = 0;
	__u8 buf[4096];

	if (fmb_restart(bdf[0]))
		SKIP(return, "no function measurement");
	ASSERT_EQ(0, fmb_read(bdf[0], &before));
	for (i = 0; i < ARRAY_SIZE(reads); i++) {
		ASSERT_EQ(reads[i].len,
			  vfio_read(&self->a.fn, ISM_BAR_COMMAND, reads[i].off,
				    buf, reads[i].len));
		loads += reads[i].loads;
	}
	ASSERT_EQ(0, fmb_read(bdf[0], &after));
	EXPECT_EQ(before.loads + loads, after.loads);
	EXPECT_EQ(before.stores, after.stores);
	EXPECT_EQ(before.blocks, after.blocks);
}

/* Writes that do not fit in one PCISTB, or need none */
TEST_F(ism, write_refused)
{
	static const struct {
		unsigned int off, len;
		int err;
	} writes[] = {
		{ 0, 4097, -EINVAL },
		{ 0, 8192, -EINVAL },
		{ 1, 4096, -EINVAL },
		{ 4095, 2, -EINVAL },
		{ 4090, 16, -EINVAL },
	};
	struct vfio_region_info info;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(writes); i++)
		EXPECT_EQ(writes[i].err,
			  vfio_write(&self->a.fn, ISM_BAR_DATA,
				     self->dmb.tok + writes[i].off, self->src,
				     writes[i].len));
	EXPECT_EQ(0, vfio_write(&self->a.fn, ISM_BAR_DATA, self->dmb.tok,
				self->src, 0));
	EXPECT_EQ(-EINVAL, vfio_write(&self->a.fn, VFIO_PCI_BAR1_REGION_INDEX,
				      0, self->src, 8));
	/* not truncated at the end of the BAR either */
	ASSERT_EQ(0, vfio_region_info(&self->a.fn, ISM_BAR_COMMAND, &info));
	EXPECT_EQ(-EINVAL, vfio_write(&self->a.fn, ISM_BAR_COMMAND,
				      info.size - 8, self->src, 16));
	EXPECT_EQ(-EINVAL, vfio_write(&self->a.fn, ISM_BAR_COMMAND, info.size,
				      self->src, 8));
	EXPECT_TRUE(dmb_holds(self->mem, 0, NULL, 0));
}

/* A mapped and an unmapped page: the write fails as a whole */
TEST_F(ism, bad_pointer)
{
	__u8 *edge = self->src + 2 * ISM_PAGE_SIZE;
	struct ism *a = &self->a;

	EXPECT_EQ(-EFAULT, ism_move(a, self->dmb.tok, 0, true, 0, edge, 8));
	EXPECT_EQ(-EFAULT, ism_move(a, self->dmb.tok, 0, true, 0, edge - 4, 8));
	EXPECT_EQ(-EFAULT, ism_move(a, self->dmb.tok, 0, true, 0,
				    edge - 4000, 4096));
	EXPECT_EQ(-ETIME, ism_wait(&self->b, QUIET_MS));
	EXPECT_TRUE(dmb_holds(self->mem, 0, NULL, 0));

	EXPECT_EQ(-EFAULT, vfio_read(&a->fn, ISM_BAR_COMMAND, 0, edge, 8));
	EXPECT_EQ(-EFAULT, vfio_read(&a->fn, ISM_BAR_COMMAND, 0, edge, 200));
}

/* All bytes that fit in user memory are delivered, exactly */
TEST_F(ism, read_into_a_hole)
{
	static const unsigned int rooms[] = { 1, 3, 7, 8, 999, 1024, 2500 };
	__u8 *edge = self->src + 2 * ISM_PAGE_SIZE, whole[4096];
	unsigned int i;

	ASSERT_EQ(0, query_info(&self->a, whole));
	ASSERT_EQ(sizeof(whole), vfio_read(&self->a.fn, ISM_BAR_COMMAND, 0,
					   whole, sizeof(whole)));
	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		EXPECT_EQ(rooms[i], vfio_read(&self->a.fn, ISM_BAR_COMMAND, 0,
					      edge - rooms[i], 4096));
		EXPECT_EQ(0, memcmp(edge - rooms[i], whole, rooms[i]));
	}
	for (i = 1; i < 8; i++)
		EXPECT_EQ(i, vfio_read(&self->a.fn, ISM_BAR_COMMAND, 0,
				       edge - i, 8));
}

/* A virtual function has no memory enable bit: everything still works */
TEST_F(ism, memory_disabled)
{
	const unsigned int cfg = VFIO_PCI_CONFIG_REGION_INDEX;
	const __u16 master = htole16(PCI_COMMAND_MASTER);
	struct vfio_function *fn = &self->a.fn;
	int vfn = vfio_vfn(bdf[0]);
	__u8 buf[200] = {};

	ASSERT_LE(0, vfn);
	ASSERT_EQ(2, vfio_write(fn, cfg, PCI_COMMAND, &master, 2));
	EXPECT_EQ(vfn ? 8 : -EIO, vfio_read(fn, ISM_BAR_COMMAND, 0, buf, 8));
	EXPECT_EQ(vfn ? 200 : -EIO, vfio_read(fn, ISM_BAR_COMMAND, 0, buf, 200));
	EXPECT_EQ(vfn ? 8 : -EIO, vfio_write(fn, ISM_BAR_COMMAND, 8, buf, 8));
	EXPECT_EQ(vfn ? 0 : -EIO, ism_move(&self->a, self->dmb.tok, 0, false, 0,
					   self->src, 8));
	EXPECT_TRUE(dmb_holds(self->mem, 0, self->src, vfn ? 8 : 0));
	memset(self->mem, POISON, 8);

	ASSERT_EQ(0, vfio_enable(fn));
	EXPECT_EQ(8, vfio_read(fn, ISM_BAR_COMMAND, 0, buf, 8));
	EXPECT_EQ(0, ism_move(&self->a, self->dmb.tok, 0, false, 0, self->src,
			      8));
	EXPECT_TRUE(dmb_holds(self->mem, 0, self->src, 8));
}

/*
 * Whether memory can be disabled depends on the function: a virtual one has it
 * always enabled. Either way, all kinds of access behave the same.
 */
TEST_F(ism, memory_disabled_for_all)
{
	static const unsigned int lens[] = { 1, 4, 16, 200, 4096 };
	const unsigned int cfg = VFIO_PCI_CONFIG_REGION_INDEX;
	struct vfio_function *fn = &self->a.fn;
	const __u16 off = 0;
	__u8 buf[4096];
	unsigned int i;
	bool enabled;

	ASSERT_EQ(2, vfio_write(fn, cfg, PCI_COMMAND, &off, 2));
	enabled = vfio_read(fn, ISM_BAR_COMMAND, 0, buf, 8) == 8;
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		memset(buf, POISON, sizeof(buf));
		EXPECT_EQ(enabled ? (int)lens[i] : -EIO,
			  vfio_read(fn, ISM_BAR_COMMAND, 0, buf, lens[i]));
		EXPECT_EQ(!enabled, all_poison(buf, sizeof(buf)));
		EXPECT_EQ(enabled ? (int)lens[i] : -EIO,
			  vfio_write(fn, ISM_BAR_DATA, self->dmb.tok, self->src,
				     lens[i]));
		EXPECT_TRUE(dmb_holds(self->mem, 0, self->src,
				      enabled ? lens[i] : 0));
	}
	ASSERT_EQ(0, vfio_enable(fn));
	EXPECT_EQ(8, vfio_read(fn, ISM_BAR_COMMAND, 0, buf, 8));
}

/* Each element has a separate bit in the mask; which one is not documented */
TEST_F(ism, signal)
{
	unsigned int idx;
	__u16 mask, seen = 0;

	ASSERT_EQ(0, ism_move(&self->a, self->dmb.tok, 3, false, 0, self->src,
			      64));
	EXPECT_EQ(-ETIME, ism_wait(&self->b, QUIET_MS));
	EXPECT_FALSE(ism_signalled(&self->b, SBA_IDX, &mask));

	for (idx = 0; idx < 16; idx++) {
		ASSERT_EQ(0, ism_move(&self->a, self->dmb.tok, idx, true, 0,
				      self->src, 64));
		EXPECT_EQ(0, ism_wait(&self->b, TIMEOUT_MS));
		EXPECT_TRUE(ism_signalled(&self->b, SBA_IDX, &mask));
		EXPECT_EQ(1, __builtin_popcount(mask));
		EXPECT_EQ(0, mask & seen);
		seen |= mask;
	}
	EXPECT_FALSE(ism_signalled(&self->b, SBA_IDX, &mask));
}

static int irq_disable(struct ism *ism)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_MSI_IRQ_INDEX,
	};

	return ioctl(ism->fn.device, VFIO_DEVICE_SET_IRQS, &set) ? -errno : 0;
}

/* The signal is set even if the interrupt is disabled */
TEST_F(ism, interrupt_disabled)
{
	struct ism *b = &self->b;
	__u16 mask;

	ASSERT_EQ(0, irq_disable(b));
	ASSERT_EQ(0, ism_move(&self->a, self->dmb.tok, 3, true, 0, self->src,
			      64));
	EXPECT_EQ(-ETIME, ism_wait(b, QUIET_MS));
	EXPECT_TRUE(dmb_holds(self->mem, 0, self->src, 64));
	EXPECT_TRUE(ism_signalled(b, SBA_IDX, &mask));

	close(b->irq);
	b->irq = vfio_irq_enable(&b->fn, VFIO_PCI_MSI_IRQ_INDEX);
	ASSERT_LE(0, b->irq);
	ASSERT_EQ(0, ism_move(&self->a, self->dmb.tok, 4, true, 0, self->src,
			      64));
	EXPECT_EQ(0, ism_wait(b, TIMEOUT_MS));
	EXPECT_TRUE(ism_signalled(b, SBA_IDX, &mask));
}

/* The function rejects the store with an error; the next one works */
static void expect_refused(struct __test_metadata *_metadata, struct ism *a,
			   __u64 tok, __u32 off)
{
	static const __u8 data[8];
	int ret = ism_move(a, tok, 0, true, off, data, sizeof(data));

	EXPECT_TRUE(ret == -EIO || ret == -ENXIO) {
		TH_LOG("token %llx, offset %u: %d", tok, off, ret);
	}
}

TEST_F(ism, not_in_the_dmb)
{
	expect_refused(_metadata, &self->a, self->dmb.tok + (1ULL << 28), 0);
	expect_refused(_metadata, &self->a, self->dmb.tok, DMB_LEN);
	expect_refused(_metadata, &self->a, self->dmb.tok, DMB_LEN + 4096);
	EXPECT_EQ(-ETIME, ism_wait(&self->b, QUIET_MS));
	EXPECT_TRUE(dmb_holds(self->mem, 0, NULL, 0));
	EXPECT_EQ(0, ism_move(&self->a, self->dmb.tok, 0, false, DMB_LEN - 8,
			      self->src, 8));
}

TEST_F(ism, dmb_of_somebody_else)
{
	/* B may not store into the DMB that it has registered for A */
	expect_refused(_metadata, &self->b, self->dmb.tok, 0);
	EXPECT_TRUE(dmb_holds(self->mem, 0, NULL, 0));
}

TEST_F(ism, dmb_unregistered)
{
	ASSERT_EQ(0, ism_unreg_dmb(&self->b, self->dmb.tok));
	expect_refused(_metadata, &self->a, self->dmb.tok, 0);
	EXPECT_TRUE(dmb_holds(self->mem, 0, NULL, 0));
	ASSERT_EQ(0, ism_reg_dmb(&self->b, &self->dmb));
	EXPECT_EQ(0, ism_move(&self->a, self->dmb.tok, 0, false, 0, self->src,
			      8));
}

TEST_F(ism, event)
{
	const struct ism_event *entry = self->b.ieq->entry;

	ASSERT_EQ(0, ism_query_rgid(&self->a, self->gid_b));
	ASSERT_EQ(0, ism_signal_ieq(&self->a, self->gid_b, 0x1234, 0x56789a));
	EXPECT_EQ(0, ism_wait(&self->b, TIMEOUT_MS));
	EXPECT_NE(0, be32toh(self->b.sba->flags) & ISM_SBA_EVENT);
	EXPECT_EQ(1, be64toh(self->b.ieq->idx));
	EXPECT_EQ(2, be32toh(entry->type));
	EXPECT_EQ(0x1234, be32toh(entry->code));
	EXPECT_EQ(self->dmb.rgid, be64toh(entry->tok));
	EXPECT_EQ(0x56789a, be64toh(entry->info));
}

TEST_F(ism, query_info)
{
	__u8 info[200];
	__be64 gid;

	ASSERT_EQ(0, query_info(&self->b, info));
	memcpy(&gid, info + 24, sizeof(gid));
	EXPECT_EQ(self->gid_b, be64toh(gid));
}

TEST_F(ism, unknown_command)
{
	__u8 cmd[8];

	EXPECT_LT(0, ism_command(&self->a, 0x7f, cmd, sizeof(cmd), sizeof(cmd)));
}

/* After a reset the function is in its initial state and works again */
TEST_F(ism, reset)
{
	ASSERT_EQ(0, ioctl(self->b.fn.device, VFIO_DEVICE_RESET));
	expect_refused(_metadata, &self->a, self->dmb.tok, 0);
	EXPECT_TRUE(dmb_holds(self->mem, 0, NULL, 0));

	ASSERT_EQ(0, vfio_enable(&self->b.fn));
	ASSERT_EQ(0, ism_register(&self->b));
	ASSERT_EQ(0, ism_reg_dmb(&self->b, &self->dmb));
	EXPECT_EQ(0, ism_move(&self->a, self->dmb.tok, 0, false, 0, self->src,
			      8));
	EXPECT_TRUE(dmb_holds(self->mem, 0, self->src, 8));
}

int main(int argc, char **argv)
{
	ism_find_two(DRIVER, bdf);
	return test_harness_run(argc, argv);
}
