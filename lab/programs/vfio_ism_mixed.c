// SPDX-License-Identifier: GPL-2.0
/*
 * One ISM function in user space, one bound to the kernel's own driver
 *
 * usage: vfio_ism_mixed BDF [TO FROM], bound to ism_vfio_pci, with the lab's module
 * ism_client loaded as a client of the other function. If that is in another machine,
 * TO and FROM are pipes: one takes commands for its shell, the other has their output
 * and then "= " and their exit code.
 *
 * What one side moves into the other's DMB and signals, the other side
 * receives: the data, the interrupt with the bit of the element, a software
 * event, and the event when the DMB is gone. In both directions.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/data.h"
#include "lib/ism.h"

#define KERNEL		"/sys/module/ism_client/parameters/"

/* As in ism_client_mixed.c */
#define DMB_LEN		65536
#define ELEMENT		5
#define SEED_TO_KERNEL	0x2a
#define SEED_TO_USER	0x15
#define SIGNAL_CODE	0x5a15
#define SIGNAL_INFO	0x1122334455667788
#define EVENT_DMB_GONE	4

#define SBA_IDX		32
#define TIMEOUT_MS	5000
#define PARTS		(DMB_LEN / ISM_PAGE_SIZE)

static struct ism ism;
static struct ism_dmb dmb = { .len = DMB_LEN, .sba_idx = SBA_IDX };
static __u8 *mem, *data;
static __u64 kernel_gid, gid, kernel_tok;

/* The shell of the other machine; NULL if the module is loaded here */
static FILE *to, *from;

/* Run a command in the other machine; returns the last line of its output in @buf */
static int run_there(const char *command, char *buf, size_t len)
{
	char line[256];

	if (len)
		buf[0] = 0;
	fprintf(to, "%s\n", command);
	fflush(to);
	while (fgets(line, sizeof(line), from)) {
		if (!strncmp(line, "= ", 2))
			return strcmp(line, "= 0\n") ? -EIO : 0;
		if (len)
			snprintf(buf, len, "%.*s", (int)len - 1, line);
	}
	return -EPIPE;
}

static int get_here(const char *path, char *buf, size_t len)
{
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n < 0)
		return -errno;
	buf[n] = 0;
	return 0;
}

static int get(const char *name, char *buf, size_t len)
{
	char command[128];

	snprintf(command, sizeof(command), "cat " KERNEL "%s", name);
	if (to)
		return run_there(command, buf, len);
	return get_here(command + strlen("cat "), buf, len);
}

static __u64 get_number(const char *name)
{
	char buf[32];

	return get(name, buf, sizeof(buf)) ? 0 : strtoull(buf, NULL, 0);
}

static int set_number(const char *name, __u64 val)
{
	char path[128], buf[32], command[192];

	snprintf(path, sizeof(path), KERNEL "%s", name);
	snprintf(buf, sizeof(buf), "%#llx", (unsigned long long)val);
	if (!to)
		return vfio_write_file(path, buf);
	snprintf(command, sizeof(command), "echo %s > %s", buf, path);
	return run_there(command, NULL, 0);
}

/* Wait until the kernel's side has received this */
static bool kernel_got(const char *what)
{
	char buf[64];
	int ms;

	for (ms = 0; ms < TIMEOUT_MS; ms += 10) {
		if (!get("got", buf, sizeof(buf)) && strstr(buf, what))
			return true;
		usleep(10000);
	}
	return false;
}

static bool is_event(__u32 type, __u32 code, __u64 tok)
{
	const struct ism_event *e = ism_next_event(&ism, TIMEOUT_MS);

	return e && be32toh(e->type) == type && be32toh(e->code) == code &&
	       be64toh(e->tok) == tok;
}

