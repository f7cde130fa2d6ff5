/* SPDX-License-Identifier: BSD-2-Clause
 * Every capacity of the server, with its cost. A number that bounds memory or
 * time is written here and nowhere else. */
#pragma once

/* HTTP: one request */
#define HTTP_HEAD_MAX 8192       /* bytes of a request head; the receive window holds one */
#define HTTP_FIELDS_MAX 64       /* field lines; 32 bytes each, once per server */
#define HTTP_TARGET_MAX 4096     /* bytes of a request target; two buffers per server */
#define HTTP_BLANK_LINES_MAX 4   /* empty lines let pass before a request line */
#define HTTP_PARAMS_MAX 4        /* :parameters of a route's pattern */
#define HTTP_RANGES_MAX 16       /* ranges of one request; more are ignored */
#define HTTP_CHUNK_LINE_MAX 256  /* bytes of a chunk's size line with extensions */
#define HTTP_TRAILER_MAX 4096    /* bytes of a chunked body's trailer section */
#define HTTP_DRAIN_MAX 65536     /* bytes of an unwanted body read to keep a connection */
#define HTTP_FORM_FIELDS_MAX 64  /* fields of a form; 24 bytes each, while it is read */
#define HTTP_BOUNDARY_MAX 70     /* bytes of a multipart boundary, RFC 2046 5.1.1 */
#define HTTP_PART_HEAD_MAX 1024  /* bytes of the head of a multipart part */
#define HTTP_CREDENTIALS_MAX 256 /* bytes of user:password */

/* HTTP: answers */
#define HTTP_SCRATCH_BYTES 8192       /* one rendered head; once per server */
#define HTTP_HEADS_N 16               /* heads of files kept as rendered; once per server */
#define HTTP_HEAD_KEPT 430            /* bytes of such a head; longer ones are rendered each time */
#define HTTP_REPLY_FIELDS_MAX 768     /* bytes of the fields a page adds; per dynamic answer */
#define HTTP_REPLY_BYTES 4096         /* body of a page unless its route says otherwise */
#define HTTP_STREAM_BYTES 2048        /* chunk buffer of a streamed answer */
#define HTTP_SSE_LISTENERS_MAX 32     /* event streams at once; a stream buffer each */
#define HTTP_AUTH_CACHE_N 16          /* verified credentials remembered; 8 bytes each */
#define HTTP_AUTH_CHECKS_PER_SECOND 4 /* password hashes computed; each costs milliseconds */

#define HTTP_ROUTES_MAX 24 /* pages made by code; 48 bytes of counters each */

/* HTTP: time */
#define HTTP_HEAD_TIMEOUT_MS 10000 /* first to last byte of a head; also the first byte */
#define HTTP_IDLE_TIMEOUT_MS 30000 /* between requests */
#define HTTP_BODY_WINDOW_MS 10000  /* a body must make HTTP_RATE_MIN in each window */
#define HTTP_WRITE_WINDOW_MS 20000 /* an answer likewise */
#define HTTP_RATE_MIN 128          /* bytes per second */
#define HTTP_HEARTBEAT_MS 15000    /* a comment on an event stream that is silent */

/* Logs */
#define LIMIT_LOG_BYTES 16384 /* of lines that wait to be sent; only when there is a log */

/* Network */
#define LIMIT_CONN_RAM 2048      /* a connection for each so many bytes of RAM; idle it takes 640 */
#define LIMIT_CONN_SPARE 64      /* TCP control blocks beyond: for those to be told 503 */
#define LIMIT_PCB_SLOT 8192      /* a slot, 8 bytes, to find connections for each so many of RAM */
#define LIMIT_CONN_PER_ADDRESS 4 /* of so many parts, one address may have all but one */
#define LIMIT_RESERVE_SHARE 6    /* of so many parts of RAM, the last is kept from the greedy */
#define LIMIT_CONN_MODEST 32     /* connections of one address that may go into it */
#define LIMIT_NET_RX_FIRST 40    /* receive buffers in the device's hands at first; 2 KB each */
#define LIMIT_NET_RX_POSTED 128  /* and at most */
#define LIMIT_NET_RX_SHARE 8     /* at most this part of RAM is receive buffers */
#define LIMIT_NET_STREAM_RX_PBUFS 48  /* pieces of unread input of one connection */
#define LIMIT_NET_WINDOW_MOST 1048576 /* bytes of a receive window; 65536 at first */
#define LIMIT_NET_WINDOW_SHARE 8      /* of free memory, all windows beyond that: a part */
#define LIMIT_NET_STREAM_TX 131072    /* bytes a connection may always have queued or under way */
#define LIMIT_NET_STREAM_TX_MOST 8388608 /* on a long line; a descriptor for 64 KB of a file */
#define LIMIT_NET_STREAM_SHARE 32 /* of free memory, one connection's further copies: a part */

/* TLS */
#define TLS_PAIRS_MAX 8    /* certificates with their keys; some 4 KB each */
#define TLS_CHAIN_MAX 8000 /* bytes of a certificate chain: one message of a handshake */
#define TLS_RESERVE_BYTES (128 * 1024) /* free memory below which no session begins */
#define TLS_HANDSHAKE_TIMEOUT_MS 10000 /* from the first byte to the last of a handshake */
#define TLS_TICKET_LIFETIME_S 86400    /* a session can be resumed for this long at most */
