/* SPDX-License-Identifier: BSD-2-Clause
 * Set-up of the process that stands in for the VM. Private to hosted/. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Begin the account with this much memory. */
void hosted_memory_init(size_t ram_bytes);

/* Use the tap device `name`; exits with a message when that fails. */
void hosted_tap_open(const char *name);

/* Use an open datagram socket that carries one frame a datagram. */
void hosted_wire_open(int fd);

/* Wait until a frame may be there, at most `timeout_ns`. */
void hosted_netdev_wait(uint64_t timeout_ns);
