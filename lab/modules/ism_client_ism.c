// SPDX-License-Identifier: GPL-2.0
/*
 * Clients of the ism driver, up to Linux 6.17
 */

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/ism.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <asm/pci.h>
#include <asm/pci_fh.h>

#include "ism_client.h"

#define EVENT_DMB_GONE	4
#define COMMAND_BAR	2
#define HEADER_LEN	8
#define SIGNAL_IEQ	0x0e

static void add(struct ism_dev *dev)
{
	client_add(dev, dev->pdev, dev->local_gid);
}

static void remove(struct ism_dev *dev)
{
}

static void handle_event(struct ism_dev *dev, struct ism_event *event)
{
	struct client_event e = {
		.type = CLIENT_OTHER, .code = event->code, .info = event->info,
	};

	if (event->type == 0 && event->code == EVENT_DMB_GONE) {
		e.type = CLIENT_DMB_GONE;
		e.tok = event->tok;
	} else if (event->type == 2) {
		e.type = CLIENT_SIGNAL;
		e.gid = event->tok;
	}
	client_event(client_of(dev), &e);
}

static void handle_irq(struct ism_dev *dev, unsigned int bit, u16 mask)
{
	client_irq(client_of(dev), bit, mask);
}

static struct ism_client client = {
	.name = "ism_client",
	.add = add,
	.remove = remove,
	.handle_event = handle_event,
	.handle_irq = handle_irq,
};

int client_open(void)
{
	return ism_register_client(&client);
}

void client_close(void)
{
	ism_unregister_client(&client);
}

int client_register_dmb(struct client_dev *dev, struct client_dmb *dmb)
{
	struct ism_dmb *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int rc;

	if (!d)
		return -ENOMEM;
	d->dmb_len = dmb->len;
	d->rgid = dmb->rgid;
	rc = ism_register_dmb(dev->dev, d, &client);
	if (rc) {
		kfree(d);
		return rc;
	}
	dmb->tok = d->dmb_tok;
	dmb->idx = d->sba_idx;
	dmb->mem = d->cpu_addr;
	dmb->dmb = d;
	return 0;
}

int client_unregister_dmb(struct client_dev *dev, struct client_dmb *dmb)
{
	int rc = ism_unregister_dmb(dev->dev, dmb->dmb);

	kfree(dmb->dmb);
	return rc;
}

int client_move(struct client_dev *dev, u64 tok, unsigned int element,
		bool signal, u32 offset, void *data, u32 len)
{
	return ism_move(dev->dev, tok, element, signal, offset, data, len);
}

/*
 * The driver only does this for SMC, so issue the command here in the same way
 * as the driver: the body first, and the header last.
 */
int client_signal(struct client_dev *dev, u64 rgid, u32 code, u64 info)
{
	struct zpci_dev *zdev = to_zpci(dev->pdev);
	struct ism_dev *ism = dev->dev;
	struct {
		u32 cmd;
		u16 ret;
		u16 len;
		u64 rgid;
		u32 trigger_irq;
		u32 code;
		u64 info;
	} req = {
		.cmd = SIGNAL_IEQ, .len = sizeof(req), .rgid = rgid,
		.trigger_irq = 1, .code = code, .info = info,
	};
	u64 answer;
	int rc;

	spin_lock(&ism->cmd_lock);
	rc = zpci_fh_store_block(zdev, COMMAND_BAR, HEADER_LEN, &req.rgid,
				 sizeof(req) - HEADER_LEN);
	if (!rc)
		rc = zpci_fh_store_block(zdev, COMMAND_BAR, 0, &req, HEADER_LEN);
	if (!rc)
		rc = zpci_fh_load(zdev, COMMAND_BAR, 0, &answer, HEADER_LEN);
	spin_unlock(&ism->cmd_lock);
	return rc ?: (u16)(answer >> 16);
}
