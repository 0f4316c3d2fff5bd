// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the whole library with the functions of fake.c
 *
 * usage: channel_test [OPERATIONS [SEED]]
 *
 * OPERATIONS is the number of things that a hostile peer does while others communicate.
 */
#include <poll.h>
#include <unistd.h>

#include "attack.h"
#include "fake.h"
#include "libism.h"
#include "random.h"
#include "ring.h"
#include "test.h"

#define PORT		7
#define MIB		(1024 * 1024)

static unsigned long operations = 20000;

static struct libism *ism[FAKE_FUNCTIONS];
static struct libism_listener *listener;
static struct libism_channel *client, *server;
static unsigned char buf[MIB], got[MIB];

/* All that can happen now; errors show in what is tested */
static void pump(void)
{
	int i, round;

	for (round = 0; round < 4; round++) {
		for (i = 0; i < FAKE_FUNCTIONS; i++) {
			if (ism[i])
				libism_dispatch(ism[i]);
		}
	}
}

/* Dispatch when there is something to do, until @done or for two seconds */
static bool wait_for(bool (*done)(void))
{
	struct pollfd pfd[FAKE_FUNCTIONS];
	int i, n, turns;

	for (turns = 0; turns < 200; turns++) {
		if (done())
			return true;
		for (i = n = 0; i < FAKE_FUNCTIONS; i++) {
			if (ism[i])
				pfd[n++] = (struct pollfd) {
					.fd = libism_fd(ism[i]), .events = POLLIN,
				};
		}
		poll(pfd, n, 10);
		pump();
	}
	return false;
}

static void open_with(const struct libism_opts *opts)
{
	struct libism_opts o = *opts;
	char name[2] = "0";
	int i;

	for (i = 0; i < FAKE_FUNCTIONS; i++) {
		name[0] = '0' + i;
		o.bdf = name;
		CHECK(!libism_open(&ism[i], &o));
	}
}

static void open_all(void)
{
	const struct libism_opts opts = {};

	open_with(&opts);
}

static void close_all(void)
{
	int i;

	for (i = 0; i < FAKE_FUNCTIONS; i++) {
		libism_close(ism[i]);
		ism[i] = NULL;
	}
	CHECK(!fake_dmbs());
}

static void listen_on(int n, const struct libism_listen_opts *opts)
{
	CHECK(!libism_listen(ism[n], &listener, opts));
}

static void listen_all(void)
{
	const struct libism_listen_opts opts = { .port = PORT };

	listen_on(0, &opts);
}

static bool is_open(void)
{
	return !libism_channel_status(client);
}

static bool is_over(void)
{
	return libism_channel_status(client) && errno != EINPROGRESS;
}

/* A channel from function 1 to function 0 */
static void connect_pair(void)
{
	CHECK(!libism_connect(ism[1], &client, FAKE_GID, PORT));
	pump();
	CHECK(is_open());
	CHECK(!libism_accept(listener, &server));
}

static void open_pair(void)
{
	open_all();
	listen_all();
	connect_pair();
}

static void functions(void)
{
	const struct libism_opts busy = { .bdf = "1" }, none = { .bdf = "9" };
	const struct libism_opts bad = { .bdf = "1", .ring_len = 4096 };
	struct libism *other;

	open_all();
	CHECK(libism_gid(ism[1]) == FAKE_GID + 1);
	CHECK(!strcmp(libism_bdf(ism[1]), "1"));
	CHECK(!libism_reachable(ism[1], FAKE_GID));
	CHECK(libism_reachable(ism[1], 5) && errno == EHOSTUNREACH);
	CHECK(libism_open(&other, &busy) && errno == EBUSY);
	CHECK(libism_open(&other, &none) && errno == ENOENT);
	CHECK(libism_open(&other, &bad) && errno == EINVAL);
	CHECK(libism_open(&other, NULL) && errno == ENODEV);
	libism_close(NULL);
	close_all();
}

static void fill(unsigned char *p, size_t len)
{
	while (len--)
		*p++ = next_random() >> 8;
}

