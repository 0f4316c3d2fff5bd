/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Function measurement: how many PCI instructions a function has taken, as
 * counted by the machine and shown by the kernel in debugfs
 */
#ifndef SELFTESTS_VFIO_ISM_FMB_H
#define SELFTESTS_VFIO_ISM_FMB_H

struct fmb {
	unsigned long interval_ms;
	unsigned long long updated;	/* when, and whether it is going on */
	unsigned long loads;
	unsigned long stores;
	unsigned long blocks;
};

/*
 * Count from 0. Needed after opening a function: the reset that goes with it
 * ends the measurement, and the kernel does not notice.
 */
int fmb_restart(const char *bdf);

/* Waits for the next update, one interval at most: 4 s on a real machine */
int fmb_read(const char *bdf, struct fmb *fmb);

#endif
