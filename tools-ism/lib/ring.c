// SPDX-License-Identifier: LGPL-2.1-or-later
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "ring.h"

void hello_make(const struct hello *hello, struct wire_hello *wire)
{
	*wire = (struct wire_hello) {
		.magic = htobe64(WIRE_MAGIC),
		.version = htobe16(WIRE_VERSION),
		.port = htobe16(hello->port),
		.status = htobe32(hello->status),
		.gid = htobe64(hello->gid),
		.tok = htobe64(hello->tok),
		.ring_len = htobe32(hello->ring_len),
		.nonce = htobe64(hello->nonce),
		.echo = htobe64(hello->echo),
	};
}

int hello_take(struct hello *hello, const struct wire_hello *wire, __u64 gid)
{
	if (!wire->magic || be64toh(wire->gid) != gid)
		return -EAGAIN;
	if (be64toh(wire->magic) != WIRE_MAGIC ||
	    be16toh(wire->version) != WIRE_VERSION)
		return -EPROTO;
	*hello = (struct hello) {
		.port = be16toh(wire->port),
		.status = be32toh(wire->status),
		.gid = gid,
		.tok = be64toh(wire->tok),
		.ring_len = be32toh(wire->ring_len),
		.nonce = be64toh(wire->nonce),
		.echo = be64toh(wire->echo),
	};
	if (hello->status != WIRE_OK)
		return 0;
	if (!hello->tok || hello->tok & WIRE_NOT_TOKEN ||
	    hello->ring_len < RING_LEN_MIN || hello->ring_len > RING_LEN_MAX ||
	    hello->ring_len % RING_PAGE)
		return -EPROTO;
	return 0;
}

void ring_init(struct ring *ring, __u32 in_len, __u32 out_len)
{
	*ring = (struct ring) { .in_len = in_len, .out_len = out_len };
}

size_t ring_room(const struct ring *ring)
{
	if (ring->out_end)
		return 0;
	return ring->out_len - (ring->written - ring->acked);
}

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The ring is a multiple of pages, so a piece that ends at a page does not wrap */
size_t ring_piece(const struct ring *ring, size_t len, __u32 *offset)
{
	*offset = WIRE_DATA + ring->written % ring->out_len;
	len = min(len, ring_room(ring));
	return min(len, RING_PAGE - *offset % RING_PAGE);
}

/*
 * An eighth of the ring, while ring_must_tell() says a quarter. So a full ring is no
 * reason to publish: all but an eighth and the start of a page, which the caller may
 * hold back, is known to the peer. When it has read that, it has told us.
 */
bool ring_must_publish(const struct ring *ring)
{
	return ring->stored - ring->published >= ring->out_len / 8;
}

void ring_publish(struct ring *ring, struct wire_state *state)
{
	bool end = ring->out_end && ring->stored == ring->written;

	ring->published = ring->stored;
	ring->told = ring->consumed;
	ring->answer = ring->peer_probe;
	*state = (struct wire_state) {
		.produced = htobe64(ring->stored | (end ? WIRE_END : 0)),
		.consumed = htobe64(ring->consumed),
		.probe = htobe32(ring->probe),
		.answer = htobe32(ring->answer),
		.word = htobe32(ring->out_word),
	};
}

size_t ring_readable(const struct ring *ring, __u32 *offset)
{
	__u32 at = ring->consumed % ring->in_len;

	*offset = WIRE_DATA + at;
	return min(ring->received - ring->consumed, ring->in_len - at);
}

bool ring_must_tell(const struct ring *ring)
{
	return !ring->in_end && ring->consumed - ring->told >= ring->in_len / 4;
}

/* The peer fills the ring at most, judging by what it was told, and never goes back */
static bool valid_produced(const struct ring *ring, __u64 produced, bool end)
{
	if (ring->in_end)
		return end && produced == ring->received;
	return produced >= ring->received &&
	       produced - ring->told <= ring->in_len;
}

int ring_take(struct ring *ring, const struct wire_state *state)
{
	__u64 produced = be64toh(state->produced);
	__u64 consumed = be64toh(state->consumed);
	bool end = produced & WIRE_END;

	produced &= ~WIRE_END;
	if (!valid_produced(ring, produced, end) ||
	    consumed < ring->acked || consumed > ring->published)
		return -EPROTO;
	ring->received = produced;
	ring->in_end = end;
	ring->acked = consumed;
	ring->peer_probe = be32toh(state->probe);
	ring->peer_answer = be32toh(state->answer);
	ring->in_word = be32toh(state->word);
	ring->heard = true;
	return 0;
}

bool ring_must_answer(const struct ring *ring)
{
	return ring->answer != ring->peer_probe;
}

bool ring_is_new(const struct ring *ring)
{
	return !ring->received && !ring->in_end && !ring->acked && !ring->peer_probe &&
	       !ring->peer_answer && !ring->in_word;
}

int ring_tick(struct ring *ring)
{
	if (ring->heard) {
		ring->heard = false;
		ring->missed = 0;
		return 0;
	}
	if (ring->missed == RING_MISSED)
		return -ETIMEDOUT;
	ring->missed++;
	ring->probe++;
	return 1;
}
