// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <linux/pci_regs.h>

#include "model.h"

#define MAX_BLOCK	4096

#define TOKEN(addr)	((addr) >> 28 << 28)
#define ELEMENT(addr)	((addr) >> 24 & 15)
#define SIGNAL(addr)	((addr) >> 23 & 1)
#define OFFSET(addr)	((addr) & 0x7fffff)

/* Codes with which the function refuses a command */
enum {
	UNKNOWN = 1, LENGTH, ARGUMENT, IN_USE, SEQUENCE, NO_PEER, FULL,
	NOT_FOUND = 0xffff,
};

/* Types and codes of events */
enum { EVENT_BUFFER, EVENT_DEVICE, EVENT_SOFTWARE };
enum { DMB_UNREGISTERED = 4, GID_DISABLED = 7 };

static __u64 get64(const __u8 *p)
{
	__be64 val;

	memcpy(&val, p, sizeof(val));
	return be64toh(val);
}

static __u32 get32(const __u8 *p)
{
	__be32 val;

	memcpy(&val, p, sizeof(val));
	return be32toh(val);
}

static void put64(__u8 *p, __u64 val)
{
	__be64 be = htobe64(val);

	memcpy(p, &be, sizeof(be));
}

static void put32(__u8 *p, __u32 val)
{
	__be32 be = htobe32(val);

	memcpy(p, &be, sizeof(be));
}

static struct model_fn *find_gid(struct model *m, __u64 gid)
{
	if (m->fn[0].gid == gid)
		return &m->fn[0];
	return m->fn[1].gid == gid ? &m->fn[1] : NULL;
}

/* Signals and events */

static void interrupt(struct model_fn *f)
{
	if (f->master)
		f->interrupted = true;
}

static void signal_dmb(struct model_fn *f, unsigned int idx, unsigned int elem)
{
	if (!f->sba_set)
		return;
	f->sba.dmbe_mask[idx] |= htobe16(0x8000 >> elem);
	f->sba.dmb_bits[idx / 8] |= 0x80 >> idx % 8;
	f->sba.flags |= htobe32(ISM_SBA_SIGNAL);
	interrupt(f);
}

static __u16 post_event(struct model_fn *f, __u32 type, __u32 code, __u64 tok,
			__u64 info, bool irq)
{
	unsigned int slot = f->ieq_slot % 15;

	if (!f->ieq_set || !f->master)
		return NO_PEER;
	if (!f->sba_set || !(f->sba.flags & htobe32(ISM_SBA_EVENT)))
		f->ieq_unread = 0;
	if (f->ieq_unread >= 14)
		return FULL;
	f->ieq.entry[slot] = (struct ism_event) {
		.type = htobe32(type), .code = htobe32(code),
		.tok = htobe64(tok), .info = htobe64(info),
	};
	f->ieq.ieq_len = htobe64(sizeof(f->ieq));
	f->ieq.entry_len = htobe64(sizeof(struct ism_event));
	f->ieq.idx = htobe64(slot + 1);
	f->ieq_slot = slot + 1;
	f->ieq_unread++;
	if (f->sba_set)
		f->sba.flags |= htobe32(ISM_SBA_SIGNAL | ISM_SBA_EVENT);
	if (irq)
		interrupt(f);
	return 0;
}

/* Buffers */

static struct model_dmb *find_dmb(struct model *m, __u64 tok)
{
	unsigned int i;

	for (i = 0; i < MODEL_DMBS; i++) {
		if (m->dmb[i].valid && m->dmb[i].tok == tok)
			return &m->dmb[i];
	}
	return NULL;
}

struct model_dmb *model_new_dmb(struct model *m)
{
	return find_dmb(m, 0);
}

static void drop_dmb(struct model *m, struct model_dmb *dmb)
{
	struct model_fn *writer = find_gid(m, dmb->rgid);

	dmb->valid = false;
	if (dmb->used && writer)
		post_event(writer, EVENT_BUFFER, DMB_UNREGISTERED, dmb->tok, 0,
			   true);
}

static int store_data(struct model *m, struct model_fn *f, __u64 addr,
		      const __u8 *data, size_t len)
{
	struct model_dmb *dmb = find_dmb(m, TOKEN(addr));
	struct model_fn *owner;

	if (!TOKEN(addr) || !dmb || dmb->rgid != f->gid ||
	    OFFSET(addr) + len > dmb->len)
		return -ENXIO;
	owner = &m->fn[dmb->owner];
	if (!owner->master)
		return -EIO;
	dmb->used = true;
	memcpy(owner->mem + dmb->offset + OFFSET(addr), data, len);
	if (SIGNAL(addr))
		signal_dmb(owner, dmb->sba_idx, ELEMENT(addr));
	return 0;
}

