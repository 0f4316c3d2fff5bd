// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own SMC-D moves data between two machines
 *
 * usage: smc_pair serve
 *        smc_pair connect ADDRESS [CONNECTIONS]
 *        smc_pair faults ADDRESS
 *        smc_pair hostile ADDRESS
 *        smc_pair early ADDRESS
 *
 * The server echoes what each connection sends. The client compares it and prints the
 * results. Each connection must use SMC-D: none may have fallen back to TCP.
 *
 * With "faults" the server's function is unbound, and its machine killed, while data
 * is moving. The connection must end with an error, and later ones must work again.
 *
 * With "hostile" the client's function changes its control messages and events (see
 * garble= in lab/qemu/ism.c). Connections may fail; the server's kernel must survive.
 * With "early" the client ends its side of a connection as soon as it has sent its
 * data; the network must be slow, and the server late (see boot-smc). Both can be in
 * one machine (see boot-smc-loopback). Linux up to 7.3 fails these two: see "SMC-D" in
 * Documentation/lab.rst.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/smc_diag.h>
#include <linux/sock_diag.h>

#include "../kselftest.h"
#include "lib/data.h"
#include "lib/fmb.h"

#ifndef AF_SMC
#define AF_SMC		43
#endif
#define PORT		7777
#define MIB		(1024 * 1024)
#define CHUNK		(64 * 1024)
#define BLOCK		4096	/* what one PCISTB moves */
#define BULK		(64 * MIB)
#define EARLY		10	/* connections that end early */
#define PARALLEL	64	/* connections at the same time */
#define SMALL		1000	/* messages of one byte */
#define STUCK_S		30	/* nothing may take longer */
#define IMPATIENT_S	2	/* with a hostile function anything may */
#define HOSTILE_S	20
#define BACK_S		90	/* for a machine to boot */

/* The first byte of a connection: what the server does with it */
enum kind {
	ECHO = 'e',		/* echo; after the end the number of bytes */
	URGENT = 'u',		/* send back the urgent byte */
	UNBIND = 'x',		/* unbind its function and bind it again */
	QUIT = 'q',
};

static struct sockaddr_in address = {
	.sin_family = AF_INET,
	.sin_addr.s_addr = INADDR_ANY,
};

static time_t stuck_s = STUCK_S;
static bool early;
static int connections = 1000;	/* short ones, one after the other */

static void why(const char *what)
{
	ksft_print_msg("%s: %s\n", what, strerror(errno));
}

static int make_socket(void)
{
	struct timeval stuck = { .tv_sec = stuck_s };
	int fd = socket(AF_SMC, SOCK_STREAM, 0);

	if (fd < 0)
		ksft_exit_fail_msg("AF_SMC: %s\n", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &stuck, sizeof(stuck));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stuck, sizeof(stuck));
	return fd;
}

static bool send_all(int fd, const void *buf, size_t len)
{
	while (len) {
		ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		buf += n;
		len -= n;
	}
	return true;
}

static bool receive_all(int fd, void *buf, size_t len)
{
	while (len) {
		ssize_t n = recv(fd, buf, len, 0);

		if (n <= 0)
			return false;
		buf += n;
		len -= n;
	}
	return true;
}

/* Whether the kernel says that @fd uses SMC-D */
static bool uses_smcd(int fd)
{
	struct {
		struct nlmsghdr nlh;
		struct smc_diag_req req;
	} request = {
		.nlh = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.req = { .diag_family = AF_SMC },
	};
	char buf[16384];
	struct stat st;
	bool found = false;
	ssize_t len;
	int diag;

	diag = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	if (fstat(fd, &st) || diag < 0 ||
	    send(diag, &request, sizeof(request), 0) != sizeof(request))
		ksft_exit_fail_msg("smc_diag: %s\n", strerror(errno));
	while ((len = recv(diag, buf, sizeof(buf), 0)) > 0) {
		struct nlmsghdr *h = (void *)buf;

		for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			struct smc_diag_msg *msg = NLMSG_DATA(h);

			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
				close(diag);
				return found;
			}
			if (msg->diag_inode == st.st_ino)
				found = msg->diag_mode == SMC_DIAG_MODE_SMCD;
		}
	}
	close(diag);
	return false;
}

