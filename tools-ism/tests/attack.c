// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <stdlib.h>

#include "attack.h"
#include "random.h"
#include "ring.h"

#define MIB		(1024 * 1024)

static struct libism *ism;
static uint64_t gid;
static uint16_t port;
static struct libism_dmb *dmb;	/* for what the victim writes */
static uint64_t victim;		/* token of its DMB for us */
static uint64_t produced;

/* Tokens are numbered: those of others are near the own ones */
static uint64_t near_token(void)
{
	return libism_dmb_token(dmb) + ((uint64_t)below(9) << 28) - (4ULL << 28);
}

static uint64_t some_token(void)
{
	switch (below(4)) {
	case 0:
		return libism_dmb_token(dmb);
	case 1:
		return near_token();
	case 2:
		return near_token() | below(1 << 28);
	default:
		return (uint64_t)next_random() << 32 | next_random();
	}
}

/* Fails most of the time, because the victim has closed the channel */
static void store(uint32_t offset, const void *data, size_t len)
{
	const struct libism_move m = {
		.token = victim, .offset = offset, .data = data, .len = len,
		.signal = true,
	};

	libism_move(ism, &m);
}

static void store_hello(void)
{
	const struct wire_hello *seen = libism_dmb_data(dmb);
	struct hello hello = {
		.port = port, .gid = gid, .tok = some_token(),
		.ring_len = below(4) ? 4096 * below(300) : next_random(),
		.nonce = below(3), .echo = be64toh(seen->nonce),
		.status = !below(10),
	};
	union {
		struct wire_hello wire;
		uint8_t byte[sizeof(struct wire_hello)];
	} u;

	if (below(2))
		hello.tok = libism_dmb_token(dmb);
	hello_make(&hello, &u.wire);
	if (!below(3))
		u.byte[below(sizeof(u))] ^= next_random();
	store(0, &u, sizeof(u));
}

/* Mostly right, so that channels live for some time */
static void store_state(void)
{
	struct wire_state state = {
		.probe = next_random(), .word = next_random(),
	};

	produced += below(3000);
	state.produced = htobe64(produced);
	if (!below(8))
		state.produced = htobe64((uint64_t)next_random() << below(40));
	if (!below(8))
		state.consumed = htobe64(below(2) ? next_random() : below(2 * MIB));
	store(WIRE_STATE, &state, sizeof(state));
}

static void store_garbage(void)
{
	uint32_t data[1024];
	unsigned int i;

	for (i = 0; i < 1024; i++)
		data[i] = next_random();
	store(below(MIB), data, 1 + below(sizeof(data)));
}

static void send_event(void)
{
	uint32_t code = WIRE_CONNECT | (below(4) ? port : below(65536));

	libism_signal(ism, gid + !below(4), below(8) ? code : next_random(),
		      below(2) ? libism_dmb_token(dmb) : some_token());
}

/* The victim's hello has the token of its DMB. Sometimes start over with a new one. */
static void learn(void)
{
	const struct wire_hello *seen = libism_dmb_data(dmb);

	if (victim != be64toh(seen->tok))
		produced = 0;
	victim = be64toh(seen->tok);
	if (below(20))
		return;
	libism_dmb_unregister(dmb);
	if (libism_dmb_register(ism, &dmb, gid, MIB))
		abort();
}

int attack_start(struct libism *ism_, uint64_t gid_, uint16_t port_, uint64_t seed_)
{
	ism = ism_;
	gid = gid_;
	port = port_;
	seed = seed_;
	return libism_dmb_register(ism, &dmb, gid, MIB);
}

void attack(void)
{
	switch (below(8)) {
	case 0:
		send_event();
		break;
	case 1:
		learn();
		break;
	case 2:
		store_garbage();
		break;
	case 3:
	case 4:
	case 5:
		store_state();
		break;
	default:
		store_hello();
	}
}

void attack_end(void)
{
	libism_dmb_unregister(dmb);
}
