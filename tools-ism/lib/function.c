// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A function: opening it, DMBs, events, and the dispatcher
 *
 * The calls of the selftests' library, ism_*() and vfio_*(), return a negative errno,
 * or a code above 0 if the function refused a command.
 */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "internal.h"

#define DRIVER			"ism_vfio_pci"
#define MAX_FUNCTIONS		64
#define PCI_ID			0x04ed1014
#define FIRST_DMB		32	/* Linux' driver does not use those before */
#define DMB_LEN_MAX		(8 * 1024 * 1024)
#define HANDSHAKE_MS		100
#define NOT_REGISTERED		0xffff	/* the code for what does not exist */

/* The interface's names of what ism_protocol.h defines */
static_assert((int)LIBISM_EVENT_BUFFER == ISM_EVENT_BUFFER, "type of event");
static_assert((int)LIBISM_EVENT_DEVICE == ISM_EVENT_DEVICE, "type of event");
static_assert((int)LIBISM_EVENT_SOFTWARE == ISM_EVENT_SOFTWARE, "type of event");

static const struct libism_opts default_opts = {
	.ring_len = 1024 * 1024 - WIRE_DATA,
	.keepalive_ms = 60000,
	.timeout_ms = 5000,
	.max_channels = 32,
};

int fail(int error)
{
	errno = -error;
	return -1;
}

static int result(int ret)
{
	return ret ? fail(ret) : 0;
}

int refused(int ret)
{
	return ret > 0 ? -EREMOTEIO : ret;
}

__u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* Opening */

static int take_opts(struct libism_opts *opts, const struct libism_opts *from)
{
	*opts = default_opts;
	if (!from)
		return 0;
	opts->bdf = from->bdf;
	opts->container = from->container;
	opts->ring_len = from->ring_len ?: opts->ring_len;
	opts->keepalive_ms = from->keepalive_ms ?: opts->keepalive_ms;
	opts->timeout_ms = from->timeout_ms ?: opts->timeout_ms;
	opts->max_channels = from->max_channels ?: opts->max_channels;
	if (opts->ring_len % RING_PAGE || opts->ring_len < RING_LEN_MIN ||
	    opts->ring_len > RING_LEN_MAX ||
	    opts->container > LIBISM_CONTAINER_TYPE1)
		return -EINVAL;
	return 0;
}

static int open_vfio(struct libism *ism)
{
	switch (ism->opts.container) {
	case LIBISM_CONTAINER_IOMMUFD:
		return ism_open(&ism->ism, ism->bdf, VFIO_MODE_IOMMUFD);
	case LIBISM_CONTAINER_TYPE1:
		return ism_open(&ism->ism, ism->bdf, VFIO_MODE_TYPE1);
	default:
		return ism_open_any(&ism->ism, ism->bdf);
	}
}

/* Never write a command to anything else that is bound to a vfio driver */
static int check_id(struct libism *ism)
{
	__le32 id;
	ssize_t ret;

	ret = vfio_read(&ism->ism.fn, VFIO_PCI_CONFIG_REGION_INDEX, PCI_VENDOR_ID, &id,
			sizeof(id));
	if (ret < 0)
		return ret;
	return ret == sizeof(id) && le32toh(id) == PCI_ID ? 0 : -ENODEV;
}

static int set_up_function(struct libism *ism)
{
	int ret;

	ret = check_id(ism);
	if (ret)
		return ret;
	ret = ism_register(&ism->ism);
	if (ret)
		return refused(ret);
	return refused(ism_read_gid(&ism->ism, &ism->gid));
}

