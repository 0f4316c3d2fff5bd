// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Channels: the handshake, and the stores that ring.c asks for
 *
 * Before a side writes anything but a hello, the other side must prove, by returning a
 * random number, that it can read the DMB whose token it gave. Otherwise, a peer could
 * give the token of somebody else's DMB.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "internal.h"

static __u64 *state_field(struct libism_channel *channel, unsigned int i)
{
	return (__u64 *)(channel->dmb->memory->va + WIRE_STATE) + i;
}

static int take_state(struct libism_channel *channel)
{
	union {
		struct wire_state state;
		__u64 field[sizeof(struct wire_state) / sizeof(__u64)];
	} u;
	unsigned int i;

	for (i = 0; i < sizeof(u) / sizeof(__u64); i++)
		u.field[i] = __atomic_load_n(state_field(channel, i), __ATOMIC_ACQUIRE);
	return ring_take(&channel->ring, &u.state);
}

/* A peer that has gone may have published something before, which still counts */
static void set_failed(struct libism_channel *channel, int error)
{
	if (channel->state == CHANNEL_FAILED)
		return;
	if (channel->state == CHANNEL_OPEN && take_state(channel))
		error = -EPROTO;
	channel->state = CHANNEL_FAILED;
	channel->error = error;
}

/* A store that fails means that the peer's DMB is gone */
static int store(struct libism_channel *channel, __u32 offset, const void *data,
		 size_t len, bool signal)
{
	const struct libism_move m = {
		.token = channel->tok, .offset = offset, .data = data, .len = len,
		.signal = signal,
	};

	if (!move(channel->ism, &m))
		return 0;
	set_failed(channel, -ECONNRESET);
	return -ECONNRESET;
}

static int store_state(struct libism_channel *channel)
{
	struct wire_state state;

	ring_publish(&channel->ring, &state);
	return store(channel, WIRE_STATE, &state, sizeof(state), true);
}

static int store_hello(struct libism_channel *channel)
{
	const struct hello hello = {
		.port = channel->port,
		.gid = channel->gid,
		.tok = channel->dmb->reg.tok,
		.ring_len = channel->ism->opts.ring_len,
		.nonce = channel->nonce,
		.echo = channel->peer_nonce,
	};
	struct wire_hello wire;

	hello_make(&hello, &wire);
	return store(channel, 0, &wire, sizeof(wire), true);
}

/* Creating and freeing */

static int new_nonce(__u64 *nonce)
{
	do {
		if (getrandom(nonce, sizeof(*nonce), 0) != sizeof(*nonce))
			return -errno;
	} while (!*nonce);
	return 0;
}

static int channel_new(struct libism *ism, struct libism_channel **out, __u64 gid,
		       __u16 port)
{
	struct libism_channel *channel = calloc(1, sizeof(*channel));
	int ret;

	if (!channel)
		return -ENOMEM;
	ret = new_nonce(&channel->nonce);
	if (!ret)
		ret = dmb_register(ism, &channel->dmb, gid,
				   WIRE_DATA + ism->opts.ring_len);
	if (ret) {
		free(channel);
		return ret;
	}
	channel->dmb->channel = channel;
	channel->ism = ism;
	channel->gid = gid;
	channel->port = port;
	channel->deadline = now_ms() + ism->opts.timeout_ms;
	channel->next = ism->channels;
	ism->channels = channel;
	*out = channel;
	return 0;
}

static void channel_free(struct libism_channel *channel)
{
	struct libism_channel **link = &channel->ism->channels;

	while (*link != channel)
		link = &(*link)->next;
	*link = channel->next;
	libism_dmb_unregister(channel->dmb);
	free(channel);
}

/* The handshake */

/* Not an error: the peer's queue can be full. A later request may get through. */
static void request(struct libism_channel *channel)
{
	int ret = send_event(channel->ism, channel->gid, WIRE_CONNECT | channel->port,
			     channel->dmb->reg.tok);

	channel->unheard = ret;
}

