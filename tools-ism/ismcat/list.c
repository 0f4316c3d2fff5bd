// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ismcat.h"

#define DEVICES		"/sys/bus/pci/devices"
#define DRIVER		"ism_vfio_pci"

/* The first line of a file, or the last part of what a link leads to; else "-" */
static void attribute(const char *bdf, const char *name, char *value, size_t len)
{
	char path[512], target[512];
	ssize_t n;
	FILE *f;

	snprintf(value, len, "-");
	snprintf(path, sizeof(path), DEVICES "/%s/%s", bdf, name);
	n = readlink(path, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = 0;
		snprintf(value, len, "%s", strrchr(target, '/') + 1);
		return;
	}
	f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(value, len, f))
		value[strcspn(value, "\n")] = 0;
	fclose(f);
}

static int is_ism(const struct dirent *entry)
{
	char vendor[16], device[16];

	attribute(entry->d_name, "vendor", vendor, sizeof(vendor));
	attribute(entry->d_name, "device", device, sizeof(device));
	return !strcmp(vendor, "0x1014") && !strcmp(device, "0x04ed");
}

/* The GID is known only to those who open the function */
static void list_one(const char *bdf)
{
	const struct libism_opts opts = { .bdf = bdf };
	char pchid[16], driver[32], gid[20] = "-";
	char remedy[512] = "ready";
	struct libism *ism;

	attribute(bdf, "pchid", pchid, sizeof(pchid));
	attribute(bdf, "driver", driver, sizeof(driver));
	if (strcmp(driver, DRIVER)) {
		snprintf(remedy, sizeof(remedy),
			 "to use it: modprobe ism-vfio-pci; driverctl set-override %s "
			 DRIVER, bdf);
	} else if (!libism_open(&ism, &opts)) {
		snprintf(gid, sizeof(gid), "%016llx",
			 (unsigned long long)libism_gid(ism));
		libism_close(ism);
	} else {
		snprintf(remedy, sizeof(remedy), "%s", explain(errno));
	}
	printf("%-12s  %-16s  %-8s  %-12s  %s\n", bdf, gid, pchid, driver, remedy);
}

int list(void)
{
	struct dirent **entries;
	int i, n = scandir(DEVICES, &entries, is_ism, alphasort);

	if (n < 0) {
		message(DEVICES ": %s", strerror(errno));
		return EXIT_FAILURE;
	}
	printf("%-12s  %-16s  %-8s  %-12s  %s\n", "BDF", "GID", "PCHID", "DRIVER", "STATE");
	for (i = 0; i < n; i++) {
		list_one(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (!n)
		message("this system has no ISM function");
	return n ? EXIT_SUCCESS : EXIT_FAILURE;
}