static void dmbs(void)
{
	struct libism_move m = { .data = buf, .element = 3, .signal = true };
	struct libism_dmb *dmb;
	unsigned long before;
	uint16_t mask;

	open_all();
	fill(buf, sizeof(buf));
	CHECK(!libism_dmb_register(ism[0], &dmb, FAKE_GID + 1, 3 * 4096 + 5));
	m.token = libism_dmb_token(dmb);
	m.offset = 4000;
	m.len = 5000;
	before = fake_counts[1].blocks;
	CHECK(!libism_move(ism[1], &m));
	CHECK(fake_counts[1].blocks - before == 3);
	CHECK(!memcmp(libism_dmb_data(dmb) + 4000, buf, 5000));
	CHECK(!libism_dmb_signalled(dmb, &mask));
	pump();
	CHECK(libism_dmb_signalled(dmb, &mask) && mask == 0x1000);
	CHECK(!libism_dmb_signalled(dmb, &mask));
	CHECK(libism_move(ism[2], &m) && errno == ENXIO);
	m.offset = 4 * 4096;
	CHECK(libism_move(ism[1], &m) && errno == ENXIO);
	m.offset = 8 * MIB;
	CHECK(libism_move(ism[1], &m) && errno == EINVAL);
	m.offset = 0;
	CHECK(!libism_move(ism[1], &m));
	libism_dmb_unregister(dmb);
	CHECK(libism_move(ism[1], &m) && errno == ENXIO);
	/* the memory is used again, but its contents, and the last signal, are not */
	CHECK(!libism_dmb_register(ism[0], &dmb, FAKE_GID + 1, 3 * 4096 + 5));
	memset(buf, 0, 3 * 4096 + 5);
	CHECK(!memcmp(libism_dmb_data(dmb), buf, 3 * 4096 + 5));
	pump();
	CHECK(!libism_dmb_signalled(dmb, &mask));
	close_all();
}

static void events(void)
{
	struct libism_event event;
	unsigned int i;

	open_all();
	CHECK(libism_event(ism[0], &event) && errno == EAGAIN);
	CHECK(!libism_signal(ism[1], FAKE_GID, 0x80, 99));
	pump();
	CHECK(!libism_event(ism[0], &event));
	CHECK(event.type == LIBISM_EVENT_SOFTWARE && event.code == 0x80);
	CHECK(event.source == FAKE_GID + 1 && event.info == 99);
	for (i = 0; i < 14; i++)
		CHECK(!libism_signal(ism[1], FAKE_GID, 0x83, i));
	CHECK(libism_signal(ism[1], FAKE_GID, 0x83, i) && errno == EREMOTEIO);
	/* the last 32 are kept, in order, also when the queue wraps around */
	for (i = 0; i < 40; i++) {
		pump();
		CHECK(!libism_signal(ism[1], FAKE_GID, 1, i));
	}
	pump();
	for (i = 8; i < 40; i++)
		CHECK(!libism_event(ism[0], &event) && event.info == i);
	CHECK(libism_event(ism[0], &event) && errno == EAGAIN);
	close_all();
}

/* Move @len bytes of @buf from one end to the other, in calls of various lengths */
static void transfer(struct libism_channel *from, struct libism_channel *to, size_t len,
		     int flags)
{
	size_t sent = 0, read = 0;
	ssize_t n;

	fill(buf, len);
	while (read < len) {
		n = libism_channel_write(from, buf + sent, (len - sent) < 70000 ?
					 len - sent : 1 + below(70000),
					 sent < len ? flags : 0);
		if (n < 0)
			CHECK(errno == EAGAIN);
		else
			sent += n;
		pump();
		n = libism_channel_read(to, got + read, 1 + below(70000));
		if (n < 0)
			CHECK(errno == EAGAIN);
		else
			read += n;
		pump();
	}
	CHECK(!memcmp(buf, got, len));
	CHECK(libism_channel_read(to, got, 1) == -1 && errno == EAGAIN);
}

static void data_both_ways(void)
{
	int i;

	open_pair();
	CHECK(libism_channel_gid(server) == FAKE_GID + 1);
	for (i = 0; i < 10; i++) {
		transfer(client, server, 1 + below(sizeof(buf)), 0);
		transfer(server, client, 1 + below(sizeof(buf)), LIBISM_MORE);
	}
	close_all();
}

static void back_pressure(void)
{
	const struct libism_opts opts = { .ring_len = 8192 };

	open_with(&opts);
	listen_all();
	connect_pair();
	CHECK(libism_channel_room(client) == 8192);
	CHECK(libism_channel_write(client, buf, 10000, 0) == 8192);
	CHECK(libism_channel_room(client) == 0);
	CHECK(libism_channel_write(client, buf, 1, 0) == -1 && errno == EAGAIN);
	pump();
	CHECK(libism_channel_read(server, got, 2048) == 2048);
	pump();
	CHECK(libism_channel_room(client) == 2048);
	transfer(server, client, 100000, LIBISM_MORE);
	close_all();
}

