// SPDX-License-Identifier: GPL-2.0
/*
 * PCI instructions that take time
 *
 * usage: vfio_ism_latency MICROSECONDS, the latency of two emulated functions
 *
 * Each instruction takes as long as specified. Other instructions do not wait
 * for it, and changes they make to the function meanwhile apply to it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lib/ism.h"
#include "lib/lab.h"

#define DRIVER		"ism_vfio_pci"
#define READS		20

static char bdf[2][VFIO_BDF_LEN];
static long latency_us;

FIXTURE(latency) {
	struct ism a, b;
};

FIXTURE_SETUP(latency)
{
	ASSERT_EQ(0, ism_open(&self->a, bdf[0], VFIO_MODE_IOMMUFD));
	ASSERT_EQ(0, ism_open(&self->b, bdf[1], VFIO_MODE_IOMMUFD));
	ASSERT_TRUE(lab_present(&self->a.fn));
}

FIXTURE_TEARDOWN(latency)
{
	ism_close(&self->a);
	ism_close(&self->b);
}

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Returns the number of reads that succeeded */
static void *read_some(void *arg)
{
	struct ism *ism = arg;
	__u64 buf;
	long i;

	for (i = 0; i < READS; i++) {
		if (vfio_read(&ism->fn, ISM_BAR_COMMAND, 0, &buf, 8) != 8)
			break;
	}
	return (void *)i;
}

TEST_F(latency, takes_its_time)
{
	long start = now_us();

	EXPECT_EQ(READS, (long)read_some(&self->a));
	EXPECT_LE(READS * latency_us, now_us() - start);
}

/* Both read at the same time. Returns how many loads were in progress at once. */
static __u64 at_once(struct ism *a, struct ism *b)
{
	pthread_t thread;
	void *done = NULL;
	__u64 most;

	if (lab_start_counting_at_once(&a->fn) ||
	    pthread_create(&thread, NULL, read_some, b))
		return 0;
	if ((long)read_some(a) != READS ||
	    pthread_join(thread, &done) || (long)done != READS ||
	    lab_most_at_once(&a->fn, &most))
		return 0;
	return most;
}

TEST_F(latency, same_function)
{
	EXPECT_EQ(2, at_once(&self->a, &self->a));
}

TEST_F(latency, another_function)
{
	EXPECT_EQ(2, at_once(&self->a, &self->b));
}

/* Back to back, so that one is in progress at almost any time */
static void *read_until_error(void *arg)
{
	struct ism *ism = arg;
	unsigned int i;
	long ret = 8;
	__u64 buf;

	for (i = 0; i < READS && ret == 8; i++)
		ret = vfio_read(&ism->fn, ISM_BAR_COMMAND, 0, &buf, 8);
	return (void *)ret;
}

/* A load is in progress when the function enters the error state */
TEST_F(latency, error_state)
{
	pthread_t thread;
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, read_until_error, &self->a));
	usleep(latency_us / 2);
	ASSERT_EQ(0, lab_error_state(&self->a.fn, LAB_EVENT_NONE));
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(-EIO, (long)ret);
}

int main(int argc, char **argv)
{
	latency_us = argc > 1 ? atol(argv[1]) : 0;
	if (latency_us <= 0 || vfio_find(DRIVER, bdf, 2) < 2) {
		ksft_print_header();
		ksft_exit_fail_msg("needs a latency and two functions that have it\n");
	}
	return test_harness_run(1, argv);
}
