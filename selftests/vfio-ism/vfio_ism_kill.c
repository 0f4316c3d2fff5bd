// SPDX-License-Identifier: GPL-2.0
/*
 * A program that is killed, or asked by the kernel to close a function, exits
 * at once, and the function works for the next one
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lib/ism.h"
#include "lib/pair.h"

#define DRIVER		"ism_vfio_pci"
#define SYSFS		"/sys/bus/pci/drivers/" DRIVER
#define HANG_S		60

static char bdf[2][VFIO_BDF_LEN];

/*
 * A long read: 1 GiB, in the largest possible pieces. Command BARs have one
 * page, and data BARs of an ISM cannot be read. If another function with a
 * large BAR is bound to the driver, one call reads all of that BAR; otherwise
 * many calls are needed.
 */
#define GIB		(1024UL * 1024 * 1024)
#define LARGE		(16UL * 1024 * 1024)

struct source {
	const char *bdf;
	unsigned int bar;
	size_t len;
};

static bool find_large(char name[][VFIO_BDF_LEN], int n, struct source *src)
{
	struct vfio_region_info info;
	struct vfio_function fn;
	__u8 buf[8];
	int i;

	for (i = 0; i < n; i++) {
		if (vfio_open(&fn, name[i], VFIO_MODE_IOMMUFD))
			continue;
		*src = (struct source) { .bdf = name[i] };
		if (!vfio_enable(&fn) && !vfio_region_info(&fn, 0, &info) &&
		    info.size >= LARGE && vfio_read(&fn, 0, 0, buf, 8) == 8)
			src->len = info.size < GIB ? info.size : GIB;
		vfio_close(&fn);
		if (src->len)
			return true;
	}
	return false;
}

static void say_ready(int fd)
{
	if (write(fd, "", 1) != 1)
		_exit(3);
}

static void read_a_gib(const void *arg, int ready)
{
	const struct source *src = arg;
	struct vfio_function fn;
	size_t done;
	void *buf;

	buf = mmap(NULL, src->len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buf == MAP_FAILED || vfio_open(&fn, src->bdf, VFIO_MODE_IOMMUFD) ||
	    vfio_enable(&fn))
		_exit(1);
	say_ready(ready);
	for (done = 0; done < GIB; done += src->len) {
		if (vfio_read(&fn, src->bar, 0, buf, src->len) !=
		    (ssize_t)src->len)
			_exit(2);
	}
	_exit(0);
}

/* Start a child that runs @run; returns when the child is ready */
static pid_t start(struct __test_metadata *_metadata,
		   void (*run)(const void *arg, int ready), const void *arg)
{
	pid_t child;
	int ready[2];
	char c;

	ASSERT_EQ(0, pipe(ready));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		run(arg, ready[1]);
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &c, 1));
	close(ready[0]);
	return child;
}

/* Whether @child exits within @ms */
static bool gone(pid_t child, int *status, int ms)
{
	for (; ms >= 0; ms -= 10) {
		if (waitpid(child, status, WNOHANG) == child)
			return true;
		usleep(10000);
	}
	return false;
}

static void kill_in_the_middle(struct __test_metadata *_metadata,
			       const struct source *src)
{
	pid_t child = start(_metadata, read_a_gib, src);
	struct vfio_function fn;
	__u8 buf[8];
	int status;

	ASSERT_FALSE(gone(child, &status, 300)) {
		TH_LOG("the read ended by itself, with %#x", status);
	}
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_TRUE(gone(child, &status, 2000));
	ASSERT_TRUE(WIFSIGNALED(status));

	ASSERT_EQ(0, vfio_open(&fn, src->bdf, VFIO_MODE_IOMMUFD));
	ASSERT_EQ(0, vfio_enable(&fn));
	EXPECT_EQ(8, vfio_read(&fn, src->bar, 0, buf, 8));
	vfio_close(&fn);
}

TEST(kill_one_long_read)
{
	char name[8][VFIO_BDF_LEN];
	struct source src;

	if (!find_large(name, vfio_find(DRIVER, name, 8), &src))
		SKIP(return, "no function with a large BAR that can be read");
	TH_LOG("%zu bytes in one call", src.len);
	kill_in_the_middle(_metadata, &src);
}

TEST(kill_many_reads)
{
	const struct source src = {
		.bdf = bdf[0], .bar = ISM_BAR_COMMAND, .len = ISM_PAGE_SIZE,
	};

	kill_in_the_middle(_metadata, &src);
}

/* Use the function until asked to close it or, if deaf, for 2 s */
static void hold(const void *arg, int ready)
{
	bool deaf = *(const bool *)arg;
	time_t end = time(NULL) + (deaf ? 2 : HANG_S);
	struct vfio_function fn;
	int request = -1;
	__u8 buf[64];

	if (vfio_open(&fn, bdf[0], VFIO_MODE_IOMMUFD) || vfio_enable(&fn))
		_exit(1);
	if (!deaf) {
		request = vfio_irq_enable(&fn, VFIO_PCI_REQ_IRQ_INDEX);
		if (request < 0)
			_exit(2);
	}
	say_ready(ready);
	while (time(NULL) < end && (deaf || !vfio_irq_pending(request))) {
		if (vfio_read(&fn, ISM_BAR_COMMAND, 0, buf, 64) != 64)
			_exit(3);
	}
	_exit(time(NULL) >= end && !deaf ? 4 : 0);
}

static void unbind_while_open(struct __test_metadata *_metadata, bool deaf)
{
	pid_t child = start(_metadata, hold, &deaf);
	struct vfio_function fn;
	__u8 buf[8];
	int status;

	ASSERT_EQ(0, vfio_write_file(SYSFS "/unbind", bdf[0]));
	ASSERT_TRUE(gone(child, &status, 2000));
	EXPECT_EQ(0, status);
	EXPECT_EQ(-ENOENT, vfio_open(&fn, bdf[0], VFIO_MODE_IOMMUFD));

	ASSERT_EQ(0, vfio_write_file(SYSFS "/bind", bdf[0]));
	ASSERT_EQ(0, vfio_open(&fn, bdf[0], VFIO_MODE_IOMMUFD));
	ASSERT_EQ(0, vfio_enable(&fn));
	EXPECT_EQ(8, vfio_read(&fn, ISM_BAR_COMMAND, 0, buf, 8));
	vfio_close(&fn);
}

TEST(unbind)
{
	unbind_while_open(_metadata, false);
}

TEST(unbind_deaf)
{
	unbind_while_open(_metadata, true);
}

int main(int argc, char **argv)
{
	ism_find_two(DRIVER, bdf);
	return test_harness_run(argc, argv);
}
