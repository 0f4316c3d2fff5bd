// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the channel protocol without I/O
 *
 * usage: ring_test [OPERATIONS [SEED]]
 *
 * The last tests are random: two sides of a channel whose stores arrive in parts and
 * late, and a peer that writes arbitrary numbers. Built with AddressSanitizer, an access
 * beyond a DMB ends the program.
 */
#include <endian.h>

#include "random.h"
#include "ring.h"
#include "test.h"

#define LEN	(4 * RING_PAGE)

static unsigned long operations = 100000;

/* Handshake */

static const struct hello good_hello = {
	.port = 7, .gid = 5, .tok = 3ULL << 28, .ring_len = LEN, .nonce = 11, .echo = 12,
};

static void hello_is_kept(void)
{
	struct wire_hello wire;
	struct hello hello;

	hello_make(&good_hello, &wire);
	CHECK(!hello_take(&hello, &wire, 5));
	CHECK(hello.port == 7 && hello.tok == 3ULL << 28 && hello.ring_len == LEN);
	CHECK(hello.nonce == 11 && hello.echo == 12 && hello.status == WIRE_OK);
}

static void hello_layout(void)
{
	static const __u8 expected[64] = {
		'I', 'S', 'M', 'c', 'h', 'a', 'n', '1', 0, 1, 0, 7, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0x30, 0, 0, 0,
		0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11,
		0, 0, 0, 0, 0, 0, 0, 12,
	};
	struct wire_hello wire;

	hello_make(&good_hello, &wire);
	CHECK(sizeof(wire) == 56 && !memcmp(&wire, expected, sizeof(wire)));
}

static void hello_for_others(void)
{
	struct wire_hello wire = {};
	struct hello hello;

	CHECK(hello_take(&hello, &wire, 5) == -EAGAIN);
	hello_make(&good_hello, &wire);
	CHECK(hello_take(&hello, &wire, 6) == -EAGAIN);
}

static int take_changed(struct hello changed)
{
	struct wire_hello wire;
	struct hello hello;

	hello_make(&changed, &wire);
	return hello_take(&hello, &wire, 5);
}

static void hello_is_checked(void)
{
	struct hello bad = good_hello, hello;
	struct wire_hello wire;

	bad.tok = 0;
	CHECK(take_changed(bad) == -EPROTO);
	bad.tok = (3ULL << 28) + WIRE_STATE;
	CHECK(take_changed(bad) == -EPROTO);
	bad.tok = (3ULL << 28) + (1 << 23);
	CHECK(take_changed(bad) == -EPROTO);
	bad = good_hello;
	bad.ring_len = RING_PAGE;
	CHECK(take_changed(bad) == -EPROTO);
	bad.ring_len = LEN + 1;
	CHECK(take_changed(bad) == -EPROTO);
	bad.ring_len = RING_LEN_MAX + RING_PAGE;
	CHECK(take_changed(bad) == -EPROTO);
	bad.status = WIRE_REFUSED;
	CHECK(take_changed(bad) == 0);

	hello_make(&good_hello, &wire);
	wire.version = htobe16(2);
	CHECK(hello_take(&hello, &wire, 5) == -EPROTO);
	hello_make(&good_hello, &wire);
	wire.magic++;
	CHECK(hello_take(&hello, &wire, 5) == -EPROTO);
}

/* Streams */

static struct wire_state state(__u64 produced, __u64 consumed)
{
	return (struct wire_state) {
		.produced = htobe64(produced), .consumed = htobe64(consumed),
	};
}

static int take(struct ring *ring, __u64 produced, __u64 consumed)
{
	const struct wire_state s = state(produced, consumed);

	return ring_take(ring, &s);
}

