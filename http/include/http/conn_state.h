/* SPDX-License-Identifier: BSD-2-Clause
 * The storage of one connection, declared for embedding; its fields belong to
 * http/. It holds no buffer: an idle connection costs just this. */
#pragma once

#include <http/chunked.h>
#include <http/server.h>

enum http_state {
  HTTP_STATE_HEAD,    /* a request is awaited or its head incomplete */
  HTTP_STATE_BODY,    /* the body of a request is being read for a page */
  HTTP_STATE_RESPOND, /* an answer goes out */
  HTTP_STATE_DRAIN,   /* answered; the rest of an unwanted body is read */
  HTTP_STATE_DONE,    /* to be closed */
};

/* What goes out next. */
enum http_phase {
  HTTP_TX_NONE,
  HTTP_TX_CONTINUE,  /* 100 Continue */
  HTTP_TX_HEAD,      /* the head, with the body of a page made in code */
  HTTP_TX_BODY,      /* `body` */
  HTTP_TX_PART_HEAD, /* head of range `part` of a multipart answer */
  HTTP_TX_PART,      /* its bytes */
  HTTP_TX_PARTS_END, /* the closing delimiter */
  HTTP_TX_STREAM,    /* what the page's fill function gives */
};

enum http_kind {
  HTTP_ANSWER_PAGE,   /* a page made in code from the status */
  HTTP_ANSWER_FILE,   /* `variant` of `resource`, or a part of it */
  HTTP_ANSWER_PARTS,  /* several parts of it */
  HTTP_ANSWER_REPLY,  /* a page's answer in one piece */
  HTTP_ANSWER_STREAM, /* a page's answer as it is produced */
};

struct http_conn {
  struct http_server *server;               /* borrowed */
  const void *peer;                         /* for server->peer_text; borrowed */
  uint64_t deadline_ms;                     /* of the current state; UINT64_MAX: none */
  uint64_t began_ms;                        /* first byte of the request; 0: none yet */
  const struct lib_pack_host *host;         /* of the request; NULL: not known */
  const struct lib_pack_resource *resource; /* answered, or NULL */
  const struct lib_pack_variant *variant;   /* of it */
  const struct lib_pack_realm *realm;       /* of a 401 */
  struct lib_span body;                     /* of the answer, still to go; a redirect's Location */
  struct http_reply *reply;                 /* dynamic answer; owned, or NULL */
  struct http_intake *intake;               /* body being read; owned, or NULL */
  uint64_t body_left;                       /* of the request, unless it is chunked */
  struct http_chunked chunked;              /* decoder, if it is */
  uint32_t range_from;                      /* offset of a 206 in the variant */
  uint32_t window_bytes;                    /* moved since the rate was last judged */
  uint32_t drained;                         /* bytes of an unwanted body so far */
  uint16_t status;                          /* of the answer */
  uint16_t allow;                           /* methods of a 405 or of OPTIONS */
  uint8_t state, phase, kind;               /* the enums above */
  uint8_t part;                             /* of a multipart answer */
  uint8_t minor;                            /* HTTP/1.minor of the request */
  uint8_t route;                            /* 1 + index of the page; 0: none */
  uint8_t blank_lines;                      /* before the request line */
  bool is_head : 1;                         /* the body stays away */
  bool keep : 1;                            /* go on after this answer */
  bool has_chunked : 1;                     /* the request's body is chunked */
  bool stable : 1;                          /* `body` outlives everything */
  bool waiting : 1;                         /* the stream sleeps until deadline_ms */
  bool ended : 1;                           /* the peer sends no more */
  bool is_private : 1;                      /* has the pages of private_groups, too */
  bool secure : 1;                          /* it came over TLS */
};
