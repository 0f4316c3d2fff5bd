/* SPDX-License-Identifier: GPL-2.0 */
/* Data to move, and memory in which any change can be seen */
#ifndef SELFTESTS_VFIO_ISM_DATA_H
#define SELFTESTS_VFIO_ISM_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>

#define POISON		0xa5

static inline bool all_poison(const __u8 *buf, size_t len)
{
	while (len && *buf == POISON) {
		buf++;
		len--;
	}
	return !len;
}

/* Whether @mem holds @len bytes of @data at @offset, and POISON elsewhere */
static inline bool poison_except(const __u8 *mem, size_t size, size_t offset,
				 const __u8 *data, size_t len)
{
	return all_poison(mem, offset) &&
	       !memcmp(mem + offset, data, len) &&
	       all_poison(mem + offset + len, size - offset - len);
}

/* Pseudo-random bytes */
static inline void fill(__u8 *buf, size_t len, __u32 seed)
{
	while (len--) {
		seed = seed * 1664525 + 1013904223;
		*buf++ = seed >> 24;
	}
}

#endif
