// SPDX-License-Identifier: GPL-2.0
/*
 * A client of the kernel's own ism driver
 *
 * Invariant: that driver, which knows nothing of the lab, can use the emulated
 * functions: it has read a GID from each, moves data from one into a buffer of
 * the other, the owner of the buffer gets the interrupt with the bit of the
 * element in the mask, and the writer an event when the buffer goes away.
 * An emulation that gets a command, the layout of a store's address, of the
 * status page or of the event queue wrong fails one of these.
 *
 * The results are in debugfs, zpci_lab/ism_client, when the module is loaded.
 */

#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/ism.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "zpci_lab.h"

#define CLIENT_DEVS	8
#define CLIENT_LEN	SZ_64K
#define CLIENT_ELEMENT	5
#define CLIENT_PATIENCE	(5 * HZ)	/* only a failure takes that long */
#define EVENT_DMB_GONE	4

static struct zpci_lab_report report;
static struct ism_dev *devs[CLIENT_DEVS];
static unsigned int nr_devs;

static DECLARE_COMPLETION(irq_done);
static struct ism_dev *irq_dev;
static unsigned int irq_bit, irq_mask, irqs;

static DECLARE_COMPLETION(event_done);
static struct ism_event last_event;
static struct ism_dev *event_dev;

static void client_add(struct ism_dev *dev)
{
	if (nr_devs < CLIENT_DEVS)
		devs[nr_devs++] = dev;
}

static void client_remove(struct ism_dev *dev)
{
}

static void client_handle_event(struct ism_dev *dev, struct ism_event *event)
{
	event_dev = dev;
	last_event = *event;
	complete(&event_done);
}

static void client_handle_irq(struct ism_dev *dev, unsigned int bit, u16 mask)
{
	irq_dev = dev;
	irq_bit = bit;
	irq_mask = mask;
	irqs++;
	complete(&irq_done);
}

static struct ism_client client = {
	.name = "ism_client",
	.add = client_add,
	.remove = client_remove,
	.handle_event = client_handle_event,
	.handle_irq = client_handle_irq,
};

static const char *client_name(struct ism_dev *dev)
{
	return pci_name(dev->pdev);
}

static void client_show_gids(void)
{
	unsigned int i, j, same = 0;

	for (i = 0; i < nr_devs; i++) {
		zpci_lab_note(&report, "%s GID %016llx pchid %04x",
			      client_name(devs[i]), devs[i]->local_gid,
			      to_zpci(devs[i]->pdev)->pchid);
		same += !devs[i]->local_gid;
		for (j = 0; j < i; j++)
			same += devs[i]->local_gid == devs[j]->local_gid;
	}
	zpci_lab_ok(&report, nr_devs && !same,
		    "%u functions have a GID of their own each", nr_devs);
}

/* The move is done when ism_move() returns, which is why SMC can rely on it */
static void client_move(struct ism_dev *from, struct ism_dev *to,
			struct ism_dmb *dmb, u8 *data)
{
	bool ok;
	int rc;

	get_random_bytes(data, CLIENT_LEN);
	reinit_completion(&irq_done);
	irqs = 0;
	irq_bit = 0;
	irq_mask = 0;
	rc = ism_move(from, dmb->dmb_tok, CLIENT_ELEMENT, true, 0, data,
		      CLIENT_LEN);
	zpci_lab_ok(&report, !rc && !memcmp(dmb->cpu_addr, data, CLIENT_LEN),
		    "%s moves %u bytes to %s: %d", client_name(from),
		    CLIENT_LEN, client_name(to), rc);
	ok = !rc && wait_for_completion_timeout(&irq_done, CLIENT_PATIENCE);
	zpci_lab_ok(&report, ok && irqs == 1 && irq_dev == to &&
		    irq_bit == dmb->sba_idx &&
		    irq_mask == 0x8000 >> CLIENT_ELEMENT,
		    "%s is interrupted: %u times, bit %u, mask %04x",
		    client_name(to), irqs, irq_bit, irq_mask);
}

/* No signal is asked for, at odd places and lengths, so none may come */
static void client_move_bits(struct ism_dev *from, struct ism_dmb *dmb,
			     u8 *data)
{
	static const u32 offset[] = { 0, 1, 4095, 4097, 65535, 12345 };
	static const u32 len[] = { 1, 3, 2, 8190, 1, 31 };
	unsigned int i;
	int rc = 0;

	irqs = 0;
	for (i = 0; i < ARRAY_SIZE(len) && !rc; i++) {
		get_random_bytes(data + offset[i], len[i]);
		rc = ism_move(from, dmb->dmb_tok, 0, false, offset[i],
			      data + offset[i], len[i]);
	}
	zpci_lab_ok(&report, !rc && !memcmp(dmb->cpu_addr, data, CLIENT_LEN) &&
		    !irqs, "%s moves odd pieces without a signal: %d",
		    client_name(from), rc);
}

static void client_unregister(struct ism_dev *from, struct ism_dev *to,
			      struct ism_dmb *dmb)
{
	u64 token = dmb->dmb_tok;
	bool ok;
	int rc;

	reinit_completion(&event_done);
	last_event = (struct ism_event){ };
	rc = ism_unregister_dmb(to, dmb);
	zpci_lab_ok(&report, !rc, "%s lets go of its buffer: %d",
		    client_name(to), rc);
	ok = !rc && wait_for_completion_timeout(&event_done, CLIENT_PATIENCE);
	zpci_lab_ok(&report, ok && event_dev == from &&
		    last_event.code == EVENT_DMB_GONE &&
		    last_event.tok == token,
		    "%s is told: event type %u, code %u", client_name(from),
		    last_event.type, last_event.code);
}

static void client_test(struct ism_dev *from, struct ism_dev *to)
{
	struct ism_dmb dmb = { .dmb_len = CLIENT_LEN, .rgid = from->local_gid };
	u8 *data = kmalloc(CLIENT_LEN, GFP_KERNEL);
	int rc = -ENOMEM;

	if (data)
		rc = ism_register_dmb(to, &dmb, &client);
	zpci_lab_ok(&report, !rc, "%s registers a buffer: %d", client_name(to),
		    rc);
	if (!rc) {
		client_move(from, to, &dmb, data);
		client_move_bits(from, &dmb, data);
		client_unregister(from, to, &dmb);
	}
	kfree(data);
}

static int __init client_init(void)
{
	int rc;

	rc = zpci_lab_report_init(&report, "ism_client");
	if (rc)
		return rc;
	rc = ism_register_client(&client);
	zpci_lab_ok(&report, !rc, "ism takes a client: %d", rc);
	if (!rc) {
		client_show_gids();
		if (nr_devs >= 2) {
			client_test(devs[0], devs[1]);
			client_test(devs[1], devs[0]);
		} else {
			zpci_lab_ok(&report, true,
				    "data moves # SKIP needs two functions");
		}
		ism_unregister_client(&client);
	}
	zpci_lab_report_publish(&report);
	return 0;
}
module_init(client_init);

static void __exit client_exit(void)
{
	zpci_lab_report_exit(&report);
}
module_exit(client_exit);

MODULE_DESCRIPTION("Test client of the ism driver");
MODULE_LICENSE("GPL");