static void pieces_end_at_pages(void)
{
	struct ring ring;
	__u32 offset;

	ring_init(&ring, LEN, LEN);
	CHECK(ring_room(&ring) == LEN);
	CHECK(ring_piece(&ring, 100000, &offset) == RING_PAGE && offset == WIRE_DATA);
	ring.written = 100;
	CHECK(ring_piece(&ring, 100000, &offset) == RING_PAGE - 100);
	CHECK(offset == WIRE_DATA + 100);
	CHECK(ring_piece(&ring, 5, &offset) == 5);
	ring.written = LEN;
	CHECK(ring_piece(&ring, 5, &offset) == 0);
	ring.acked = 3;
	CHECK(ring_piece(&ring, 5, &offset) == 3 && offset == WIRE_DATA);
}

static void publish_says_all(void)
{
	struct wire_state s;
	struct ring ring;

	ring_init(&ring, LEN, LEN);
	ring.written = 77;
	ring.stored = 77;
	ring.received = 55;
	ring.consumed = 55;
	ring.out_word = 0x180050;
	ring.peer_probe = 9;
	CHECK(ring_must_answer(&ring));
	ring_publish(&ring, &s);
	CHECK(!ring_must_answer(&ring));
	CHECK(be64toh(s.produced) == 77 && be64toh(s.consumed) == 55);
	CHECK(be32toh(s.word) == 0x180050 && be32toh(s.answer) == 9);
	ring.out_end = true;
	ring_publish(&ring, &s);
	CHECK(be64toh(s.produced) == (77 | WIRE_END));
	CHECK(ring_room(&ring) == 0);
	ring.written = 78;	/* not stored yet */
	ring_publish(&ring, &s);
	CHECK(be64toh(s.produced) == 77);
}

static void nothing_published(void)
{
	struct wire_state s = {};
	struct ring ring;

	ring_init(&ring, LEN, LEN);
	CHECK(!ring_take(&ring, &s) && ring_is_new(&ring));
	s.answer = htobe32(1);
	CHECK(!ring_take(&ring, &s) && !ring_is_new(&ring));
}

static void produced_is_checked(void)
{
	struct ring ring;

	ring_init(&ring, LEN, LEN);
	CHECK(take(&ring, LEN + 1, 0) == -EPROTO);
	CHECK(take(&ring, LEN, 0) == 0 && ring.received == LEN);
	CHECK(take(&ring, LEN - 1, 0) == -EPROTO);
	ring.consumed = 10;	/* which the peer does not know yet */
	CHECK(take(&ring, LEN + 10, 0) == -EPROTO);
	ring.told = 10;
	CHECK(take(&ring, LEN + 10, 0) == 0);
	CHECK(take(&ring, ~WIRE_END, 0) == -EPROTO);
	CHECK(ring.received == LEN + 10);
}

static void consumed_is_checked(void)
{
	struct ring ring;

	ring_init(&ring, LEN, LEN);
	ring.written = 200;
	ring.stored = 200;
	ring.published = 100;
	CHECK(take(&ring, 0, 101) == -EPROTO);
	CHECK(take(&ring, 0, 100) == 0);
	CHECK(take(&ring, 0, 99) == -EPROTO);
	CHECK(take(&ring, 0, ~0ULL) == -EPROTO);
	CHECK(ring.acked == 100 && ring_room(&ring) == LEN - 100);
}

static void end_is_final(void)
{
	struct ring ring;

	ring_init(&ring, LEN, LEN);
	CHECK(take(&ring, 5 | WIRE_END, 0) == 0 && ring.in_end);
	CHECK(take(&ring, 5 | WIRE_END, 0) == 0);
	CHECK(take(&ring, 5, 0) == -EPROTO);
	CHECK(take(&ring, 6 | WIRE_END, 0) == -EPROTO);
}

static void thresholds(void)
{
	struct ring ring;

	ring_init(&ring, LEN, LEN);
	ring.stored = LEN / 8 - 1;
	CHECK(!ring_must_publish(&ring));
	ring.stored++;
	CHECK(ring_must_publish(&ring));
	ring.received = LEN;
	ring.consumed = LEN / 4 - 1;
	CHECK(!ring_must_tell(&ring));
	ring.consumed++;
	CHECK(ring_must_tell(&ring));
	ring.in_end = true;
	CHECK(!ring_must_tell(&ring));
}

