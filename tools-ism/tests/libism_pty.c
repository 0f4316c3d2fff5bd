// SPDX-License-Identifier: GPL-2.0
/*
 * Run a command at a terminal of a given size, with standard input as what is typed and
 * standard output as what is shown
 *
 * usage: libism_pty ROWS COLUMNS COMMAND [ARGUMENT...]
 *
 * On SIGUSR1 the terminal is resized to half the rows. Returns the command's exit code.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct winsize size;
static int master;

static void resize(int signal)
{
	size.ws_row /= 2;
	ioctl(master, TIOCSWINSZ, &size);
}

/* Returns whether there was something */
static int copy(int from, int to)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return 1;
	return n > 0 && write(to, buf, n) == n;
}

int main(int argc, char **argv)
{
	struct pollfd pfd[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int status;
	pid_t pid;

	if (argc < 4)
		errx(2, "usage: %s ROWS COLUMNS COMMAND [ARGUMENT...]", argv[0]);
	size = (struct winsize) { .ws_row = atoi(argv[1]), .ws_col = atoi(argv[2]) };
	pid = forkpty(&master, NULL, NULL, &size);
	if (pid < 0)
		err(1, "forkpty");
	if (!pid) {
		execvp(argv[3], argv + 3);
		err(1, "%s", argv[3]);
	}
	signal(SIGUSR1, resize);
	pfd[0].fd = STDIN_FILENO;
	pfd[1].fd = master;
	for (;;) {
		if (poll(pfd, 2, -1) < 0)
			continue;
		if (pfd[0].revents && !copy(STDIN_FILENO, master))
			pfd[0].fd = -1;
		if (pfd[1].revents && !copy(master, STDOUT_FILENO))
			break;
	}
	if (waitpid(pid, &status, 0) < 0)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
