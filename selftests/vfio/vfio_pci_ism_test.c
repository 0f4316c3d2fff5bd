// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user space driver for ISM may rely on when it uses ism_vfio_pci
 *
 * The tests of "ism" need a function that is bound to this driver. Those of
 * "ism_pair" need two, which can reach each other: the first one stores into
 * memory that the second one has registered.
 *
 * An ISM has two BARs. A command is written to BAR 2, its header last, and
 * replaced there by the response. Data is written to BAR 0, where the address
 * selects the memory (DMB) of another function, the offset in it, and whether
 * to signal its owner. All fields are big-endian.
 */
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <linux/sizes.h>
#include <linux/vfio.h>

#include <libvfio.h>

#include "../kselftest_harness.h"

#define DRIVER			"ism_vfio_pci"
#define PCI_VENDOR_ID_IBM	0x1014
#define PCI_DEVICE_ID_IBM_ISM	0x04ed

#define BAR_DATA		0
#define BAR_COMMAND		2
#define REGION_SHIFT		48	/* the driver's choice */

#define ISM_REG_SBA		0x01
#define ISM_REG_IEQ		0x02
#define ISM_READ_GID		0x03
#define ISM_QUERY_INFO		0x08
#define ISM_QUERY_RGID		0x09
#define ISM_REG_DMB		0x0a
#define ISM_UNREG_DMB		0x0b
#define ISM_SIGNAL_IEQ		0x0e
#define ISM_NO_COMMAND		0x7f

#define ISM_SIGNAL		BIT(23)		/* in an address of BAR 0 */
#define ISM_SBA_SIGNAL		BIT(31)
#define ISM_IEQ_SIZE		512	/* a header and 15 entries */
#define ISM_INFO_SIZE		200

#define DMB_SIZE		SZ_64K
#define DMB_SBA_IDX		37
#define POISON			0xa5
#define TIMEOUT_MS		5000
#define QUIET_MS		50

struct ism_header {
	u32 cmd;
	u16 ret;
	u16 len;
};

/* A command with up to four doublewords; the response of most has none */
struct ism_command {
	struct ism_header hdr;
	u64 word[4];
};

struct ism_info {
	struct ism_header hdr;
	u8 data[ISM_INFO_SIZE - sizeof(struct ism_header)];
};

/* Status page of a function: flags, a bit for each DMB, from the left, masks */
struct ism_sba {
	u32 flags;
	u8 dmb_bits[240];
	u32 reserved[3];
	u16 dmbe_mask[1920];
};

static char **bdfs;
static int nr_bdfs;

static void write_command(struct vfio_pci_device *device, u64 offset,
			  const void *data, size_t size)
{
	if (size)
		vfio_pci_bar_write(device, BAR_COMMAND, offset, data, size);
}

/* Send @size bytes at @cmd, receive up to @max. Returns the response code. */
static int ism_command(struct vfio_pci_device *device, int code, void *cmd,
		       size_t size, size_t max)
{
	struct ism_header *hdr = cmd;

	*hdr = (struct ism_header) {
		.cmd = cpu_to_be32(code),
		.len = cpu_to_be16(size),
	};
	write_command(device, sizeof(*hdr), hdr + 1, size - sizeof(*hdr));
	write_command(device, 0, hdr, sizeof(*hdr));

	vfio_pci_bar_read(device, BAR_COMMAND, 0, hdr, sizeof(*hdr));
	if (!hdr->ret && max > sizeof(*hdr))
		vfio_pci_bar_read(device, BAR_COMMAND, sizeof(*hdr), hdr + 1,
				  max - sizeof(*hdr));

	return be16_to_cpu(hdr->ret);
}

/* Must succeed. Returns the first doubleword of the response, if it has any. */
static u64 ism_words(struct vfio_pci_device *device, int code, int nr_words,
		     const u64 *word, int nr_answer)
{
	struct ism_command cmd = {};
	int ret, i;

	for (i = 0; i < nr_words; i++)
		cmd.word[i] = cpu_to_be64(word[i]);
	ret = ism_command(device, code, &cmd, sizeof(cmd.hdr) + nr_words * 8,
			  sizeof(cmd.hdr) + nr_answer * 8);
	VFIO_ASSERT_EQ(ret, 0, "ISM command %#x failed\n", code);

	return be64_to_cpu(cmd.word[0]);
}

static u64 ism_read_gid(struct vfio_pci_device *device)
{
	return ism_words(device, ISM_READ_GID, 0, NULL, 1);
}

static void ism_query_info(struct vfio_pci_device *device, struct ism_info *info)
{
	VFIO_ASSERT_EQ(ism_command(device, ISM_QUERY_INFO, info,
				   sizeof(info->hdr), sizeof(*info)), 0);
}