int libism_connect(struct libism *ism, struct libism_channel **out, uint64_t gid,
		   uint16_t port)
{
	int ret;

	if (ism->error)
		return fail(ism->error);
	if (libism_reachable(ism, gid))
		return -1;
	ret = channel_new(ism, out, gid, port);
	if (ret)
		return fail(ret);
	(*out)->owned = true;
	request(*out);
	start_timer(ism);
	return 0;
}

static void open_channel(struct libism_channel *channel)
{
	ring_init(&channel->ring, channel->ism->opts.ring_len, channel->out_len);
	channel->ring.heard = true;
	channel->state = CHANNEL_OPEN;
}

/* What a valid hello of the peer says about itself */
static int take_hello(struct libism_channel *channel, const struct hello *hello)
{
	if (hello->port != channel->port ||
	    (channel->tok && hello->tok != channel->tok) ||
	    (hello->echo && hello->echo != channel->nonce))
		return -EPROTO;
	channel->tok = hello->tok;
	channel->out_len = hello->ring_len;
	channel->peer_nonce = hello->nonce;
	return 0;
}

/*
 * The accepting side says hello first, without an echo; the connecting side answers
 * with an echo; the accepting side says hello again, now with an echo.
 */
static void answer_hello(struct libism_channel *channel, const struct hello *hello)
{
	bool proven = hello->echo == channel->nonce;
	bool connecting = channel->state == CHANNEL_CONNECTING;

	if (proven == connecting) {
		if (proven)
			open_channel(channel);
		return;
	}
	if (!store_hello(channel) && proven)
		open_channel(channel);
}

static void handle_hello(struct libism_channel *channel)
{
	struct wire_hello wire;
	struct hello hello;
	int ret;

	memcpy(&wire, channel->dmb->memory->va, sizeof(wire));
	ret = hello_take(&hello, &wire, channel->ism->gid);
	if (ret == -EAGAIN)
		return;
	if (!ret && hello.status != WIRE_OK)
		ret = -ECONNREFUSED;
	if (!ret)
		ret = take_hello(channel, &hello);
	if (ret)
		set_failed(channel, ret);
	else
		answer_hello(channel, &hello);
}

static void handle_state(struct libism_channel *channel)
{
	if (take_state(channel))
		set_failed(channel, -EPROTO);
	else if (ring_must_answer(&channel->ring))
		store_state(channel);
}

/*
 * A peer that signals before it has published anything repeats its hello: it has not seen
 * our last one, which somebody else's request may have made us overwrite.
 */
static void repair_hello(struct libism_channel *channel)
{
	if (channel->accepted && ring_is_new(&channel->ring))
		store_hello(channel);
}

void channel_signalled(struct libism_channel *channel)
{
	bool was_open = channel->state == CHANNEL_OPEN;

	if (channel->state == CHANNEL_CONNECTING ||
	    channel->state == CHANNEL_ACCEPTING)
		handle_hello(channel);
	if (channel->state == CHANNEL_OPEN)
		handle_state(channel);
	if (channel->state == CHANNEL_OPEN && was_open)
		repair_hello(channel);
}

/* Requests to connect */

static struct libism_listener *find_listener(struct libism *ism, __u16 port)
{
	struct libism_listener *listener = ism->listeners;

	while (listener && listener->port != port)
		listener = listener->next;
	return listener;
}

static bool allowed(const struct libism_listener *listener, __u64 gid)
{
	size_t i;

	if (!listener->allow)
		return true;
	for (i = 0; i < listener->allowed; i++) {
		if (listener->allow[i] == gid)
			return true;
	}
	return false;
}

