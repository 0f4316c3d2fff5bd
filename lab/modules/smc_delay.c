// SPDX-License-Identifier: GPL-2.0
/*
 * As long as this module is loaded, the kernel's SMC waits before it waits for a message
 * of a handshake, as if other work had delayed it.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>

#define DELAY_MS	400

static int delay(struct kprobe *probe, struct pt_regs *regs)
{
	mdelay(DELAY_MS);
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "smc_clc_wait_msg",
	.pre_handler = delay,
};

static int __init smc_delay_init(void)
{
	return register_kprobe(&probe);
}
module_init(smc_delay_init);

static void __exit smc_delay_exit(void)
{
	unregister_kprobe(&probe);
}
module_exit(smc_delay_exit);

MODULE_DESCRIPTION("Delays handshakes of SMC");
MODULE_LICENSE("GPL");