/* A connection that does @kind, or -1 */
static int connect_to_server(enum kind kind)
{
	int fd = make_socket();
	char first = kind;

	if (!connect(fd, (void *)&address, sizeof(address)) && send_all(fd, &first, 1))
		return fd;
	close(fd);
	return -1;
}

static void write_sysfs(const char *path, const char *value)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(value, f) < 0 || fclose(f))
		ksft_print_msg("%s: %s\n", path, strerror(errno));
}

static void serve_echo(int fd)
{
	static char buf[CHUNK];
	__u64 total = 0;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		if (!send_all(fd, buf, n))
			return;
		total += n;
	}
	if (!n)
		send_all(fd, &total, sizeof(total));
}

static void serve_urgent(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLPRI };
	char byte;

	if (poll(&pfd, 1, STUCK_S * 1000) == 1 && recv(fd, &byte, 1, MSG_OOB) == 1)
		send_all(fd, &byte, 1);
}

static void serve_one(int fd, enum kind kind)
{
	if (kind == URGENT)
		serve_urgent(fd);
	else
		serve_echo(fd);
	close(fd);
	exit(0);
}

/* The first function that is bound to ism */
static void find_function(char *bdf, size_t len)
{
	FILE *f = popen("cd /sys/bus/pci/drivers/ism && printf '%s\\n' *:*", "r");

	if (!f || !fgets(bdf, len, f))
		ksft_exit_fail_msg("no function is bound to ism\n");
	bdf[strcspn(bdf, "\n")] = 0;
	pclose(f);
}

/* Unbinding waits until all sockets that use the function are closed */
static void unbind_and_bind(void)
{
	char bdf[32];

	find_function(bdf, sizeof(bdf));
	write_sysfs("/sys/bus/pci/drivers/ism/unbind", bdf);
	sleep(1);
	write_sysfs("/sys/bus/pci/drivers/ism/bind", bdf);
}

static int serve(void)
{
	int listener = make_socket(), fd;
	char kind = 0;

	signal(SIGCHLD, SIG_IGN);
	if (bind(listener, (void *)&address, sizeof(address)) || listen(listener, PARALLEL))
		ksft_exit_fail_msg("listen: %s\n", strerror(errno));
	while (kind != QUIT) {
		/* One whose peer is gone already fails, too */
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		kind = 0;
		if (recv(fd, &kind, 1, 0) == 1 && (kind == ECHO || kind == URGENT) && !fork())
			serve_one(fd, kind);
		close(fd);
		if (kind == UNBIND)
			unbind_and_bind();
	}
	return 0;
}

/* One thread sends while another one receives and compares */
struct transfer {
	int fd;
	size_t len;
	__u32 seed;
};

static void *send_data(void *arg)
{
	struct transfer *t = arg;
	__u8 *chunk = malloc(CHUNK);
	size_t done, n;

	for (done = 0; done < t->len; done += n) {
		n = t->len - done < CHUNK ? t->len - done : CHUNK;
		fill(chunk, n, t->seed + done / CHUNK);
		if (!send_all(t->fd, chunk, n))
			break;
	}
	free(chunk);
	if (early)
		shutdown(t->fd, SHUT_WR);
	return NULL;
}

static bool receive_data(struct transfer *t)
{
	__u8 *chunk = malloc(CHUNK), *want = malloc(CHUNK);
	bool good = true;
	size_t done, n;
	__u64 total;

	for (done = 0; good && done < t->len; done += n) {
		n = t->len - done < CHUNK ? t->len - done : CHUNK;
		fill(want, n, t->seed + done / CHUNK);
		good = receive_all(t->fd, chunk, n) && !memcmp(chunk, want, n);
	}
	free(chunk);
	free(want);
	shutdown(t->fd, SHUT_WR);
	/* Sent after our end of the connection was closed */
	return good && receive_all(t->fd, &total, sizeof(total)) && total == t->len;
}

