// SPDX-License-Identifier: GPL-2.0
/*
 * Watches an interrupt handler of a driver: does free_irq() wait for it, and does it run
 * while its interrupt is disabled?
 *
 * Writing the number of an interrupt to the parameter "disable" disables and enables it
 * many times.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/processor.h>

#define PERIODS		200
#define PERIOD_MS	2

static char *handler;
module_param(handler, charp, 0444);
MODULE_PARM_DESC(handler, "name of the handler");

static unsigned int delay;
module_param(delay, uint, 0444);
MODULE_PARM_DESC(delay, "how much longer the handler takes, in ms");

/* Two CPUs that count at the same time can count as one */
static unsigned int met, early, unwanted, late;
module_param(met, uint, 0444);
MODULE_PARM_DESC(met, "how often free_irq() was called while the handler ran");
module_param(early, uint, 0444);
MODULE_PARM_DESC(early, "how often it did not wait for the handler");
module_param(unwanted, uint, 0444);
MODULE_PARM_DESC(unwanted, "how often the handler ran with its interrupt disabled");
module_param(late, uint, 0444);
MODULE_PARM_DESC(late, "how often it ran because enable_irq() repeated an interrupt");

/* The interrupt whose handler runs on this CPU; 0: none */
static DEFINE_PER_CPU(int, running);
/* The one that is disabled; 0: none */
static int disabled;

static bool runs(int irq)
{
	int cpu;

	for_each_online_cpu(cpu) {
		if (READ_ONCE(per_cpu(running, cpu)) == irq)
			return true;
	}
	return false;
}

static int handler_starts(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	int irq = regs->gprs[2];

	this_cpu_write(running, irq);
	if (READ_ONCE(disabled) == irq)
		unwanted++;
	if (!in_hardirq())
		late++;
	mdelay(delay);
	return 0;
}

static int handler_ends(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	this_cpu_write(running, 0);
	return 0;
}

static struct kretprobe handler_probe = {
	.entry_handler = handler_starts,
	.handler = handler_ends,
};

static int free_starts(struct kprobe *probe, struct pt_regs *regs)
{
	met += runs(regs->gprs[2]);
	return 0;
}

static struct kprobe start_probe = {
	.symbol_name = "free_irq",
	.pre_handler = free_starts,
};

/*
 * free_irq() calls this when it has waited for handlers. If one runs, free_irq() and its
 * caller will free what it uses. Wait, so that the kernel survives.
 */
static int free_waited(struct kprobe *probe, struct pt_regs *regs)
{
	int irq = ((struct irq_data *)regs->gprs[2])->irq;

	early += runs(irq);
	while (runs(irq))
		cpu_relax();
	return 0;
}

static struct kprobe waited_probe = {
	.symbol_name = "irq_chip_pm_put",
	.pre_handler = free_waited,
};

static int disable_set(const char *val, const struct kernel_param *param)
{
	unsigned int irq, i;
	int rc = kstrtouint(val, 0, &irq);

	for (i = 0; !rc && i < PERIODS; i++) {
		disable_irq(irq);
		WRITE_ONCE(disabled, irq);
		msleep(PERIOD_MS);
		WRITE_ONCE(disabled, 0);
		enable_irq(irq);
		msleep(PERIOD_MS);
	}
	return rc;
}

static const struct kernel_param_ops disable_ops = {
	.set = disable_set,
};

module_param_cb(disable, &disable_ops, NULL, 0200);
MODULE_PARM_DESC(disable, "an interrupt to disable and to enable many times");

static int __init watch_init(void)
{
	struct kprobe *probes[] = { &start_probe, &waited_probe };
	int rc;

	handler_probe.kp.symbol_name = handler;
	rc = register_kretprobe(&handler_probe);
	if (rc)
		return rc;
	rc = register_kprobes(probes, ARRAY_SIZE(probes));
	if (rc)
		unregister_kretprobe(&handler_probe);
	return rc;
}
module_init(watch_init);

static void __exit watch_exit(void)
{
	struct kprobe *probes[] = { &start_probe, &waited_probe };

	unregister_kprobes(probes, ARRAY_SIZE(probes));
	unregister_kretprobe(&handler_probe);
}
module_exit(watch_exit);

MODULE_DESCRIPTION("Watches an interrupt handler");
MODULE_LICENSE("GPL");
