// SPDX-License-Identifier: GPL-2.0
/*
 * Allocates a page and leaks it, which the lab must detect
 */

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/module.h>

/* Not __init, whose symbols the kernel frees */
static int page_leak_init(void)
{
	return __get_free_page(GFP_KERNEL) ? 0 : -ENOMEM;
}
module_init(page_leak_init);

MODULE_DESCRIPTION("Leak a page");
MODULE_LICENSE("GPL");
