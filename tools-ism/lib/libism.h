/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libism: Internal Shared Memory (ISM) functions of IBM Z in user space
 *
 * The functions must be bound to the driver ism_vfio_pci. See libism(3) and
 * Documentation/libism.rst.
 *
 * Calls that return int return 0, or -1 with errno set. None of them waits, except for
 * the few microseconds of a PCI instruction; to wait, poll libism_fd().
 *
 * A function, with all that was made from it, may be used by one thread at a time.
 * Different functions are independent of each other. After fork(), only the parent may
 * use them; the file descriptors are closed by exec().
 *
 * If the process ends for any reason, the kernel resets the function, and each peer
 * gets an event that says so.
 */
#ifndef LIBISM_H
#define LIBISM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct libism;			/* a function in use */
struct libism_dmb;		/* memory that one peer can write to */
struct libism_listener;		/* a port that accepts channels */
struct libism_channel;		/* a stream of bytes to and from a peer */

/* A timeout that never comes */
#define LIBISM_NEVER		UINT32_MAX

enum libism_container {
	LIBISM_CONTAINER_ANY,		/* iommufd if the kernel has it */
	LIBISM_CONTAINER_IOMMUFD,	/* /dev/iommu and /dev/vfio/devices/vfioN */
	LIBISM_CONTAINER_TYPE1,		/* /dev/vfio/vfio and /dev/vfio/GROUP */
};

/**
 * struct libism_opts - how to open a function; 0 stands for the default
 * @bdf: name of the function in sysfs, such as "0001:00:00.0"; by default the first
 *	one that is not in use
 * @container: how to access it
 * @ring_len: size in bytes of the buffer for what a channel receives, a multiple of
 *	4096, from 8192 to 8 MiB - 4096. Default: 1 MiB - 4096. Each channel locks this amount
 *	of memory, and 4096 bytes for its state.
 * @keepalive_ms: how often to check, in milliseconds, that the peer of an idle channel
 *	is alive; it is dead if it misses three checks, four to five times as long
 *	after it was last heard. Default: 60000. LIBISM_NEVER turns this off.
 * @timeout_ms: how long libism_connect() tries, in milliseconds. Default: 5000.
 * @max_channels: limit of the channels that one peer can open to this function.
 *	Default: 32
 */
struct libism_opts {
	const char *bdf;
	enum libism_container container;
	uint32_t ring_len;
	uint32_t keepalive_ms;
	uint32_t timeout_ms;
	uint32_t max_channels;
};

/**
 * libism_open() - start to use a function
 * @ism: set to the function, which libism_close() frees
 * @opts: NULL for the defaults
 *
 * Return: 0, or -1 and errno. ENODEV: no function is bound to ism_vfio_pci. EBUSY: in
 * use by another program. ENOENT: there is no such function, or it is not bound.
 * EACCES: no permission for the device files. ENOMEM: the limit of locked memory is
 * too low, see getrlimit(2). EREMOTEIO: the function refused a command. EINVAL: @opts.
 */
int libism_open(struct libism **ism, const struct libism_opts *opts);

/**
 * libism_close() - stop using a function
 * @ism: all its channels, listeners and DMBs are closed too; NULL does nothing
 */
void libism_close(struct libism *ism);

/**
 * libism_bdf() - the name of the function in sysfs
 * @ism: the function
 *
 * Return: the name, valid until libism_close()
 */
const char *libism_bdf(const struct libism *ism);

/**
 * libism_gid() - the function's GID, by which peers address it
 * @ism: the function
 *
 * Return: the GID
 */
uint64_t libism_gid(const struct libism *ism);

/**
 * libism_reachable() - whether a peer exists and can be reached
 * @ism: the function
 * @gid: the peer's GID
 *
 * Return: 0, or -1 and errno. EHOSTUNREACH: no such GID, or in another machine or on
 * another channel.
 */
int libism_reachable(struct libism *ism, uint64_t gid);

/**
 * libism_fd() - a file descriptor that is readable when there is something to do
 * @ism: the function
 *
 * Poll it for POLLIN, then call libism_dispatch(). It belongs to the function: do not
 * read or close it.
 *
 * Return: the file descriptor
 */
int libism_fd(const struct libism *ism);

/**
 * libism_dispatch() - process what has arrived, and timeouts
 * @ism: the function
 *
 * Then look at channels, listeners, DMBs and events: none of them changes outside this
 * call. Never waits.
 *
 * Return: 0, or -1 and errno. EIO: the function was reset, or has failed. ENODEV: the
 * kernel asks to give it up, because it is to be unbound or unplugged. In both cases
 * nothing but libism_close(), and reading what channels have received, is useful.
 */
int libism_dispatch(struct libism *ism);

/**
 * struct libism_counters - what a function has done since it was opened
 * @stores: PCI store blocks that moved data, states and signals
 * @commands: commands, of two PCI store blocks and one or more PCI loads each
 * @interrupts: wakeups by the function; several interrupts can be one wakeup
 * @sent: bytes written to channels
 * @received: bytes read from channels
 */
