/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ISM functions without a kernel: the calls of the selftests' lib/vfio.h, carried out
 * in the process itself
 *
 * Functions are named "0" to "2", have the GIDs FAKE_GID + 0 to 2, and reach each
 * other. An IOVA is an address of the process.
 */
#ifndef LIBISM_TESTS_FAKE_H
#define LIBISM_TESTS_FAKE_H

#include <linux/types.h>

#define FAKE_FUNCTIONS	3
#define FAKE_GID	0x1000

struct fake_counts {
	unsigned long loads;
	unsigned long blocks;		/* PCISTB */
	unsigned long interrupts;
	unsigned long events;		/* that were put into its queue */
};

extern struct fake_counts fake_counts[FAKE_FUNCTIONS];

/* The peer unregisters its DMB before the store of this number from now on; 0: never */
extern unsigned long fake_store_to_fail;

/* The kernel or an administrator resets it */
void fake_reset(unsigned int function);
/* The kernel asks to give it up */
void fake_request(unsigned int function);
/* When it next stores data, its queue is filled with software events */
void fake_flood(unsigned int function);
/* Signals and events arrive, but no interrupt */
void fake_lose_interrupts(unsigned int function, int lose);
/* The token of the last DMB that was registered */
__u64 fake_last_token(void);
/* DMBs that are registered */
unsigned int fake_dmbs(void);

#endif
