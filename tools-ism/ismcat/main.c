// SPDX-License-Identifier: GPL-2.0
/*
 * ismcat: connect standard input and output, a command, a Unix socket or a terminal to
 * the same on another system, through ISM functions. See ismcat(1).
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ismcat.h"

#define DEFAULT_ESCAPE	('_' & 0x1f)	/* Ctrl-_, as with iucvconn */

static struct options options = { .escape = DEFAULT_ESCAPE };
static struct libism *ism;
static struct libism_listener *listener;
static struct session *sessions;
static int signals = -1, unix_listener = -1, pty = -1;
static bool terminal;		/* a user types what is sent */
static bool ended;		/* a session that was the only one */
static int ended_with;		/* its result */

static const char usage[] =
	"Usage: ismcat list\n"
	"       ismcat listen [OPTION]... PORT [LOCAL]\n"
	"       ismcat connect [OPTION]... GID PORT [LOCAL]\n"
	"\n"
	"Connects two systems through ISM functions that are bound to ism_vfio_pci.\n"
	"\n"
	"LOCAL is one of\n"
	"  stdio                 standard input and output (default)\n"
	"  --exec CMD            a shell command; with listen, one for each connection\n"
	"  --unix PATH           a Unix socket: listen connects to it, connect creates it\n"
	"  --pty LINK            a terminal; LINK will lead to its device\n"
	"Options:\n"
	"  -d, --device BDF      the function; default: the first one that is free\n"
	"      --allow GID       listen: accept only this peer; can be repeated\n"
	"  -e, --escape CHAR     connect at a terminal: CHAR followed by . ends the\n"
	"                        connection; ^X is Ctrl-X, none disables it (^_)\n"
	"      --keepalive SEC   how often to check an idle peer, 0 for never (60)\n"
	"  -v, --verbose         report connections and counts\n"
	"      --help, --version\n";

static void vmessage(const char *format, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), format, ap);
	fprintf(stderr, "ismcat: %s\n", text);
}

void message(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vmessage(format, ap);
	va_end(ap);
}

void note(const char *format, ...)
{
	va_list ap;

	if (!options.verbose)
		return;
	va_start(ap, format);
	vmessage(format, ap);
	va_end(ap);
}

const char *explain(int error)
{
	static char text[160];
	struct rlimit limit = {};

	switch (error) {
	case ENODEV:
		return "no function is bound to ism_vfio_pci; try ismcat list";
	case EBUSY:
		return "in use by another program";
	case ENOENT:
		return "no such function, or not bound to ism_vfio_pci; try ismcat list";
	case EACCES:
	case EPERM:
		return "no permission for the files in /dev/vfio";
	case ENOMEM:
		getrlimit(RLIMIT_MEMLOCK, &limit);
		snprintf(text, sizeof(text),
			 "the limit of locked memory, %llu KiB, is too low; see ulimit -l",
			 (unsigned long long)limit.rlim_cur / 1024);
		return text;
	case EREMOTEIO:
		return "the function refused a command";
	case EIO:
		return "the function was reset or has failed";
	}
	return strerror(error);
}

static const char *explain_channel(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "connection refused";
	case EHOSTUNREACH:
		return "no such GID on this channel";
	case ETIMEDOUT:
		return "the peer does not answer";
	case ECONNRESET:
		return "connection lost: the peer has gone";
	case EPROTO:
		return "the peer has violated the protocol";
	case ENODEV:
		return "the function is being removed";
	case ENOMEM:
	case EIO:
		return explain(error);
	}
	return strerror(error);
}

/* The command line */

static void __attribute__((noreturn)) bad_usage(const char *what, const char *arg)
{
	message("%s: %s; try ismcat --help", arg, what);
	exit(EXIT_USAGE);
}

static uint64_t number(const char *arg, int base, uint64_t max, const char *what)
{
	unsigned long long val;
	char *end;

	errno = 0;
	val = strtoull(arg, &end, base);
	if (!*arg || *arg == '-' || *end || errno || val > max)
		bad_usage(what, arg);
	return val;
}

static uint64_t parse_gid(const char *arg)
{
	return number(arg, 16, UINT64_MAX, "not a GID, which is a hexadecimal number");
}

static int parse_escape(const char *arg)
{
	if (!strcmp(arg, "none"))
		return -1;
	if (strlen(arg) == 1)
		return (unsigned char)arg[0];
	if (strlen(arg) != 2 || arg[0] != '^' || arg[1] < '?' || arg[1] > '~')
		bad_usage("not a character, ^ and a character, or none", arg);
	return arg[1] == '?' ? 127 : arg[1] & 0x1f;
}

static void allow(const char *arg)
{
	options.allow = realloc(options.allow,
				(options.allowed + 1) * sizeof(*options.allow));
	if (!options.allow)
		abort();
	options.allow[options.allowed++] = parse_gid(arg);
}

static void set_local(enum local_kind kind, const char *target)
{
	if (options.target)
		bad_usage("only one of --exec, --unix and --pty is possible", target);
	options.local = kind;
	options.target = target;
}

enum { ALLOW = 256, KEEPALIVE, EXEC, UNIX, PTY, HELP, VERSION_OPTION };

