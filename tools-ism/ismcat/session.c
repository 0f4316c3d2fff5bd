// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ismcat.h"

struct session *session_new(struct libism_channel *channel, const struct options *options,
			    int in, int out)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->channel = channel;
	session->options = options;
	session->in = in;
	session->out = out;
	return session;
}

static bool is_socket(const struct session *session)
{
	return session->options->local == LOCAL_EXEC ||
	       session->options->local == LOCAL_UNIX;
}

void session_free(struct session *session)
{
	libism_channel_close(session->channel);
	if (is_socket(session))
		close(session->in);
	free(session);
}

/* From the peer to the local end */

/* A terminal has no end of data that it could pass on */
static void end_out(struct session *session)
{
	session->out_end = true;
	if (is_socket(session))
		shutdown(session->out, SHUT_WR);
	else if (session->options->local == LOCAL_STDIO)
		local_close_stdout();
}

/*
 * A program may stop reading, but what it writes must still be sent. Returns whether all
 * that was read from the peer is dealt with.
 */
static bool write_failed(struct session *session)
{
	if (errno == EPIPE && is_socket(session)) {
		session->discard = true;
		session->len = 0;
		return true;
	}
	if (errno != EAGAIN)
		session->result = errno;
	return false;
}

/* Returns whether the local end has taken all */
static bool write_buffer(struct session *session)
{
	ssize_t n;

	if (session->discard)
		session->len = 0;
	while (session->len) {
		n = write(session->out, session->buffer + session->start, session->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return write_failed(session);
		session->start += n;
		session->len -= n;
	}
	return true;
}

static void from_peer(struct session *session)
{
	ssize_t n;

	while (!session->out_end && !session->result && write_buffer(session)) {
		n = libism_channel_read(session->channel, session->buffer, BUFFER_LEN);
		if (n < 0 && errno != EAGAIN)
			session->result = errno;
		if (n < 0)
			return;
		session->start = 0;
		session->len = n;
		if (!n)
			end_out(session);
	}
}

/* From the local end to the peer */

/*
 * After the escape character, "." and "d" end the session, and the escape character
 * stands for itself. Returns the number of bytes in @to, which can be one more than @len:
 * the escape character can be the last one of an earlier call.
 */
static size_t unescape(struct session *session, const char *from, size_t len, char *to)
{
	const unsigned char escape = session->options->escape;
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (!session->escaped && (unsigned char)from[i] == escape) {
			session->escaped = true;
			continue;
		}
		if (session->escaped && (from[i] == '.' || from[i] == 'd')) {
			session->result = ECANCELED;
			return n;
		}
		if (session->escaped && (unsigned char)from[i] != escape)
			to[n++] = escape;
		session->escaped = false;
		to[n++] = from[i];
	}
	return n;
}

static void end_in(struct session *session)
{
	session->in_end = true;
	if (!libism_channel_shutdown(session->channel))
		session->held = false;
}

/* There is room, so what is not written is lost with the channel, and stays held */
static void send_local(struct session *session, const char *buf, size_t len)
{
	char unescaped[BUFFER_LEN + 1];

	if (session->options->escape >= 0) {
		len = unescape(session, buf, len, unescaped);
		buf = unescaped;
	}
	libism_channel_write(session->channel, buf, len, LIBISM_MORE);
	session->held = true;
}

/* How much can be read from the local end: see unescape() */
static size_t room(const struct session *session)
{
	size_t room = libism_channel_room(session->channel);

	return room > session->escaped ? room - session->escaped : 0;
}

/* Returns whether there may be more */
static bool read_local(struct session *session, size_t room)
{
	char buf[BUFFER_LEN];
	ssize_t n;

	n = read(session->in, buf, room < BUFFER_LEN ? room : BUFFER_LEN);
	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {		/* errors too: the process at the other end has gone */
		end_in(session);
		return false;
	}
	send_local(session, buf, n);
	return true;
}

/*
 * Nothing is left unpublished, unless the peer's buffer is full. Then it is published
 * when there is room, even if there is nothing more to send.
 */
static void to_peer(struct session *session)
{
	size_t len;

	while (!session->in_end && !session->result) {
		len = room(session);
		if (!len)
			return;
		if (!read_local(session, len))
			break;
	}
	if (session->held && !session->in_end)
		session->held = libism_channel_write(session->channel, NULL, 0, 0) < 0;
}

static void pass_size(struct session *session)
{
	const uint32_t word = libism_channel_word(session->channel);

	if (word == session->word)
		return;
	session->word = word;
	local_set_size(session->out, word);
}

static int channel_error(const struct session *session)
{
	libism_channel_status(session->channel);
	return errno;
}

/* The local end is gone, in both directions */
static bool hung_up(const struct session *session)
{
	struct pollfd pfd = { .fd = session->in };

	return is_socket(session) && session->in_end && poll(&pfd, 1, 0) > 0 &&
	       pfd.revents & (POLLHUP | POLLERR);
}

/*
 * The peer has gone: is there anything that it should have got? At a terminal, what is
 * typed then is for the next program.
 */
static bool input_left(const struct session *session)
{
	char byte;

	if (session->options->local == LOCAL_PTY || isatty(session->in))
		return false;
	return session->held || (!session->in_end && read(session->in, &byte, 1) > 0);
}

/*
 * The peer has gone, but the local end has not taken all of its data yet. It may first
 * wait until it can write, so tell it that it cannot.
 */
static void refuse_local(struct session *session)
{
	if (!is_socket(session) || session->in_end)
		return;
	session->held = input_left(session);
	session->in_end = true;
	shutdown(session->in, SHUT_RD);
}

/*
 * Is nothing more to be done? A program that has hung up does not read what the peer has
 * to say. A terminal that nobody reads must not keep others from connecting.
 */
static bool is_over(struct session *session, bool failed)
{
	if (hung_up(session))
		return true;
	if (session->out_end)
		return session->in_end || session->options->local == LOCAL_PTY || failed;
	return failed && session->options->local == LOCAL_PTY && !session->options->connect;
}

/*
 * The session is over when both streams have ended, or one end was closed altogether. To
 * send something may show that the peer has gone, so what it has sent is read after that.
 */
bool session_run(struct session *session)
{
	bool failed = libism_channel_status(session->channel);

	if (failed && errno == EINPROGRESS)
		return false;
	if (session->options->local == LOCAL_PTY)
		pass_size(session);
	to_peer(session);
	from_peer(session);
	if (session->result)
		return true;
	failed = libism_channel_status(session->channel);
	if (is_over(session, failed)) {
		if (failed && (!session->out_end || input_left(session)))
			session->result = channel_error(session);
		return true;
	}
	if (failed)
		refuse_local(session);
	return false;
}

int session_poll(const struct session *session, struct pollfd *pfd)
{
	int n = 0;

	if (session->in_end && is_socket(session))	/* for hung_up() */
		pfd[n++] = (struct pollfd) { .fd = session->in };
	if (!session->in_end && room(session))
		pfd[n++] = (struct pollfd) { .fd = session->in, .events = POLLIN };
	if (session->len)
		pfd[n++] = (struct pollfd) { .fd = session->out, .events = POLLOUT };
	return n;
}
