// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "request.h"

int vfio_request_enable(struct vfio_function *fn)
{
	union {
		struct vfio_irq_set set;
		__u8 space[sizeof(struct vfio_irq_set) + sizeof(__s32)];
	} u = { .set = {
		.argsz = sizeof(u),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD |
			 VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_REQ_IRQ_INDEX,
		.count = 1,
	} };
	__s32 fd;
	int ret;

	fd = eventfd(0, EFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	memcpy(u.set.data, &fd, sizeof(fd));
	if (!ioctl(fn->device, VFIO_DEVICE_SET_IRQS, &u.set))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

bool vfio_requested(int eventfd)
{
	struct pollfd pfd = { .fd = eventfd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
}