static void half_close(void)
{
	open_pair();
	CHECK(libism_channel_write(client, "bye", 3, LIBISM_MORE) == 3);
	CHECK(!libism_channel_shutdown(client));
	CHECK(libism_channel_write(client, "x", 1, 0) == -1 && errno == EPIPE);
	CHECK(libism_channel_shutdown(client) && errno == EPIPE);
	pump();
	CHECK(libism_channel_read(server, got, 100) == 3 && !memcmp(got, "bye", 3));
	CHECK(libism_channel_read(server, got, 100) == 0);
	transfer(server, client, 500000, 0);
	libism_channel_close(server);
	pump();
	CHECK(libism_channel_read(client, got, 100) == 0);
	libism_channel_close(client);
	close_all();
}

/* What was written before close() can be read after it */
static void close_delivers(void)
{
	open_pair();
	fill(buf, 300000);
	CHECK(libism_channel_write(client, buf, 300000, LIBISM_MORE) == 300000);
	libism_channel_close(client);
	pump();
	CHECK(libism_channel_read(server, got, 300001) == 300000);
	CHECK(!memcmp(buf, got, 300000));
	CHECK(libism_channel_read(server, got, 1) == 0);
	CHECK(libism_channel_write(server, "x", 1, 0) == -1 && errno == ECONNRESET);
	close_all();
}

/* The peer writes, ends and goes between our looking at signals and at events */
static void close_during_dispatch(void)
{
	open_pair();
	pump();
	CHECK(libism_channel_write(server, "last", 4, 0) == 4);
	CHECK(libism_channel_read(client, got, 10) == -1);
	libism_channel_close(server);
	/* notices that the peer has gone before it sees what it has written */
	CHECK(libism_channel_write(client, "x", 1, 0) == -1 && errno == ECONNRESET);
	CHECK(libism_channel_read(client, got, 10) == 4);
	CHECK(libism_channel_read(client, got, 10) == 0);
	close_all();
}

static void words(void)
{
	open_pair();
	CHECK(libism_channel_word(server) == 0);
	CHECK(!libism_channel_send_word(client, 24 << 16 | 80));
	CHECK(!libism_channel_send_word(client, 50 << 16 | 132));
	pump();
	CHECK(libism_channel_word(server) == (50 << 16 | 132));
	close_all();
}

static void expect_refusal(int error)
{
	CHECK(!libism_connect(ism[1], &client, FAKE_GID, PORT));
	CHECK(wait_for(is_over));
	CHECK(libism_channel_status(client) && errno == error);
	CHECK(libism_channel_read(client, got, 1) == -1 && errno == error);
	CHECK(libism_channel_write(client, got, 1, 0) == -1 && errno == error);
	libism_channel_close(client);
}

static void refusals(void)
{
	const uint64_t two = FAKE_GID + 2, both[] = { two, FAKE_GID + 1 };
	struct libism_listen_opts opts = { .port = PORT, .allow = &two, .allowed = 1 };

	open_all();
	CHECK(libism_connect(ism[1], &client, 5, PORT) && errno == EHOSTUNREACH);
	expect_refusal(ECONNREFUSED);
	listen_on(0, &opts);
	CHECK(libism_listen(ism[0], &listener, &opts) && errno == EADDRINUSE);
	expect_refusal(ECONNREFUSED);
	libism_unlisten(listener);
	opts.allowed = 0;
	listen_on(0, &opts);
	expect_refusal(ECONNREFUSED);
	libism_unlisten(listener);
	opts.allow = both;
	opts.allowed = 2;
	opts.max_channels = 1;
	listen_on(0, &opts);
	connect_pair();
	expect_refusal(ECONNREFUSED);
	libism_channel_close(server);
	connect_pair();
	close_all();
}

static void no_answer(void)
{
	const struct libism_opts opts = { .timeout_ms = 50 };

	open_with(&opts);
	libism_close(ism[0]);	/* takes no events */
	ism[0] = NULL;
	expect_refusal(ECONNREFUSED);
	close_all();
	open_with(&opts);
	CHECK(!libism_connect(ism[1], &client, FAKE_GID, PORT));
	usleep(150000);
	libism_dispatch(ism[1]);
	CHECK(libism_channel_status(client) && errno == ETIMEDOUT);
	close_all();
}

