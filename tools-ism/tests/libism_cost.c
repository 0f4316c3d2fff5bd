// SPDX-License-Identifier: GPL-2.0
/*
 * The cost of a channel in PCI instructions, as the machine counts them, and in time
 *
 * usage: libism_cost BDF BDF	two functions of this machine that reach each other
 *        libism_cost BDF GID	GID is that of a function in another machine, where
 *        libism_cost serve BDF	runs
 *
 * With two functions, two processes use one each. Messages have a length that divides
 * 4096, so that none crosses 4 KiB of the ring, which would take another instruction.
 * Prints a line for each kind of use, and exits with 1 if one takes more instructions
 * than the limits below.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libism.h>

#include "fmb.h"

#define PORT		7
#define MIB		(1024 * 1024)
#define BULK_MIB	16
#define MESSAGES	200
#define MESSAGE_LEN	64
#define IDLE_S		3

static unsigned char buf[MIB];
static char **bdf;
static unsigned int functions = 2;	/* of this machine */
static bool too_much;

struct costs {
	struct fmb fmb;
	double s;
};

static void wait_for_more(struct libism *ism)
{
	struct pollfd pfd = { .fd = libism_fd(ism), .events = POLLIN };

	if (poll(&pfd, 1, 10000) != 1)
		errx(1, "%s: nothing arrives", libism_bdf(ism));
	if (libism_dispatch(ism))
		err(1, "%s", libism_bdf(ism));
}

static size_t read_some(struct libism *ism, struct libism_channel *channel, void *to,
			size_t len)
{
	ssize_t n;

	while ((n = libism_channel_read(channel, to, len)) < 0) {
		if (errno != EAGAIN)
			err(1, "read");
		wait_for_more(ism);
	}
	return n;
}

static void write_all(struct libism *ism, struct libism_channel *channel, size_t len,
		      int flags)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = libism_channel_write(channel, buf + done, len - done, flags);
		if (n < 0 && errno != EAGAIN)
			err(1, "write");
		if (n > 0)
			done += n;
		if (done < len)
			wait_for_more(ism);
	}
}

static struct libism *open_function(const char *name)
{
	const struct libism_opts opts = { .bdf = name };
	struct libism *ism;

	if (libism_open(&ism, &opts))
		err(1, "%s", name);
	return ism;
}

/* Every byte of the bulk data is compared; then every message is returned */
static void receive(const char *name)
{
	const struct libism_listen_opts opts = { .port = PORT };
	static unsigned char got[MIB];
	struct libism *ism = open_function(name);
	struct libism_listener *listener;
	struct libism_channel *channel;
	size_t n, at = 0;

	if (libism_listen(ism, &listener, &opts))
		err(1, "listen");
	while (libism_accept(listener, &channel))
		wait_for_more(ism);
	while (at < (size_t)BULK_MIB * MIB) {
		n = read_some(ism, channel, got, 65536);
		if (memcmp(got, buf + at % MIB, n < MIB - at % MIB ? n : MIB - at % MIB))
			errx(1, "wrong data at %zu", at);
		at += n;
	}
	libism_channel_write(channel, got, MESSAGE_LEN, 0);
	while ((n = read_some(ism, channel, got, MESSAGE_LEN)))
		libism_channel_write(channel, got, n, 0);
	libism_close(ism);
	exit(0);
}

/* The counts of our functions, and the time */
static struct costs measure(void)
{
	struct costs costs = { 0 };
	struct timespec ts;
	struct fmb fmb;
	unsigned int i;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	costs.s = ts.tv_sec + ts.tv_nsec / 1e9;
	for (i = 0; i < functions; i++) {
		if (fmb_read(bdf[i], &fmb))
			errx(1, "no function measurement");
		costs.fmb.loads += fmb.loads;
		costs.fmb.stores += fmb.stores;
		costs.fmb.blocks += fmb.blocks;
	}
	return costs;
}

static void report(const char *what, const struct costs *before, double per, double limit)
{
	const struct costs now = measure();
	unsigned long loads = now.fmb.loads - before->fmb.loads;
	double blocks = now.fmb.blocks - before->fmb.blocks;

	printf("%-28s PCISTB %8.2f (limit %.0f), PCILG %lu, %.3f ms\n", what, blocks / per,
	       limit, loads, (now.s - before->s) * 1000 / per);
	too_much |= blocks / per > limit || loads || now.fmb.stores != before->fmb.stores;
}

/* The GID of our other function, in a process that then receives */
static uint64_t start_receiver(void)
{
	struct libism *peer = open_function(bdf[1]);
	uint64_t gid = libism_gid(peer);

	libism_close(peer);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		receive(bdf[1]);
	}
	sleep(1);
	return gid;
}

/* The receiver of another machine may not be there yet */
static struct libism_channel *connect_to(struct libism *ism, uint64_t gid)
{
	struct libism_channel *channel;
	time_t end = time(NULL) + 60;

	while (time(NULL) < end) {
		if (!libism_connect(ism, &channel, gid, PORT)) {
			while (libism_channel_status(channel) && errno == EINPROGRESS)
				wait_for_more(ism);
			if (!libism_channel_status(channel))
				return channel;
			libism_channel_close(channel);
		}
		usleep(100000);
	}
	err(1, "connect");
}

static void send_all(uint64_t gid)
{
	struct libism *ism = open_function(bdf[0]);
	struct libism_channel *channel;
	struct libism_counters c;
	struct costs before;
	int i;

	channel = connect_to(ism, gid);
	for (i = 0; i < functions; i++) {
		if (fmb_restart(bdf[i]))
			errx(1, "no function measurement");
	}

	before = measure();
	for (i = 0; i < BULK_MIB; i++)
		write_all(ism, channel, MIB, i < BULK_MIB - 1 ? LIBISM_MORE : 0);
	read_some(ism, channel, buf, MESSAGE_LEN);
	report("bulk, per MiB", &before, BULK_MIB, 270);
	libism_count(ism, &c);
	printf("%-28s %lu of the sender\n", "wakeups", (unsigned long)c.interrupts);
	/* half of the limit of one interrupt for each 64 KiB; 2 for the handshake */
	too_much |= c.interrupts > 8 * BULK_MIB + 2;

	before = measure();
	for (i = 0; i < MESSAGES; i++) {
		write_all(ism, channel, MESSAGE_LEN, 0);
		read_some(ism, channel, buf, MESSAGE_LEN);
	}
	report("message and answer", &before, MESSAGES, 2 * functions);

	before = measure();
	sleep(IDLE_S);
	report("idle", &before, 1, 0);
	libism_channel_close(channel);
	libism_close(ism);
}

int main(int argc, char **argv)
{
	unsigned int i;
	int status;

	if (argc != 3)
		errx(2, "usage: %s BDF BDF | BDF GID | serve BDF", argv[0]);
	bdf = argv + 1;
	for (i = 0; i < sizeof(buf); i++)
		buf[i] = i * 2654435761U >> 24;
	if (!strcmp(bdf[0], "serve"))
		receive(bdf[1]);
	if (strchr(bdf[1], ':')) {
		send_all(start_receiver());
		if (wait(&status) < 0 || status)
			errx(1, "the receiver has failed");
	} else {
		functions = 1;
		send_all(strtoull(bdf[1], NULL, 16));
	}
	if (too_much)
		errx(1, "too many instructions");
	return 0;
}