static bool echo(size_t len, __u32 seed)
{
	struct transfer t = { .len = len, .seed = seed };
	pthread_t sender;
	bool good;

	t.fd = connect_to_server(ECHO);
	if (t.fd < 0)
		return false;
	good = uses_smcd(t.fd);
	if (!good)
		why("not SMC-D");
	pthread_create(&sender, NULL, send_data, &t);
	if (!receive_data(&t)) {
		why("receive");
		good = false;
		shutdown(t.fd, SHUT_RDWR);
	}
	pthread_join(sender, NULL);
	close(t.fd);
	return good;
}

static bool short_connections(void)
{
	int i;

	for (i = 0; i < connections; i++)
		if (!echo(i % 100 + 1, i))
			return false;
	return true;
}

static void *one_of_many(void *arg)
{
	return echo(CHUNK + (size_t)arg, (size_t)arg) ? arg : NULL;
}

static bool parallel_connections(void)
{
	pthread_t threads[PARALLEL];
	bool good = true;
	void *ret;
	size_t i;

	for (i = 0; i < PARALLEL; i++)
		pthread_create(&threads[i], NULL, one_of_many, (void *)(i + 1));
	for (i = 0; i < PARALLEL; i++) {
		pthread_join(threads[i], &ret);
		good = good && ret;
	}
	return good;
}

static bool small_messages(void)
{
	int i, fd = connect_to_server(ECHO);
	bool good = fd >= 0 && uses_smcd(fd);
	char c;

	for (i = 0; good && i < SMALL; i++) {
		char sent = i;

		good = send_all(fd, &sent, 1) && receive_all(fd, &c, 1) && c == sent;
	}
	close(fd);
	return good;
}

static bool urgent_data(void)
{
	int fd = connect_to_server(URGENT);
	char c = 0;
	bool good;

	good = fd >= 0 && uses_smcd(fd) && send_all(fd, "before", 6) &&
	       send(fd, "!", 1, MSG_OOB) == 1 && receive_all(fd, &c, 1) && c == '!';
	close(fd);
	return good;
}

static bool comes_back(void)
{
	time_t end = time(NULL) + BACK_S;

	while (time(NULL) < end) {
		if (echo(MIB, 1))
			return true;
		sleep(1);
	}
	return false;
}

/* Without SMC, so that it also works if the function is hostile */
static bool quit(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char kind = QUIT;
	bool good;

	good = !connect(fd, (void *)&address, sizeof(address)) && send_all(fd, &kind, 1);
	close(fd);
	return good;
}

/* The store blocks of our function show that the data went through it */
static bool bulk(size_t len)
{
	struct fmb fmb;
	char bdf[32];

	find_function(bdf, sizeof(bdf));
	if (fmb_restart(bdf) || !echo(len, 7) || fmb_read(bdf, &fmb))
		return false;
	ksft_print_msg("%s: %lu store blocks for %zu bytes, %lu for each MiB\n", bdf,
		       fmb.blocks, len, fmb.blocks * MIB / len);
	return fmb.blocks >= len / BLOCK && fmb.blocks < 2 * len / BLOCK;
}

static int client(void)
{
	ksft_print_header();
	ksft_set_plan(5);
	ksft_test_result(comes_back() && bulk(BULK), "bulk\n");
	ksft_test_result(short_connections(), "short_connections\n");
	ksft_test_result(parallel_connections(), "parallel_connections\n");
	ksft_test_result(small_messages(), "small_messages\n");
	ksft_test_result(urgent_data(), "urgent_data\n");
	if (!quit())
		ksft_exit_fail_msg("the server is gone\n");
	ksft_finished();
}

