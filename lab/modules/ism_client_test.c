// SPDX-License-Identifier: GPL-2.0
/*
 * A client of the kernel's own ism driver
 *
 * Invariant: the driver, which does not know the lab, can use the emulated
 * functions. It reads a GID from each and moves data from one into a buffer of
 * the other. The owner of the buffer gets the interrupt with the bit of the
 * element in the mask, the writer gets an event when the buffer goes away, and
 * each gets the events that the other one sends.
 * An emulation fails one of these tests if it is wrong about a command or about
 * the layout of the store address, the status page or the event queue.
 *
 * While the module is loaded, the results are in debugfs, zpci_lab/ism_client.
 */

#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ism_client.h"
#include "zpci_lab.h"

#define SIGNAL_CODE	0x5a2a
#define SIGNAL_INFO	0x8877665544332211

static bool mixed;
module_param(mixed, bool, 0444);
MODULE_PARM_DESC(mixed, "the peer is in user space; see ism_client_mixed.c");

static bool kept;
module_param(kept, bool, 0444);
MODULE_PARM_DESC(kept, "the first function cannot unregister a buffer");

static struct zpci_lab_report report;
struct client_dev client_devs[CLIENT_DEVS];
unsigned int client_nr_devs;

static DECLARE_COMPLETION(irq_done);
static struct client_dev *irq_dev;
static unsigned int irq_bit, irq_mask, irqs;

static DECLARE_COMPLETION(event_done);
static struct client_event last_event;
static struct client_dev *event_dev;

void client_add(void *dev, struct pci_dev *pdev, u64 gid)
{
	if (client_nr_devs < CLIENT_DEVS)
		client_devs[client_nr_devs++] = (struct client_dev){
			.dev = dev, .pdev = pdev, .gid = gid,
		};
}

struct client_dev *client_of(void *dev)
{
	unsigned int i;

	for (i = 0; i < client_nr_devs; i++) {
		if (client_devs[i].dev == dev)
			return &client_devs[i];
	}
	return NULL;
}

void client_event(struct client_dev *dev, const struct client_event *event)
{
	if (mixed) {
		client_mixed_event(event);
		return;
	}
	event_dev = dev;
	last_event = *event;
	complete(&event_done);
}

void client_irq(struct client_dev *dev, unsigned int idx, u16 mask)
{
	if (mixed) {
		client_mixed_irq(idx, mask);
		return;
	}
	irq_dev = dev;
	irq_bit = idx;
	irq_mask = mask;
	irqs++;
	complete(&irq_done);
}

/* The same data in each run, so that the logs of two runs can be compared */
void client_fill(u8 *buf, size_t len, u32 seed)
{
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		buf[i] = seed >> 24;
	}
}

static void test_gids(void)
{
	unsigned int i, j, same = 0;

	for (i = 0; i < client_nr_devs; i++) {
		zpci_lab_note(&report, "%s GID %016llx pchid %04x",
			      client_name(&client_devs[i]), client_devs[i].gid,
			      to_zpci(client_devs[i].pdev)->pchid);
		same += !client_devs[i].gid;
		for (j = 0; j < i; j++)
			same += client_devs[i].gid == client_devs[j].gid;
	}
	zpci_lab_ok(&report, client_nr_devs && !same,
		    "%u functions have different GIDs", client_nr_devs);
}

/* The move is complete when client_move() returns, on which SMC relies */
static void test_move(struct client_dev *from, struct client_dev *to,
		      struct client_dmb *dmb, u8 *data)
{
	bool ok;
	int rc;

	client_fill(data, CLIENT_LEN, from->gid);
	reinit_completion(&irq_done);
	irqs = 0;
	irq_bit = 0;
	irq_mask = 0;
	rc = client_move(from, dmb->tok, CLIENT_ELEMENT, true, 0, data,
			 CLIENT_LEN);
	zpci_lab_ok(&report, !rc && !memcmp(dmb->mem, data, CLIENT_LEN),
		    "%s moves %u bytes to %s: %d", client_name(from),
		    CLIENT_LEN, client_name(to), rc);
	ok = !rc && wait_for_completion_timeout(&irq_done, CLIENT_PATIENCE);
	zpci_lab_ok(&report, ok && irqs == 1 && irq_dev == to &&
		    irq_bit == dmb->idx &&
		    irq_mask == 0x8000 >> CLIENT_ELEMENT,
		    "%s is interrupted: %u times, bit %u, mask %04x",
		    client_name(to), irqs, irq_bit, irq_mask);
}

/* Moves at odd offsets and lengths, without a signal, so none must arrive */
static void test_move_bits(struct client_dev *from, struct client_dmb *dmb,
			   u8 *data)
{
	static const u32 offset[] = { 0, 1, 4095, 4097, 65535, 12345 };
	static const u32 len[] = { 1, 3, 2, 8190, 1, 31 };
	unsigned int i;
	int rc = 0;

	irqs = 0;
	for (i = 0; i < ARRAY_SIZE(len) && !rc; i++) {
		client_fill(data + offset[i], len[i], i);
		rc = client_move(from, dmb->tok, 0, false, offset[i],
				 data + offset[i], len[i]);
	}
	zpci_lab_ok(&report, !rc && !memcmp(dmb->mem, data, CLIENT_LEN) &&
		    !irqs, "%s moves odd pieces without a signal: %d",
		    client_name(from), rc);
}

