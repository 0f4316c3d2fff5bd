/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hostile peer of a listener: wrong and right hellos, states, events and data in
 * random order
 */
#ifndef LIBISM_TESTS_ATTACK_H
#define LIBISM_TESTS_ATTACK_H

#include <libism.h>

/* Attack the function @gid, with a listener on @port; 0 or -1 */
int attack_start(struct libism *ism, uint64_t gid, uint16_t port, uint64_t seed);
/* One step; the caller dispatches the function now and then */
void attack(void);
void attack_end(void);

#endif
