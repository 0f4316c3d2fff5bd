/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client of the kernel's own ism driver
 *
 * Up to Linux 6.17 the driver has its own client interface, since 6.18 that of
 * dibs. ism_client_ism.c and ism_client_dibs.c each implement one of these; the
 * tests use only what is declared here.
 */
#ifndef _ISM_CLIENT_H
#define _ISM_CLIENT_H

#include <linux/pci.h>
#include <linux/types.h>

#define CLIENT_DEVS	8
#define CLIENT_LEN	SZ_64K
#define CLIENT_ELEMENT	5
#define CLIENT_PATIENCE	(5 * HZ)	/* timeout; reached only on failure */

struct client_dev {
	void *dev;		/* of ism or of dibs */
	struct pci_dev *pdev;
	u64 gid;
};

struct client_dmb {
	u64 rgid;		/* GID of the peer that may write */
	u32 len;
	u64 tok;		/* this and the rest are set on registration */
	u32 idx;
	u8 *mem;
	void *dmb;		/* of ism or of dibs */
};

enum client_event_type {
	CLIENT_DMB_GONE,	/* a DMB that this one has written to: tok */
	CLIENT_SIGNAL,		/* by a peer: gid, code, info */
	CLIENT_OTHER,
};

struct client_event {
	enum client_event_type type;
	u64 tok;
	u64 gid;
	u32 code;
	u64 info;
};

/* The driver's side. client_open() adds the devices. */
extern struct client_dev client_devs[CLIENT_DEVS];
extern unsigned int client_nr_devs;

int client_open(void);
void client_close(void);
int client_register_dmb(struct client_dev *dev, struct client_dmb *dmb);
int client_unregister_dmb(struct client_dev *dev, struct client_dmb *dmb);
int client_move(struct client_dev *dev, u64 tok, unsigned int element,
		bool signal, u32 offset, void *data, u32 len);
int client_signal(struct client_dev *dev, u64 rgid, u32 code, u64 info);

/* The tests' side; both are called with interrupts disabled. */
void client_event(struct client_dev *dev, const struct client_event *event);
void client_irq(struct client_dev *dev, unsigned int idx, u16 mask);

/* For both sides */
static inline const char *client_name(struct client_dev *dev)
{
	return pci_name(dev->pdev);
}

void client_add(void *dev, struct pci_dev *pdev, u64 gid);
struct client_dev *client_of(void *dev);

/* The bytes that a peer expects, which can be in user space */
void client_fill(u8 *buf, size_t len, u32 seed);

/* ism_client_mixed.c: with a peer in user space */
int client_mixed_init(void);
void client_mixed_exit(void);
void client_mixed_event(const struct client_event *event);
void client_mixed_irq(unsigned int idx, u16 mask);

#endif /* _ISM_CLIENT_H */
