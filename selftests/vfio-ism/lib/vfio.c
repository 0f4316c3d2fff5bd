// SPDX-License-Identifier: GPL-2.0 OR LGPL-2.1-or-later
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/iommufd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "vfio.h"

#define SYSFS	"/sys/bus/pci/devices"

/* Used if all addresses are free: an ISM does not accept an SBA at 0 */
#define FIRST_IOVA	0x100000000ULL

static int open_rw(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int do_ioctl(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

/* Groups and cdevs both have a character device number while vfio is loaded */
static bool has_device_number(const char *name)
{
	char line[64], found[64];
	FILE *f = fopen("/proc/devices", "re");
	bool has = false;

	while (f && !has && fgets(line, sizeof(line), f))
		has = sscanf(line, "%*d %63s", found) == 1 && !strcmp(found, name);
	if (f)
		fclose(f);
	return has;
}

bool vfio_has(enum vfio_mode mode)
{
	switch (mode) {
	case VFIO_MODE_IOMMUFD:
		return !access("/dev/iommu", F_OK) && has_device_number("vfio-dev");
	case VFIO_MODE_COMPAT:
		return !access("/dev/iommu", F_OK) && has_device_number("vfio");
	case VFIO_MODE_TYPE1:
		return !access("/dev/vfio/vfio", F_OK) && has_device_number("vfio");
	}
	return false;
}

/* The number N of SYSFS/bdf/vfio-dev/vfioN */
int vfio_cdev_open(const char *bdf)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int fd = -ENOENT;
	DIR *dir;

	snprintf(path, sizeof(path), SYSFS "/%s/vfio-dev", bdf);
	dir = opendir(path);
	if (!dir)
		return -errno;
	errno = 0;
	while (fd == -ENOENT && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s",
			 entry->d_name);
		fd = open_rw(path);
	}
	if (fd == -ENOENT && errno)
		fd = -errno;
	closedir(dir);
	return fd;
}

static int group_open(const char *bdf)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), SYSFS "/%s/iommu_group", bdf);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(target, '/') + 1);
	return open_rw(path);
}

static int open_iommufd(struct vfio_function *fn, const char *bdf)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
	};
	int ret;

	fn->iommu = open_rw("/dev/iommu");
	if (fn->iommu < 0)
		return fn->iommu;
	fn->device = vfio_cdev_open(bdf);
	if (fn->device < 0)
		return fn->device;
	bind.iommufd = fn->iommu;
	ret = do_ioctl(fn->device, VFIO_DEVICE_BIND_IOMMUFD, &bind);
	if (ret)
		return ret;
	ret = do_ioctl(fn->iommu, IOMMU_IOAS_ALLOC, &alloc);
	if (ret)
		return ret;
	fn->ioas = alloc.out_ioas_id;
	attach.pt_id = fn->ioas;
	return do_ioctl(fn->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

static int open_group(struct vfio_function *fn, const char *bdf,
		      const char *container)
{
	int ret;

	fn->iommu = open_rw(container);
	if (fn->iommu < 0)
		return fn->iommu;
	fn->group = group_open(bdf);
	if (fn->group < 0)
		return fn->group;
	ret = do_ioctl(fn->group, VFIO_GROUP_SET_CONTAINER, &fn->iommu);
	if (ret)
		return ret;
	ret = do_ioctl(fn->iommu, VFIO_SET_IOMMU, (void *)VFIO_TYPE1v2_IOMMU);
	if (ret)
		return ret;
	fn->device = do_ioctl(fn->group, VFIO_GROUP_GET_DEVICE_FD, (void *)bdf);
	return fn->device < 0 ? fn->device : 0;
}

static int open_mode(struct vfio_function *fn, const char *bdf)
{
	switch (fn->mode) {
	case VFIO_MODE_IOMMUFD:
		return open_iommufd(fn, bdf);
	case VFIO_MODE_COMPAT:
		return open_group(fn, bdf, "/dev/iommu");
	case VFIO_MODE_TYPE1:
		return open_group(fn, bdf, "/dev/vfio/vfio");
	}
	return -EINVAL;
}

int vfio_open(struct vfio_function *fn, const char *bdf, enum vfio_mode mode)
{
	struct vfio_region_info info;
	unsigned int i;
	int ret;

	*fn = (struct vfio_function) {
		.mode = mode, .device = -1, .iommu = -1, .group = -1,
	};
	ret = open_mode(fn, bdf);
	for (i = 0; !ret && i <= VFIO_PCI_CONFIG_REGION_INDEX; i++) {
		ret = vfio_region_info(fn, i, &info);
		fn->offset[i] = info.offset;
		/* the merged driver has no ROM region; others must not fail */
		if (ret == -EINVAL && i == VFIO_PCI_ROM_REGION_INDEX)
			ret = 0;
	}
	if (ret)
		vfio_close(fn);
	return ret;
}

void vfio_close(struct vfio_function *fn)
{
	if (fn->device >= 0)
		close(fn->device);
	if (fn->group >= 0)
		close(fn->group);
	if (fn->iommu >= 0)
		close(fn->iommu);
	fn->device = -1;
	fn->group = -1;
	fn->iommu = -1;
}

int vfio_region_info(struct vfio_function *fn, unsigned int index,
		     struct vfio_region_info *info)
{
	*info = (struct vfio_region_info) {
		.argsz = sizeof(*info), .index = index,
	};
	return do_ioctl(fn->device, VFIO_DEVICE_GET_REGION_INFO, info);
}

ssize_t vfio_read(struct vfio_function *fn, unsigned int index, __u64 offset,
		  void *buf, size_t len)
{
	ssize_t ret = pread(fn->device, buf, len, fn->offset[index] + offset);

	return ret < 0 ? -errno : ret;
}

ssize_t vfio_write(struct vfio_function *fn, unsigned int index,
		   __u64 offset, const void *buf, size_t len)
{
	ssize_t ret = pwrite(fn->device, buf, len, fn->offset[index] + offset);

	return ret < 0 ? -errno : ret;
}

long long vfio_position(struct vfio_function *fn)
{
	long long pos;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fn->device);
	f = fopen(path, "r");
	if (!f)
		return -errno;
	if (fscanf(f, "pos: %lld", &pos) != 1)
		pos = -ENODATA;
	fclose(f);
	return pos;
}

