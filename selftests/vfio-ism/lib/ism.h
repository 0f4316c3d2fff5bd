/* SPDX-License-Identifier: GPL-2.0 OR LGPL-2.1-or-later */
/*
 * The part of the ISM device protocol that a user space peer needs
 *
 * A command is written to BAR 2, its header last; the response is read from
 * there. Data is written to BAR 0, where the address selects the DMB, the
 * offset in it, and whether to signal its owner. All fields are big-endian.
 *
 * Functions return 0 or a negative errno. If the function refuses a command,
 * ism_command() and its callers return the code from the response, which is
 * greater than 0.
 */
#ifndef SELFTESTS_VFIO_ISM_ISM_H
#define SELFTESTS_VFIO_ISM_ISM_H

#include <stdbool.h>
#include <linux/types.h>

#include "ism_protocol.h"
#include "vfio.h"

#define ISM_PAGE_SIZE		4096

struct ism_header {
	__be32 cmd;
	__be16 ret;
	__be16 len;
};

struct ism_sba {
	__be32 flags;			/* ISM_SBA_... */
	__u8 dmb_bits[ISM_NR_DMBS / 8];		/* DMB n is bit n, from the left */
	__be32 reserved[3];
	__be16 dmbe_mask[ISM_NR_DMBS];
};

struct ism_event {
	__be32 type;
	__be32 code;
	__be64 tok;
	__be64 time;
	__be64 info;
};

struct ism_ieq {
	__be64 idx;
	__be64 ieq_len;
	__be64 entry_len;
	__be64 reserved;
	struct ism_event entry[ISM_IEQ_ENTRIES];
};

struct ism_dmb {
	__u64 iova;
	__u32 len;
	__u32 sba_idx;
	__u64 rgid;			/* GID of who may write to it */
	__u64 tok;			/* its token, set by ism_reg_dmb() */
};

/* A function in use, with the two pages for its status and events */
struct ism {
	struct vfio_function fn;
	struct ism_sba *sba;
	struct ism_ieq *ieq;
	__u64 sba_iova, ieq_iova;
	int irq;			/* eventfd */
	unsigned int events;		/* that ism_next_event() has returned */
};

/* Open @bdf, enable it and its interrupt; does not register anything */
int ism_open(struct ism *ism, const char *bdf, enum vfio_mode mode);
/* The same with iommufd or, if not available, with the type 1 container */
int ism_open_any(struct ism *ism, const char *bdf);
void ism_close(struct ism *ism);

/* Send @len bytes at @cmd, receive @answer_len; both include the header */
int ism_command(struct ism *ism, enum ism_command_code code, void *cmd,
		size_t len, size_t answer_len);

int ism_register(struct ism *ism);	/* SBA and IEQ */
int ism_unregister(struct ism *ism);
int ism_read_gid(struct ism *ism, __u64 *gid);
int ism_query_rgid(struct ism *ism, __u64 rgid);
int ism_reg_dmb(struct ism *ism, struct ism_dmb *dmb);
int ism_unreg_dmb(struct ism *ism, __u64 tok);

int ism_signal_ieq(struct ism *ism, __u64 rgid, __u32 code,
		   __u64 info);

/*
 * The next event in the queue, or NULL if none comes within @ms. With more than
 * ISM_IEQ_ENTRIES events that were not looked at, some are lost.
 */
const struct ism_event *ism_next_event(struct ism *ism, int ms);

/* One store into a DMB, which must not cross one of its 4 KiB boundaries */
int ism_move(struct ism *ism, __u64 tok, unsigned int idx, bool signal,
	     __u32 offset, const void *data, size_t len);

/* Wait for the interrupt; -ETIME after @ms */
int ism_wait(struct ism *ism, int ms);

/* Whether DMB @sba_idx was signalled; clears the signal */
bool ism_signalled(struct ism *ism, __u32 sba_idx, __u16 *mask);

/* Clear @flags of the SBA; returns those that were set */
__u32 ism_clear(struct ism *ism, __u32 flags);

/* Find the ISM functions bound to @driver; returns their number, up to @max */
int ism_find(const char *driver, char bdf[][VFIO_BDF_LEN], int max);

#endif