static const struct option long_options[] = {
	{ "device",	required_argument, NULL, 'd' },
	{ "allow",	required_argument, NULL, ALLOW },
	{ "escape",	required_argument, NULL, 'e' },
	{ "keepalive",	required_argument, NULL, KEEPALIVE },
	{ "exec",	required_argument, NULL, EXEC },
	{ "unix",	required_argument, NULL, UNIX },
	{ "pty",	required_argument, NULL, PTY },
	{ "verbose",	no_argument, NULL, 'v' },
	{ "help",	no_argument, NULL, HELP },
	{ "version",	no_argument, NULL, VERSION_OPTION },
	{}
};

static uint32_t parse_keepalive(const char *arg)
{
	uint32_t seconds = number(arg, 10, UINT32_MAX / 1000 - 1, "not a number of seconds");

	return seconds ? seconds * 1000 : LIBISM_NEVER;
}

static void parse_option(int c)
{
	switch (c) {
	case 'd':
		options.bdf = optarg;
		break;
	case 'e':
		options.escape = parse_escape(optarg);
		break;
	case 'v':
		options.verbose = true;
		break;
	case ALLOW:
		allow(optarg);
		break;
	case KEEPALIVE:
		options.keepalive_ms = parse_keepalive(optarg);
		break;
	case EXEC:
		set_local(LOCAL_EXEC, optarg);
		break;
	case UNIX:
		set_local(LOCAL_UNIX, optarg);
		break;
	case PTY:
		set_local(LOCAL_PTY, optarg);
		break;
	case HELP:
		fputs(usage, stdout);
		exit(EXIT_SUCCESS);
	case VERSION_OPTION:
		puts("ismcat " VERSION);
		exit(EXIT_SUCCESS);
	default:
		fputs("ismcat: try ismcat --help\n", stderr);
		exit(EXIT_USAGE);
	}
}

static void parse_operands(int argc, char **argv)
{
	if (argc && !options.target && !strcmp(argv[argc - 1], "stdio"))
		argc--;
	if (argc != 1 + options.connect)
		bad_usage(options.connect ? "GID and PORT are needed" : "PORT is needed",
			  options.connect ? "connect" : "listen");
	if (options.connect)
		options.gid = parse_gid(*argv++);
	options.port = number(*argv, 10, 65535, "not a port, which is 0 to 65535");
	if (options.connect && options.allowed)
		bad_usage("is for listen", "--allow");
}

/* Returns the exit code of a command that is complete, or -1 */
static int parse(int argc, char **argv)
{
	const char *command;
	int c;

	while ((c = getopt_long(argc, argv, "d:e:v", long_options, NULL)) != -1)
		parse_option(c);
	argv += optind;
	command = argv[0];
	if (!command)
		bad_usage("list, listen or connect is needed", "no command");
	if (!strcmp(command, "list") && argc - optind == 1)
		return list();
	options.connect = !strcmp(command, "connect");
	if (!options.connect && strcmp(command, "listen"))
		bad_usage("list, listen or connect is needed", command);
	parse_operands(argc - optind - 1, argv + 1);
	return -1;
}

/* Sessions */

/* Standard input and output, and a terminal, are not there for a second session */
static bool only_one(void)
{
	return options.local == LOCAL_STDIO ||
	       (options.connect && options.local != LOCAL_UNIX);
}

static void report(const struct session *session)
{
	const unsigned long long gid = libism_channel_gid(session->channel);
	struct libism_counters c;

	if (session->result && session->result != ECANCELED &&
	    (options.verbose || options.connect || only_one()))
		message("%016llx: %s", gid, explain_channel(session->result));
	libism_count(ism, &c);
	note("%016llx: closed; so far, bytes sent %llu, received %llu", gid,
	     (unsigned long long)c.sent, (unsigned long long)c.received);
	note("%s: stores %llu, commands %llu, wakeups %llu", libism_bdf(ism),
	     (unsigned long long)c.stores, (unsigned long long)c.commands,
	     (unsigned long long)c.interrupts);
}

static void start_session(struct libism_channel *channel, int in, int out)
{
	struct session *session = NULL;

	if (in >= 0 && out >= 0)
		session = session_new(channel, &options, in, out);
	if (!session) {
		libism_channel_close(channel);
		ended = only_one();
		ended_with = EIO;
		return;
	}
	session->next = sessions;
	sessions = session;
}

static void run_sessions(void)
{
	struct session **link = &sessions, *session;

	while ((session = *link)) {
		if (!session_run(session)) {
			link = &session->next;
			continue;
		}
		*link = session->next;
		if (only_one()) {
			ended = true;
			ended_with = session->result;
			local_clean();	/* the terminal, before messages */
		}
		report(session);
		session_free(session);
	}
}

static void accept_channel(struct libism_channel *channel)
{
	int fd;

	note("%016llx: connected", (unsigned long long)libism_channel_gid(channel));
	switch (options.local) {
	case LOCAL_STDIO:
		start_session(channel, local_stdio() ? -1 : STDIN_FILENO, STDOUT_FILENO);
		libism_unlisten(listener);
		listener = NULL;
		return;
	case LOCAL_PTY:
		start_session(channel, pty, pty);
		return;
	case LOCAL_EXEC:
		fd = local_exec(options.target);
		break;
	default:
		fd = local_connect(options.target);
	}
	start_session(channel, fd, fd);
}