static bool is_poison(const u8 *mem, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (mem[i] != POISON)
			return false;
	}
	return true;
}

static void *map_anonymous(size_t size)
{
	void *vaddr = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	VFIO_ASSERT_NE(vaddr, MAP_FAILED);
	return vaddr;
}

/* A page, and one behind it that is not mapped */
static u8 *map_hole(void)
{
	u8 *hole = map_anonymous(2 * getpagesize());

	VFIO_ASSERT_EQ(munmap(hole + getpagesize(), getpagesize()), 0);

	return hole;
}

static struct vfio_pci_device *ism_init(const char *bdf, struct iommu *iommu)
{
	struct vfio_pci_device *device = vfio_pci_device_init(bdf, iommu);

	vfio_pci_cmd_set(device, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);

	return device;
}

FIXTURE(ism) {
	struct iommu *iommu;
	struct vfio_pci_device *device;
};

FIXTURE_VARIANT(ism) {
	const char *iommu_mode;
};

FIXTURE_VARIANT_ADD(ism, vfio_type1_iommu) { MODE_VFIO_TYPE1_IOMMU };
FIXTURE_VARIANT_ADD(ism, vfio_type1v2_iommu) { MODE_VFIO_TYPE1V2_IOMMU };
FIXTURE_VARIANT_ADD(ism, iommufd_compat_type1) { MODE_IOMMUFD_COMPAT_TYPE1 };
FIXTURE_VARIANT_ADD(ism, iommufd_compat_type1v2) { MODE_IOMMUFD_COMPAT_TYPE1V2 };
FIXTURE_VARIANT_ADD(ism, iommufd) { MODE_IOMMUFD };

FIXTURE_SETUP(ism)
{
	self->iommu = iommu_init(variant->iommu_mode);
	self->device = ism_init(bdfs[0], self->iommu);
}

FIXTURE_TEARDOWN(ism)
{
	vfio_pci_device_cleanup(self->device);
	iommu_cleanup(self->iommu);
}

TEST_F(ism, regions)
{
	struct vfio_region_info *info;
	u8 buf[8] = {};
	int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		info = &self->device->bars[i].info;
		EXPECT_EQ((u64)i << REGION_SHIFT, info->offset);
		if (info->size) {
			EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ |
				  VFIO_REGION_INFO_FLAG_WRITE, info->flags);
			continue;
		}
		EXPECT_EQ(0, info->flags);
		EXPECT_EQ(-EINVAL, __vfio_pci_bar_read(self->device, i, 0, buf, 8));
		EXPECT_EQ(-EINVAL, __vfio_pci_bar_write(self->device, i, 0, buf, 8));
	}
	EXPECT_EQ(1ULL << REGION_SHIFT, self->device->bars[BAR_DATA].info.size);
	EXPECT_LE(ISM_INFO_SIZE, self->device->bars[BAR_COMMAND].info.size);
	EXPECT_EQ((u64)VFIO_PCI_CONFIG_REGION_INDEX << REGION_SHIFT,
		  self->device->config_space.offset);
}

