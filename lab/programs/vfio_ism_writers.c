// SPDX-License-Identifier: GPL-2.0
/*
 * Several writers to one ISM function, with one file descriptor
 *
 * A writer or reader that waits for a page fault in its buffer delays neither
 * other writers nor a reset, and can be killed. Userfaultfd makes the fault
 * last.
 *
 * usage: vfio_ism_writers [SENDER RECEIVER]
 *
 * With two functions it measures instead of testing: the writes of 4096 bytes
 * per second by 1, 2 and 4 threads, and the same with an additional thread that
 * is stuck. Prints a line for each: threads, 1 if one is stuck, writes per
 * second.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/userfaultfd.h>

#include "../kselftest_harness.h"
#include "lib/data.h"
#include "lib/ism.h"
#include "lib/pair.h"

#define DRIVER		"ism_vfio_pci"
#define SBA_IDX		32
#define MAX_WRITERS	4
#define WRITES		100
#define DMB_LEN		(64 * 1024)	/* first page: for the stuck thread */
#define HANG_MS		5000
#define RUN_S		2

static struct pair {
	struct ism a, b;		/* A writes into B's DMB */
	struct ism_dmb dmb;
	__u8 *mem;
} pair;

static int pair_open(const char *bdf_a, const char *bdf_b)
{
	struct pair *p = &pair;

	p->dmb = (struct ism_dmb) { .len = DMB_LEN, .sba_idx = SBA_IDX };
	return ism_open_any(&p->a, bdf_a) ?: ism_open_any(&p->b, bdf_b) ?:
	       ism_connect(&p->a, &p->b, &p->dmb, &p->mem);
}

static void pair_close(void)
{
	ism_close(&pair.a);
	ism_close(&pair.b);
	munmap(pair.mem, DMB_LEN);
}

static ssize_t write_page(unsigned int nr, const void *data, size_t len)
{
	return vfio_write(&pair.a.fn, ISM_BAR_DATA,
			  pair.dmb.tok + nr * ISM_PAGE_SIZE, data, len);
}

/* A stuck thread: its buffer is @page, which is absent until stuck_end() */
struct stuck {
	bool write;
	size_t len;
	int uffd;
	__u8 *page;
	pthread_t thread;
	ssize_t ret;
};

static int stuck_page(struct stuck *s)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	s->page = mmap(NULL, ISM_PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->page == MAP_FAILED)
		return -errno;
	s->uffd = syscall(__NR_userfaultfd, O_CLOEXEC);
	if (s->uffd < 0)
		return -errno;
	reg.range.start = (unsigned long)s->page;
	reg.range.len = ISM_PAGE_SIZE;
	if (ioctl(s->uffd, UFFDIO_API, &api) ||
	    ioctl(s->uffd, UFFDIO_REGISTER, &reg))
		return -errno;
	return 0;
}

static void *stuck_access(void *arg)
{
	struct stuck *s = arg;

	if (s->write)
		s->ret = write_page(0, s->page, s->len);
	else
		s->ret = vfio_read(&pair.a.fn, ISM_BAR_COMMAND, 0, s->page,
				   s->len);
	return NULL;
}

/* Returns when the page fault has occurred; does not resolve it */
static int stuck_begin(struct stuck *s)
{
	struct pollfd pfd = { .events = POLLIN };
	struct uffd_msg msg;
	int ret;

	ret = stuck_page(s);
	if (ret)
		return ret;
	ret = pthread_create(&s->thread, NULL, stuck_access, s);
	if (ret)
		return -ret;
	pfd.fd = s->uffd;
	if (poll(&pfd, 1, HANG_MS) != 1)
		return -ETIME;
	if (read(s->uffd, &msg, sizeof(msg)) != sizeof(msg))
		return -EIO;
	return msg.event == UFFD_EVENT_PAGEFAULT ? 0 : -EINVAL;
}

/* Resolve the fault with @data; returns the result of the access */
static ssize_t stuck_end(struct stuck *s, const void *data)
{
	struct uffdio_copy copy = {
		.dst = (unsigned long)s->page,
		.src = (unsigned long)data,
		.len = ISM_PAGE_SIZE,
	};

	if (ioctl(s->uffd, UFFDIO_COPY, &copy))
		return -errno;
	pthread_join(s->thread, NULL);
	close(s->uffd);
	return s->ret;
}

/* Other writers, each with its own page of the DMB */
struct writer {
	pthread_t thread;
	unsigned int nr;
	unsigned long limit, done;
	int err;
};

static atomic_bool stop;

static void *writer(void *arg)
{
	struct writer *w = arg;
	__u8 data[ISM_PAGE_SIZE];
	ssize_t ret;

	memset(data, w->nr, sizeof(data));
	while (w->done < w->limit && !atomic_load(&stop)) {
		ret = write_page(w->nr, data, sizeof(data));
		if (ret != sizeof(data)) {
			w->err = ret < 0 ? ret : -EIO;
			break;
		}
		w->done++;
	}
	return NULL;
}

static int writers_start(struct writer *w, unsigned int n, unsigned long limit)
{
	unsigned int i;
	int ret = 0;

	atomic_store(&stop, false);
	for (i = 0; i < n && !ret; i++) {
		w[i] = (struct writer) { .nr = i + 1, .limit = limit };
		ret = pthread_create(&w[i].thread, NULL, writer, &w[i]);
	}
	return -ret;
}