static void accept_channels(void)
{
	struct libism_channel *channel;

	while (listener && !libism_accept(listener, &channel))
		accept_channel(channel);
}

static int connect_session(int in, int out)
{
	struct libism_channel *channel;

	if (in < 0 || out < 0)
		return -1;
	if (libism_connect(ism, &channel, options.gid, options.port)) {
		message("%016llx: %s", (unsigned long long)options.gid,
			explain_channel(errno));
		return -1;
	}
	start_session(channel, in, out);
	return 0;
}

static void accept_clients(void)
{
	int fd;

	while ((fd = accept4(unix_listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (connect_session(fd, fd))
			close(fd);
	}
}

/* Set up */

static int start_listening(void)
{
	const struct libism_listen_opts opts = {
		.port = options.port, .allow = options.allow, .allowed = options.allowed,
		.max_channels = only_one() || options.local == LOCAL_PTY,
	};

	if (libism_listen(ism, &listener, &opts)) {
		message("port %u: %s", options.port, strerror(errno));
		return -1;
	}
	note("%s: GID %016llx, listening on port %u", libism_bdf(ism),
	     (unsigned long long)libism_gid(ism), options.port);
	return 0;
}

/* At a terminal, the peer is told its size first */
static int connect_stdio(void)
{
	if (local_stdio() || connect_session(STDIN_FILENO, STDOUT_FILENO))
		return -1;
	terminal = local_terminal();
	if (!terminal)
		options.escape = -1;	/* it is data */
	return 0;
}

static int start_connecting(void)
{
	int fd;

	switch (options.local) {
	case LOCAL_STDIO:
		return connect_stdio();
	case LOCAL_PTY:
		return connect_session(pty, pty);
	case LOCAL_EXEC:
		fd = local_exec(options.target);
		return connect_session(fd, fd);
	default:
		unix_listener = local_listen(options.target);
		return unix_listener < 0 ? -1 : 0;
	}
}

static int start(void)
{
	const struct libism_opts opts = {
		.bdf = options.bdf, .keepalive_ms = options.keepalive_ms,
	};

	if (libism_open(&ism, &opts)) {
		message("%s%s%s", options.bdf ?: "", options.bdf ? ": " : "",
			explain(errno));
		return -1;
	}
	if (!options.connect || options.local != LOCAL_STDIO)
		options.escape = -1;
	if (options.local == LOCAL_PTY) {
		pty = local_pty(options.target);
		if (pty < 0)
			return -1;
	}
	return options.connect ? start_connecting() : start_listening();
}

/* A child that cannot be waited for needs no waiting for */
static int catch_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return signals < 0 ? -1 : 0;
}

/* Returns whether to end */
static bool handle_signals(void)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGWINCH)
			return true;
		if (sessions && terminal)
			libism_channel_send_word(sessions->channel, local_size());
	}
	return false;
}

/* Once the only channel is open */
static void greet(void)
{
	static bool sent;

	if (sent || !options.connect || options.local == LOCAL_UNIX || !sessions ||
	    libism_channel_status(sessions->channel))
		return;
	sent = true;
	note("%016llx: connected", (unsigned long long)options.gid);
	if (terminal)
		libism_channel_send_word(sessions->channel, local_size());
}

static int wait_for_something(void)
{
	static struct pollfd *pfd;
	struct session *session;
	int n = 0, needed = 3;

	for (session = sessions; session; session = session->next)
		needed += 2;
	pfd = realloc(pfd, needed * sizeof(*pfd));
	if (!pfd)
		return -1;
	pfd[n++] = (struct pollfd) { .fd = libism_fd(ism), .events = POLLIN };
	pfd[n++] = (struct pollfd) { .fd = signals, .events = POLLIN };
	if (unix_listener >= 0)
		pfd[n++] = (struct pollfd) { .fd = unix_listener, .events = POLLIN };
	for (session = sessions; session; session = session->next)
		n += session_poll(session, pfd + n);
	return poll(pfd, n, -1) < 0 && errno != EINTR ? -1 : 0;
}

/* Until a signal, the end of the only session, or an error */
static int run(void)
{
	int error;

	while (!handle_signals()) {
		error = libism_dispatch(ism) ? errno : 0;
		accept_channels();
		if (unix_listener >= 0)
			accept_clients();
		greet();
		run_sessions();
		if (error) {
			message("%s: %s", libism_bdf(ism), explain_channel(error));
			return EXIT_FAILURE;
		}
		if (ended)
			return ended_with && ended_with != ECANCELED;
		if (wait_for_something())
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct session *session;
	int ret = parse(argc, argv);

	if (ret >= 0)
		return ret;
	ret = EXIT_FAILURE;
	if (!catch_signals() && !start())
		ret = run();
	while ((session = sessions)) {
		sessions = session->next;
		session_free(session);
	}
	libism_close(ism);
	local_clean();
	return ret;
}