struct libism_counters {
	uint64_t stores;
	uint64_t commands;
	uint64_t interrupts;
	uint64_t sent;
	uint64_t received;
};

/**
 * libism_count() - what a function has done
 * @ism: the function
 * @counters: set to the counts
 */
void libism_count(const struct libism *ism, struct libism_counters *counters);

/* DMBs and events: the function as it is */

/**
 * libism_dmb_register() - let a peer write to memory of this process
 * @ism: the function
 * @dmb: set to the DMB
 * @gid: the only one who can write to it
 * @len: up to 8 MiB. The memory is locked and starts out as zeros.
 *
 * Return: 0, or -1 and errno. ENOMEM: no memory, or the limit of locked memory.
 * ENOSPC: too many DMBs. EREMOTEIO: the function refused it. EINVAL: @len.
 */
int libism_dmb_register(struct libism *ism, struct libism_dmb **dmb, uint64_t gid,
			size_t len);

/**
 * libism_dmb_unregister() - withdraw and free a DMB
 * @dmb: the DMB
 *
 * Afterwards the peer cannot write to the memory. It gets an event.
 */
void libism_dmb_unregister(struct libism_dmb *dmb);

/**
 * libism_dmb_data() - the memory, which the peer changes at any time
 * @dmb: the DMB
 *
 * Return: its address, a multiple of 4096
 */
void *libism_dmb_data(const struct libism_dmb *dmb);

/**
 * libism_dmb_token() - what the peer needs for libism_move()
 * @dmb: the DMB
 *
 * Return: the token
 */
uint64_t libism_dmb_token(const struct libism_dmb *dmb);

/**
 * libism_dmb_signalled() - whether the peer has signalled since the last call
 * @dmb: the DMB
 * @mask: set to the elements that it signalled: the most significant bit is element 0
 *
 * Return: whether it has
 */
bool libism_dmb_signalled(struct libism_dmb *dmb, uint16_t *mask);

/**
 * struct libism_move - data to be moved
 * @token: of the peer's DMB
 * @offset: in the DMB, in bytes
 * @data: of any alignment
 * @len: in bytes, any number. The data is cut at multiples of 4096 of the offset.
 * @signal: signal the owner after the last byte
 * @element: 0 to 15, passed on with the signal
 */
struct libism_move {
	uint64_t token;
	uint32_t offset;
	const void *data;
	size_t len;
	bool signal;
	unsigned int element;
};

/**
 * libism_move() - write to a peer's DMB
 * @ism: the function
 * @move: what to move where
 *
 * When it returns, the data is there. After an error, a part of it can be.
 *
 * Return: 0, or -1 and errno. ENXIO, EIO: no such DMB, not for this function, or it is
 * too small. EINVAL: @offset and @len exceed 8 MiB, or @element is too large.
 */
int libism_move(struct libism *ism, const struct libism_move *move);

enum libism_event_type {
	LIBISM_EVENT_BUFFER,	/* @source is the token of a DMB that is gone */
	LIBISM_EVENT_DEVICE,	/* @source is the GID of a peer that is gone */
	LIBISM_EVENT_SOFTWARE,	/* @source is the GID of a peer that sent it */
};

/**
 * struct libism_event - an event
 * @type: one of enum libism_event_type
 * @code: what has happened; for LIBISM_EVENT_SOFTWARE what the peer has chosen
 * @source: depends on @type
 * @info: for LIBISM_EVENT_SOFTWARE what the peer has chosen
 */
struct libism_event {
	uint32_t type;
	uint32_t code;
	uint64_t source;
	uint64_t info;
};

/**
 * libism_signal() - send an event to a peer
 * @ism: the function
 * @gid: the peer's GID
 * @code: Linux' SMC-D uses 0x80 and 0x83, channels 0x49430000 to 0x4943ffff
 * @info: any value
 *
 * The peer's queue has few entries, so events get lost: send them as hints only.
 *
 * Return: 0, or -1 and errno. EREMOTEIO: no such peer, not in use, or its queue is
 * full.
 */
int libism_signal(struct libism *ism, uint64_t gid, uint32_t code, uint64_t info);

/**
 * libism_event() - the next event that is not for a channel
 * @ism: the function
 * @event: set to the event
 *
 * The last 32 are kept.
 *
 * Return: 0, or -1 and errno. EAGAIN: there is none.
 */
int libism_event(struct libism *ism, struct libism_event *event);

/* Channels */

/**
 * struct libism_listen_opts - who can connect to what
 * @port: 0 to 65535, not in use by another listener of this function
 * @allow: GIDs of peers that can connect; NULL for all. Copied.
 * @allowed: number of GIDs in @allow
 * @max_channels: accept no more as long as there are so many; 0 for no limit
 */