static void keepalive(void)
{
	struct ring ring;
	int i;

	ring_init(&ring, LEN, LEN);
	CHECK(take(&ring, 0, 0) == 0);
	CHECK(ring_tick(&ring) == 0);
	for (i = 0; i < RING_MISSED; i++)
		CHECK(ring_tick(&ring) == 1);
	CHECK(ring_tick(&ring) == -ETIMEDOUT);
	CHECK(ring.probe == RING_MISSED);
	CHECK(take(&ring, 0, 0) == 0);
	CHECK(ring_tick(&ring) == 0 && ring_tick(&ring) == 1);
}

/* Random */

struct side {
	struct ring ring;
	__u8 *dmb;
	struct wire_state seen;		/* the peer has this of the last state */
	struct wire_state sent;
};

static struct side sides[2];

/* What the stream from side @from has at @position */
static __u8 pattern(int from, __u64 position)
{
	return (position * 0x9e3779b97f4a7c15ULL >> 56) + from;
}

static void random_write(int s, size_t len)
{
	struct ring *ring = &sides[s].ring;
	__u32 offset;
	size_t i, n = ring_piece(ring, len, &offset);

	for (i = 0; i < n; i++)
		sides[!s].dmb[offset + i] = pattern(s, ring->written + i);
	ring->written += n;
	/* the caller holds back the start of a page at most */
	ring->stored = below(2) ? ring->written :
		       ring->written - ring->written % RING_PAGE;
	if (ring->stored < ring->published)
		ring->stored = ring->written;
}

static void publish(int s)
{
	sides[s].seen = sides[s].sent;
	ring_publish(&sides[s].ring, &sides[s].sent);
}

/* Some doublewords of the last state have not arrived yet */
static void take_torn(int s)
{
	struct side *peer = &sides[!s];
	__u64 field[4], sent[4];
	int i;

	memcpy(field, &peer->seen, sizeof(field));
	memcpy(sent, &peer->sent, sizeof(sent));
	for (i = 0; i < 4; i++) {
		if (below(2))
			field[i] = sent[i];
	}
	memcpy(&peer->seen, field, sizeof(field));
	CHECK(!ring_take(&sides[s].ring, &peer->seen));
}

static void take_all(int s)
{
	sides[!s].seen = sides[!s].sent;
	CHECK(!ring_take(&sides[s].ring, &sides[!s].seen));
}

static void random_read(int s, size_t len)
{
	struct ring *ring = &sides[s].ring;
	__u32 offset;
	size_t i, n = ring_readable(ring, &offset);

	n = n < len ? n : len;
	for (i = 0; i < n; i++)
		CHECK(sides[s].dmb[offset + i] == pattern(!s, ring->consumed + i));
	ring->consumed += n;
}

static void start(__u32 len)
{
	int s;

	for (s = 0; s < 2; s++) {
		free(sides[s].dmb);
		sides[s] = (struct side) { .dmb = calloc(1, WIRE_DATA + len) };
		ring_init(&sides[s].ring, len, len);
	}
}

static void random_step(int s)
{
	switch (below(6)) {
	case 0:
	case 1:
		random_write(s, below(2 * RING_PAGE));
		break;
	case 2:
		take_all(s);	/* the previous one has arrived when it is overwritten */
		publish(!s);
		break;
	case 3:
		take_torn(s);
		break;
	default:
		random_read(s, below(2 * RING_PAGE));
	}
}

static void streams_arrive(void)
{
	unsigned long i;

	start(LEN);
	for (i = 0; i < operations; i++)
		random_step(below(2));
	CHECK(sides[0].ring.consumed > LEN && sides[1].ring.consumed > LEN);
}

/*
 * The writer publishes only when it must, and the reader tells only when it must: they
 * never wait for each other.
 */
