// SPDX-License-Identifier: GPL-2.0
/*
 * Many channels to an echo server
 *
 * usage: libism_load GID PORT once CONNECTS     one after the other, a few bytes each
 *        libism_load GID PORT at-once CHANNELS  together, LEN bytes each
 *
 * Uses the first free function. Exits with 0 only if all that comes back is right.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libism.h>

#define LEN	300000

struct load {
	struct libism_channel *channel;
	unsigned int nr;
	size_t len, sent, got;
	bool end;
};

static struct libism *ism;
static uint64_t gid;
static unsigned int port;

static unsigned char pattern(unsigned int nr, size_t at)
{
	return (nr * 40503 + at * 2654435761U) >> 16;
}

static void start(struct load *load, unsigned int nr, size_t len)
{
	*load = (struct load) { .nr = nr, .len = len };
	if (libism_connect(ism, &load->channel, gid, port))
		err(1, "connect");
}

static void send_some(struct load *load)
{
	unsigned char buf[4096];
	size_t i, n = load->len - load->sent;
	ssize_t ret;

	n = n < sizeof(buf) ? n : sizeof(buf);
	for (i = 0; i < n; i++)
		buf[i] = pattern(load->nr, load->sent + i);
	ret = libism_channel_write(load->channel, buf, n, 0);
	if (ret < 0 && errno != EAGAIN)
		err(1, "write to %u", load->nr);
	load->sent += ret > 0 ? ret : 0;
	if (load->sent == load->len && libism_channel_shutdown(load->channel))
		err(1, "shutdown of %u", load->nr);
}

static void receive_some(struct load *load)
{
	unsigned char buf[4096];
	ssize_t i, n;

	while ((n = libism_channel_read(load->channel, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++, load->got++) {
			if (buf[i] != pattern(load->nr, load->got))
				errx(1, "wrong data from %u at %zu", load->nr, load->got);
		}
	}
	if (n < 0 && errno != EAGAIN)
		err(1, "read from %u", load->nr);
	load->end = !n;
}

/* Returns whether all has come back */
static bool run(struct load *load)
{
	if (libism_channel_status(load->channel)) {
		if (errno != EINPROGRESS && load->sent < load->len)
			err(1, "channel %u", load->nr);
		if (errno == EINPROGRESS)
			return false;
	}
	while (load->sent < load->len && libism_channel_room(load->channel))
		send_some(load);
	if (!load->end)
		receive_some(load);
	if (load->end && load->got != load->len)
		errx(1, "%u ends after %zu bytes", load->nr, load->got);
	return load->end;
}

static void run_all(struct load *loads, unsigned int n)
{
	struct pollfd pfd = { .fd = libism_fd(ism), .events = POLLIN };
	unsigned int i, done;

	for (;;) {
		for (i = done = 0; i < n; i++)
			done += run(&loads[i]);
		if (done == n)
			break;
		if (poll(&pfd, 1, 20000) != 1)
			errx(1, "nothing arrives");
		if (libism_dispatch(ism))
			err(1, "%s", libism_bdf(ism));
	}
	for (i = 0; i < n; i++)
		libism_channel_close(loads[i].channel);
}

int main(int argc, char **argv)
{
	struct load *loads;
	unsigned int i, n;

	if (argc != 5)
		errx(2, "usage: %s GID PORT once|at-once NUMBER", argv[0]);
	gid = strtoull(argv[1], NULL, 16);
	port = atoi(argv[2]);
	n = atoi(argv[4]);
	loads = calloc(n, sizeof(*loads));
	if (!loads || libism_open(&ism, NULL))
		err(1, "open");
	for (i = 0; i < n; i++) {
		if (strcmp(argv[3], "once")) {
			start(&loads[i], i, LEN);
		} else {
			start(loads, i, 100);
			run_all(loads, 1);
		}
	}
	if (strcmp(argv[3], "once"))
		run_all(loads, n);
	libism_close(ism);
	free(loads);
	return 0;
}
