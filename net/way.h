/* SPDX-License-Identifier: BSD-2-Clause
 * The way of the last TCP segment over IPv4: whoever goes to the same neighbour
 * gets the headers of both layers written at once, without lwIP's search. */
#pragma once

/* Other frames than TCP segments have come: a neighbour may have changed. */
void net_way_forget(void);