static int watch(struct libism *ism, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (fcntl(fd, F_SETFL, O_NONBLOCK) ||
	    epoll_ctl(ism->epoll, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	return 0;
}

static int set_up_fd(struct libism *ism)
{
	int ret;

	ism->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (ism->epoll < 0)
		return -errno;
	ism->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (ism->timer < 0)
		return -errno;
	ism->request = vfio_irq_enable(&ism->ism.fn, VFIO_PCI_REQ_IRQ_INDEX);
	if (ism->request < 0)
		return ism->request;
	ret = watch(ism, ism->timer);
	if (!ret)
		ret = watch(ism, ism->request);
	if (!ret)
		ret = watch(ism, ism->ism.irq);
	return ret;
}

static void free_function(struct libism *ism)
{
	struct memory *memory;

	if (ism->request >= 0)
		close(ism->request);
	if (ism->timer >= 0)
		close(ism->timer);
	if (ism->epoll >= 0)
		close(ism->epoll);
	while ((memory = ism->memory)) {
		ism->memory = memory->next;
		munmap(memory->va, memory->len);
		free(memory);
	}
	free(ism);
}

static int open_function(struct libism **out, const char *bdf,
			 const struct libism_opts *opts)
{
	struct libism *ism;
	int ret;

	if (strlen(bdf) >= VFIO_BDF_LEN)
		return -ENOENT;
	ism = calloc(1, sizeof(*ism));
	if (!ism)
		return -ENOMEM;
	ism->opts = *opts;
	ism->epoll = -1;
	ism->timer = -1;
	ism->request = -1;
	memcpy(ism->bdf, bdf, strlen(bdf));
	ret = open_vfio(ism);
	if (ret)
		goto free;
	ret = set_up_function(ism);
	if (!ret)
		ret = set_up_fd(ism);
	if (ret)
		goto close;
	*out = ism;
	return 0;

close:
	ism_close(&ism->ism);
free:
	free_function(ism);
	/* binding a cdev that is in use fails with EINVAL */
	return ret == -EINVAL ? -EBUSY : ret;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A function that is in use matters only if there is no other error to report */
static int open_first(struct libism **ism, const struct libism_opts *opts)
{
	char bdf[MAX_FUNCTIONS][VFIO_BDF_LEN];
	int i, ret, n = ism_find(DRIVER, bdf, MAX_FUNCTIONS);
	int error = n ? -EBUSY : -ENODEV;

	qsort(bdf, n, sizeof(*bdf), compare);
	for (i = 0; i < n; i++) {
		ret = open_function(ism, bdf[i], opts);
		if (!ret)
			return 0;
		if (error == -EBUSY)
			error = ret;
	}
	return error;
}

int libism_open(struct libism **ism, const struct libism_opts *opts)
{
	struct libism_opts o;
	int ret;

	ret = take_opts(&o, opts);
	if (ret)
		return fail(ret);
	if (o.bdf)
		return result(open_function(ism, o.bdf, &o));
	return result(open_first(ism, &o));
}

static void close_dmbs(struct libism *ism)
{
	unsigned int i;

	for (i = 0; i < ISM_NR_DMBS; i++) {
		if (ism->dmb[i])
			libism_dmb_unregister(ism->dmb[i]);
	}
}

void libism_close(struct libism *ism)
{
	if (!ism)
		return;
	channels_close(ism);
	while (ism->listeners)
		libism_unlisten(ism->listeners);
	close_dmbs(ism);
	/* failure does not matter: the reset when it is closed does the same */
	ism_unregister(&ism->ism);
	ism_close(&ism->ism);
	free_function(ism);
}

const char *libism_bdf(const struct libism *ism)
{
	return ism->bdf;
}

uint64_t libism_gid(const struct libism *ism)
{
	return ism->gid;
}

int libism_fd(const struct libism *ism)
{
	return ism->epoll;
}

void libism_count(const struct libism *ism, struct libism_counters *counters)
{
	*counters = ism->counters;
}

int libism_reachable(struct libism *ism, uint64_t gid)
{
	int ret;

	ism->counters.commands++;
	ret = ism_query_rgid(&ism->ism, gid);
	return result(ret > 0 ? -EHOSTUNREACH : ret);
}

/* DMBs */

static int map_memory(struct libism *ism, struct memory *memory)
{
	int ret;

	memory->va = mmap(NULL, memory->len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory->va == MAP_FAILED)
		return -errno;
	/* A child has no use for it. Without this, it would get a copy of the pages. */
	madvise(memory->va, memory->len, MADV_DONTFORK);
	ret = vfio_map(&ism->ism.fn, memory->va, memory->len, &memory->iova);
	if (ret)
		munmap(memory->va, memory->len);
	return ret;
}

static int new_memory(struct libism *ism, struct memory **out, size_t len)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	int ret;

	if (!memory)
		return -ENOMEM;
	memory->len = len;
	ret = map_memory(ism, memory);
	if (ret) {
		free(memory);
		return ret;
	}
	memory->next = ism->memory;
	ism->memory = memory;
	*out = memory;
	return 0;
}

static int get_memory(struct libism *ism, struct memory **out, size_t len)
{
	struct memory *memory = ism->memory;
	int ret;

	len = (len + ISM_PAGE_SIZE - 1) / ISM_PAGE_SIZE * ISM_PAGE_SIZE;
	while (memory && (memory->used || memory->len != len))
		memory = memory->next;
	if (memory) {
		memset(memory->va, 0, len);
	} else {
		ret = new_memory(ism, &memory, len);
		if (ret)
			return ret;
	}
	memory->used = true;
	*out = memory;
	return 0;
}

static unsigned int free_index(const struct libism *ism)
{
	unsigned int i = FIRST_DMB;

	while (i < ISM_NR_DMBS && ism->dmb[i])
		i++;
	return i;
}

int dmb_register(struct libism *ism, struct libism_dmb **out, __u64 gid, size_t len)
{
	unsigned int index = free_index(ism);
	struct libism_dmb *dmb;
	__u16 mask;
	int ret;

	if (!len || len > DMB_LEN_MAX)
		return -EINVAL;
	if (index == ISM_NR_DMBS)
		return -ENOSPC;
	dmb = calloc(1, sizeof(*dmb));
	if (!dmb)
		return -ENOMEM;
	ret = get_memory(ism, &dmb->memory, len);
	if (ret)
		goto free;
	dmb->ism = ism;
	dmb->reg = (struct ism_dmb) {
		.iova = dmb->memory->iova, .len = len, .sba_idx = index, .rgid = gid,
	};
	/* a signal to the last user of the index */
	ism_signalled(&ism->ism, index, &mask);
	ism->counters.commands++;
	ret = refused(ism_reg_dmb(&ism->ism, &dmb->reg));
	if (ret)
		goto free_memory;
	ism->dmb[index] = dmb;
	*out = dmb;
	return 0;

free_memory:
	/* unless refused, it may be registered */
	dmb->memory->used = ret != -EREMOTEIO;
free:
	free(dmb);
	return ret;
}

int libism_dmb_register(struct libism *ism, struct libism_dmb **dmb, uint64_t gid,
			size_t len)
{
	return result(dmb_register(ism, dmb, gid, len));
}

/* If that fails, the function may still write to the memory, so it is not reused */
void libism_dmb_unregister(struct libism_dmb *dmb)
{
	struct libism *ism = dmb->ism;
	int ret;

	ism->counters.commands++;
	ret = ism_unreg_dmb(&ism->ism, dmb->reg.tok);
	if (!ret || ret == NOT_REGISTERED)
		dmb->memory->used = false;
	ism->dmb[dmb->reg.sba_idx] = NULL;
	free(dmb);
}

void *libism_dmb_data(const struct libism_dmb *dmb)
{
	return dmb->memory->va;
}

uint64_t libism_dmb_token(const struct libism_dmb *dmb)
{
	return dmb->reg.tok;
}

bool libism_dmb_signalled(struct libism_dmb *dmb, uint16_t *mask)
{
	bool signalled = dmb->signalled;

	*mask = dmb->mask;
	dmb->signalled = false;
	dmb->mask = 0;
	return signalled;
}

int move(struct libism *ism, const struct libism_move *move)
{
	const __u8 *data = move->data;
	__u32 offset = move->offset;
	size_t n, left = move->len;
	int ret = 0;

	if (move->element > 15 || offset > DMB_LEN_MAX || left > DMB_LEN_MAX - offset)
		return -EINVAL;
	for (; left && !ret; left -= n, data += n, offset += n) {
		n = ISM_PAGE_SIZE - offset % ISM_PAGE_SIZE;
		n = left < n ? left : n;
		ism->counters.stores++;
		ret = ism_move(&ism->ism, move->token, move->element,
			       move->signal && n == left, offset, data, n);
	}
	return ret;
}

int libism_move(struct libism *ism, const struct libism_move *m)
{
	return result(move(ism, m));
}

/* Events */

int send_event(struct libism *ism, __u64 gid, __u32 code, __u64 info)
{
	ism->counters.commands++;
	return refused(ism_signal_ieq(&ism->ism, gid, code, info));
}

int libism_signal(struct libism *ism, uint64_t gid, uint32_t code, uint64_t info)
{
	return result(send_event(ism, gid, code, info));
}

int libism_event(struct libism *ism, struct libism_event *event)
{
	if (!ism->events)
		return fail(-EAGAIN);
	*event = ism->event[ism->first_event];
	ism->first_event = (ism->first_event + 1) % KEPT_EVENTS;
	ism->events--;
	return 0;
}

static void keep_event(struct libism *ism, const struct libism_event *event)
{
	ism->event[(ism->first_event + ism->events) % KEPT_EVENTS] = *event;
	if (ism->events < KEPT_EVENTS)
		ism->events++;
	else
		ism->first_event = (ism->first_event + 1) % KEPT_EVENTS;
}

static void handle_event(struct libism *ism, const struct libism_event *event)
{
	if (event->type == LIBISM_EVENT_SOFTWARE &&
	    (event->code & ~WIRE_PORT) == WIRE_CONNECT) {
		channel_requested(ism, event->source, event->code & WIRE_PORT,
				  event->info);
		return;
	}
	if (event->type == LIBISM_EVENT_BUFFER &&
	    event->code == ISM_CODE_DMB_UNREGISTERED)
		channels_gone(ism, 0, event->source);
	if (event->type == LIBISM_EVENT_DEVICE && event->code == ISM_CODE_GID_DISABLED)
		channels_gone(ism, event->source, 0);
	keep_event(ism, event);
}

/* The dispatcher */

static void read_signal(struct libism *ism, unsigned int index)
{
	struct libism_dmb *dmb = ism->dmb[index];
	__u16 mask;

	if (!ism_signalled(&ism->ism, index, &mask) || !dmb)
		return;
	dmb->signalled = true;
	dmb->mask |= mask;
	if (dmb->channel)
		channel_signalled(dmb->channel);
}

/* The summary first: if it was clear, the function interrupts for each later signal */
static void read_signals(struct libism *ism)
{
	unsigned int i, bit;
	__u8 bits;

	ism_clear(&ism->ism, ISM_SBA_SIGNAL);
	for (i = 0; i < sizeof(ism->ism.sba->dmb_bits); i++) {
		bits = __atomic_load_n(&ism->ism.sba->dmb_bits[i], __ATOMIC_ACQUIRE);
		for (bit = 0; bits; bit++, bits <<= 1) {
			if (bits & 0x80)
				read_signal(ism, 8 * i + bit);
		}
	}
}

/* After the signals: what a peer has written before it went away comes first */
static void read_events(struct libism *ism)
{
	const struct ism_event *e;
	struct libism_event event;

	while ((e = ism_next_event(&ism->ism, 0))) {
		event = (struct libism_event) {
			.type = be32toh(e->type),
			.code = be32toh(e->code),
			.source = be64toh(e->tok),
			.info = be64toh(e->info),
		};
		handle_event(ism, &event);
	}
}

/* A function that was reset says that it has no SBA, and does not interrupt */
static int check_function(struct libism *ism)
{
	struct {
		struct ism_header hdr;
		__be32 version;
		__be32 max_len;
		__be64 state;
		__be64 gid;
		__be64 sba;
	} info;
	int ret;

	ism->counters.commands++;
	ret = ism_command(&ism->ism, ISM_QUERY_INFO, &info, sizeof(info.hdr),
			  sizeof(info));
	return ret || be64toh(info.sba) != ism->ism.sba_iova ? -EIO : 0;
}

/* Times are in ms; 0 is never. One that is set stays until it is due. */
static void set_time(__u64 *time, bool needed, __u64 at)
{
	if (!needed)
		*time = 0;
	else if (!*time)
		*time = at;
}

static bool is_due(__u64 *time, __u64 now)
{
	if (!*time || now < *time)
		return false;
	*time = 0;
	return true;
}

/* The keep-alive starts with the first user, and goes on until there is none */
static __u64 next_time(struct libism *ism, __u64 now)
{
	set_time(&ism->next_keepalive, (ism->channels || ism->listeners) &&
		 ism->opts.keepalive_ms != LIBISM_NEVER, now + ism->opts.keepalive_ms);
	set_time(&ism->next_handshake, channels_in_handshake(ism), now + HANDSHAKE_MS);
	if (!ism->next_handshake || !ism->next_keepalive)
		return ism->next_handshake ?: ism->next_keepalive;
	return ism->next_handshake < ism->next_keepalive ? ism->next_handshake :
	       ism->next_keepalive;
}

/* A timer that cannot be set would be a bug: the arguments are valid */
void start_timer(struct libism *ism)
{
	__u64 next = next_time(ism, now_ms());
	struct itimerspec timer = {
		.it_value = { .tv_sec = next / 1000, .tv_nsec = next % 1000 * 1000000 },
	};

	timerfd_settime(ism->timer, TFD_TIMER_ABSTIME, &timer, NULL);
}

static void handle_timer(struct libism *ism)
{
	__u64 now = now_ms();

	if (is_due(&ism->next_keepalive, now)) {
		ism->error = check_function(ism);
		channels_keepalive(ism);
	}
	if (is_due(&ism->next_handshake, now))
		channels_handshake(ism);
	start_timer(ism);
}

/* Whether an eventfd or timerfd has counted; sets it back */
static bool fired(int fd)
{
	__u64 count;

	return read(fd, &count, sizeof(count)) == sizeof(count);
}

int libism_dispatch(struct libism *ism)
{
	if (ism->error)
		return fail(ism->error);
	ism->counters.interrupts += fired(ism->ism.irq);
	read_signals(ism);
	read_events(ism);
	if (fired(ism->timer))
		handle_timer(ism);
	if (fired(ism->request))
		ism->error = -ENODEV;
	if (ism->error)
		channels_fail(ism, ism->error);
	channels_clean(ism);
	return result(ism->error);
}
