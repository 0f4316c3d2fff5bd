// SPDX-License-Identifier: LGPL-2.1-or-later
/* libism_greet GID PORT: say hello to a peer and print what it answers */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <libism.h>

/* Wait until something has changed */
static int change(struct libism *ism)
{
	struct pollfd pfd = { .fd = libism_fd(ism), .events = POLLIN };

	poll(&pfd, 1, -1);
	return libism_dispatch(ism);
}

static int greet(struct libism *ism, uint64_t gid, uint16_t port)
{
	struct libism_channel *channel;
	char buf[256];
	ssize_t n;

	if (libism_connect(ism, &channel, gid, port))
		return -1;
	while (libism_channel_status(channel)) {
		if (errno != EINPROGRESS || change(ism))
			return -1;
	}
	if (libism_channel_write(channel, "hello\n", 6, 0) != 6 ||
	    libism_channel_shutdown(channel))
		return -1;
	while ((n = libism_channel_read(channel, buf, sizeof(buf)))) {
		if (n > 0)
			fwrite(buf, 1, n, stdout);
		else if (errno != EAGAIN || change(ism))
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct libism *ism;
	int ret;

	if (argc != 3) {
		fprintf(stderr, "usage: libism_greet GID PORT\n");
		return 2;
	}
	if (libism_open(&ism, NULL)) {
		perror("libism_open");
		return 1;
	}
	ret = greet(ism, strtoull(argv[1], NULL, 16), strtoul(argv[2], NULL, 0));
	if (ret)
		perror("libism_greet");
	libism_close(ism);
	return ret ? 1 : 0;
}
