// SPDX-License-Identifier: GPL-2.0
/*
 * Two machines store into each other's memory while bad things happen to one
 *
 * usage: vfio_ism_fabric stay BDF OTHER
 *        vfio_ism_fabric suffer BDF OTHER
 *
 * OTHER is the GID of the function in the other machine, in which the other form
 * runs. Both functions must be bound to ism_vfio_pci. The machine that stays asks
 * the other one by events to reset its function and to unplug it, and the
 * lab, by lines "signal: SIGNAL NR", to stop and to kill it. Then it boots again.
 *
 * The machine that stays prints the results: stores end with the right error and
 * in time, it gets the event, and afterwards the other one is reached again.
 */
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/ism.h"

#define DMB_LEN		(64 * 1024)
#define SBA_IDX		32
#define THREADS		4
#define OTHER_MS	60000	/* to boot, or to notice */
#define TIMEOUT_MS	5000	/* ISM_FABRIC_TIMEOUT_MS in lab/qemu */
#define SOON_MS		2000	/* not a timeout, on a busy host */

/* Events */
enum {
	CODE_TOKEN = 0x5e10,	/* info: my DMB for you */
	CODE_RESET,		/* reset your function and send a new token */
	CODE_UNPLUG,
	CODE_TRY,		/* info: a token; try it */
	CODE_TRIED,		/* info: the error */
};

static struct ism ism;
static struct ism_dmb dmb = { .len = DMB_LEN, .sba_idx = SBA_IDX };
static __u64 *memory;
static __u64 their_tok;

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void need(int ret, const char *what)
{
	if (ret)
		ksft_exit_fail_msg("%s: %d\n", what, ret);
}

/* The other side may not be there yet, or not listen yet */
static void tell(__u32 code, __u64 info)
{
	long long end = now_ms() + OTHER_MS;
	int ret;

	while ((ret = ism_signal_ieq(&ism, dmb.rgid, code, info)) > 0 &&
	       now_ms() < end)
		usleep(100000);
	need(ret, "send an event to the other machine");
}

static void offer(void)
{
	need(ism_reg_dmb(&ism, &dmb), "register the DMB");
	tell(CODE_TOKEN, dmb.tok);
}

