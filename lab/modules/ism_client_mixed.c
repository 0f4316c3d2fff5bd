// SPDX-License-Identifier: GPL-2.0
/*
 * With mixed=1: the kernel's side of an exchange with a peer in user space
 *
 * Invariant: what one side moves and signals with its driver, the other side
 * receives with its own driver. The peer is vfio_ism_mixed, which controls this
 * module through its parameters in sysfs:
 *
 *	gid	read: the GID of the kernel's function
 *	peer	write the peer's GID: registers a DMB for it; 0: unregisters it
 *	token	read: the token of the DMB
 *	got	read: what was received: "data", "irq", "event", "gone"
 *	send	write the token of the peer's DMB: moves data and signals
 */

#include <linux/errno.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "ism_client.h"

#define SEED_TO_KERNEL	0x2a
#define SEED_TO_USER	0x15
#define SIGNAL_CODE	0x5a15
#define SIGNAL_INFO	0x1122334455667788

static struct client_dmb dmb;
static u64 sent_to;
static bool got_irq, got_event, got_gone;

static struct client_dev *mixed_dev(void)
{
	return client_nr_devs == 1 ? &client_devs[0] : NULL;
}

void client_mixed_irq(unsigned int idx, u16 mask)
{
	if (dmb.dmb && idx == dmb.idx && mask == 0x8000 >> CLIENT_ELEMENT)
		got_irq = true;
}

void client_mixed_event(const struct client_event *event)
{
	if (event->type == CLIENT_SIGNAL && event->gid == dmb.rgid &&
	    event->code == SIGNAL_CODE && event->info == SIGNAL_INFO)
		got_event = true;
	if (event->type == CLIENT_DMB_GONE && event->tok == sent_to)
		got_gone = true;
}

static int mixed_register(u64 rgid)
{
	int rc;

	if (dmb.dmb)
		return -EBUSY;
	dmb.len = CLIENT_LEN;
	dmb.rgid = rgid;
	rc = client_register_dmb(mixed_dev(), &dmb);
	return rc > 0 ? -EIO : rc;
}

static int mixed_unregister(void)
{
	int rc;

	if (!dmb.dmb)
		return 0;
	rc = client_unregister_dmb(mixed_dev(), &dmb);
	dmb.dmb = NULL;
	return rc > 0 ? -EIO : rc;
}

static int set_peer(const char *val, const struct kernel_param *kp)
{
	u64 rgid;
	int rc;

	rc = kstrtou64(val, 0, &rgid);
	if (rc || !mixed_dev())
		return rc ?: -ENODEV;
	return rgid ? mixed_register(rgid) : mixed_unregister();
}

static int mixed_send(u64 tok)
{
	u8 *data = kmalloc(CLIENT_LEN, GFP_KERNEL);
	int rc;

	if (!data)
		return -ENOMEM;
	client_fill(data, CLIENT_LEN, SEED_TO_USER);
	sent_to = tok;
	rc = client_move(mixed_dev(), tok, CLIENT_ELEMENT, true, 0, data,
			 CLIENT_LEN);
	kfree(data);
	return rc ?: client_signal(mixed_dev(), dmb.rgid, SIGNAL_CODE,
				   SIGNAL_INFO);
}

static int set_send(const char *val, const struct kernel_param *kp)
{
	u64 tok;
	int rc;

	rc = kstrtou64(val, 0, &tok);
	if (rc || !mixed_dev())
		return rc ?: -ENODEV;
	rc = mixed_send(tok);
	return rc > 0 ? -EIO : rc;
}

static bool mixed_got_data(void)
{
	u8 *want = kmalloc(CLIENT_LEN, GFP_KERNEL);
	bool same = false;

	if (want && dmb.dmb) {
		client_fill(want, CLIENT_LEN, SEED_TO_KERNEL);
		same = !memcmp(dmb.mem, want, CLIENT_LEN);
	}
	kfree(want);
	return same;
}

static int get_got(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s %s %s %s\n",
			  mixed_got_data() ? "data" : "-",
			  got_irq ? "irq" : "-", got_event ? "event" : "-",
			  got_gone ? "gone" : "-");
}

static int get_gid(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%#llx\n", mixed_dev() ? mixed_dev()->gid : 0);
}

static int get_token(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%#llx\n", dmb.tok);
}

static const struct kernel_param_ops gid_ops = { .get = get_gid };
static const struct kernel_param_ops token_ops = { .get = get_token };
static const struct kernel_param_ops got_ops = { .get = get_got };
static const struct kernel_param_ops peer_ops = { .set = set_peer };
static const struct kernel_param_ops send_ops = { .set = set_send };

module_param_cb(gid, &gid_ops, NULL, 0444);
module_param_cb(token, &token_ops, NULL, 0444);
module_param_cb(got, &got_ops, NULL, 0444);
module_param_cb(peer, &peer_ops, NULL, 0200);
module_param_cb(send, &send_ops, NULL, 0200);

int client_mixed_init(void)
{
	int rc = client_open();

	if (!rc && !mixed_dev()) {
		client_close();
		rc = -ENODEV;
	}
	return rc;
}

void client_mixed_exit(void)
{
	mixed_unregister();
	client_close();
}
