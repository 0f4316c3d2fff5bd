// SPDX-License-Identifier: GPL-2.0 OR LGPL-2.1-or-later
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdbool.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ism.h"

static void *map_page(struct ism *ism, __u64 *iova)
{
	void *page = mmap(NULL, ISM_PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	if (!vfio_map(&ism->fn, page, ISM_PAGE_SIZE, iova))
		return page;
	munmap(page, ISM_PAGE_SIZE);
	return NULL;
}

int ism_open(struct ism *ism, const char *bdf, enum vfio_mode mode)
{
	int ret;

	*ism = (struct ism) { .irq = -1 };
	ret = vfio_open(&ism->fn, bdf, mode);
	if (ret)
		return ret;
	ret = vfio_enable(&ism->fn);
	if (ret)
		goto close;
	ret = -ENOMEM;
	ism->sba = map_page(ism, &ism->sba_iova);
	if (!ism->sba)
		goto close;
	ism->ieq = map_page(ism, &ism->ieq_iova);
	if (!ism->ieq)
		goto close;
	ret = vfio_irq_enable(&ism->fn, VFIO_PCI_MSI_IRQ_INDEX);
	if (ret < 0)
		goto close;
	ism->irq = ret;
	return 0;

close:
	ism_close(ism);
	return ret;
}

int ism_open_any(struct ism *ism, const char *bdf)
{
	return ism_open(ism, bdf, vfio_has(VFIO_MODE_IOMMUFD) ?
			VFIO_MODE_IOMMUFD : VFIO_MODE_TYPE1);
}

void ism_close(struct ism *ism)
{
	vfio_close(&ism->fn);
	if (ism->irq >= 0)
		close(ism->irq);
	if (ism->sba)
		munmap(ism->sba, ISM_PAGE_SIZE);
	if (ism->ieq)
		munmap(ism->ieq, ISM_PAGE_SIZE);
}

static int whole(ssize_t ret, size_t len)
{
	if (ret < 0)
		return ret;
	return (size_t)ret == len ? 0 : -EIO;
}

static int command_write(struct ism *ism, __u64 offset, const void *buf,
			 size_t len)
{
	if (!len)
		return 0;
	return whole(vfio_write(&ism->fn, ISM_BAR_COMMAND, offset, buf, len),
		     len);
}

static int command_read(struct ism *ism, __u64 offset, void *buf, size_t len)
{
	if (!len)
		return 0;
	return whole(vfio_read(&ism->fn, ISM_BAR_COMMAND, offset, buf, len),
		     len);
}

int ism_command(struct ism *ism, enum ism_command_code code, void *cmd,
		size_t len, size_t answer_len)
{
	struct ism_header *hdr = cmd;
	int ret;

	*hdr = (struct ism_header) {
		.cmd = htobe32(code), .len = htobe16(len),
	};
	ret = command_write(ism, sizeof(*hdr), hdr + 1, len - sizeof(*hdr));
	if (!ret)
		ret = command_write(ism, 0, hdr, sizeof(*hdr));
	if (!ret)
		ret = command_read(ism, 0, hdr, sizeof(*hdr));
	if (ret)
		return ret;
	if (hdr->ret)
		return be16toh(hdr->ret);
	return command_read(ism, sizeof(*hdr), hdr + 1,
			    answer_len - sizeof(*hdr));
}

/* Commands with a header and up to two doublewords; the response is a header */
static int command_u64(struct ism *ism, enum ism_command_code code,
		       unsigned int words, __u64 first, __u64 second)
{
	struct {
		struct ism_header hdr;
		__be64 word[2];
	} cmd = { .word = { htobe64(first), htobe64(second) } };

	return ism_command(ism, code, &cmd, sizeof(cmd.hdr) + 8 * words,
			   sizeof(cmd.hdr));
}

int ism_register(struct ism *ism)
{
	int ret;

	ret = command_u64(ism, ISM_REG_SBA, 1, ism->sba_iova, 0);
	if (ret)
		return ret;
	return command_u64(ism, ISM_REG_IEQ, 2, ism->ieq_iova,
			   sizeof(*ism->ieq));
}

int ism_unregister(struct ism *ism)
{
	int ret;

	ret = command_u64(ism, ISM_UNREG_IEQ, 0, 0, 0);
	if (ret)
		return ret;
	return command_u64(ism, ISM_UNREG_SBA, 0, 0, 0);
}

int ism_read_gid(struct ism *ism, __u64 *gid)
{
	struct {
		struct ism_header hdr;
		__be64 gid;
	} cmd;
	int ret;

	ret = ism_command(ism, ISM_READ_GID, &cmd, sizeof(cmd.hdr),
			  sizeof(cmd));
	if (!ret)
		*gid = be64toh(cmd.gid);
	return ret;
}

int ism_query_rgid(struct ism *ism, __u64 rgid)
{
	/* second doubleword 0: no VLAN */
	return command_u64(ism, ISM_QUERY_RGID, 2, rgid, 0);
}

int ism_reg_dmb(struct ism *ism, struct ism_dmb *dmb)
{
	struct {
		struct ism_header hdr;
		union {
			struct {
				__be64 iova;
				__be32 len;
				__be32 sba_idx;
				__be32 vlan_valid;
				__be32 vlan_id;
				__be64 rgid;
			} request;
			__be64 tok;
		};
	} cmd = { .request = {
		.iova = htobe64(dmb->iova),
		.len = htobe32(dmb->len),
		.sba_idx = htobe32(dmb->sba_idx),
		.rgid = htobe64(dmb->rgid),
	} };
	int ret;

	ret = ism_command(ism, ISM_REG_DMB, &cmd, sizeof(cmd),
			  sizeof(cmd.hdr) + sizeof(cmd.tok));
	if (!ret)
		dmb->tok = be64toh(cmd.tok);
	return ret;
}

int ism_unreg_dmb(struct ism *ism, __u64 tok)
{
	return command_u64(ism, ISM_UNREG_DMB, 1, tok, 0);
}

int ism_signal_ieq(struct ism *ism, __u64 rgid, __u32 code, __u64 info)
{
	struct {
		struct ism_header hdr;
		__be64 rgid;
		__be32 trigger_irq;
		__be32 code;
		__be64 info;
	} cmd = {
		.rgid = htobe64(rgid),
		.trigger_irq = htobe32(1),
		.code = htobe32(code),
		.info = htobe64(info),
	};

	return ism_command(ism, ISM_SIGNAL_IEQ, &cmd, sizeof(cmd),
			   sizeof(cmd.hdr));
}

int ism_move(struct ism *ism, __u64 tok, unsigned int idx, bool signal,
	     __u32 offset, const void *data, size_t len)
{
	__u64 at = tok | (__u64)idx << ISM_ELEMENT_SHIFT | (__u64)signal << ISM_SIGNAL_SHIFT |
		      offset;

	return whole(vfio_write(&ism->fn, ISM_BAR_DATA, at, data, len), len);
}

int ism_wait(struct ism *ism, int ms)
{
	struct pollfd pfd = { .fd = ism->irq, .events = POLLIN };
	__u64 count;
	int ret;

	ret = poll(&pfd, 1, ms);
	if (ret < 0)
		return -errno;
	if (!ret)
		return -ETIME;
	return read(ism->irq, &count, sizeof(count)) < 0 ? -errno : 0;
}

/* The function sets bits concurrently, hence the atomics */
__u32 ism_clear(struct ism *ism, __u32 flags)
{
	return flags & be32toh(__atomic_fetch_and(&ism->sba->flags, ~htobe32(flags),
						  __ATOMIC_SEQ_CST));
}

bool ism_signalled(struct ism *ism, __u32 sba_idx, __u16 *mask)
{
	__u8 bit = 0x80 >> sba_idx % 8;
	__u8 old;

	ism_clear(ism, ISM_SBA_SIGNAL);
	old = __atomic_fetch_and(&ism->sba->dmb_bits[sba_idx / 8],
				 (__u8)~bit, __ATOMIC_SEQ_CST);
	*mask = be16toh(__atomic_exchange_n(&ism->sba->dmbe_mask[sba_idx], 0,
					    __ATOMIC_SEQ_CST));
	return old & bit;
}

/* The index in the header is that of the last entry, from 1; 0 before the first */
static bool unread_events(const struct ism *ism)
{
	__u64 seen = ism->events ? (ism->events - 1) % ISM_IEQ_ENTRIES + 1 : 0;

	return be64toh(__atomic_load_n(&ism->ieq->idx, __ATOMIC_ACQUIRE)) != seen;
}

/*
 * The function refuses further events if many have come since the flag was clear, so
 * the flag is cleared when all are read, and not before. The function sets it after the
 * index, which is therefore looked at again.
 */
const struct ism_event *ism_next_event(struct ism *ism, int ms)
{
	unsigned int slot = ism->events % ISM_IEQ_ENTRIES;

	for (; !unread_events(ism); ms -= 10) {
		ism_clear(ism, ISM_SBA_EVENT);
		if (unread_events(ism))
			break;
		if (ms <= 0)
			return NULL;
		usleep(10000);
	}
	ism->events++;
	if (!unread_events(ism))
		ism_clear(ism, ISM_SBA_EVENT);
	return &ism->ieq->entry[slot];
}

static bool is_ism(const char *bdf)
{
	char path[PATH_MAX], id[8] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/device", bdf);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(id, sizeof(id), f))
		id[0] = 0;
	fclose(f);
	return !strcmp(id, "0x04ed\n");
}

int ism_find(const char *driver, char bdf[][VFIO_BDF_LEN], int max)
{
	char name[64][VFIO_BDF_LEN];
	int i, n = 0, total = vfio_find(driver, name, 64);

	for (i = 0; i < total && n < max; i++) {
		if (is_ism(name[i]))
			memcpy(bdf[n++], name[i], VFIO_BDF_LEN);
	}
	return n;
}
