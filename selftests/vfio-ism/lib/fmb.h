/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Function measurement: the number of PCI instructions to a function, as
 * counted by the machine and shown by the kernel in debugfs
 */
#ifndef SELFTESTS_VFIO_ISM_FMB_H
#define SELFTESTS_VFIO_ISM_FMB_H

struct fmb {
	unsigned long interval_ms;
	unsigned long long updated;	/* time, and the UPDATING bit */
	unsigned long loads;
	unsigned long stores;
	unsigned long blocks;
};

/*
 * Restart counting from 0. Needed after a function was opened: opening resets
 * it, which ends the measurement without the kernel noticing.
 */
int fmb_restart(const char *bdf);

/* Wait for the next update, at most one interval: 4 s on a real machine */
int fmb_read(const char *bdf, struct fmb *fmb);

#endif