static int setup(const char *bdf)
{
	int ret;

	ret = ism_open(&ism, bdf, VFIO_MODE_IOMMUFD) ?: ism_register(&ism) ?:
	      ism_read_gid(&ism, &gid) ?: ism_query_rgid(&ism, kernel_gid) ?:
	      vfio_map(&ism.fn, mem, DMB_LEN, &dmb.iova);
	dmb.rgid = kernel_gid;
	return ret ?: ism_reg_dmb(&ism, &dmb);
}

static int move_to_kernel(void)
{
	unsigned int i;
	int ret = 0;

	fill(data, DMB_LEN, SEED_TO_KERNEL);
	for (i = 0; i < PARTS && !ret; i++)
		ret = ism_move(&ism, kernel_tok, ELEMENT, i == PARTS - 1,
			       i * ISM_PAGE_SIZE, data + i * ISM_PAGE_SIZE,
			       ISM_PAGE_SIZE);
	return ret;
}

static void to_kernel(void)
{
	int ret;

	ret = set_number("peer", gid);
	kernel_tok = get_number("token");
	ksft_test_result(!ret && kernel_tok, "the kernel registers a DMB: %d\n",
			 ret);
	ret = move_to_kernel();
	ksft_test_result(!ret, "user space moves data into it: %d\n", ret);
	ksft_test_result(kernel_got("data"), "the kernel has the data\n");
	ksft_test_result(kernel_got("irq"), "the kernel is interrupted\n");
	ret = ism_signal_ieq(&ism, kernel_gid, SIGNAL_CODE, SIGNAL_INFO);
	ksft_test_result(!ret && kernel_got("event"),
			 "the kernel gets an event: %d\n", ret);
}

static void to_user(void)
{
	__u16 mask = 0;
	int ret;

	ret = set_number("send", dmb.tok);
	ksft_test_result(!ret, "the kernel moves data and signals: %d\n", ret);
	fill(data, DMB_LEN, SEED_TO_USER);
	ksft_test_result(!memcmp(mem, data, DMB_LEN),
			 "user space has the data\n");
	ret = ism_wait(&ism, TIMEOUT_MS);
	ksft_test_result(!ret && ism_signalled(&ism, SBA_IDX, &mask) &&
			 mask == 0x8000 >> ELEMENT,
			 "user space is interrupted: %d, mask %04x\n", ret, mask);
	ksft_test_result(is_event(2, SIGNAL_CODE, kernel_gid),
			 "user space gets an event\n");
}

static void take_back(void)
{
	int ret;

	ret = set_number("peer", 0);
	ksft_test_result(!ret && is_event(0, EVENT_DMB_GONE, kernel_tok),
			 "user space learns that the kernel's DMB is gone: %d\n",
			 ret);
	ret = ism_unreg_dmb(&ism, dmb.tok);
	ksft_test_result(!ret && kernel_got("gone"),
			 "the kernel learns that user space's DMB is gone: %d\n",
			 ret);
}

int main(int argc, char **argv)
{
	int ret;

	if (argc != 2 && argc != 4)
		ksft_exit_fail_msg("usage: %s BDF [TO FROM]\n", argv[0]);
	if (argc == 4) {
		to = fopen(argv[2], "w");
		from = fopen(argv[3], "r");
		if (!to || !from)
			ksft_exit_fail_msg("the pipes cannot be opened\n");
	}
	ksft_print_header();
	mem = mmap(NULL, DMB_LEN, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	data = malloc(DMB_LEN);
	if (mem == MAP_FAILED || !data)
		ksft_exit_fail_msg("no memory\n");
	memset(mem, 0, DMB_LEN);
	kernel_gid = get_number("gid");
	ret = setup(argv[1]);
	if (ret)
		ksft_exit_fail_msg("%s or its way to the kernel's function: %d\n",
				   argv[1], ret);
	ksft_print_msg("user space %016llx, kernel %016llx\n",
		       (unsigned long long)gid, (unsigned long long)kernel_gid);
	ksft_set_plan(11);
	to_kernel();
	to_user();
	take_back();
	ism_unregister(&ism);
	ism_close(&ism);
	ksft_finished();
}