static bool too_many(const struct libism_listener *listener, __u64 gid)
{
	const struct libism *ism = listener->ism;
	const struct libism_channel *channel;
	__u32 of_listener = 0, of_peer = 0;

	for (channel = ism->channels; channel; channel = channel->next) {
		of_listener += channel->listener == listener;
		of_peer += channel->listener && channel->gid == gid;
	}
	return of_peer >= ism->opts.max_channels ||
	       (listener->max_channels && of_listener >= listener->max_channels);
}

/* The token can be wrong, so the result does not matter */
static void refuse(struct libism *ism, __u64 gid, __u16 port, __u64 tok)
{
	const struct hello hello = { .port = port, .status = WIRE_REFUSED, .gid = gid };
	struct wire_hello wire;
	const struct libism_move m = {
		.token = tok, .data = &wire, .len = sizeof(wire), .signal = true,
	};

	hello_make(&hello, &wire);
	move(ism, &m);
}

static void accept_request(struct libism_listener *listener, __u64 gid, __u64 tok)
{
	struct libism *ism = listener->ism;
	struct libism_channel *channel;

	if (channel_new(ism, &channel, gid, listener->port)) {
		refuse(ism, gid, listener->port, tok);
		return;
	}
	channel->state = CHANNEL_ACCEPTING;
	channel->accepted = true;
	channel->listener = listener;
	channel->tok = tok;
	store_hello(channel);
	start_timer(ism);
}

/* A repeated request: the hello may have been overwritten */
static bool repeated(struct libism *ism, __u64 gid, __u64 tok)
{
	struct libism_channel *channel = ism->channels;

	while (channel && (channel->gid != gid || channel->tok != tok))
		channel = channel->next;
	if (channel && channel->state == CHANNEL_ACCEPTING)
		store_hello(channel);
	return channel;
}

void channel_requested(struct libism *ism, __u64 gid, __u16 port, __u64 tok)
{
	struct libism_listener *listener = find_listener(ism, port);

	if (!tok || tok & WIRE_NOT_TOKEN || repeated(ism, gid, tok))
		return;
	if (!listener || !allowed(listener, gid) || too_many(listener, gid))
		refuse(ism, gid, port, tok);
	else
		accept_request(listener, gid, tok);
}

/* Time, and the end */

bool channels_in_handshake(const struct libism *ism)
{
	const struct libism_channel *channel = ism->channels;

	while (channel && channel->state != CHANNEL_CONNECTING &&
	       channel->state != CHANNEL_ACCEPTING)
		channel = channel->next;
	return channel;
}

static void continue_handshake(struct libism_channel *channel)
{
	if (channel->state != CHANNEL_CONNECTING &&
	    channel->state != CHANNEL_ACCEPTING)
		return;
	if (now_ms() >= channel->deadline)
		set_failed(channel, channel->unheard ? -ECONNREFUSED : -ETIMEDOUT);
	else if (!channel->tok)
		request(channel);
	else if (channel->state == CHANNEL_CONNECTING)
		store_hello(channel);
}

void channels_handshake(struct libism *ism)
{
	struct libism_channel *channel;

	for (channel = ism->channels; channel; channel = channel->next)
		continue_handshake(channel);
}

void channels_keepalive(struct libism *ism)
{
	struct libism_channel *channel;
	int ret;

	for (channel = ism->channels; channel; channel = channel->next) {
		if (channel->state != CHANNEL_OPEN)
			continue;
		ret = ring_tick(&channel->ring);
		if (ret > 0)
			store_state(channel);
		else if (ret)
			set_failed(channel, ret);
	}
}

/*
 * Those of the peer @gid, or the one with the peer's DMB @tok; 0 is neither. One that
 * has not heard from the peer yet is not affected: it is younger than the event.
 */
void channels_gone(struct libism *ism, __u64 gid, __u64 tok)
{
	struct libism_channel *channel;

	for (channel = ism->channels; channel; channel = channel->next) {
		if (channel->tok && (channel->gid == gid || channel->tok == tok))
			set_failed(channel, -ECONNRESET);
	}
}

