/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBISM_INTERNAL_H
#define LIBISM_INTERNAL_H

#include "ism.h"	/* of the selftests: the device's protocol */
#include "libism.h"
#include "ring.h"

#define KEPT_EVENTS	32

/* Memory that is mapped for DMA; kept for the next DMB of its size */
struct memory {
	struct memory *next;
	void *va;
	size_t len;
	__u64 iova;
	bool used;
};

struct libism_dmb {
	struct libism *ism;
	struct libism_channel *channel;		/* NULL: it is the user's */
	struct memory *memory;
	struct ism_dmb reg;
	bool signalled;
	__u16 mask;
};

struct libism_listener {
	struct libism_listener *next;
	struct libism *ism;
	__u16 port;
	__u64 *allow;
	size_t allowed;
	__u32 max_channels;
};

enum channel_state {
	CHANNEL_CONNECTING,	/* libism_connect() */
	CHANNEL_ACCEPTING,	/* a peer's request to connect */
	CHANNEL_OPEN,
	CHANNEL_FAILED,		/* with @error */
};

struct libism_channel {
	struct libism_channel *next;
	struct libism *ism;
	struct libism_listener *listener;	/* it counts for; can be NULL */
	bool owned;		/* by the user, who will close it */
	bool accepted;		/* the peer has asked for it */
	enum channel_state state;
	int error;
	struct libism_dmb *dmb;
	__u64 gid;
	__u16 port;
	__u64 tok;		/* of the peer's DMB; 0 if not known yet */
	__u64 nonce, peer_nonce;
	__u32 out_len;		/* of the peer's ring */
	__u64 deadline;		/* of the handshake, in ms */
	bool unheard;		/* the last request to connect was not accepted */
	struct ring ring;
	__u8 page[RING_PAGE];	/* the start of a page that is not stored yet */
	size_t paged;
};

struct libism {
	struct ism ism;
	struct libism_opts opts;
	char bdf[VFIO_BDF_LEN];
	__u64 gid;
	int epoll, timer, request;
	int error;		/* the function cannot be used any more */
	__u64 next_keepalive, next_handshake;	/* in ms; 0: never */
	struct libism_dmb *dmb[ISM_NR_DMBS];
	struct memory *memory;
	struct libism_channel *channels;
	struct libism_listener *listeners;
	struct libism_event event[KEPT_EVENTS];
	unsigned int events, first_event;
	struct libism_counters counters;
};

/* function.c; these return 0 or a negative errno */
__u64 now_ms(void);
int fail(int error);			/* set errno, return -1 */
int refused(int ret);			/* of a command: map codes above 0 */
void start_timer(struct libism *ism);
int dmb_register(struct libism *ism, struct libism_dmb **dmb, __u64 gid, size_t len);
int move(struct libism *ism, const struct libism_move *move);
int send_event(struct libism *ism, __u64 gid, __u32 code, __u64 info);

/* channel.c: called by the dispatcher */
void channel_signalled(struct libism_channel *channel);
void channel_requested(struct libism *ism, __u64 gid, __u16 port, __u64 tok);
void channels_gone(struct libism *ism, __u64 gid, __u64 tok);
void channels_fail(struct libism *ism, int error);
void channels_keepalive(struct libism *ism);
void channels_handshake(struct libism *ism);	/* repeat requests, or give up */
bool channels_in_handshake(const struct libism *ism);
void channels_clean(struct libism *ism);	/* free what the user never got */
void channels_close(struct libism *ism);

#endif