/* Commands */

static __u16 reg_sba(struct model_fn *f, const __u8 *req)
{
	if (get64(req) != f->sba_iova)
		return ARGUMENT;
	if (f->sba_set)
		return IN_USE;
	f->sba_set = true;
	return 0;
}

static __u16 reg_ieq(struct model_fn *f, const __u8 *req)
{
	if (get64(req) != f->ieq_iova || get64(req + 8) != sizeof(f->ieq))
		return ARGUMENT;
	if (f->ieq_set)
		return IN_USE;
	f->ieq_set = true;
	f->ieq_slot = 0;
	f->ieq_unread = 0;
	return 0;
}

static __u16 unregister(bool *what)
{
	__u16 ret = *what ? 0 : NOT_FOUND;

	*what = false;
	return ret;
}

static unsigned int find_vlan(const struct model_fn *f, __u64 id)
{
	unsigned int i = 0;

	while (i < f->nr_vlans && f->vlan[i] != id)
		i++;
	return i;
}

static __u16 add_vlan(struct model_fn *f, __u64 id)
{
	if (id != 0x1fff && (id < 1 || id > 4094))
		return ARGUMENT;
	if (find_vlan(f, id) < f->nr_vlans)
		return 0;
	if (f->nr_vlans == MODEL_VLANS)
		return FULL;
	f->vlan[f->nr_vlans++] = id;
	return 0;
}

static __u16 del_vlan(struct model_fn *f, __u64 id)
{
	unsigned int i = find_vlan(f, id);

	if (i == f->nr_vlans)
		return NOT_FOUND;
	f->vlan[i] = f->vlan[--f->nr_vlans];
	return 0;
}

static __u16 query_info(struct model *m, struct model_fn *f, __u8 *rsp)
{
	unsigned int i, owned = 0, used = 0;

	for (i = 0; i < MODEL_DMBS; i++) {
		owned += m->dmb[i].valid && &m->fn[m->dmb[i].owner] == f;
		used += m->dmb[i].valid && m->dmb[i].used &&
			m->dmb[i].rgid == f->gid;
	}
	put32(rsp, 1);
	put32(rsp + 4, MODEL_MAX_DMB);
	put64(rsp + 8, 1);
	put64(rsp + 16, f->gid);
	put64(rsp + 24, f->sba_set ? f->sba_iova : 0);
	put64(rsp + 32, f->ieq_set ? f->ieq_iova : 0);
	put32(rsp + 40, f->ieq_set ? sizeof(f->ieq) : 0);
	put32(rsp + 48, owned);
	put32(rsp + 52, used);
	put32(rsp + 56, f->vlan_required);
	put32(rsp + 60, f->nr_vlans);
	for (i = 0; i < f->nr_vlans; i++) {
		rsp[64 + 2 * i] = f->vlan[i] >> 8;
		rsp[65 + 2 * i] = f->vlan[i];
	}
	return 0;
}

static bool sba_idx_taken(const struct model *m, unsigned int owner, __u32 idx)
{
	unsigned int i;

	for (i = 0; i < MODEL_DMBS; i++) {
		if (m->dmb[i].valid && m->dmb[i].owner == owner &&
		    m->dmb[i].sba_idx == idx)
			return true;
	}
	return false;
}

static __u16 reg_dmb(struct model *m, struct model_fn *f, const __u8 *req)
{
	__u64 iova = get64(req);
	__u32 len = get32(req + 8), idx = get32(req + 12);
	unsigned int owner = f - m->fn, i = 0;

	if (!iova || iova % ISM_PAGE_SIZE || !len || len > MODEL_MAX_DMB ||
	    idx >= MODEL_MAX_SBA)
		return ARGUMENT;
	if (!f->sba_set)
		return SEQUENCE;
	if (sba_idx_taken(m, owner, idx))
		return IN_USE;
	while (m->dmb[i].valid)
		i++;
	m->dmb[i] = (struct model_dmb) {
		.valid = true, .owner = owner, .offset = iova - f->mem_iova,
		.len = len, .sba_idx = idx, .rgid = get64(req + 24),
	};
	return 0;
}

static __u16 unreg_dmb(struct model *m, struct model_fn *f, __u64 tok)
{
	struct model_dmb *dmb = tok ? find_dmb(m, tok) : NULL;

	if (!dmb || &m->fn[dmb->owner] != f)
		return NOT_FOUND;
	drop_dmb(m, dmb);
	return 0;
}