static void start(void)
{
	memory = mmap(NULL, DMB_LEN, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		need(-errno, "mmap");
	need(vfio_map(&ism.fn, memory, DMB_LEN, &dmb.iova), "map the DMB");
	need(ism_register(&ism), "register SBA and event queue");
}

/* Wait for an event of this code, or of this type from the device. */
static bool wait_event(__u32 type, __u32 code, int ms, __u64 *info)
{
	long long end = now_ms() + ms;
	const struct ism_event *e;

	while ((e = ism_next_event(&ism, end - now_ms()))) {
		if (be32toh(e->type) != type || be32toh(e->code) != code)
			continue;
		*info = be64toh(type == ISM_EVENT_SOFTWARE ? e->info : e->tok);
		return true;
	}
	return false;
}

/* Stores of all CPUs, each to a page of its own, until one fails or time is over */
static struct storm {
	pthread_t thread[THREADS];
	__u64 tok;
	long long end;
	unsigned long stores;
	unsigned long longest_ms;
	int error;		/* the last one */
	int failed;		/* threads */
	bool go_on;		/* after an error */
} storm;

static void note(int ret, unsigned long ms)
{
	unsigned long longest = __atomic_load_n(&storm.longest_ms,
						__ATOMIC_SEQ_CST);

	while (ms > longest &&
	       !__atomic_compare_exchange_n(&storm.longest_ms, &longest, ms,
					    false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
	if (!ret)
		__atomic_add_fetch(&storm.stores, 1, __ATOMIC_SEQ_CST);
	else
		storm.error = ret;
}

static void *run(void *arg)
{
	__u32 offset = (__u32)(long)arg * ISM_PAGE_SIZE;
	long long begin;
	__u64 n = 0;
	int ret;

	while (now_ms() < storm.end) {
		n++;
		begin = now_ms();
		ret = ism_move(&ism, __atomic_load_n(&storm.tok, __ATOMIC_SEQ_CST),
			       1, n % 16 == 0, offset, &n, sizeof(n));
		note(ret, now_ms() - begin);
		if (!ret)
			continue;
		if (!storm.go_on) {
			__atomic_add_fetch(&storm.failed, 1, __ATOMIC_SEQ_CST);
			break;
		}
		usleep(10000);
	}
	return NULL;
}

static void begin_storm(int ms, bool go_on)
{
	long i;

	storm = (struct storm) {
		.tok = their_tok, .end = now_ms() + ms, .go_on = go_on,
	};
	for (i = 0; i < THREADS; i++)
		need(pthread_create(&storm.thread[i], NULL, run, (void *)i),
		     "pthread_create");
}

static void end_storm(void)
{
	int i;

	for (i = 0; i < THREADS; i++)
		pthread_join(storm.thread[i], NULL);
}

static int store_once(__u64 tok)
{
	__u64 n = 0;

	return ism_move(&ism, tok, 0, false, DMB_LEN - sizeof(n), &n, sizeof(n));
}

/* Stores reach the other side, and those of the other side reach us */
static void check_both_ways(const char *when)
{
	__u64 before = __atomic_load_n(memory, __ATOMIC_SEQ_CST);
	long long end = now_ms() + OTHER_MS;
	int ret;

	while ((ret = store_once(their_tok)) && now_ms() < end)
		usleep(10000);
	while (__atomic_load_n(memory, __ATOMIC_SEQ_CST) == before &&
	       now_ms() < end)
		usleep(10000);
	ksft_test_result(!ret && now_ms() < end,
			 "%s, stores arrive both ways: %d\n", when, ret);
}

/*
 * All CPUs got this error, each at most @ms late, and event 7 came. 0: -ENXIO or, if
 * the owner's DMA is disabled earlier than its buffers are gone, -EIO
 */
static void check_error(const char *when, int error, unsigned long ms)
{
	__u64 gid = 0;
	bool event;

	end_storm();
	event = wait_event(ISM_EVENT_DEVICE, ISM_CODE_GID_DISABLED, SOON_MS, &gid);
	if (!error)
		error = storm.error == -EIO ? -EIO : -ENXIO;
	ksft_test_result(storm.failed == THREADS && storm.error == error &&
			 storm.longest_ms <= ms,
			 "%s, all CPUs get the error: %d of %d, %d, after %lu ms\n",
			 when, storm.failed, THREADS, storm.error,
			 storm.longest_ms);
	ksft_test_result(event && gid == dmb.rgid, "the GID is disabled\n");
}

/* The other side has a new DMB, and we offer it one */
static void reconnect(void)
{
	if (!wait_event(ISM_EVENT_SOFTWARE, CODE_TOKEN, OTHER_MS, &their_tok))
		ksft_exit_fail_msg("the other machine offers no DMB\n");
	if (dmb.tok)
		need(ism_unreg_dmb(&ism, dmb.tok), "unregister the DMB");
	offer();
}

static void test_storm(void)
{
	begin_storm(5000, false);
	end_storm();
	ksft_test_result(!storm.failed && storm.stores,
			 "all CPUs of both machines store: %lu, at most %lu ms\n",
			 storm.stores, storm.longest_ms);
}

static void test_reset(void)
{
	begin_storm(OTHER_MS, false);
	usleep(100000);
	tell(CODE_RESET, 0);
	check_error("when the other function is reset", 0, SOON_MS);
	reconnect();
	check_both_ways("after that");
}

static void test_stop(void)
{
	long long begin;
	int ret;

	begin_storm(OTHER_MS, false);
	usleep(100000);
	printf("signal: STOP 2\n");
	check_error("when the other machine is stopped", -EIO,
		    TIMEOUT_MS + SOON_MS);
	begin = now_ms();
	ret = store_once(their_tok);
	ksft_test_result(ret == -EIO && now_ms() - begin < SOON_MS,
			 "the next store fails at once: %d\n", ret);
	printf("signal: CONT 2\n");
	check_both_ways("when it continues");
}

static void test_kill(void)
{
	__u64 old = dmb.tok, error = 0;

	begin_storm(OTHER_MS, false);
	usleep(100000);
	printf("signal: KILL 2\n");
	check_error("when the other machine is killed", -ENXIO, SOON_MS);
	if (!wait_event(ISM_EVENT_SOFTWARE, CODE_TOKEN, OTHER_MS, &their_tok))
		ksft_exit_fail_msg("the other machine does not come back\n");
	tell(CODE_TRY, old);
	ksft_test_result(wait_event(ISM_EVENT_SOFTWARE, CODE_TRIED, OTHER_MS,
				    &error) && error == ENXIO,
			 "the new one has no right to the DMB of the old one: %lld\n",
			 error);
	need(ism_unreg_dmb(&ism, dmb.tok), "unregister the DMB");
	offer();
	check_both_ways("when it is back");
}

/* The other function is disabled first. It leaves when its kernel has removed it. */
static void test_unplug(void)
{
	long long end;
	int ret;

	begin_storm(OTHER_MS, false);
	usleep(100000);
	tell(CODE_UNPLUG, 0);
	check_error("when the other function is unplugged", 0, SOON_MS);
	end = now_ms() + OTHER_MS;
	while (!(ret = ism_query_rgid(&ism, dmb.rgid)) && now_ms() < end)
		usleep(10000);
	ksft_test_result(ret > 0, "it is gone: %d\n", ret);
}

static void stay(void)
{
	ksft_print_header();
	ksft_set_plan(17);
	reconnect();
	check_both_ways("at first");
	test_storm();
	test_reset();
	test_stop();
	test_kill();
	test_storm();
	test_unplug();
	ksft_finished();
}

static void reset(void)
{
	if (ioctl(ism.fn.device, VFIO_DEVICE_RESET))
		need(-errno, "reset");
	need(vfio_enable(&ism.fn), "enable");
	ism.events = 0;
	memset(ism.ieq, 0, sizeof(*ism.ieq));
	need(ism_register(&ism), "register SBA and event queue");
	offer();
}

/* The kernel asks us to close it; then the other side sees that it is gone */
static void unplug(void)
{
	int request = vfio_irq_enable(&ism.fn, VFIO_PCI_REQ_IRQ_INDEX);

	storm.end = 0;
	printf("host: device_del ism2\n");
	while (!vfio_irq_pending(request))
		usleep(10000);
	end_storm();
	ism_close(&ism);
}

/* Stores all the time, whatever happens */
static void suffer(void)
{
	const struct ism_event *e;
	__u64 info;

	begin_storm(10 * OTHER_MS, true);
	offer();
	while ((e = ism_next_event(&ism, 2 * OTHER_MS))) {
		if (be32toh(e->type) != ISM_EVENT_SOFTWARE)
			continue;
		info = be64toh(e->info);
		switch (be32toh(e->code)) {
		case CODE_TOKEN:
			__atomic_store_n(&storm.tok, info, __ATOMIC_SEQ_CST);
			break;
		case CODE_TRY:
			tell(CODE_TRIED, -store_once(info));
			break;
		case CODE_RESET:
			reset();
			break;
		case CODE_UNPLUG:
			unplug();
			return;
		}
	}
	ksft_exit_fail_msg("the other machine is silent\n");
}

int main(int argc, char **argv)
{
	bool stays = argc == 4 && !strcmp(argv[1], "stay");

	if (!stays && (argc != 4 || strcmp(argv[1], "suffer"))) {
		fprintf(stderr, "usage: %s stay|suffer BDF OTHER\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	dmb.rgid = strtoull(argv[3], NULL, 0);
	need(ism_open_any(&ism, argv[2]), argv[2]);
	start();
	if (stays)
		stay();
	else
		suffer();
	return 0;
}
