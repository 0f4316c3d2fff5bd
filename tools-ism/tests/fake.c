// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "fake.h"
#include "ism.h"

#define MAX_DMBS	256
#define TOKEN_SHIFT	28

/* Codes with which a function refuses a command */
enum { UNKNOWN = 1, ARGUMENT = 3, IN_USE = 4, NO_PEER = 6, FULL = 7, NOT_FOUND = 0xffff };

struct dmb {
	__u64 tok;		/* 0: free */
	int owner;
	struct ism_dmb reg;
	bool used;
};

static struct function {
	bool open;
	bool deaf;		/* interrupts get lost */
	bool flooded;		/* see fake_flood() */
	__u8 window[ISM_PAGE_SIZE];
	struct ism_sba *sba;
	struct ism_ieq *ieq;
	unsigned int slot, unread;
	int irq[VFIO_PCI_NUM_IRQS];
} functions[FAKE_FUNCTIONS];

static struct dmb dmbs[MAX_DMBS];
static __u64 last_token;
struct fake_counts fake_counts[FAKE_FUNCTIONS];
unsigned long fake_store_to_fail;

static __u64 get(const void *p)
{
	__be64 val;

	memcpy(&val, p, sizeof(val));
	return be64toh(val);
}

static __u32 get32(const void *p)
{
	__be32 val;

	memcpy(&val, p, sizeof(val));
	return be32toh(val);
}

static void put(void *p, __u64 val)
{
	__be64 be = htobe64(val);

	memcpy(p, &be, sizeof(be));
}

static int by_gid(__u64 gid)
{
	return gid >= FAKE_GID && gid < FAKE_GID + FAKE_FUNCTIONS ?
	       (int)(gid - FAKE_GID) : -1;
}

static void interrupt(int n)
{
	const __u64 one = 1;

	fake_counts[n].interrupts++;
	if (!functions[n].deaf && functions[n].irq[VFIO_PCI_MSI_IRQ_INDEX] &&
	    write(functions[n].irq[VFIO_PCI_MSI_IRQ_INDEX], &one, sizeof(one)) < 0)
		abort();
}

static int post(int n, __u32 type, __u32 code, __u64 tok, __u64 info)
{
	struct function *f = &functions[n];
	unsigned int slot = f->slot % ISM_IEQ_ENTRIES;

	if (!f->ieq || !f->sba)
		return NO_PEER;
	if (!(f->sba->flags & htobe32(ISM_SBA_EVENT)))
		f->unread = 0;
	if (f->unread == ISM_IEQ_ENTRIES - 1)
		return FULL;
	f->ieq->entry[slot] = (struct ism_event) {
		.type = htobe32(type), .code = htobe32(code),
		.tok = htobe64(tok), .info = htobe64(info),
	};
	f->slot = slot + 1;
	f->unread++;
	f->ieq->idx = htobe64(f->slot);
	f->sba->flags |= htobe32(ISM_SBA_EVENT | ISM_SBA_SIGNAL);
	fake_counts[n].events++;
	interrupt(n);
	return 0;
}

static struct dmb *by_token(__u64 tok)
{
	int i;

	for (i = 0; tok && i < MAX_DMBS; i++) {
		if (dmbs[i].tok == tok)
			return &dmbs[i];
	}
	return NULL;
}

static void drop(struct dmb *dmb)
{
	__u64 tok = dmb->tok;

	dmb->tok = 0;
	if (dmb->used && by_gid(dmb->reg.rgid) >= 0)
		post(by_gid(dmb->reg.rgid), ISM_EVENT_BUFFER,
		     ISM_CODE_DMB_UNREGISTERED, tok, 0);
}