/* A request in the name of the client makes the server overwrite its last hello */
static void overwritten_hello(void)
{
	__u64 tok;

	open_all();
	listen_all();
	CHECK(!libism_connect(ism[1], &client, FAKE_GID, PORT));
	tok = fake_last_token();
	libism_dispatch(ism[0]);
	libism_dispatch(ism[1]);
	libism_dispatch(ism[0]);
	CHECK(!libism_accept(listener, &server));
	CHECK(!libism_signal(ism[2], FAKE_GID, WIRE_CONNECT | PORT, tok));
	libism_dispatch(ism[0]);
	CHECK(wait_for(is_open));
	transfer(client, server, 100, 0);
	transfer(server, client, 100, 0);
	close_all();
}

/* Others that begin meanwhile do not put off the end of a handshake */
static void many_handshakes(void)
{
	const struct libism_opts opts = { .timeout_ms = 50 };
	struct libism_channel *other;
	int i;

	open_with(&opts);
	CHECK(!libism_connect(ism[1], &client, FAKE_GID, PORT));
	for (i = 0; i < 20; i++) {
		usleep(20000);
		CHECK(!libism_connect(ism[1], &other, FAKE_GID, PORT));
		libism_dispatch(ism[1]);
	}
	CHECK(libism_channel_status(client) && errno == ETIMEDOUT);
	close_all();
}

/* The request is lost because the queue is full, then repeated */
static void full_queue(void)
{
	int i;

	open_all();
	listen_all();
	for (i = 0; i < 14; i++)
		CHECK(!libism_signal(ism[2], FAKE_GID, 0x80, i));
	CHECK(!libism_connect(ism[1], &client, FAKE_GID, PORT));
	CHECK(wait_for(is_open));
	close_all();
}

/* No event is lost that arrives while others are handled, the first by a store */
static void busy_queue(void)
{
	unsigned long accepted, got = 0;
	struct libism_event event;
	int i;

	open_all();
	listen_all();
	accepted = fake_counts[0].events;
	CHECK(!libism_connect(ism[1], &client, FAKE_GID, PORT));
	for (i = 0; i < 13; i++)
		CHECK(!libism_signal(ism[2], FAKE_GID, 0x80, i));
	fake_flood(0);
	libism_dispatch(ism[0]);
	while (!libism_event(ism[0], &event))
		got++;
	CHECK(1 + got == fake_counts[0].events - accepted);
	close_all();
}

static void many_peers(void)
{
	const struct libism_opts opts = { .ring_len = 8192, .max_channels = 16 };
	struct libism_channel *c[17], *s[16];
	int i;

	open_with(&opts);
	listen_all();
	for (i = 0; i < 17; i++) {
		CHECK(!libism_connect(ism[1], &c[i], FAKE_GID, PORT));
		pump();
	}
	CHECK(libism_channel_status(c[16]) && errno == ECONNREFUSED);
	/* another peer is not affected by the limit */
	CHECK(!libism_connect(ism[2], &client, FAKE_GID, PORT));
	pump();
	CHECK(is_open());
	for (i = 0; i < 16; i++)
		CHECK(!libism_accept(listener, &s[i]));
	for (i = 0; i < 16; i++) {
		transfer(c[i], s[i], 20000, 0);
		transfer(s[i], c[i], 20000, LIBISM_MORE);
	}
	close_all();
}

static void thousand_connects(void)
{
	int i;

	open_all();
	listen_all();
	for (i = 0; i < 1000; i++) {
		connect_pair();
		CHECK(libism_channel_write(client, &i, sizeof(i), 0) == sizeof(i));
		libism_channel_close(i % 2 ? client : server);
		pump();
		if (i % 2)
			CHECK(libism_channel_read(server, got, 10) == sizeof(i) &&
			      !memcmp(got, &i, sizeof(i)));
		libism_channel_close(i % 2 ? server : client);
		CHECK(fake_dmbs() == 0);
	}
	close_all();
}

static void peer_reset(void)
{
	open_pair();
	CHECK(libism_channel_write(client, "abc", 3, 0) == 3);
	fake_reset(1);
	pump();
	CHECK(libism_channel_read(server, got, 10) == 3);
	CHECK(libism_channel_read(server, got, 10) == -1 && errno == ECONNRESET);
	CHECK(libism_channel_write(server, got, 10, 0) == -1 && errno == ECONNRESET);
	libism_channel_close(server);
	libism_close(ism[1]);
	CHECK(!libism_open(&ism[1], &(struct libism_opts) { .bdf = "1" }));
	connect_pair();
	close_all();
}

