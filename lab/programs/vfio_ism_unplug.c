// SPDX-License-Identifier: GPL-2.0
/*
 * An ISM function is unplugged while a program uses it
 *
 * usage: vfio_ism_unplug FUNCTION PEER ID, both bound to ism_vfio_pci. ID is the
 * name of PEER in QEMU.
 *
 * The kernel asks the program to close PEER. Until it does, everything works as
 * before, but nobody else can open the function. Then it is gone, and FUNCTION
 * reports errors for stores to it. At no point does anything hang, and no data
 * is wrong. A function that is plugged later inherits none of the rights of
 * PEER, even if it has the same GID. It gets that GID only if requested.
 *
 * When it is time to unplug or plug a function, the program prints a line
 * "host: COMMAND", with a command for QEMU's monitor.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lib/ism.h"
#include "lib/pair.h"

#define DRIVER		"ism_vfio_pci"
#define DMB_LEN		(64 * 1024)
#define SBA_IDX		32
#define HANG_S		30
#define AFTER		100	/* operations after the request */

static const char *name_a, *name_b, *id;

struct pair {
	struct ism a, b;
	struct ism_dmb dmb;	/* of B, for A */
	struct ism_dmb back;	/* of A, for B */
	__u8 *mem;
	__u64 gid_a, gid_b;
	int request;
};

FIXTURE(unplug) {
	struct pair pair;
};

FIXTURE_SETUP(unplug)
{
	struct pair *p = &self->pair;

	ASSERT_EQ(0, ism_open(&p->a, name_a, VFIO_MODE_IOMMUFD));
	ASSERT_EQ(0, ism_open(&p->b, name_b, VFIO_MODE_IOMMUFD));
	ASSERT_EQ(0, ism_read_gid(&p->a, &p->gid_a));
	ASSERT_EQ(0, ism_read_gid(&p->b, &p->gid_b));
	p->dmb = (struct ism_dmb) { .len = DMB_LEN, .sba_idx = SBA_IDX };
	ASSERT_EQ(0, ism_connect(&p->a, &p->b, &p->dmb, &p->mem));
	ASSERT_EQ(0, ism_register(&p->a));
	p->back = p->dmb;
	p->back.rgid = p->gid_b;
	ASSERT_EQ(0, vfio_map(&p->a.fn, p->mem, DMB_LEN, &p->back.iova));
	ASSERT_EQ(0, ism_reg_dmb(&p->a, &p->back));
	p->request = vfio_irq_enable(&p->b.fn, VFIO_PCI_REQ_IRQ_INDEX);
	ASSERT_LE(0, p->request);
}

FIXTURE_TEARDOWN(unplug)
{
	ism_close(&self->pair.a);
	ism_close(&self->pair.b);
}

static bool in_sysfs(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", name);
	return !access(path, F_OK);
}

/* Move data to the function, and get a response from it */
static void use_both(struct __test_metadata *_metadata, struct pair *p)
{
	static __u8 data[ISM_PAGE_SIZE];
	static unsigned int n;
	__u32 off = n++ * ISM_PAGE_SIZE % DMB_LEN;
	__u64 gid;

	memset(data, n, sizeof(data));
	ASSERT_EQ(0, ism_move(&p->a, p->dmb.tok, 0, n % 2, off, data,
			      sizeof(data)));
	ASSERT_EQ(0, memcmp(p->mem + off, data, sizeof(data)));
	ASSERT_EQ(0, ism_read_gid(&p->b, &gid));
	ASSERT_EQ(p->gid_b, gid);
}

static int store_back(struct pair *p)
{
	static const __u8 data[8];

	return ism_move(&p->b, p->back.tok, 0, false, 0, data, sizeof(data));
}

static void let_go(struct __test_metadata *_metadata, struct pair *p, __u64 gid)
{
	time_t end = time(NULL) + HANG_S;

	ism_close(&p->b);
	while (in_sysfs(name_b)) {
		usleep(10000);
		ASSERT_GT(end, time(NULL)) {
			TH_LOG("the function is still there");
		}
	}
	/* removed from Linux first, and from the machine a little later */
	while (!ism_query_rgid(&p->a, gid)) {
		usleep(10000);
		ASSERT_GT(end, time(NULL)) {
			TH_LOG("the peer can still be reached");
		}
	}
}

/* Replace the removed function by one with @gid, or 0 to let QEMU choose */
static void plug(struct __test_metadata *_metadata, struct pair *p, __u64 gid)
{
	time_t end = time(NULL) + HANG_S;
	int ret;

	printf("host: device_add ism,id=%s,gid=%#llx\n", id, gid);
	fflush(stdout);
	while (!in_sysfs(name_b)) {
		usleep(10000);
		ASSERT_GT(end, time(NULL)) {
			TH_LOG("no function appears");
		}
	}
	ASSERT_EQ(0, vfio_write_sysfs(name_b, "driver_override", DRIVER));
	ASSERT_EQ(0, vfio_write_sysfs(name_b, "subsystem/drivers_probe", name_b));
	/*
	 * The kernel probes a new function as well. drivers_probe does not wait
	 * for that, and until the end of it the cdev is missing, or ENODEV.
	 */
	while ((ret = ism_open(&p->b, name_b, VFIO_MODE_IOMMUFD))) {
		ASSERT_TRUE(ret == -ENODEV || ret == -ENOENT);
		ASSERT_GT(end, time(NULL));
		usleep(10000);
	}
}

TEST_F_TIMEOUT(unplug, during_io, 4 * HANG_S)
{
	struct pair *p = &self->pair;
	const __u8 data[8] = {};
	struct vfio_function fn;
	time_t end;
	__u64 gid;
	int i;

	use_both(_metadata, p);
	ASSERT_EQ(0, store_back(p));
	printf("host: device_del %s\n", id);
	fflush(stdout);
	for (end = time(NULL) + HANG_S; !vfio_irq_pending(p->request);) {
		use_both(_metadata, p);
		ASSERT_GT(end, time(NULL)) {
			TH_LOG("the kernel does not ask to close the function");
		}
	}
	for (i = 0; i < AFTER; i++)
		use_both(_metadata, p);
	EXPECT_GT(0, vfio_open(&fn, name_b, VFIO_MODE_IOMMUFD));
	EXPECT_TRUE(in_sysfs(name_b));

	let_go(_metadata, p, p->gid_b);
	EXPECT_EQ(-ENOENT, vfio_open(&fn, name_b, VFIO_MODE_IOMMUFD));
	EXPECT_EQ(-ENXIO, ism_move(&p->a, p->dmb.tok, 0, true, 0, data,
				   sizeof(data)));
	ASSERT_EQ(0, ism_read_gid(&p->a, &gid));
	EXPECT_EQ(p->gid_a, gid);

	plug(_metadata, p, p->gid_b);
	EXPECT_EQ(-ENXIO, store_back(p));
	printf("host: device_del %s\n", id);
	fflush(stdout);
	let_go(_metadata, p, p->gid_b);
	plug(_metadata, p, 0);
	ASSERT_EQ(0, ism_read_gid(&p->b, &gid));
	EXPECT_NE(p->gid_a, gid);
	EXPECT_NE(p->gid_b, gid);
	EXPECT_EQ(-ENXIO, store_back(p));
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		ksft_print_header();
		ksft_exit_skip("usage: %s FUNCTION PEER ID\n", argv[0]);
	}
	name_a = argv[1];
	name_b = argv[2];
	id = argv[3];
	return test_harness_run(1, argv);
}