static int reg_dmb(int n, const __u8 *req, __u8 *rsp)
{
	int i = 0;

	while (i < MAX_DMBS && dmbs[i].tok)
		i++;
	if (i == MAX_DMBS)
		return FULL;
	last_token++;
	dmbs[i] = (struct dmb) {
		.tok = last_token << TOKEN_SHIFT, .owner = n, .reg = {
			.iova = get(req), .len = get32(req + 8),
			.sba_idx = get32(req + 12), .rgid = get(req + 24),
		},
	};
	put(rsp, dmbs[i].tok);
	return 0;
}

static int unreg_dmb(int n, __u64 tok)
{
	struct dmb *dmb = by_token(tok);

	if (!dmb || dmb->owner != n)
		return NOT_FOUND;
	drop(dmb);
	return 0;
}

static int run(int n, __u32 code, const __u8 *req, __u8 *rsp)
{
	struct function *f = &functions[n];

	switch (code) {
	case ISM_REG_SBA:
		f->sba = (void *)get(req);
		return 0;
	case ISM_REG_IEQ:
		f->ieq = (void *)get(req);
		f->slot = 0;
		f->unread = 0;
		return 0;
	case ISM_UNREG_SBA:
		f->sba = NULL;
		return 0;
	case ISM_UNREG_IEQ:
		f->ieq = NULL;
		return 0;
	case ISM_READ_GID:
		put(rsp, FAKE_GID + n);
		return 0;
	case ISM_QUERY_INFO:
		put(rsp + 24, (unsigned long)f->sba);
		return 0;
	case ISM_QUERY_RGID:
		return by_gid(get(req)) >= 0 ? 0 : NO_PEER;
	case ISM_REG_DMB:
		return reg_dmb(n, req, rsp);
	case ISM_UNREG_DMB:
		return unreg_dmb(n, get(req));
	case ISM_SIGNAL_IEQ:
		if (by_gid(get(req)) < 0)
			return NO_PEER;
		return post(by_gid(get(req)), ISM_EVENT_SOFTWARE, get32(req + 12),
			    FAKE_GID + n, get(req + 16));
	}
	return UNKNOWN;
}

static void doorbell(int n)
{
	__u8 request[ISM_PAGE_SIZE], *window = functions[n].window;
	int ret;

	memcpy(request, window, sizeof(request));
	memset(window, 0, sizeof(request));
	ret = run(n, get32(request), request + 8, window + 8);
	window[4] = ret >> 8;
	window[5] = ret;
}

static ssize_t store(int n, __u64 at, const void *buf, size_t len)
{
	struct dmb *dmb = by_token(at >> TOKEN_SHIFT << TOKEN_SHIFT);
	__u32 offset = at & 0x7fffff;
	struct ism_sba *sba;

	if (dmb && fake_store_to_fail && !--fake_store_to_fail) {
		drop(dmb);
		return -ENXIO;
	}
	if (len > ISM_PAGE_SIZE || offset % ISM_PAGE_SIZE + len > ISM_PAGE_SIZE)
		return -EINVAL;
	if (!dmb || by_gid(dmb->reg.rgid) != n || offset + len > dmb->reg.len)
		return -ENXIO;
	memcpy((void *)dmb->reg.iova + offset, buf, len);
	dmb->used = true;
	sba = functions[dmb->owner].sba;
	if (!(at >> ISM_SIGNAL_SHIFT & 1) || !sba)
		return len;
	sba->dmbe_mask[dmb->reg.sba_idx] |= htobe16(0x8000 >> (at >> ISM_ELEMENT_SHIFT & 15));
	sba->dmb_bits[dmb->reg.sba_idx / 8] |= 0x80 >> dmb->reg.sba_idx % 8;
	sba->flags |= htobe32(ISM_SBA_SIGNAL);
	interrupt(dmb->owner);
	return len;
}

static bool connected(int n, int peer)
{
	int i;

	for (i = 0; i < MAX_DMBS; i++) {
		if (dmbs[i].tok && dmbs[i].used &&
		    ((dmbs[i].owner == n && by_gid(dmbs[i].reg.rgid) == peer) ||
		     (dmbs[i].owner == peer && by_gid(dmbs[i].reg.rgid) == n)))
			return true;
	}
	return false;
}