static int end_early(void)
{
	size_t i, bad = 0;

	ksft_print_header();
	ksft_set_plan(1);
	if (!comes_back())
		ksft_exit_fail_msg("the server does not answer\n");
	early = true;
	stuck_s = IMPATIENT_S;
	for (i = 0; i < EARLY; i++)
		bad += !echo(i % 100 + 1, i);
	ksft_print_msg("%zu of %d connections hang\n", bad, EARLY);
	ksft_test_result(!bad, "early\n");
	if (!quit())
		ksft_exit_fail_msg("the server is gone\n");
	sleep(1);	/* the network is slow */
	ksft_finished();
}

/* Does @disturb while data is moving. Returns whether the connection ended. */
static bool ends(void (*disturb)(void))
{
	struct transfer t = { .len = (size_t)1 << 40 };
	pthread_t sender;
	__u8 *buf = malloc(CHUNK);
	time_t start;
	int i;

	t.fd = connect_to_server(ECHO);
	if (t.fd < 0)
		return false;
	pthread_create(&sender, NULL, send_data, &t);
	for (i = 0; i < 16 && receive_all(t.fd, buf, CHUNK); i++)
		;
	disturb();
	start = time(NULL);
	while (receive_all(t.fd, buf, CHUNK))
		;
	ksft_print_msg("ended after %ld s: %s\n", time(NULL) - start, strerror(errno));
	shutdown(t.fd, SHUT_RDWR);
	pthread_join(sender, NULL);
	close(t.fd);
	free(buf);
	return i == 16 && time(NULL) - start < STUCK_S;
}

static void unbind(void)
{
	int fd = connect_to_server(UNBIND);

	close(fd);
}

static void kill_machine(void)
{
	printf("signal: KILL 1\n");
	fflush(stdout);
}

static int faults(void)
{
	ksft_print_header();
	ksft_set_plan(4);
	ksft_test_result(comes_back() && ends(unbind), "ends_if_function_is_unbound\n");
	ksft_test_result(comes_back(), "works_after_bind\n");
	ksft_test_result(ends(kill_machine), "ends_if_machine_is_killed\n");
	ksft_test_result(comes_back() && quit(), "works_after_boot\n");
	ksft_finished();
}

static void *use_hostile(void *arg)
{
	time_t end = time(NULL) + HOSTILE_S;
	size_t i, bad = 0;

	for (i = (size_t)arg; time(NULL) < end; i++)
		bad += i % 4 ? !echo(1 << i % 18, i) : !small_messages();
	return (void *)bad;
}

static int hostile(void)
{
	pthread_t threads[4];
	size_t i, bad = 0;
	void *ret;

	ksft_print_header();
	ksft_set_plan(2);
	stuck_s = IMPATIENT_S;
	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, use_hostile, (void *)(i + 1));
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &ret);
		bad += (size_t)ret;
	}
	ksft_print_msg("%zu connections failed\n", bad);
	ksft_test_result(bad, "garbled_messages_arrive\n");
	ksft_test_result(quit(), "server_survives\n");
	ksft_finished();
}

int main(int argc, char **argv)
{
	address.sin_port = htons(PORT);
	if (argc == 2 && !strcmp(argv[1], "serve"))
		return serve();
	if (argc == 4)
		connections = atoi(argv[3]);
	if (argc >= 3 && inet_pton(AF_INET, argv[2], &address.sin_addr) == 1) {
		if (!strcmp(argv[1], "connect"))
			return client();
		if (!strcmp(argv[1], "faults"))
			return faults();
		if (!strcmp(argv[1], "hostile"))
			return hostile();
		if (!strcmp(argv[1], "early"))
			return end_early();
	}
	fprintf(stderr, "usage: smc_pair serve | connect|faults|hostile|early ADDRESS\n");
	return KSFT_FAIL;
}