static __u16 signal_ieq(struct model *m, struct model_fn *f, const __u8 *req)
{
	struct model_fn *peer = find_gid(m, get64(req));

	if (!peer)
		return NO_PEER;
	return post_event(peer, EVENT_SOFTWARE, get32(req + 12), f->gid,
			  get64(req + 16), get32(req + 8));
}

static __u16 set_vlan_required(struct model_fn *f, bool required)
{
	f->vlan_required = required;
	return 0;
}

/* The lengths of requests and answers, without their headers */
static const struct {
	__u32 code;
	unsigned int req, rsp;
} commands[] = {
	{ ISM_REG_SBA, 8, 0 },
	{ ISM_REG_IEQ, 16, 0 },
	{ ISM_READ_GID, 0, 8 },
	{ ISM_ADD_VLAN_ID, 8, 0 },
	{ ISM_DEL_VLAN_ID, 8, 0 },
	{ 0x06, 0, 0 },
	{ 0x07, 0, 0 },
	{ ISM_QUERY_INFO, 0, 192 },
	{ ISM_QUERY_RGID, 16, 0 },
	{ ISM_REG_DMB, 32, 8 },
	{ ISM_UNREG_DMB, 8, 0 },
	{ ISM_SIGNAL_IEQ, 24, 0 },
	{ ISM_UNREG_SBA, 0, 0 },
	{ ISM_UNREG_IEQ, 0, 0 },
	{}
};

static __u16 carry_out(struct model *m, struct model_fn *f, __u32 code,
		       const __u8 *req, __u8 *rsp)
{
	switch (code) {
	case ISM_REG_SBA:
		return reg_sba(f, req);
	case ISM_REG_IEQ:
		return reg_ieq(f, req);
	case ISM_READ_GID:
		put64(rsp, f->gid);
		return 0;
	case ISM_ADD_VLAN_ID:
		return add_vlan(f, get64(req));
	case ISM_DEL_VLAN_ID:
		return del_vlan(f, get64(req));
	case 0x06:
	case 0x07:
		return set_vlan_required(f, code == 0x06);
	case ISM_QUERY_INFO:
		return query_info(m, f, rsp);
	case ISM_QUERY_RGID:
		return find_gid(m, get64(req)) ? 0 : NO_PEER;
	case ISM_REG_DMB:
		return reg_dmb(m, f, req);
	case ISM_UNREG_DMB:
		return unreg_dmb(m, f, get64(req));
	case ISM_SIGNAL_IEQ:
		return signal_ieq(m, f, req);
	case ISM_UNREG_SBA:
		return unregister(&f->sba_set);
	default:
		return unregister(&f->ieq_set);
	}
}

static __u16 command(struct model *m, struct model_fn *f, const __u8 *req,
		     __u8 *rsp, unsigned int *rsp_len)
{
	unsigned int i, len = get32(req + 4) & 0xffff;
	__u32 code = get32(req);
	__u16 ret;

	for (i = 0; commands[i].code; i++) {
		if (commands[i].code != code)
			continue;
		if (len != 8 + commands[i].req)
			return LENGTH;
		ret = carry_out(m, f, code, req + 8, rsp);
		if (!ret)
			*rsp_len = commands[i].rsp;
		return ret;
	}
	return UNKNOWN;
}

static void doorbell(struct model *m, struct model_fn *f)
{
	__u8 request[MODEL_WINDOW];
	unsigned int len = 0;
	__u16 ret;

	memcpy(request, f->window, sizeof(request));
	memset(f->window, 0, sizeof(f->window));
	ret = command(m, f, request, f->window + 8, &len);
	memcpy(f->window, request, 4);
	put32(f->window + 4, (__u32)ret << 16 | (8 + len));
}

static bool connected(struct model *m, unsigned int writer, bool forget)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < MODEL_DMBS; i++) {
		struct model_dmb *dmb = &m->dmb[i];

		if (dmb->valid && dmb->used && dmb->owner != writer &&
		    dmb->rgid == m->fn[writer].gid) {
			found = true;
			dmb->used = !forget;
		}
	}
	return found;
}

/* In the order of their bits */
static void drop_dmbs_of(struct model *m, unsigned int owner)
{
	struct model_dmb *dmb, *first;

	do {
		first = NULL;
		for (dmb = m->dmb; dmb < m->dmb + MODEL_DMBS; dmb++) {
			if (dmb->valid && dmb->owner == owner &&
			    (!first || dmb->sba_idx < first->sba_idx))
				first = dmb;
		}
		if (first)
			drop_dmb(m, first);
	} while (first);
}

