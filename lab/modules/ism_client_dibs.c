// SPDX-License-Identifier: GPL-2.0
/*
 * Clients of dibs, and thus of the ism driver, since Linux 6.18
 */

#include <linux/dibs.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "ism_client.h"

/* The 64-bit GID of an ISM is the first half */
static u64 gid_of(const uuid_t *uuid)
{
	u64 gid;

	memcpy(&gid, uuid, sizeof(gid));
	return gid;
}

static uuid_t uuid_of(u64 gid)
{
	uuid_t uuid = { };

	memcpy(&uuid, &gid, sizeof(gid));
	return uuid;
}

/* There is also a loopback device, which is not a PCI function */
static void add_dev(struct dibs_dev *dev)
{
	if (dev->dev.parent && dev_is_pci(dev->dev.parent))
		client_add(dev, to_pci_dev(dev->dev.parent), gid_of(&dev->gid));
}

static void del_dev(struct dibs_dev *dev)
{
}

static void handle_event(struct dibs_dev *dev, const struct dibs_event *event)
{
	struct client_event e = {
		.type = CLIENT_OTHER, .code = event->subtype, .info = event->data,
	};

	if (event->type == DIBS_BUF_EVENT &&
	    event->subtype == DIBS_BUF_UNREGISTERED) {
		e.type = CLIENT_DMB_GONE;
		e.tok = event->buffer_tok;
	} else if (event->type == DIBS_SW_EVENT) {
		e.type = CLIENT_SIGNAL;
		e.gid = gid_of(&event->gid);
	}
	client_event(client_of(dev), &e);
}

static void handle_irq(struct dibs_dev *dev, unsigned int idx, u16 mask)
{
	client_irq(client_of(dev), idx, mask);
}

static const struct dibs_client_ops ops = {
	.add_dev = add_dev,
	.del_dev = del_dev,
	.handle_event = handle_event,
	.handle_irq = handle_irq,
};

static struct dibs_client client = {
	.name = "ism_client",
	.ops = &ops,
};

static const struct dibs_dev_ops *ops_of(struct client_dev *dev)
{
	return ((struct dibs_dev *)dev->dev)->ops;
}

int client_open(void)
{
	return dibs_register_client(&client);
}

void client_close(void)
{
	dibs_unregister_client(&client);
}

int client_register_dmb(struct client_dev *dev, struct client_dmb *dmb)
{
	struct dibs_dmb *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int rc;

	if (!d)
		return -ENOMEM;
	d->dmb_len = dmb->len;
	d->rgid = uuid_of(dmb->rgid);
	rc = ops_of(dev)->register_dmb(dev->dev, d, &client);
	if (rc) {
		kfree(d);
		return rc;
	}
	dmb->tok = d->dmb_tok;
	dmb->idx = d->idx;
	dmb->mem = d->cpu_addr;
	dmb->dmb = d;
	return 0;
}

int client_unregister_dmb(struct client_dev *dev, struct client_dmb *dmb)
{
	int rc = ops_of(dev)->unregister_dmb(dev->dev, dmb->dmb);

	kfree(dmb->dmb);
	return rc;
}

int client_move(struct client_dev *dev, u64 tok, unsigned int element,
		bool signal, u32 offset, void *data, u32 len)
{
	return ops_of(dev)->move_data(dev->dev, tok, element, signal, offset,
				      data, len);
}

int client_signal(struct client_dev *dev, u64 rgid, u32 code, u64 info)
{
	uuid_t uuid = uuid_of(rgid);

	return ops_of(dev)->signal_event(dev->dev, &uuid, 1, code, info);
}