static void test_signal(struct client_dev *from, struct client_dev *to)
{
	bool ok;
	int rc;

	reinit_completion(&event_done);
	last_event = (struct client_event){ };
	rc = client_signal(from, to->gid, SIGNAL_CODE, SIGNAL_INFO);
	ok = !rc && wait_for_completion_timeout(&event_done, CLIENT_PATIENCE);
	zpci_lab_ok(&report, ok && event_dev == to &&
		    last_event.type == CLIENT_SIGNAL &&
		    last_event.gid == from->gid &&
		    last_event.code == SIGNAL_CODE &&
		    last_event.info == SIGNAL_INFO,
		    "%s signals an event to %s: %d, code %x",
		    client_name(from), client_name(to), rc, last_event.code);
}

static void test_unregister(struct client_dev *from, struct client_dev *to,
			    struct client_dmb *dmb)
{
	u64 token = dmb->tok;
	bool ok;
	int rc;

	reinit_completion(&event_done);
	last_event = (struct client_event){ };
	rc = client_unregister_dmb(to, dmb);
	zpci_lab_ok(&report, !rc, "%s unregisters its buffer: %d",
		    client_name(to), rc);
	ok = !rc && wait_for_completion_timeout(&event_done, CLIENT_PATIENCE);
	zpci_lab_ok(&report, ok && event_dev == from &&
		    last_event.type == CLIENT_DMB_GONE &&
		    last_event.tok == token,
		    "%s is notified: event type %u", client_name(from),
		    last_event.type);
}

static void test_pair(struct client_dev *from, struct client_dev *to)
{
	struct client_dmb dmb = { .len = CLIENT_LEN, .rgid = from->gid };
	u8 *data = kmalloc(CLIENT_LEN, GFP_KERNEL);
	int rc = -ENOMEM;

	if (data)
		rc = client_register_dmb(to, &dmb);
	zpci_lab_ok(&report, !rc, "%s registers a buffer: %d", client_name(to),
		    rc);
	if (!rc) {
		test_move(from, to, &dmb, data);
		test_move_bits(from, &dmb, data);
		test_signal(from, to);
		test_unregister(from, to, &dmb);
	}
	kfree(data);
}

/*
 * The function does not get the command to unregister the buffer, so it still
 * writes to it. If the driver frees the buffer, this puts the function in the
 * error state, or overwrites memory that somebody else uses.
 */
static void test_kept(struct client_dev *from, struct client_dev *to)
{
	struct client_dmb dmb = { .len = CLIENT_LEN, .rgid = from->gid };
	u8 *data = kmalloc(CLIENT_LEN, GFP_KERNEL);
	bool is_kept;
	u64 token;
	int rc;

	rc = data ? client_register_dmb(to, &dmb) : -ENOMEM;
	zpci_lab_ok(&report, !rc, "%s registers a buffer: %d", client_name(to),
		    rc);
	if (rc)
		goto out;
	token = dmb.tok;
	rc = client_unregister_dmb(to, &dmb);
	is_kept = rc;
	zpci_lab_ok(&report, is_kept, "%s cannot unregister its buffer: %d",
		    client_name(to), rc);
	client_fill(data, CLIENT_LEN, 1);
	rc = client_move(from, token, 0, false, 0, data, CLIENT_LEN);
	zpci_lab_ok(&report, !rc && is_kept &&
		    !memcmp(dmb.mem, data, CLIENT_LEN),
		    "%s still writes into it: %d", client_name(from), rc);
out:
	kfree(data);
}

static void test_devs(void)
{
	struct client_dev *a = &client_devs[0], *b = &client_devs[1];

	if (client_nr_devs < 2) {
		zpci_lab_ok(&report, true,
			    "data moves # SKIP needs two functions");
		return;
	}
	if (!kept) {
		test_pair(a, b);
		test_pair(b, a);
	} else if (strcmp(client_name(a), client_name(b)) < 0) {
		test_kept(b, a);
	} else {
		test_kept(a, b);
	}
}

static int __init client_init(void)
{
	int rc;

	if (mixed)
		return client_mixed_init();
	rc = zpci_lab_report_init(&report, "ism_client");
	if (rc)
		return rc;
	rc = client_open();
	zpci_lab_ok(&report, !rc, "ism accepts a client: %d", rc);
	if (!rc) {
		test_gids();
		test_devs();
		client_close();
	}
	zpci_lab_report_publish(&report);
	return 0;
}
module_init(client_init);

static void __exit client_exit(void)
{
	if (mixed)
		client_mixed_exit();
	else
		zpci_lab_report_exit(&report);
}
module_exit(client_exit);

MODULE_DESCRIPTION("Test client of the ism driver");
MODULE_LICENSE("GPL");