TEST_F(ism, no_mmap)
{
	struct vfio_region_info *info = &self->device->bars[BAR_COMMAND].info;

	EXPECT_EQ(MAP_FAILED, mmap(NULL, getpagesize(), PROT_READ, MAP_SHARED,
				   self->device->fd, info->offset));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(ism, config_any_width)
{
	u32 id = vfio_pci_config_readl(self->device, PCI_VENDOR_ID);
	u32 bytes = 0;
	int i;

	EXPECT_EQ(PCI_VENDOR_ID_IBM | PCI_DEVICE_ID_IBM_ISM << 16, id);
	for (i = 0; i < 4; i++)
		bytes |= (u32)vfio_pci_config_readb(self->device, i) << 8 * i;
	EXPECT_EQ(id, bytes);
	EXPECT_EQ(id >> 16, vfio_pci_config_readw(self->device, PCI_DEVICE_ID));
}

TEST_F(ism, info_has_gid)
{
	struct ism_info info;
	u64 gid;

	ism_query_info(self->device, &info);
	memcpy(&gid, (u8 *)&info + 24, sizeof(gid));
	EXPECT_EQ(ism_read_gid(self->device), be64_to_cpu(gid));
}

TEST_F(ism, unknown_command)
{
	struct ism_header hdr;

	EXPECT_NE(0, ism_command(self->device, ISM_NO_COMMAND, &hdr,
				 sizeof(hdr), sizeof(hdr)));
}

/* Any offset and length: the same bytes as when they are read one by one */
TEST_F(ism, read_any_width)
{
	u8 byte[64], buf[64];
	struct ism_info info;
	size_t off, len;

	ism_query_info(self->device, &info);
	for (off = 0; off < sizeof(byte); off++)
		vfio_pci_bar_read(self->device, BAR_COMMAND, off, byte + off, 1);
	ASSERT_EQ(0, memcmp(byte, &info, sizeof(byte)));

	for (off = 0; off < 16; off++) {
		for (len = 1; off + len <= sizeof(byte); len++) {
			memset(buf, POISON, sizeof(buf));
			vfio_pci_bar_read(self->device, BAR_COMMAND, off, buf, len);
			ASSERT_EQ(0, memcmp(buf, byte + off, len));
			ASSERT_TRUE(is_poison(buf + len, sizeof(buf) - len));
		}
	}
}

TEST_F(ism, read_end)
{
	size_t size = self->device->bars[BAR_COMMAND].info.size;
	u8 buf[64];

	memset(buf, POISON, sizeof(buf));
	EXPECT_EQ(-EINVAL, __vfio_pci_bar_read(self->device, BAR_COMMAND, size,
					       buf, sizeof(buf)));
	EXPECT_EQ(0, __vfio_pci_bar_read(self->device, BAR_COMMAND, 0, buf, 0));
	EXPECT_TRUE(is_poison(buf, sizeof(buf)));
	EXPECT_EQ(8, __vfio_pci_bar_read(self->device, BAR_COMMAND, size - 8,
					 buf, sizeof(buf)));
	EXPECT_TRUE(is_poison(buf + 8, sizeof(buf) - 8));
}

TEST_F(ism, read_bad_pointer)
{
	u8 *edge = map_hole() + getpagesize();

	EXPECT_EQ(-EFAULT, __vfio_pci_bar_read(self->device, BAR_COMMAND, 0,
					       edge, 8));
	EXPECT_EQ(-EFAULT, __vfio_pci_bar_read(self->device, BAR_COMMAND, 0,
					       edge, ISM_INFO_SIZE));
}

/* Two functions: a stores into the DMB of b */
struct pair {
	struct iommu *iommu;
	struct iova_allocator *iova_allocator;
	struct vfio_pci_device *a;
	struct vfio_pci_device *b;
	struct dma_region sba;
	struct dma_region ieq;
	struct dma_region dmb;
	u64 token;		/* where the DMB is in BAR 0 of a */
	size_t max_store;
	u8 data[SZ_8K];
};

FIXTURE(ism_pair) {
	struct pair pair;
};

FIXTURE_VARIANT(ism_pair) {
	const char *iommu_mode;
};

FIXTURE_VARIANT_ADD(ism_pair, vfio_type1_iommu) { MODE_VFIO_TYPE1_IOMMU };
FIXTURE_VARIANT_ADD(ism_pair, vfio_type1v2_iommu) { MODE_VFIO_TYPE1V2_IOMMU };
FIXTURE_VARIANT_ADD(ism_pair, iommufd_compat_type1) { MODE_IOMMUFD_COMPAT_TYPE1 };
FIXTURE_VARIANT_ADD(ism_pair, iommufd_compat_type1v2) { MODE_IOMMUFD_COMPAT_TYPE1V2 };
FIXTURE_VARIANT_ADD(ism_pair, iommufd) { MODE_IOMMUFD };

static void region_map(struct pair *p, struct dma_region *region, size_t size)
{
	region->vaddr = map_anonymous(size);
	region->size = size;
	region->iova = iova_allocator_alloc(p->iova_allocator, size);
	iommu_map(p->iommu, region);
}

/* Whether a can store into memory of b at all */
static bool ism_reaches(struct pair *p)
{
	struct ism_command cmd = { .word = { cpu_to_be64(ism_read_gid(p->b)) } };

	return !ism_command(p->a, ISM_QUERY_RGID, &cmd, sizeof(cmd.hdr) + 16,
			    sizeof(cmd.hdr));
}

/* Register the status page, the event queue and the DMB of b */
static void ism_register(struct pair *p)
{
	u64 sba[] = { p->sba.iova };
	u64 ieq[] = { p->ieq.iova, ISM_IEQ_SIZE };
	u64 dmb[] = {
		p->dmb.iova,
		p->dmb.size << 32 | DMB_SBA_IDX,
		0,			/* no VLAN */
		ism_read_gid(p->a),	/* who may store */
	};

	ism_words(p->b, ISM_REG_SBA, ARRAY_SIZE(sba), sba, 0);
	ism_words(p->b, ISM_REG_IEQ, ARRAY_SIZE(ieq), ieq, 0);
	p->token = ism_words(p->b, ISM_REG_DMB, ARRAY_SIZE(dmb), dmb, 1);
}

/* At offset @off of the DMB; the offset may also have ISM_SIGNAL */
static ssize_t store(struct pair *p, u64 off, const void *data, size_t size)
{
	return __vfio_pci_bar_write(p->a, BAR_DATA, p->token + off, data, size);
}

/* Whether the DMB has @size bytes of @data at @off, and is untouched otherwise */
static bool dmb_has(struct pair *p, size_t off, const u8 *data, size_t size)
{
	const u8 *dmb = p->dmb.vaddr;

	return is_poison(dmb, off) && !memcmp(dmb + off, data, size) &&
	       is_poison(dmb + off + size, p->dmb.size - off - size);
}

static bool dmb_untouched(struct pair *p)
{
	return is_poison(p->dmb.vaddr, p->dmb.size);
}

/* A store is one instruction, whose limit depends on the machine */
static size_t max_store(struct pair *p)
{
	size_t size = SZ_4K;

	while (size > 8 && store(p, 0, p->data, size) < 0)
		size /= 2;
	memset(p->dmb.vaddr, POISON, p->dmb.size);

	return size;
}

FIXTURE_SETUP(ism_pair)
{
	struct pair *p = &self->pair;
	int i;

	if (nr_bdfs < 2)
		SKIP(return, "Needs two functions");

	p->iommu = iommu_init(variant->iommu_mode);
	p->a = ism_init(bdfs[0], p->iommu);
	p->b = ism_init(bdfs[1], p->iommu);
	if (!ism_reaches(p))
		SKIP(return, "The first two functions are on different channels");
	p->iova_allocator = iova_allocator_init(p->iommu);
	/* an ISM does not accept address 0 */
	iova_allocator_alloc(p->iova_allocator, SZ_4K);
	region_map(p, &p->sba, SZ_4K);
	region_map(p, &p->ieq, SZ_4K);
	region_map(p, &p->dmb, DMB_SIZE);
	vfio_pci_msi_enable(p->b, 0, 1);
	ism_register(p);
	for (i = 0; i < ARRAY_SIZE(p->data); i++)
		p->data[i] = i * 167 + (i >> 8);
	p->max_store = max_store(p);
}

FIXTURE_TEARDOWN(ism_pair)
{
	struct pair *p = &self->pair;

	vfio_pci_device_cleanup(p->a);
	vfio_pci_device_cleanup(p->b);
	iova_allocator_cleanup(p->iova_allocator);
	iommu_cleanup(p->iommu);
}

/* Wait for an interrupt of b */
static bool interrupt(struct pair *p, int timeout_ms)
{
	struct pollfd pfd = {
		.fd = p->b->msi_eventfds[0],
		.events = POLLIN,
	};
	u64 count;

	if (poll(&pfd, 1, timeout_ms) != 1)
		return false;
	VFIO_ASSERT_EQ(read(pfd.fd, &count, sizeof(count)), sizeof(count));

	return true;
}

/* Whether the DMB was signalled; clears the signal. The function sets bits too. */
static bool signalled(struct pair *p)
{
	u8 bit = 0x80 >> DMB_SBA_IDX % 8;
	struct ism_sba *sba = p->sba.vaddr;
	u8 *bits = &sba->dmb_bits[DMB_SBA_IDX / 8];

	__atomic_fetch_and(&sba->flags, cpu_to_be32(~(u32)ISM_SBA_SIGNAL),
			   __ATOMIC_SEQ_CST);
	__atomic_store_n(&sba->dmbe_mask[DMB_SBA_IDX], 0, __ATOMIC_SEQ_CST);

	return __atomic_fetch_and(bits, (u8)~bit, __ATOMIC_SEQ_CST) & bit;
}

TEST_F(ism_pair, store_any_length_and_alignment)
{
	static const size_t sizes[] = {
		1, 2, 3, 4, 7, 8, 9, 16, 63, 64, 65, 127, 128, 129, 1000, 4095,
		4096,
	};
	struct pair *p = &self->pair;
	size_t size, off;
	int i, skew;

	for (i = 0; i < ARRAY_SIZE(sizes) && sizes[i] <= p->max_store; i++) {
		size = sizes[i];
		for (skew = 0; skew < 8; skew++) {
			/* near the end of a page, or a whole page */
			off = SZ_8K;
			if (size + skew <= SZ_4K)
				off += SZ_4K - size - skew;
			ASSERT_EQ(size, store(p, off, p->data + skew, size));
			ASSERT_TRUE(dmb_has(p, off, p->data + skew, size));
			memset(p->dmb.vaddr + off, POISON, size);
		}
	}
}

/* What is not one store block is refused as a whole */
TEST_F(ism_pair, store_refused)
{
	struct pair *p = &self->pair;
	u8 *edge = map_hole() + getpagesize();

	EXPECT_EQ(0, store(p, 0, p->data, 0));
	EXPECT_GT(0, store(p, 0, p->data, p->max_store + 1));
	EXPECT_EQ(-EINVAL, store(p, 0, p->data, SZ_8K));
	EXPECT_EQ(-EINVAL, store(p, SZ_4K - 1, p->data, 2));
	EXPECT_EQ(-EFAULT, store(p, 0, edge, 8));
	EXPECT_EQ(-EFAULT, store(p, 0, edge - 4, 8));
	EXPECT_TRUE(dmb_untouched(p));
	EXPECT_FALSE(interrupt(p, QUIET_MS));
}

/* These are refused by the function, which works afterwards */
TEST_F(ism_pair, store_elsewhere)
{
	struct pair *p = &self->pair;
	u64 size = p->dmb.size;

	EXPECT_GT(0, store(p, size, p->data, 8));
	EXPECT_GT(0, store(p, 1ULL << 28, p->data, 8));
	/* b is not the one that may store into its own DMB */
	EXPECT_GT(0, __vfio_pci_bar_write(p->b, BAR_DATA, p->token, p->data, 8));
	EXPECT_TRUE(dmb_untouched(p));

	EXPECT_EQ(8, store(p, size - 8, p->data, 8));
	EXPECT_TRUE(dmb_has(p, size - 8, p->data, 8));
}

TEST_F(ism_pair, signal)
{
	struct pair *p = &self->pair;

	EXPECT_EQ(64, store(p, 0, p->data, 64));
	EXPECT_FALSE(interrupt(p, QUIET_MS));
	EXPECT_FALSE(signalled(p));

	EXPECT_EQ(64, store(p, ISM_SIGNAL, p->data, 64));
	EXPECT_TRUE(interrupt(p, TIMEOUT_MS));
	EXPECT_TRUE(signalled(p));
	EXPECT_FALSE(signalled(p));
}

TEST_F(ism_pair, event)
{
	struct pair *p = &self->pair;
	u64 event[] = { ism_read_gid(p->b), 1ULL << 32 | 0x1234, 0x56789a };
	u64 *ieq = p->ieq.vaddr;

	ism_words(p->a, ISM_SIGNAL_IEQ, ARRAY_SIZE(event), event, 0);
	EXPECT_TRUE(interrupt(p, TIMEOUT_MS));
	/* the number of the last entry; entry 1: type and code, sender, ... */
	EXPECT_EQ(1, be64_to_cpu(READ_ONCE(ieq[0])));
	EXPECT_EQ(2ULL << 32 | 0x1234, be64_to_cpu(READ_ONCE(ieq[4])));
	EXPECT_EQ(ism_read_gid(p->a), be64_to_cpu(READ_ONCE(ieq[5])));
	EXPECT_EQ(0x56789a, be64_to_cpu(READ_ONCE(ieq[7])));
}

TEST_F(ism_pair, unregister)
{
	struct pair *p = &self->pair;

	EXPECT_EQ(8, store(p, 0, p->data, 8));
	memset(p->dmb.vaddr, POISON, 8);
	ism_words(p->b, ISM_UNREG_DMB, 1, &p->token, 0);
	EXPECT_GT(0, store(p, 0, p->data, 8));
	EXPECT_TRUE(dmb_untouched(p));
}

/* What was registered is gone, and the function works again */
TEST_F(ism_pair, reset)
{
	struct pair *p = &self->pair;

	vfio_pci_device_reset(p->b);
	EXPECT_GT(0, store(p, 0, p->data, 8));
	EXPECT_TRUE(dmb_untouched(p));

	vfio_pci_cmd_set(p->b, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	ism_register(p);
	EXPECT_EQ(8, store(p, 0, p->data, 8));
	EXPECT_TRUE(dmb_has(p, 0, p->data, 8));
}

int main(int argc, char *argv[])
{
	char *driver;
	int i;

	bdfs = vfio_selftests_get_bdfs(&argc, argv, &nr_bdfs);
	for (i = 0; i < nr_bdfs; i++) {
		driver = sysfs_driver_get(bdfs[i]);
		if (!driver || strcmp(driver, DRIVER))
			VFIO_SKIP("%s is not bound to %s", bdfs[i], DRIVER);
		free(driver);
	}

	return test_harness_run(argc, argv);
}
