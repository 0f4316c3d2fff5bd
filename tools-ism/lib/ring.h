/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The channel protocol without any I/O: what is written to a peer's DMB, what is
 * accepted from a peer, and when to do so
 *
 * Documentation/libism.rst describes the protocol. Each side of a channel has a DMB
 * that only the other side can write:
 *
 *	0	struct wire_hello	written during the handshake
 *	128	struct wire_state	written with each signal afterwards
 *	4096	the ring: bytes for the owner of the DMB
 *
 * Positions in a stream are byte counts from its start. The peer can write anything to
 * the DMB at any time, so the caller copies what it passes to these functions, each
 * doubleword of a wire_state at once.
 */
#ifndef LIBISM_RING_H
#define LIBISM_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define WIRE_MAGIC		0x49534d6368616e31ULL	/* "ISMchan1" */
#define WIRE_VERSION		1
#define WIRE_STATE		128	/* offset of struct wire_state */
#define WIRE_DATA		4096	/* offset of the ring */
#define WIRE_END		0x8000000000000000ULL	/* in @produced: the stream ends there */

#define RING_PAGE		4096	/* a store must not cross a multiple of this */
#define RING_LEN_MIN		(2 * RING_PAGE)	/* see ring_must_publish() */
#define RING_LEN_MAX		(8 * 1024 * 1024 - WIRE_DATA)
#define RING_MISSED		3	/* unanswered probes until the peer is dead */

/* A software event with code WIRE_CONNECT | port, and the sender's token as info */
#define WIRE_CONNECT		0x49430000	/* "IC" */
#define WIRE_PORT		0x0000ffff

/* A token never has these bits, which select signal and offset */
#define WIRE_NOT_TOKEN		0x00ffffffULL

enum wire_status {
	WIRE_OK,
	WIRE_REFUSED,		/* nobody listens, or not to this GID */
};

struct wire_hello {
	__be64 magic;
	__be16 version;
	__be16 port;
	__be32 status;
	__be64 gid;		/* of the function that is to read this */
	__be64 tok;		/* of the sender's own DMB */
	__be32 ring_len;	/* of the ring in it */
	__be32 reserved;
	__be64 nonce;		/* a random number of the sender */
	__be64 echo;		/* the reader's nonce, 0 if not known */
};

struct wire_state {
	__be64 produced;	/* end of the data in this ring; WIRE_END */
	__be64 consumed;	/* how much of the opposite ring was read */
	__be32 probe;		/* counts up; the reader has to answer it */
	__be32 answer;		/* the reader's last probe */
	__be32 word;		/* for the user: the last value counts */
	__be32 reserved;
};

/* A hello in host byte order */
struct hello {
	__u16 port;
	enum wire_status status;
	__u64 gid;
	__u64 tok;
	__u32 ring_len;
	__u64 nonce;
	__u64 echo;
};

void hello_make(const struct hello *hello, struct wire_hello *wire);

/*
 * Returns 0; -EAGAIN if there is no hello for @gid, -EPROTO if it is not valid. A
 * hello with another status than WIRE_OK need not have a token and a ring.
 */
int hello_take(struct hello *hello, const struct wire_hello *wire, __u64 gid);

/* One side of an open channel */
struct ring {
	/* The stream to the peer */
	__u32 out_len;
	__u64 written;		/* accepted from the user */
	__u64 stored;		/* is in the peer's ring */
	__u64 published;	/* the peer knows about */
	__u64 acked;		/* the peer has read */
	bool out_end;		/* the user has ended the stream */

	/* The stream from the peer */
	__u32 in_len;
	__u64 received;
	__u64 consumed;		/* the user has read */
	__u64 told;		/* the peer knows about */
	bool in_end;		/* the peer has ended the stream at @received */

	__u32 probe, answer, peer_probe, peer_answer;
	bool heard;		/* since the last tick */
	unsigned int missed;
	__u32 out_word, in_word;
};

void ring_init(struct ring *ring, __u32 in_len, __u32 out_len);

/* How much the user can write */
size_t ring_room(const struct ring *ring);
/* The longest piece, up to @len bytes, for one store: its @offset in the peer's DMB */
size_t ring_piece(const struct ring *ring, size_t len, __u32 *offset);
/* Whether what is stored must be published even if the user has more to write */
bool ring_must_publish(const struct ring *ring);
/* The state to write to the peer, which thereby knows all that is stored and read */
void ring_publish(struct ring *ring, struct wire_state *state);

/* How many bytes can be read at @offset of the own DMB */
size_t ring_readable(const struct ring *ring, __u32 *offset);
/* Whether the peer must be told how much was read, because it may wait for it */
bool ring_must_tell(const struct ring *ring);

/* Take over what the peer has published; -EPROTO if that is not possible */
int ring_take(struct ring *ring, const struct wire_state *state);
bool ring_must_answer(const struct ring *ring);
/* Whether the peer has published nothing but zeros */
bool ring_is_new(const struct ring *ring);

/*
 * Called at the interval of the keep-alive. Returns 1 if the peer must be probed, by
 * writing the state, and -ETIMEDOUT if it has not answered RING_MISSED probes.
 */
int ring_tick(struct ring *ring);

#endif