int vfio_enable(struct vfio_function *fn)
{
	const __u16 cmd = htole16(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	ssize_t ret;

	ret = vfio_write(fn, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, &cmd,
			 sizeof(cmd));
	return ret < 0 ? ret : 0;
}

/* Type 1 does not choose addresses: start at the first valid range */
static int first_iova(struct vfio_function *fn)
{
	union {
		struct vfio_iommu_type1_info info;
		__u8 space[4096];
	} u = { .info.argsz = sizeof(u) };
	const struct vfio_iommu_type1_info_cap_iova_range *range;
	const struct vfio_info_cap_header *cap;
	__u32 at;
	int ret;

	ret = do_ioctl(fn->iommu, VFIO_IOMMU_GET_INFO, &u.info);
	if (ret)
		return ret;
	for (at = u.info.cap_offset; at; at = cap->next) {
		cap = (void *)(u.space + at);
		if (cap->id != VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			continue;
		range = (void *)cap;
		fn->next_iova = range->iova_ranges[0].start ?: FIRST_IOVA;
		return 0;
	}
	return -ENODATA;
}

static int type1_map(struct vfio_function *fn, void *va, size_t len,
		     __u64 *iova)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (unsigned long)va,
		.size = len,
	};
	int ret = 0;

	if (!fn->next_iova)
		ret = first_iova(fn);
	if (ret)
		return ret;
	map.iova = fn->next_iova;
	ret = do_ioctl(fn->iommu, VFIO_IOMMU_MAP_DMA, &map);
	if (ret)
		return ret;
	*iova = map.iova;
	fn->next_iova += len;
	return 0;
}

int vfio_map(struct vfio_function *fn, void *va, size_t len, __u64 *iova)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = fn->ioas,
		.user_va = (unsigned long)va,
		.length = len,
	};
	int ret;

	if (fn->mode != VFIO_MODE_IOMMUFD)
		return type1_map(fn, va, len, iova);
	ret = do_ioctl(fn->iommu, IOMMU_IOAS_MAP, &map);
	if (!ret)
		*iova = map.iova;
	return ret;
}

int vfio_unmap(struct vfio_function *fn, __u64 iova, size_t len)
{
	struct vfio_iommu_type1_dma_unmap type1 = {
		.argsz = sizeof(type1), .iova = iova, .size = len,
	};
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = fn->ioas,
		.iova = iova, .length = len,
	};

	if (fn->mode != VFIO_MODE_IOMMUFD)
		return do_ioctl(fn->iommu, VFIO_IOMMU_UNMAP_DMA, &type1);
	return do_ioctl(fn->iommu, IOMMU_IOAS_UNMAP, &unmap);
}

int vfio_irq_enable(struct vfio_function *fn, unsigned int index)
{
	union {
		struct vfio_irq_set set;
		__u8 space[sizeof(struct vfio_irq_set) + sizeof(__s32)];
	} u = { .set = {
		.argsz = sizeof(u),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD |
			 VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index,
		.count = 1,
	} };
	__s32 fd;
	int ret;

	fd = eventfd(0, EFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	memcpy(u.set.data, &fd, sizeof(fd));
	ret = do_ioctl(fn->device, VFIO_DEVICE_SET_IRQS, &u.set);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

bool vfio_irq_pending(int eventfd)
{
	struct pollfd pfd = { .fd = eventfd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
}

int vfio_hot_reset(struct vfio_function *fn)
{
	union {
		struct vfio_pci_hot_reset reset;
		__u8 space[sizeof(struct vfio_pci_hot_reset) + sizeof(__s32)];
	} u = { .reset.argsz = sizeof(u) };

	/* a function opened through its cdev needs no proof of ownership */
	if (fn->mode != VFIO_MODE_IOMMUFD) {
		u.reset.count = 1;
		u.reset.group_fds[0] = fn->group;
	}
	return do_ioctl(fn->device, VFIO_DEVICE_PCI_HOT_RESET, &u.reset);
}

int vfio_write_file(const char *path, const char *val)
{
	int fd, ret;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, val, strlen(val)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

int vfio_vfn(const char *bdf)
{
	char path[PATH_MAX];
	unsigned int vfn;
	int ret;
	FILE *f;

	snprintf(path, sizeof(path), SYSFS "/%s/vfn", bdf);
	f = fopen(path, "r");
	if (!f)
		return -errno;
	ret = fscanf(f, "%x", &vfn) == 1 ? (int)vfn : -EINVAL;
	fclose(f);
	return ret;
}

int vfio_write_sysfs(const char *bdf, const char *file, const char *val)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), SYSFS "/%s/%s", bdf, file);
	return vfio_write_file(path, val);
}

int vfio_find(const char *driver, char bdf[][VFIO_BDF_LEN], int max)
{
	struct dirent *entry;
	char path[PATH_MAX];
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s", driver);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (n < max && (entry = readdir(dir))) {
		if (strchr(entry->d_name, ':'))
			snprintf(bdf[n++], VFIO_BDF_LEN, "%.*s",
				 VFIO_BDF_LEN - 1, entry->d_name);
	}
	closedir(dir);
	return n;
}
