// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "../../kselftest.h"
#include "data.h"
#include "pair.h"

int ism_connect(struct ism *a, struct ism *b, struct ism_dmb *dmb, __u8 **mem)
{
	int ret;

	*mem = mmap(NULL, dmb->len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*mem == MAP_FAILED)
		return -errno;
	memset(*mem, POISON, dmb->len);
	ret = vfio_map(&b->fn, *mem, dmb->len, &dmb->iova);
	if (!ret)
		ret = ism_read_gid(a, &dmb->rgid);
	if (!ret)
		ret = ism_register(b);
	if (!ret)
		ret = ism_reg_dmb(b, dmb);
	return ret;
}

void ism_find_two(const char *driver, char bdf[2][VFIO_BDF_LEN])
{
	if (ism_find(driver, bdf, 2) == 2)
		return;
	ksft_print_header();
	ksft_exit_skip("needs two functions, do for each: driverctl set-override BDF %s\n",
		       driver);
}
