// SPDX-License-Identifier: GPL-2.0
/*
 * LD_PRELOAD=smc_preload.so PROGRAM: TCP sockets of the program become SMC sockets
 *
 * What smc_run does, of smc-tools, which Debian does not have for s390x.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>

#define TYPE_FLAGS	(SOCK_NONBLOCK | SOCK_CLOEXEC)

int socket(int domain, int type, int protocol)
{
	int (*next)(int domain, int type, int protocol) = dlsym(RTLD_NEXT, "socket");

	if (domain == AF_INET && (type & ~TYPE_FLAGS) == SOCK_STREAM) {
		domain = AF_SMC;
		protocol = 0;
	}
	return next(domain, type, protocol);
}