void channels_fail(struct libism *ism, int error)
{
	struct libism_channel *channel;

	for (channel = ism->channels; channel; channel = channel->next)
		set_failed(channel, error);
}

/* A channel that was open is left for libism_accept(): it can have received data */
void channels_clean(struct libism *ism)
{
	struct libism_channel *channel, *next;

	for (channel = ism->channels; channel; channel = next) {
		next = channel->next;
		if (!channel->owned && channel->state == CHANNEL_FAILED &&
		    (!channel->listener || !channel->ring.in_len))
			channel_free(channel);
	}
}

void channels_close(struct libism *ism)
{
	while (ism->channels)
		libism_channel_close(ism->channels);
}

/* Listeners */

static int copy_allowed(struct libism_listener *listener,
			const struct libism_listen_opts *opts)
{
	size_t size = opts->allowed * sizeof(*opts->allow);

	if (!opts->allow)
		return 0;
	listener->allow = malloc(size ?: 1);
	if (!listener->allow)
		return -ENOMEM;
	memcpy(listener->allow, opts->allow, size);
	listener->allowed = opts->allowed;
	return 0;
}

int libism_listen(struct libism *ism, struct libism_listener **out,
		  const struct libism_listen_opts *opts)
{
	struct libism_listener *listener;

	if (find_listener(ism, opts->port))
		return fail(-EADDRINUSE);
	listener = calloc(1, sizeof(*listener));
	if (!listener || copy_allowed(listener, opts)) {
		free(listener);
		return fail(-ENOMEM);
	}
	listener->ism = ism;
	listener->port = opts->port;
	listener->max_channels = opts->max_channels;
	listener->next = ism->listeners;
	ism->listeners = listener;
	start_timer(ism);
	*out = listener;
	return 0;
}

void libism_unlisten(struct libism_listener *listener)
{
	struct libism_listener **link = &listener->ism->listeners;
	struct libism_channel *channel, *next;

	while (*link != listener)
		link = &(*link)->next;
	*link = listener->next;
	for (channel = listener->ism->channels; channel; channel = next) {
		next = channel->next;
		if (channel->listener != listener)
			continue;
		channel->listener = NULL;
		if (!channel->owned)
			libism_channel_close(channel);
	}
	free(listener->allow);
	free(listener);
}

int libism_accept(struct libism_listener *listener, struct libism_channel **out)
{
	struct libism_channel *channel, *oldest = NULL;

	/* new ones are at the head of the list */
	for (channel = listener->ism->channels; channel; channel = channel->next) {
		if (channel->listener == listener && !channel->owned &&
		    channel->ring.in_len)
			oldest = channel;
	}
	if (!oldest)
		return fail(-EAGAIN);
	oldest->owned = true;
	*out = oldest;
	return 0;
}

/* The stream */

int libism_channel_status(const struct libism_channel *channel)
{
	switch (channel->state) {
	case CHANNEL_OPEN:
		return 0;
	case CHANNEL_FAILED:
		return fail(channel->error);
	default:
		return fail(-EINPROGRESS);
	}
}

uint64_t libism_channel_gid(const struct libism_channel *channel)
{
	return channel->gid;
}

/* After a violation of the protocol, nothing in the ring can be trusted */
static size_t read_ring(struct libism_channel *channel, void *buf, size_t len)
{
	struct ring *ring = &channel->ring;
	size_t n, done = 0;
	__u32 offset;

	if (!ring->in_len || channel->error == -EPROTO)
		return 0;
	while (done < len && (n = ring_readable(ring, &offset))) {
		n = len - done < n ? len - done : n;
		memcpy(buf + done, channel->dmb->memory->va + offset, n);
		ring->consumed += n;
		done += n;
	}
	channel->ism->counters.received += done;
	return done;
}

