// SPDX-License-Identifier: GPL-2.0
/*
 * Deconfigure a function that is in use, and configure it again
 *
 * The kernel itself never does that: it disables a function first. The test
 * that loads this module checks the effect.
 */

#include <linux/bits.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <asm/sclp.h>

static char *function;
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "as sysfs names it");

static int __init deconfigure_init(void)
{
	struct zpci_dev *zdev;
	struct device *dev;
	int rc;

	dev = bus_find_device_by_name(&pci_bus_type, NULL, function);
	if (!dev)
		return -ENODEV;
	zdev = to_zpci(to_pci_dev(dev));
	rc = sclp_pci_deconfigure(zdev->fid) ?: sclp_pci_configure(zdev->fid);
	zdev->fh &= ~BIT(31);	/* not enabled: the handle needed for a reset */
	put_device(dev);
	return rc;
}
module_init(deconfigure_init);

static void __exit deconfigure_exit(void)
{
}
module_exit(deconfigure_exit);

MODULE_DESCRIPTION("Deconfigure a PCI function that is in use");
MODULE_LICENSE("GPL");
