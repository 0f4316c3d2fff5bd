// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of functions as MTD devices
 *
 * Linux's own drivers plat-ram and map_ram copy to and from it, with
 * memcpy_toio() and memcpy_fromio(). They only need a platform device for each
 * function, as code for a board would register it. debugfs has a folder zpci_mtd
 * with a file for each MTD device: how many PCILG, PCISTG and PCISTB the function
 * has seen.
 */

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mtd/plat-ram.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>

#include "zpci_lab.h"

#define MAX_DEVICES	8

static struct platform_device *devices[MAX_DEVICES];
static unsigned int n_devices;
static struct dentry *dir;

static int count_show(struct seq_file *file, void *unused)
{
	struct zpci_lab_count count;

	zpci_lab_count(file->private, &count);
	seq_printf(file, "%llu %llu %llu\n", count.load, count.store,
		   count.block);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(count);

static struct platform_device *add(struct zpci_lab_fn *fn)
{
	struct resource res =
		DEFINE_RES_MEM(pci_resource_start(fn->pdev, fn->to.pcias),
			       fn->to.size);
	struct platdata_mtd_ram pdata = { .bankwidth = 4 };

	return platform_device_register_resndata(&fn->pdev->dev, "mtd-ram",
						 n_devices, &res, 1, &pdata,
						 sizeof(pdata));
}

static void remove(void)
{
	debugfs_remove(dir);
	while (n_devices)
		platform_device_unregister(devices[--n_devices]);
}

static int __init mtd_init(void)
{
	struct platform_device *device;
	struct zpci_lab_fn *fn;
	char name[8];

	dir = debugfs_create_dir("zpci_mtd", NULL);
	zpci_lab_for_each(fn) {
		if (fn->ism || n_devices == MAX_DEVICES)
			continue;
		device = add(fn);
		if (IS_ERR(device)) {
			remove();
			return PTR_ERR(device);
		}
		snprintf(name, sizeof(name), "mtd%u", n_devices);
		debugfs_create_file(name, 0444, dir, fn, &count_fops);
		devices[n_devices++] = device;
	}
	return 0;
}
module_init(mtd_init);

static void __exit mtd_exit(void)
{
	remove();
}
module_exit(mtd_exit);

MODULE_DESCRIPTION("The memory of functions as MTD devices");
MODULE_LICENSE("GPL");
