// SPDX-License-Identifier: GPL-2.0
/*
 * The cost of a channel in PCI instructions, as the machine counts them
 *
 * usage: libism_cost BDF BDF, two functions that reach each other
 *
 * Two processes use a function each. Messages have a length that divides 4096, so that
 * none crosses 4 KiB of the ring, which would take another instruction. Prints a line for
 * each kind of use, and exits with 1 if one takes more than the limits below.
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
static bool too_much;

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
static void receive(void)
{
	const struct libism_listen_opts opts = { .port = PORT };
	static unsigned char got[MIB];
	struct libism *ism = open_function(bdf[1]);
	struct libism_listener *listener;
	struct libism_channel *channel;
	size_t n, at = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
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

/* The counts of both functions */
static struct fmb measure(void)
{
	struct fmb fmb[2];

	if (fmb_read(bdf[0], &fmb[0]) || fmb_read(bdf[1], &fmb[1]))
		errx(1, "no function measurement");
	fmb[0].loads += fmb[1].loads;
	fmb[0].stores += fmb[1].stores;
	fmb[0].blocks += fmb[1].blocks;
	return fmb[0];
}

static void report(const char *what, const struct fmb *before, double per, double limit)
{
	const struct fmb now = measure();
	unsigned long loads = now.loads - before->loads;
	double blocks = now.blocks - before->blocks;

	printf("%-28s PCISTB %8.2f (limit %.0f), PCILG %lu\n", what, blocks / per, limit,
	       loads);
	too_much |= blocks / per > limit || loads || now.stores != before->stores;
}

static void send_all(void)
{
	struct libism *ism = open_function(bdf[0]), *peer;
	struct libism_channel *channel;
	struct libism_counters c;
	struct fmb before;
	uint64_t gid;
	int i;

	peer = open_function(bdf[1]);
	gid = libism_gid(peer);
	libism_close(peer);
	if (!fork())
		receive();
	sleep(1);
	if (libism_connect(ism, &channel, gid, PORT))
		err(1, "connect");
	while (libism_channel_status(channel)) {
		if (errno != EINPROGRESS)
			err(1, "connect");
		wait_for_more(ism);
	}
	if (fmb_restart(bdf[0]) || fmb_restart(bdf[1]))
		errx(1, "no function measurement");

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
	report("message and answer", &before, MESSAGES, 4);

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
		errx(2, "usage: %s BDF BDF", argv[0]);
	bdf = argv + 1;
	for (i = 0; i < sizeof(buf); i++)
		buf[i] = i * 2654435761U >> 24;
	send_all();
	if (wait(&status) < 0 || status)
		errx(1, "the receiver has failed");
	if (too_much)
		errx(1, "too many instructions");
	return 0;
}