static int writers_join(struct writer *w, unsigned int n, unsigned long *done)
{
	unsigned int i;
	int ret = 0;

	*done = 0;
	for (i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		*done += w[i].done;
		ret = ret ?: w[i].err;
	}
	return ret;
}

static char bdf[2][VFIO_BDF_LEN];

FIXTURE(stuck) {
	__u8 data[ISM_PAGE_SIZE];
	struct stuck stuck;
};

FIXTURE_VARIANT(stuck) {
	bool write;
	size_t len;
};

FIXTURE_VARIANT_ADD(stuck, write_64) { .write = true, .len = 64 };
FIXTURE_VARIANT_ADD(stuck, write_4096) { .write = true, .len = 4096 };
FIXTURE_VARIANT_ADD(stuck, read_8) { .len = 8 };
FIXTURE_VARIANT_ADD(stuck, read_4096) { .len = 4096 };

FIXTURE_SETUP(stuck)
{
	ASSERT_EQ(0, pair_open(bdf[0], bdf[1]));
	memset(self->data, 0x5a, sizeof(self->data));
	self->stuck = (struct stuck) {
		.write = variant->write, .len = variant->len,
	};
}

FIXTURE_TEARDOWN(stuck)
{
	pair_close();
}

/* No thread waits for the stuck one, which completes afterwards */
TEST_F(stuck, others_write)
{
	struct writer w[MAX_WRITERS];
	unsigned long done;
	unsigned int i;

	ASSERT_EQ(0, stuck_begin(&self->stuck));
	ASSERT_EQ(0, writers_start(w, MAX_WRITERS, WRITES));
	ASSERT_EQ(0, writers_join(w, MAX_WRITERS, &done));
	EXPECT_EQ(MAX_WRITERS * WRITES, done);
	for (i = 1; i <= MAX_WRITERS; i++)
		EXPECT_EQ(i, pair.mem[i * ISM_PAGE_SIZE]);
	EXPECT_TRUE(all_poison(pair.mem, ISM_PAGE_SIZE));

	EXPECT_EQ(variant->len, stuck_end(&self->stuck, self->data));
	if (variant->write)
		EXPECT_EQ(0, memcmp(pair.mem, self->data, variant->len));
}

/* The reset removes the DMB, so that a write fails */
TEST_F(stuck, reset)
{
	ssize_t ret;

	ASSERT_EQ(0, stuck_begin(&self->stuck));
	ASSERT_EQ(0, ioctl(pair.a.fn.device, VFIO_DEVICE_RESET));
	ASSERT_EQ(0, ioctl(pair.b.fn.device, VFIO_DEVICE_RESET));
	ret = stuck_end(&self->stuck, self->data);
	if (variant->write)
		EXPECT_GT(0, ret);
	EXPECT_EQ(POISON, pair.mem[0]);
}

static void child_gets_stuck(struct stuck *s, int ready)
{
	if (stuck_begin(s) || write(ready, "", 1) != 1)
		_exit(1);
	pause();
	_exit(2);
}

TEST_F(stuck, killed)
{
	int ready[2], status, ms;
	pid_t child, gone = 0;
	char c;

	ASSERT_EQ(0, pipe(ready));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		child_gets_stuck(&self->stuck, ready[1]);
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &c, 1));
	ASSERT_EQ(0, kill(child, SIGKILL));
	for (ms = 0; ms < HANG_MS && !gone; ms += 10) {
		gone = waitpid(child, &status, WNOHANG);
		usleep(10000);
	}
	ASSERT_EQ(child, gone);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(POISON, pair.mem[0]);
	EXPECT_EQ(64, write_page(1, self->data, 64));
	EXPECT_EQ(0, memcmp(pair.mem + ISM_PAGE_SIZE, self->data, 64));
}

/* Measuring */

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static double rate(unsigned int n)
{
	struct writer w[MAX_WRITERS];
	double start = seconds();
	unsigned long done;

	if (writers_start(w, n, -1UL))
		errx(1, "no threads");
	sleep(RUN_S);
	atomic_store(&stop, true);
	if (writers_join(w, n, &done))
		errx(1, "a write failed");
	return done / (seconds() - start);
}

static void measure_rate(unsigned int n, bool is_stuck)
{
	struct stuck s = { .write = true, .len = ISM_PAGE_SIZE };
	static __u8 data[ISM_PAGE_SIZE];
	double r;

	if (is_stuck && stuck_begin(&s))
		errx(1, "a writer that is stuck");
	r = rate(n);
	if (is_stuck && stuck_end(&s, data) != ISM_PAGE_SIZE)
		errx(1, "the writer that was stuck");
	printf("%u %d %.0f\n", n, is_stuck, r);
}

static int measure(const char *sender, const char *receiver)
{
	unsigned int n;

	if (pair_open(sender, receiver))
		errx(1, "%s and %s cannot be used", sender, receiver);
	for (n = 1; n <= MAX_WRITERS; n *= 2) {
		measure_rate(n, false);
		measure_rate(n, true);
	}
	pair_close();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && argv[1][0] != '-')
		return measure(argv[1], argv[2]);
	ism_find_two(DRIVER, bdf);
	return test_harness_run(argc, argv);
}