/* What a pair can do; any of it may fail */
static void converse(void)
{
	size_t len;

	libism_connect(ism[1], &client, FAKE_GID, PORT);
	pump();
	if (libism_accept(listener, &server))
		return;
	for (len = 1; len < MIB; len *= 5) {
		libism_channel_write(client, buf, len, LIBISM_MORE);
		libism_channel_write(server, buf, len, 0);
		pump();
		libism_channel_read(client, got, MIB);
		libism_channel_read(server, got, MIB);
	}
	libism_channel_send_word(server, 1);
	libism_channel_shutdown(client);
}

/* A store that fails can be the first to tell that the peer has gone: try each */
static void each_store_fails(void)
{
	unsigned long n = 0, left;

	do {
		open_all();
		listen_all();
		fake_store_to_fail = ++n;
		converse();
		left = fake_store_to_fail;
		fake_store_to_fail = 0;
		CHECK(left || libism_channel_status(client) ||
		      libism_channel_status(server));
		close_all();
	} while (!left);
	CHECK(n > 200);
}

static bool server_over(void)
{
	return libism_channel_status(server);
}

static void own_reset(void)
{
	const struct libism_opts opts = { .keepalive_ms = 20 };

	open_with(&opts);
	listen_all();
	connect_pair();
	fake_reset(0);
	CHECK(wait_for(server_over) && errno == EIO);
	CHECK(libism_dispatch(ism[0]) && errno == EIO);
	CHECK(libism_connect(ism[0], &client, FAKE_GID + 1, PORT) && errno == EIO);
	close_all();
}

static void own_request(void)
{
	open_pair();
	fake_request(0);
	CHECK(wait_for(server_over) && errno == ENODEV);
	CHECK(libism_dispatch(ism[0]) && errno == ENODEV);
	close_all();
}

/* A peer that does not answer is dead; one that only has nothing to say is not */
static void keepalive(void)
{
	const struct libism_opts opts = { .keepalive_ms = 20 };
	int i;

	open_with(&opts);
	listen_all();
	connect_pair();
	for (i = 0; i < 20; i++) {
		usleep(20000);
		pump();
	}
	CHECK(!libism_channel_status(client) && !libism_channel_status(server));
	for (i = 0; i < 20 && is_open(); i++) {
		usleep(20000);
		libism_dispatch(ism[1]);
	}
	CHECK(libism_channel_status(client) && errno == ETIMEDOUT);
	close_all();
}

/* There is no room for the event that the peer has gone: a probe fails */
static void lost_event(void)
{
	const struct libism_opts opts = { .keepalive_ms = 50 };
	int i;

	open_with(&opts);
	listen_all();
	connect_pair();
	for (i = 0; i < 14; i++)
		CHECK(!libism_signal(ism[2], FAKE_GID + 1, 0x80, i));
	fake_reset(0);
	pump();
	CHECK(!libism_channel_status(client));
	CHECK(wait_for(is_over) && errno == ECONNRESET);
	close_all();
}

static bool server_readable(void)
{
	return libism_channel_read(server, got, 1) == 1;
}

static void lost_interrupt(void)
{
	const struct libism_opts opts = { .keepalive_ms = 50 };

	open_with(&opts);
	listen_all();
	connect_pair();
	fake_lose_interrupts(0, 1);
	CHECK(libism_channel_write(client, "x", 1, 0) == 1);
	CHECK(wait_for(server_readable));
	close_all();
}

static unsigned long blocks(void)
{
	return fake_counts[0].blocks + fake_counts[1].blocks;
}

static unsigned long loads(void)
{
	return fake_counts[0].loads + fake_counts[1].loads;
}

static unsigned long interrupts(void)
{
	return fake_counts[0].interrupts + fake_counts[1].interrupts;
}

/* Two to register the DMB; the server stores two hellos, the client one */
static void connect_cost(void)
{
	unsigned long b, i;

	open_all();
	listen_all();
	b = fake_counts[0].blocks;
	i = interrupts();
	connect_pair();
	CHECK(fake_counts[0].blocks - b == 4);
	CHECK(interrupts() - i == 1 + 3);	/* the first is for the event */
	close_all();
}