struct libism_listen_opts {
	uint16_t port;
	const uint64_t *allow;
	size_t allowed;
	uint32_t max_channels;
};

/**
 * libism_listen() - accept channels on a port
 * @ism: the function
 * @listener: set to the listener, which libism_unlisten() frees
 * @opts: what to accept
 *
 * Return: 0, or -1 and errno. EADDRINUSE: there is a listener. ENOMEM.
 */
int libism_listen(struct libism *ism, struct libism_listener **listener,
		  const struct libism_listen_opts *opts);

/**
 * libism_unlisten() - refuse further channels; those accepted remain
 * @listener: the listener
 */
void libism_unlisten(struct libism_listener *listener);

/**
 * libism_accept() - the next channel that a peer has opened
 * @listener: the listener
 * @channel: set to the channel, which libism_channel_close() frees
 *
 * Return: 0, or -1 and errno. EAGAIN: there is none.
 */
int libism_accept(struct libism_listener *listener, struct libism_channel **channel);

/**
 * libism_connect() - open a channel to a peer
 * @ism: the function
 * @channel: set to the channel, which libism_channel_close() frees
 * @gid: the peer's GID
 * @port: the port, 0 to 65535
 *
 * Returns at once. libism_channel_status() says when it is open.
 *
 * Return: 0, or -1 and errno. EHOSTUNREACH: see libism_reachable(). ENOMEM, ENOSPC,
 * EREMOTEIO: see libism_dmb_register().
 */
int libism_connect(struct libism *ism, struct libism_channel **channel, uint64_t gid,
		   uint16_t port);

/**
 * libism_channel_status() - whether a channel is open
 * @channel: the channel
 *
 * Return: 0, or -1 and errno. EINPROGRESS: not yet. ECONNREFUSED: nobody listens, or
 * not to us. ETIMEDOUT: the peer does not answer. ECONNRESET: the peer has gone.
 * EPROTO: the peer has violated the protocol. EIO, ENODEV: see libism_dispatch().
 */
int libism_channel_status(const struct libism_channel *channel);

/**
 * libism_channel_gid() - the peer's GID
 * @channel: the channel
 *
 * Return: the GID
 */
uint64_t libism_channel_gid(const struct libism_channel *channel);

/**
 * libism_channel_read() - read from the stream
 * @channel: the channel
 * @buf: where the data goes
 * @len: size of @buf in bytes
 *
 * Data that arrived before an error can still be read, except after EPROTO.
 *
 * Return: the number of bytes, which can be less than @len. 0 at the end of the
 * stream: the peer has shut it down or closed the channel. -1 and errno. EAGAIN: no
 * data. Others: see libism_channel_status().
 */
ssize_t libism_channel_read(struct libism_channel *channel, void *buf, size_t len);

/* The caller has more to write, or will call again without this flag soon */
#define LIBISM_MORE		1

/**
 * libism_channel_write() - write to the stream
 * @channel: the channel
 * @buf: the data
 * @len: number of bytes, can be 0
 * @flags: LIBISM_MORE: the peer need not know about this data yet. With it, a large
 *	transfer takes half as many interrupts. If the last call had it, a call without
 *	it and @len 0 delivers what is left.
 *
 * A short write means that the peer's buffer is full: continue when
 * libism_channel_room() is not 0.
 *
 * Return: the number of bytes, which can be less than @len. -1 and errno. EAGAIN: the
 * peer's buffer is full. EPIPE: after libism_channel_shutdown(). Others: see
 * libism_channel_status().
 */
ssize_t libism_channel_write(struct libism_channel *channel, const void *buf, size_t len,
			     int flags);

/**
 * libism_channel_room() - how much can be written
 * @channel: the channel
 *
 * Return: the number of bytes; 0 also if the channel is not open
 */
size_t libism_channel_room(const struct libism_channel *channel);

/**
 * libism_channel_shutdown() - end the stream to the peer; the other one goes on
 * @channel: the channel
 *
 * Return: 0, or -1 and errno. see libism_channel_write().
 */
int libism_channel_shutdown(struct libism_channel *channel);

/**
 * libism_channel_close() - close and free a channel
 * @channel: the channel
 *
 * All that was written is delivered first: it is in the peer's memory already, or is
 * moved there. What the peer has written and was not read is lost.
 */
void libism_channel_close(struct libism_channel *channel);

/**
 * libism_channel_send_word() - tell the peer a number beside the stream
 * @channel: the channel
 * @word: the number, such as the size of a terminal
 *
 * Only the last one counts. It is 0 at first.
 *
 * Return: 0, or -1 and errno. see libism_channel_status().
 */
int libism_channel_send_word(struct libism_channel *channel, uint32_t word);

/**
 * libism_channel_word() - the number that the peer has sent last
 * @channel: the channel
 *
 * Return: the number
 */
uint32_t libism_channel_word(const struct libism_channel *channel);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