ssize_t libism_channel_read(struct libism_channel *channel, void *buf, size_t len)
{
	size_t done = read_ring(channel, buf, len);

	if (done && channel->state == CHANNEL_OPEN && ring_must_tell(&channel->ring))
		store_state(channel);
	if (done || !len)
		return done;
	if (channel->ring.in_end && channel->error != -EPROTO)
		return 0;
	if (channel->state == CHANNEL_FAILED)
		return fail(channel->error);
	return fail(-EAGAIN);
}

/* Errors are noted in the channel */
static void flush_page(struct libism_channel *channel)
{
	struct ring *ring = &channel->ring;
	__u32 offset;

	if (!channel->paged)
		return;
	offset = WIRE_DATA + ring->stored % ring->out_len;
	if (store(channel, offset, channel->page, channel->paged, false))
		return;
	ring->stored += channel->paged;
	channel->paged = 0;
}

/*
 * Write one piece. If more will follow, the start of a page waits for the rest of it,
 * so that a page takes one store.
 */
static size_t write_piece(struct libism_channel *channel, const void *buf, size_t len,
			  bool more)
{
	struct ring *ring = &channel->ring;
	__u32 offset;
	size_t n = ring_piece(ring, len, &offset);
	bool whole = (offset + n) % RING_PAGE == 0;

	if (!n)
		return 0;
	if (channel->paged || (more && !whole)) {
		memcpy(channel->page + channel->paged, buf, n);
		channel->paged += n;
		ring->written += n;
		if (whole)
			flush_page(channel);
		return n;
	}
	if (store(channel, offset, buf, n, false))
		return 0;
	ring->written += n;
	ring->stored += n;
	return n;
}

static int flush(struct libism_channel *channel)
{
	struct ring *ring = &channel->ring;

	flush_page(channel);
	if (channel->state == CHANNEL_OPEN && ring->published != ring->stored)
		store_state(channel);
	return channel->state == CHANNEL_OPEN ? 0 : channel->error;
}

static int can_write(const struct libism_channel *channel)
{
	if (channel->state == CHANNEL_FAILED)
		return channel->error;
	if (channel->state != CHANNEL_OPEN)
		return -EAGAIN;
	return channel->ring.out_end ? -EPIPE : 0;
}

ssize_t libism_channel_write(struct libism_channel *channel, const void *buf, size_t len,
			     int flags)
{
	bool more = flags & LIBISM_MORE;
	size_t n, done = 0;
	int ret;

	ret = can_write(channel);
	if (ret)
		return fail(ret);
	while (done < len && channel->state == CHANNEL_OPEN) {
		n = write_piece(channel, buf + done, len - done, more);
		if (!n)
			break;
		done += n;
		if (channel->state == CHANNEL_OPEN && ring_must_publish(&channel->ring))
			store_state(channel);
	}
	channel->ism->counters.sent += done;
	if (channel->state == CHANNEL_FAILED)
		return fail(channel->error);
	if (done < len)		/* see ring_must_publish() */
		return done ? (ssize_t)done : fail(-EAGAIN);
	if (!more && flush(channel))
		return fail(channel->error);
	return done;
}

size_t libism_channel_room(const struct libism_channel *channel)
{
	return can_write(channel) ? 0 : ring_room(&channel->ring);
}

int libism_channel_shutdown(struct libism_channel *channel)
{
	int ret = can_write(channel);

	if (ret)
		return fail(ret);
	channel->ring.out_end = true;
	flush_page(channel);
	ret = channel->state == CHANNEL_OPEN ? store_state(channel) : channel->error;
	return ret ? fail(ret) : 0;
}

void libism_channel_close(struct libism_channel *channel)
{
	libism_channel_shutdown(channel);
	channel_free(channel);
}

int libism_channel_send_word(struct libism_channel *channel, uint32_t word)
{
	if (channel->state != CHANNEL_OPEN)
		return libism_channel_status(channel);
	channel->ring.out_word = word;
	return store_state(channel) ? fail(channel->error) : 0;
}

uint32_t libism_channel_word(const struct libism_channel *channel)
{
	return channel->ring.in_word;
}
