// SPDX-License-Identifier: GPL-2.0
/*
 * What the library needs to be a module; in the kernel it is built in
 */

#include <linux/module.h>

MODULE_DESCRIPTION("PCI load and store by function handle");
MODULE_LICENSE("GPL");