static void never_stuck(void)
{
	struct ring *out, *in;
	unsigned long i;
	__u32 len;
	__u64 last;

	for (len = RING_LEN_MIN; len <= 8 * RING_PAGE; len += RING_PAGE) {
		start(len);
		out = &sides[0].ring;
		in = &sides[1].ring;
		for (i = 0; i < 1000; i++) {
			last = out->written;
			while (ring_room(out)) {
				random_write(0, 1 + below(len));
				out->stored = out->written - out->written % RING_PAGE;
				if (out->stored < out->published)
					out->stored = out->published;
				if (ring_must_publish(out))
					publish(0);
			}
			CHECK(out->written > last);
			take_all(1);
			last = out->acked;
			while (in->consumed < in->received) {
				random_read(1, 1 + below(len));
				if (ring_must_tell(in))
					publish(1);
			}
			take_all(0);
			CHECK(out->acked > last);
		}
	}
}

/* Numbers near those that matter, and any others */
static __u64 hostile_number(const struct ring *ring)
{
	const __u64 near[] = {
		0, ring->received, ring->told + ring->in_len, ring->acked,
		ring->published, ring->written, WIRE_END, ~0ULL, ring->consumed,
	};

	if (!below(8))
		return (__u64)next_random() << 32 | next_random();
	return near[below(sizeof(near) / sizeof(*near))] + below(5) - 2;
}

/* All bytes that the user could read or write are in the DMBs */
static void touch(int s)
{
	struct ring *ring = &sides[s].ring;
	__u32 offset;
	size_t n;

	n = ring_readable(ring, &offset);
	CHECK(n <= ring->in_len && (!n || sides[s].dmb[offset + n - 1] < 256));
	CHECK(ring_room(ring) <= ring->out_len);
	n = ring_piece(ring, ~0UL, &offset);
	CHECK(offset / RING_PAGE == (offset + n - !!n) / RING_PAGE);
	memset(sides[!s].dmb + offset, 0, n);
}

static void hostile_states(void)
{
	struct wire_state s;
	unsigned long i, taken = 0;
	__u32 offset;

	start(LEN);
	for (i = 0; i < operations; i++) {
		struct ring *ring = &sides[0].ring;

		if (!below(50))
			ring_init(ring, LEN, LEN);
		s = state(hostile_number(ring), hostile_number(ring));
		s.probe = next_random();
		taken += !ring_take(ring, &s);
		touch(0);
		ring->written += ring_piece(ring, below(RING_PAGE), &offset);
		ring->stored = ring->written;
		ring->consumed += below(ring_readable(ring, &offset) + 1);
		if (!below(3))
			ring_publish(ring, &s);
	}
	CHECK(taken > operations / 100 && taken < operations);
}

static void hostile_hellos(void)
{
	union {
		struct wire_hello wire;
		__u8 byte[sizeof(struct wire_hello)];
	} u;
	struct hello hello;
	unsigned long i;

	for (i = 0; i < operations; i++) {
		hello_make(&good_hello, &u.wire);
		u.byte[below(sizeof(u))] = next_random();
		u.byte[below(sizeof(u))] ^= 1 << below(8);
		if (hello_take(&hello, &u.wire, 5) || hello.status != WIRE_OK)
			continue;
		CHECK(hello.tok && !(hello.tok & WIRE_NOT_TOKEN));
		CHECK(hello.ring_len >= RING_LEN_MIN && hello.ring_len <= RING_LEN_MAX);
		CHECK(hello.ring_len % RING_PAGE == 0);
	}
}

static const struct test tests[] = {
	TEST(hello_is_kept), TEST(hello_layout), TEST(hello_for_others),
	TEST(hello_is_checked), TEST(pieces_end_at_pages), TEST(publish_says_all),
	TEST(nothing_published), TEST(produced_is_checked), TEST(consumed_is_checked),
	TEST(end_is_final), TEST(thresholds), TEST(keepalive), TEST(streams_arrive),
	TEST(never_stuck), TEST(hostile_states), TEST(hostile_hellos),
};

int main(int argc, char **argv)
{
	parse_arguments(argc, argv, &operations, &seed);
	run_tests(tests, sizeof(tests) / sizeof(*tests));
	free(sides[0].dmb);
	free(sides[1].dmb);
	return 0;
}
