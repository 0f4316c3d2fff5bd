/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ISMCAT_H
#define ISMCAT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <libism.h>

#define EXIT_USAGE	2

enum local_kind { LOCAL_STDIO, LOCAL_EXEC, LOCAL_UNIX, LOCAL_PTY };

struct options {
	bool connect;			/* or listen */
	const char *bdf;
	uint64_t gid;			/* to connect to */
	uint16_t port;
	uint64_t *allow;
	size_t allowed;
	uint32_t keepalive_ms;
	enum local_kind local;
	const char *target;		/* command, path or link */
	int escape;			/* a character, or -1 */
	bool verbose;
};

/* Print to stderr, after the program's name */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same if -v was given */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What an error of libism_open() means and what to do */
const char *explain(int error);

/* list.c: exit code */
int list(void);

/*
 * local.c: the local end of a session. Descriptors do not block. -1 is an error, for
 * which a message was printed.
 */
int local_exec(const char *command);		/* a socket to a new process */
int local_connect(const char *path);		/* to a Unix socket */
int local_listen(const char *path);		/* on a Unix socket */
int local_pty(const char *link);		/* the master */
int local_stdio(void);				/* 0; standard input and output */
void local_close_stdout(void);
/* Remove links and sockets, restore the terminal */
void local_clean(void);
/* Whether this is used at a terminal; if so, make it raw */
bool local_terminal(void);
uint32_t local_size(void);			/* of the terminal, as a channel's word */
void local_set_size(int fd, uint32_t word);

/* One channel and its local end */
#define BUFFER_LEN	65536

struct session {
	struct session *next;
	struct libism_channel *channel;
	const struct options *options;
	int in, out;			/* can be the same */
	bool in_end, out_end;
	bool escaped;			/* the escape character was the last one */
	bool discard;			/* the program does not read any more */
	bool held;			/* some of what was sent may not be published */
	uint32_t word;
	char buffer[BUFFER_LEN];	/* from the peer, to be written to @out */
	size_t start, len;
	int result;			/* an errno when it is over */
};

struct session *session_new(struct libism_channel *channel, const struct options *options,
			    int in, int out);
/* Close all and free */
void session_free(struct session *session);
/* Do all that is possible now; returns whether the session is over */
bool session_run(struct session *session);
/* What to wait for: up to two entries; returns their number */
int session_poll(const struct session *session, struct pollfd *pfd);

#endif
