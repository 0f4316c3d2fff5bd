// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of one session of ismcat, on function 1 of fake.c, with a program as its local
 * end. The other end is the library on function 0.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
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

void message(const char *format, ...)
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

static void stop_program(void)
{
	close(program);
	program = -1;
}

static void stop(void)
{
	session_free(session);
	if (program >= 0)
		stop_program();
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
	CHECK(write(program, buf, 1) == -1 && errno == EPIPE);
	while (!run() && (n = read(program, buf, MUCH)) > 0)
		in -= n;
	while ((n = read(program, buf, MUCH)) > 0)
		in -= n;
	CHECK(in < RING / 4 && session->result == ECONNRESET);	/* not all was published */
	stop();
}

/* More than the program's socket holds */
static void send_much(void)
{
	while (libism_channel_write(server, buf, MUCH, 0) > 0)
		CHECK(!run());
}

/* The peer goes, and there is no room for the event that says so */
static void lose_event(void)
{
	int i;

	for (i = 0; i < 14; i++)
		CHECK(!libism_signal(ism[0], FAKE_GID + 1, 0x80, i));
	fake_reset(0);
}

/* The program ends without reading all; what it has written still arrives */
static void program_ends_early(void)
{
	bool over = false;
	int rounds;

	start();
	send_much();
	CHECK(write(program, "abc", 3) == 3);
	stop_program();
	for (rounds = 0; rounds < 10 && !over; rounds++)
		over = run();
	CHECK(over && !session->result);
	CHECK(libism_channel_read(server, buf, MUCH) == 3);
	CHECK(libism_channel_read(server, buf, MUCH) == 0);
	stop();
}

/* The same when the peer has gone: it is the peer that is reported */
static void both_gone(void)
{
	start();
	send_much();
	fake_reset(0);
	CHECK(!run());
	stop_program();
	CHECK(run() && session->result == ECONNRESET);
	stop();
}

/* The peer has ended its stream, and goes before it has read all of the other one */
static void input_lost(void)
{
	start();
	CHECK(!libism_channel_shutdown(server));
	CHECK(write(program, buf, 2 * RING) == 2 * RING);
	CHECK(!run());
	fake_reset(0);
	CHECK(run() && session->result == ECONNRESET);
	stop();
}

/* The same if it is noticed only when the rest is stored */
static void last_store_fails(void)
{
	start();
	CHECK(!libism_channel_shutdown(server));
	CHECK(!run());
	lose_event();
	CHECK(write(program, "abc", 3) == 3);
	CHECK(run() && session->result == ECONNRESET);
	stop();
}

/* The same if the program is slow to read what arrived before */
static void output_refused(void)
{
	bool over = false;
	int rounds;

	start();
	send_much();
	CHECK(!libism_channel_shutdown(server));
	fake_reset(0);
	CHECK(write(program, "abc", 3) == 3);
	for (rounds = 0; rounds < 1000 && !over; rounds++) {
		over = run();
		read(program, buf, 1000);
	}
	CHECK(over && session->result == ECONNRESET);
	stop();
}

/* If nothing was left to send, the peer has just closed the connection */
static void peer_closes(void)
{
	start();
	libism_channel_close(server);
	CHECK(run() && !session->result);
	stop();
}

/* What is sent shows that the peer has gone */
static void lost_event(void)
{
	start();
	lose_event();
	CHECK(!run());
	CHECK(write(program, "abc", 3) == 3);
	CHECK(run() && session->result == ECONNRESET);
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

static void start_terminal(bool connect)
{
	struct termios termios;

	options.local = LOCAL_PTY;
	options.connect = connect;
	start();
	close(session->in);
	stop_program();
	session->in = posix_openpt(O_RDWR | O_NONBLOCK);
	session->out = session->in;
	CHECK(!grantpt(session->in) && !unlockpt(session->in));
	program = open(ptsname(session->in), O_RDWR | O_NOCTTY | O_NONBLOCK);
	CHECK(!tcgetattr(program, &termios));
	cfmakeraw(&termios);
	CHECK(!tcsetattr(program, TCSANOW, &termios));
}

static void stop_terminal(void)
{
	close(session->in);
	stop();
	options.local = LOCAL_UNIX;
	options.connect = true;
}

/* Nobody reads a terminal, and others may want to connect */
static void terminal(void)
{
	int rounds;

	start_terminal(false);
	for (rounds = 0; rounds < 100; rounds++) {
		libism_channel_write(server, buf, 1000, 0);
		CHECK(!run());
	}
	fake_reset(0);
	CHECK(run() && session->result == ECONNRESET);
	stop_terminal();
}

/* A program that is slow gets all that the peer has sent before it closed the connection */
static void slow_terminal(void)
{
	ssize_t n, sent = 30000, got = 0;
	bool over = false;
	int rounds;

	start_terminal(true);
	CHECK(libism_channel_write(server, buf, sent, 0) == sent);
	libism_channel_close(server);
	for (rounds = 0; rounds < 1000 && !over; rounds++) {
		over = run();
		while ((n = read(program, buf, MUCH)) > 0)
			got += n;
	}
	CHECK(over && !session->result);
	CHECK(got == sent);
	stop_terminal();
}

/* @in and @out take the places of standard input and output, which are saved */
static void replace_stdio(int in, int out, int saved[2])
{
	saved[0] = dup(STDIN_FILENO);
	saved[1] = dup(STDOUT_FILENO);
	CHECK(saved[0] >= 0 && saved[1] >= 0);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
}

static void restore_stdio(int saved[2])
{
	dup2(saved[0], STDIN_FILENO);
	dup2(saved[1], STDOUT_FILENO);
	close(saved[0]);
	close(saved[1]);
}

static bool blocks(int fd)
{
	return !(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

/*
 * Of a shell that sshd has started, input and output are one socket, or the output is one.
 * It gets back a socket that blocks, also if the peer has ended its stream.
 */
static void socket_as_output(bool as_input)
{
	int fd[2], null = open("/dev/null", O_RDONLY), saved[2];
	bool blocked, blocked_at_end;

	CHECK(null >= 0 && !socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	replace_stdio(as_input ? fd[0] : null, fd[0], saved);
	local_stdio();
	blocked = blocks(fd[0]);
	local_close_stdout();
	blocked_at_end = blocks(fd[0]);
	local_clean();
	restore_stdio(saved);
	CHECK(!blocked && blocked_at_end == !as_input && blocks(fd[0]));
	close(fd[0]);
	close(fd[1]);
	close(null);
}

static void one_socket(void)
{
	socket_as_output(true);
}

static void output_socket(void)
{
	socket_as_output(false);
}

static const struct test tests[] = {
	TEST(whole_ring), TEST(peer_gone), TEST(peer_gone_while_blocked),
	TEST(program_ends_early), TEST(both_gone), TEST(input_lost),
	TEST(last_store_fails), TEST(output_refused), TEST(peer_closes),
	TEST(lost_event), TEST(escape), TEST(escape_needs_room), TEST(terminal),
	TEST(slow_terminal), TEST(one_socket),
	TEST(output_socket),
};

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	run_tests(tests, sizeof(tests) / sizeof(*tests));
	return 0;
}
