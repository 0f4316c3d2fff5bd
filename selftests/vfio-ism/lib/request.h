/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the kernel asks a program to let go of a function, which is to be
 * unbound or unplugged and waits for that
 */
#ifndef SELFTESTS_VFIO_ISM_REQUEST_H
#define SELFTESTS_VFIO_ISM_REQUEST_H

#include <stdbool.h>

#include "vfio.h"

/* An eventfd, or a negative errno */
int vfio_request_enable(struct vfio_function *fn);

/* Whether the kernel has asked, without waiting for it */
bool vfio_requested(int eventfd);

#endif
