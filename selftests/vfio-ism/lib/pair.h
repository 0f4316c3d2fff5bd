/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two functions that a test connects
 */
#ifndef SELFTESTS_VFIO_ISM_PAIR_H
#define SELFTESTS_VFIO_ISM_PAIR_H

#include "ism.h"

/*
 * Register SBA and IEQ of @b, and a DMB in new memory, to which @a may write. The
 * caller sets len and sba_idx of @dmb. The memory is filled with POISON.
 */
int ism_connect(struct ism *a, struct ism *b, struct ism_dmb *dmb, __u8 **mem);

/*
 * Find the first two ISM functions bound to @driver. If there are not two, the
 * program exits here and the test is skipped.
 */
void ism_find_two(const char *driver, char bdf[2][VFIO_BDF_LEN]);

#endif
