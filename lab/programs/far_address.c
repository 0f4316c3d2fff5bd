// SPDX-License-Identifier: GPL-2.0
/*
 * far_address: does LARL compute addresses that are more than 2 GiB away?
 *
 * A QEMU that runs in the machine depends on it. The addresses are not used.
 */
#include <stdio.h>

#define FAR	0xc0000000L	/* the most is 0xfffffffe */

int main(void)
{
	long here, above, below;

	asm("0:	larl	%[above],0b+0xc0000000\n"
	    "	larl	%[below],0b-0xc0000000\n"
	    "	larl	%[here],0b\n"
	    : [here] "=d" (here), [above] "=d" (above), [below] "=d" (below));
	if (above - here == FAR && here - below == FAR)
		return 0;
	printf("%#lx above is %#lx, below is %#lx\n", FAR, above - here,
	       here - below);
	return 1;
}
