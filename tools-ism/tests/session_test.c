// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of one session of ismcat, on function 1 of fake.c, with a program as its local
 * end. The other end is the library on function 0.
 */
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../ismcat/ismcat.h"
#include "fake.h"
#include "test.h"

#define PORT		7
#define RING		(9 * 4096)	/* an eighth is not a number of pages */
#define MUCH		(1024 * 1024)	/* more than sockets and rings hold */

static struct options options = {
	.connect = true, .local = LOCAL_UNIX, .escape = -1,
};

static struct libism *ism[2];
static struct libism_channel *server;
static struct session *session;
static int program;		/* its end of the socket, which does not block */
static char buf[MUCH];

void local_set_size(int fd, uint32_t word)
{
}

static void pump(void)
{
	int round;

	for (round = 0; round < 4; round++) {
		libism_dispatch(ism[0]);
		libism_dispatch(ism[1]);
	}
}

static void start(void)
{
	const struct libism_listen_opts listen_opts = { .port = PORT };
	struct libism_opts opts = { .bdf = "0", .ring_len = RING };
	struct libism_listener *listener;
	struct libism_channel *client;
	int fd[2];

	CHECK(!libism_open(&ism[0], &opts));
	opts.bdf = "1";
	CHECK(!libism_open(&ism[1], &opts));
	CHECK(!libism_listen(ism[0], &listener, &listen_opts));
	CHECK(!libism_connect(ism[1], &client, FAKE_GID, PORT));
	pump();
	CHECK(!libism_accept(listener, &server));
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd));
	program = fd[0];
	session = session_new(client, &options, fd[1], fd[1]);
	CHECK(session);
}

static void stop(void)
{
	session_free(session);
	close(program);
	libism_close(ism[1]);
	libism_close(ism[0]);
	CHECK(!fake_dmbs());
}

/* Both sides do what they can; returns whether the session is over */
static bool run(void)
{
	bool over;

	pump();
	over = session_run(session);
	pump();
	return over;
}

/* What fills the peer's buffer to the last byte arrives although nothing follows it */
static void whole_ring(void)
{
	size_t got = 0;
	int rounds;

	start();
	CHECK(write(program, buf, RING) == RING);
	for (rounds = 0; rounds < 100 && got < RING; rounds++) {
		ssize_t n;

		CHECK(!run());
		n = libism_channel_read(server, buf, RING);
		got += n > 0 ? n : 0;
	}
	CHECK(got == RING);
	stop();
}

/* The program reads what arrived before the peer went away, then sees the end */
static void peer_gone(void)
{
	start();
	CHECK(libism_channel_write(server, "abc", 3, 0) == 3);
	fake_reset(0);
	CHECK(run() && session->result == ECONNRESET);
	CHECK(read(program, buf, MUCH) == 3);
	stop();
}

/* It notices this even if it writes all before it reads anything */
static void peer_gone_while_blocked(void)
{
	ssize_t n, in = 0;	/* not read yet */

	start();
	while ((n = libism_channel_write(server, buf, MUCH, 0)) > 0) {
		in += n;
		CHECK(!run());
	}
	while ((n = write(program, buf, MUCH)) > 0)
		CHECK(!run());
	fake_reset(0);
	CHECK(!run());
	signal(SIGPIPE, SIG_IGN);
	CHECK(write(program, buf, 1) == -1 && errno == EPIPE);
	while (!run() && (n = read(program, buf, MUCH)) > 0)
		in -= n;
	while ((n = read(program, buf, MUCH)) > 0)
		in -= n;
	CHECK(in < RING / 4 && session->result == ECONNRESET);	/* not all was published */
	stop();
}

/* The keys of a user come one by one */
static void escape(void)
{
	static const char keys[] = "a\037b\037\037\037c\037.";
	const char *key;

	options.escape = 0x1f;
	start();
	for (key = keys; *key != '.'; key++)
		CHECK(write(program, key, 1) == 1 && !run());
	CHECK(libism_channel_read(server, buf, MUCH) == 6 &&
	      !memcmp(buf, "a\037b\037\037c", 6));
	CHECK(write(program, "x[A\037", 4) == 4 && !run());
	CHECK(libism_channel_read(server, buf, MUCH) == 4 && !memcmp(buf, "\037x[A", 4));
	CHECK(write(program, ".", 1) == 1 && run() && session->result == ECANCELED);
	stop();
	options.escape = -1;
}

/* The escape character and what follows it need room for two bytes */
static void escape_needs_room(void)
{
	struct pollfd pfd[3];
	ssize_t n = RING - 1;

	options.escape = 0x1f;
	start();
	CHECK(write(program, "\037", 1) == 1 && !run());
	CHECK(libism_channel_write(session->channel, buf, n, 0) == n);
	CHECK(write(program, "x", 1) == 1 && !run());
	CHECK(session_poll(session, pfd) == 0);
	CHECK(libism_channel_read(server, buf, MUCH) == n);
	CHECK(!run());
	CHECK(libism_channel_read(server, buf, MUCH) == 2 && !memcmp(buf, "\037x", 2));
	stop();
	options.escape = -1;
}

static const struct test tests[] = {
	TEST(whole_ring), TEST(peer_gone), TEST(peer_gone_while_blocked),
	TEST(escape), TEST(escape_needs_room),
};

int main(void)
{
	run_tests(tests, sizeof(tests) / sizeof(*tests));
	return 0;
}