void fake_reset(unsigned int n)
{
	int i;

	functions[n].sba = NULL;
	functions[n].ieq = NULL;
	for (i = 0; i < FAKE_FUNCTIONS; i++) {
		if (i != (int)n && connected(n, i))
			post(i, ISM_EVENT_DEVICE, ISM_CODE_GID_DISABLED,
			     FAKE_GID + n, 0);
	}
	for (i = 0; i < MAX_DMBS; i++) {
		if (dmbs[i].tok && dmbs[i].owner == (int)n)
			drop(&dmbs[i]);
	}
}

void fake_request(unsigned int n)
{
	const __u64 one = 1;

	if (write(functions[n].irq[VFIO_PCI_REQ_IRQ_INDEX], &one, sizeof(one)) < 0)
		abort();
}

void fake_flood(unsigned int n)
{
	functions[n].flooded = true;
}

void fake_lose_interrupts(unsigned int n, int lose)
{
	functions[n].deaf = lose;
}

__u64 fake_last_token(void)
{
	return last_token << TOKEN_SHIFT;
}

unsigned int fake_dmbs(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < MAX_DMBS; i++)
		n += dmbs[i].tok != 0;
	return n;
}

/* vfio.h */

bool vfio_has(enum vfio_mode mode)
{
	return true;
}

int vfio_find(const char *driver, char bdf[][VFIO_BDF_LEN], int max)
{
	return 0;
}

int vfio_open(struct vfio_function *fn, const char *bdf, enum vfio_mode mode)
{
	unsigned int n = atoi(bdf);

	*fn = (struct vfio_function) { .device = -1, .iommu = -1, .group = -1 };
	if (n >= FAKE_FUNCTIONS)
		return -ENOENT;
	if (functions[n].open)
		return -EINVAL;
	functions[n] = (struct function) { .open = true };
	fn->device = n;
	return 0;
}

void vfio_close(struct vfio_function *fn)
{
	if (fn->device < 0)
		return;
	fake_reset(fn->device);
	functions[fn->device].open = false;
	fn->device = -1;
}

int vfio_enable(struct vfio_function *fn)
{
	return 0;
}

int vfio_map(struct vfio_function *fn, void *va, size_t len, __u64 *iova)
{
	*iova = (unsigned long)va;
	return 0;
}

/* The caller owns the eventfd */
int vfio_irq_enable(struct vfio_function *fn, unsigned int index)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	functions[fn->device].irq[index] = fd;
	return fd;
}

ssize_t vfio_read(struct vfio_function *fn, unsigned int index, __u64 offset, void *buf,
		  size_t len)
{
	const __le32 id = htole32(0x04ed1014);

	fake_counts[fn->device].loads += (len + 7) / 8;
	if (index == VFIO_PCI_CONFIG_REGION_INDEX && len == sizeof(id))
		memcpy(buf, &id, len);
	else if (index == ISM_BAR_COMMAND && offset + len <= ISM_PAGE_SIZE)
		memcpy(buf, functions[fn->device].window + offset, len);
	else
		return -EINVAL;
	return len;
}

ssize_t vfio_write(struct vfio_function *fn, unsigned int index, __u64 offset,
		   const void *buf, size_t len)
{
	fake_counts[fn->device].blocks++;
	if (index == ISM_BAR_DATA && functions[fn->device].flooded) {
		functions[fn->device].flooded = false;
		while (!post(fn->device, ISM_EVENT_SOFTWARE, 0x80, FAKE_GID, 0))
			;
	}
	if (index == ISM_BAR_DATA)
		return store(fn->device, offset, buf, len);
	if (index != ISM_BAR_COMMAND || offset + len > ISM_PAGE_SIZE)
		return -EINVAL;
	memcpy(functions[fn->device].window + offset, buf, len);
	if (!offset)
		doorbell(fn->device);
	return len;
}