void model_reset(struct model *m, unsigned int fn)
{
	struct model_fn *f = &m->fn[fn], *peer = &m->fn[!fn];
	bool met;

	f->sba_set = false;
	f->ieq_set = false;
	met = connected(m, fn, true);
	met |= connected(m, !fn, false);
	if (met)
		post_event(peer, EVENT_DEVICE, GID_DISABLED, f->gid, 0, true);
	drop_dmbs_of(m, fn);
	f->vlan_required = 0;
	f->nr_vlans = 0;
	memset(f->window, 0, sizeof(f->window));
}

/* The driver */

bool model_memory_enabled(const struct model_fn *f)
{
	return f->memory || f->virtual;
}

static unsigned int count_loads(__u64 offset, size_t len)
{
	unsigned int n, loads = 0;

	for (; len; offset += n, len -= n, loads++) {
		n = 8;
		while (offset % n || n > len)
			n /= 2;
	}
	return loads;
}

/*
 * The driver may load more than it can deliver. That can take fewer loads: 19
 * bytes from 0xcd on take 4, the 16 before a hole 5.
 */
static ssize_t bar_read(struct model_fn *f, unsigned int index, __u64 offset,
			size_t len, size_t good, __u8 *buf)
{
	unsigned int all, delivered;

	if (offset >= f->size[index])
		return -EINVAL;
	if (len > f->size[index] - offset)
		len = f->size[index] - offset;
	if (good > len)
		good = len;
	if (!model_memory_enabled(f))
		return -EIO;
	if (index != ISM_BAR_COMMAND) {
		f->loads++;
		return -ENXIO;
	}
	all = count_loads(offset, len);
	delivered = count_loads(offset, good);
	f->loads += all < delivered ? all : delivered;
	f->maybe_loads += all < delivered ? delivered - all : all - delivered;
	memcpy(buf, f->window + offset, good);
	return good ? (ssize_t)good : -EFAULT;
}

static ssize_t bar_write(struct model *m, struct model_fn *f,
			 unsigned int index, __u64 offset, size_t len,
			 size_t good, const __u8 *buf)
{
	int ret = 0;

	if (len > MAX_BLOCK || offset % 4096 + len > 4096)
		return -EINVAL;
	if (offset >= f->size[index] || len > f->size[index] - offset)
		return -EINVAL;
	if (good < len)
		return -EFAULT;
	if (!model_memory_enabled(f))
		return -EIO;
	f->blocks++;
	if (index == ISM_BAR_DATA) {
		ret = store_data(m, f, offset, buf, len);
		return ret ? ret : (ssize_t)len;
	}
	memcpy(f->window + offset, buf, len);
	if (!offset && len >= 8)
		doorbell(m, f);
	return len;
}

static void config_command(struct model_fn *f, __u8 *cmd)
{
	*cmd &= ~(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	*cmd |= (f->memory ? PCI_COMMAND_MEMORY : 0) |
		(f->master ? PCI_COMMAND_MASTER : 0);
}

/* The test only writes to the ids, which do not change, and to PCI_COMMAND */
static void config_write(struct model_fn *f, __u64 offset, const __u8 *buf)
{
	if (offset != PCI_COMMAND)
		return;
	f->memory = *buf & PCI_COMMAND_MEMORY;
	f->master = *buf & PCI_COMMAND_MASTER;
}

static ssize_t core_check(struct model_fn *f, unsigned int index, __u64 offset,
			  size_t len, size_t good)
{
	if (index != VFIO_PCI_CONFIG_REGION_INDEX)
		return -EINVAL;
	if (offset >= f->size[index] || len > f->size[index] - offset ||
	    len > good)
		return -EFAULT;
	return len;
}

ssize_t model_read(struct model *m, unsigned int fn, unsigned int index,
		   __u64 offset, size_t len, size_t good, __u8 *buf)
{
	struct model_fn *f = &m->fn[fn];
	ssize_t ret;

	if (!len)
		return 0;
	if (index <= VFIO_PCI_BAR5_REGION_INDEX)
		return bar_read(f, index, offset, len, good, buf);
	ret = core_check(f, index, offset, len, good);
	if (ret > 0) {
		config_command(f, f->config + PCI_COMMAND);
		memcpy(buf, f->config + offset, len);
	}
	return ret;
}

ssize_t model_write(struct model *m, unsigned int fn, unsigned int index,
		    __u64 offset, size_t len, size_t good, const __u8 *buf)
{
	struct model_fn *f = &m->fn[fn];
	ssize_t ret;

	if (!len)
		return 0;
	if (index <= VFIO_PCI_BAR5_REGION_INDEX)
		return bar_write(m, f, index, offset, len, good, buf);
	ret = core_check(f, index, offset, len, good);
	if (ret > 0)
		config_write(f, offset, buf);
	return ret;
}
