// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "ismcat.h"

static const char *to_unlink;		/* a socket or link of ours */
static bool raw;
static struct termios saved_termios;
static int saved_flags[2] = { -1, -1 };

static int complain(const char *what)
{
	message("%s: %s", what, strerror(errno));
	return -1;
}

static void restore_flags(int fd)
{
	if (saved_flags[fd] >= 0)
		fcntl(fd, F_SETFL, saved_flags[fd]);
	saved_flags[fd] = -1;
}

void local_close_stdout(void)
{
	restore_flags(STDOUT_FILENO);
	close(STDOUT_FILENO);
}

void local_clean(void)
{
	if (raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved_termios);
	restore_flags(STDIN_FILENO);
	restore_flags(STDOUT_FILENO);
	if (to_unlink)
		unlink(to_unlink);
}

/*
 * The child has no signals blocked or ignored, and this end of the socket is closed on
 * exec.
 */
static int spawn_shell(const char *command, int fd)
{
	char *const argv[] = { "sh", "-c", (char *)command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, ignored;
	pid_t pid;
	int ret;

	sigemptyset(&none);
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	sigaddset(&ignored, SIGCHLD);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
				 POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &ignored);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	ret = posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	errno = ret;
	return ret ? complain("/bin/sh") : 0;
}

int local_exec(const char *command)
{
	int fd[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		return complain("socketpair");
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	ret = spawn_shell(command, fd[1]);
	close(fd[1]);
	if (!ret)
		return fd[0];
	close(fd[0]);
	return -1;
}

static int unix_socket(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un) { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return complain(path);
	}
	memcpy(address->sun_path, path, strlen(path));
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int local_connect(const char *path)
{
	struct sockaddr_un address;
	int fd = unix_socket(path, &address);

	if (fd < 0)
		return -1;
	if (!connect(fd, (void *)&address, sizeof(address)))
		return fd;
	complain(path);
	close(fd);
	return -1;
}

/* A socket that nobody listens on is what an earlier program has left */
static void remove_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd;

	if (lstat(address->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (void *)address, sizeof(*address)) && errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(fd);
}

int local_listen(const char *path)
{
	struct sockaddr_un address;
	int fd = unix_socket(path, &address);

	if (fd < 0)
		return -1;
	remove_stale(&address);
	if (bind(fd, (void *)&address, sizeof(address)) || listen(fd, SOMAXCONN)) {
		complain(path);
		close(fd);
		return -1;
	}
	to_unlink = path;
	return fd;
}

/* Replaces a link that leads nowhere, as after a crash */
static int link_to(const char *target, const char *link)
{
	struct stat st;

	if (!lstat(link, &st) && S_ISLNK(st.st_mode) && stat(link, &st))
		unlink(link);
	if (symlink(target, link))
		return complain(link);
	to_unlink = link;
	return 0;
}

/*
 * The slave stays open, so that the master works while no program uses it. It is raw
 * until the first program sets it up, because nothing must be echoed to the peer.
 */
static int set_up_slave(const char *name)
{
	struct termios termios;
	int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &termios))
		return complain(name);
	cfmakeraw(&termios);
	return tcsetattr(fd, TCSANOW, &termios) ? complain(name) : 0;
}

int local_pty(const char *link)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || grantpt(fd) || unlockpt(fd))
		return complain("/dev/ptmx");
	if (set_up_slave(ptsname(fd)) || link_to(ptsname(fd), link))
		return -1;
	return fd;
}

/*
 * A pipe or terminal is opened again where that is possible, so that O_NONBLOCK does
 * not affect other programs that use it. A socket is not; its flags are restored.
 */
static int unblock(int fd)
{
	char path[32];
	struct stat st;
	int new, flags;

	if (fstat(fd, &st))
		return complain(fd ? "standard output" : "standard input");
	if (S_ISREG(st.st_mode))	/* never blocks for long */
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	new = open(path, (fd ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY);
	if (new >= 0) {
		dup2(new, fd);
		close(new);
		return 0;
	}
	flags = fcntl(fd, F_GETFL);
	if (flags & O_NONBLOCK)
		return 0;
	saved_flags[fd] = flags;
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	return 0;
}

/* Input first: if both are one socket, only its flags are saved, and it stays open */
int local_stdio(void)
{
	return unblock(STDIN_FILENO) || unblock(STDOUT_FILENO) ? -1 : 0;
}

bool local_terminal(void)
{
	struct termios termios;

	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &saved_termios))
		return false;
	termios = saved_termios;
	cfmakeraw(&termios);
	raw = !tcsetattr(STDIN_FILENO, TCSANOW, &termios);
	return raw;
}

uint32_t local_size(void)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size))
		return 0;
	return (uint32_t)size.ws_row << 16 | size.ws_col;
}

void local_set_size(int fd, uint32_t word)
{
	const struct winsize size = { .ws_row = word >> 16, .ws_col = word & 0xffff };

	ioctl(fd, TIOCSWINSZ, &size);
}
