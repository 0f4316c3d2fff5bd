// SPDX-License-Identifier: GPL-2.0
/*
 * Example of a module out of tree that uses zpci-fh
 *
 * Reads a register and some data from BAR 0 by function handle. It has no table
 * of devices, so bind a function with driver_override.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <asm/pci_fh.h>

static int example_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct zpci_dev *zdev = to_zpci(pdev);
	u8 data[100];
	size_t done;
	u64 val;
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;

	/* Exactly one instruction */
	ret = zpci_fh_load(zdev, 0, 0, &val, sizeof(val));
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "load failed\n");

	/* As few instructions as possible */
	ret = zpci_fh_memcpy_fromio(zdev, 0, 3, data, sizeof(data), &done);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "copy failed after %zu bytes\n",
				     done);

	pci_info(pdev, "register 0x%016llx, %zu bytes of data\n", val, done);
	return 0;
}

static struct pci_driver example_driver = {
	.name = KBUILD_MODNAME,
	.probe = example_probe,
};
module_pci_driver(example_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Example of a user of zpci-fh");
