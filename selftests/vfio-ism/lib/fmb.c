// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "fmb.h"

#define POLL_US		10000
#define UPDATING	1	/* bit in the time that the kernel shows */

static void statistics_path(const char *bdf, char *path, size_t len)
{
	snprintf(path, len, "/sys/kernel/debug/pci/%s/statistics", bdf);
}

int fmb_restart(const char *bdf)
{
	char path[PATH_MAX];
	int fd, ret = 0;

	statistics_path(bdf, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* ignore that it may be off already */
	if (write(fd, "0", 1) < 0 && errno != EINVAL)
		ret = -errno;
	if (!ret && write(fd, "1", 1) != 1)
		ret = -errno;
	close(fd);
	return ret;
}

static int fmb_parse(const char *path, struct fmb *fmb)
{
	char line[128];
	int found = 0;
	FILE *f;

	f = fopen(path, "r");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		found += sscanf(line, "Update interval: %lu",
				&fmb->interval_ms) == 1 ||
			 sscanf(line, "Last update TOD: %llx",
				&fmb->updated) == 1 ||
			 sscanf(line, " Load operations: %lu",
				&fmb->loads) == 1 ||
			 sscanf(line, " Store operations: %lu",
				&fmb->stores) == 1 ||
			 sscanf(line, " Store block operations: %lu",
				&fmb->blocks) == 1;
	fclose(f);
	return found == 5 ? 0 : -ENODATA;
}

/* The machine may update while the kernel prints: read until two reads agree */
static int fmb_snapshot(const char *path, struct fmb *fmb)
{
	struct fmb again = {};
	int ret;

	do {
		ret = fmb_parse(path, fmb);
		if (!ret)
			ret = fmb_parse(path, &again);
	} while (!ret && (fmb->updated != again.updated ||
			  fmb->updated & UPDATING));
	return ret;
}

int fmb_read(const char *bdf, struct fmb *fmb)
{
	unsigned long waited_us = 0;
	char path[PATH_MAX];
	struct fmb before;
	int ret;

	statistics_path(bdf, path, sizeof(path));
	ret = fmb_snapshot(path, &before);
	while (!ret) {
		usleep(POLL_US);
		waited_us += POLL_US;
		ret = fmb_snapshot(path, fmb);
		if (!ret && fmb->updated != before.updated)
			break;
		if (waited_us > 3000 * before.interval_ms)
			ret = -ETIMEDOUT;
	}
	return ret;
}