static void bulk_cost(void)
{
	unsigned long b, l, i;
	int mib;

	open_pair();
	transfer(client, server, 1000, 0);	/* not at a page from now on */
	transfer(client, server, MIB, LIBISM_MORE);
	b = blocks();
	l = loads();
	i = interrupts();
	for (mib = 0; mib < 16; mib++) {
		size_t sent = 0, read = 0;

		while (read < MIB) {
			sent += libism_channel_write(client, buf + sent,
						     MIB - sent < 65536 ?
						     MIB - sent : 65536,
						     LIBISM_MORE);
			pump();
			while (libism_channel_read(server, got, 65536) > 0)
				read += 65536;
			if (sent == MIB)
				break;
		}
	}
	CHECK(blocks() - b <= 16 * 270);
	CHECK(blocks() - b >= 16 * 256);
	CHECK(interrupts() - i <= 16 * 16);
	CHECK(loads() == l);
	close_all();
}

static void message_cost(void)
{
	unsigned long b, i;
	int n;

	open_pair();
	b = blocks();
	i = interrupts();
	for (n = 0; n < 1000; n++) {
		CHECK(libism_channel_write(client, buf, 64, 0) == 64);
		pump();
		CHECK(libism_channel_read(server, got, 100) == 64);
		CHECK(libism_channel_write(server, buf, 64, 0) == 64);
		pump();
		CHECK(libism_channel_read(client, got, 100) == 64);
	}
	CHECK(blocks() - b == 4 * 1000);
	CHECK(interrupts() - i == 2 * 1000);
	close_all();
}

static void idle_cost(void)
{
	struct pollfd pfd;
	unsigned long b;

	open_pair();
	b = blocks() + loads();
	usleep(150000);		/* the timer of the handshake */
	pump();
	pfd = (struct pollfd) { .fd = libism_fd(ism[0]), .events = POLLIN };
	CHECK(poll(&pfd, 1, 300) == 0);
	CHECK(blocks() + loads() == b);
	close_all();
}

/* Serve those that the victim accepts as an echo server would; returns bytes read */
static size_t serve(struct libism_channel **served)
{
	ssize_t n;

	if (!*served && libism_accept(listener, served))
		return 0;
	n = libism_channel_read(*served, got, 5000);
	if (n > 0)
		libism_channel_write(*served, got, n, below(2));
	if (libism_channel_status(*served)) {
		libism_channel_close(*served);
		*served = NULL;
	}
	return n > 0 ? n : 0;
}

/* Function 2 is hostile. Functions 0 and 1 have a channel that must not be affected. */
static void hostile_peer(void)
{
	const struct libism_opts opts = { .ring_len = 5 * 4096, .timeout_ms = 5 };
	struct libism_channel *served = NULL;
	unsigned long i, read = 0;

	open_with(&opts);
	listen_all();
	connect_pair();
	CHECK(!attack_start(ism[2], FAKE_GID, PORT, seed));
	for (i = 0; i < operations; i++) {
		attack();
		if (below(2))
			continue;
		if (below(2))
			libism_dispatch(ism[0]);
		libism_dispatch(ism[1]);
		libism_dispatch(ism[2]);
		read += serve(&served);
		if (!below(100)) {
			transfer(client, server, 1 + below(30000), below(2));
			transfer(server, client, 1 + below(30000), below(2));
		}
	}
	CHECK(read > operations / 10);	/* some get that far */
	CHECK(!libism_channel_status(client) && !libism_channel_status(server));
	attack_end();
	close_all();
}

static const struct test tests[] = {
	TEST(functions), TEST(dmbs), TEST(events), TEST(data_both_ways),
	TEST(back_pressure), TEST(half_close), TEST(close_delivers),
	TEST(close_during_dispatch), TEST(words), TEST(refusals), TEST(no_answer),
	TEST(overwritten_hello), TEST(many_handshakes), TEST(full_queue),
	TEST(busy_queue), TEST(many_peers), TEST(thousand_connects), TEST(peer_reset),
	TEST(each_store_fails), TEST(own_reset), TEST(own_request), TEST(keepalive),
	TEST(lost_event), TEST(lost_interrupt), TEST(connect_cost), TEST(bulk_cost),
	TEST(message_cost), TEST(idle_cost), TEST(hostile_peer),
};

int main(int argc, char **argv)
{
	parse_arguments(argc, argv, &operations, &seed);
	run_tests(tests, sizeof(tests) / sizeof(*tests));
	return 0;
}
