/* SPDX-License-Identifier: BSD-2-Clause
 * Status codes in words. RFC 9110 15, RFC 6585 */
#include "answer.h"

#include <string.h>

/* Code, reason, NUL, sentence for people, NUL: a table of pointers would be as
 * large as the words. Looked through from the first, so the frequent ones lead. */
static const char rows[] =
    "200OK\0\0"
    "304Not Modified\0\0"
    "404Not Found\0There is no page at this address.\0"
    "206Partial Content\0\0"
    "301Moved Permanently\0This page has moved.\0"
    "201Created\0\0"
    "202Accepted\0\0"
    "204No Content\0\0"
    "302Found\0This page is elsewhere for now.\0"
    "303See Other\0The answer is on another page.\0"
    "307Temporary Redirect\0This page is elsewhere for now.\0"
    "308Permanent Redirect\0This page has moved.\0"
    "400Bad Request\0The server could not understand this request.\0"
    "401Unauthorized\0This page asks for a name and a password.\0"
    "403Forbidden\0This page is not for everybody.\0"
    "405Method Not Allowed\0This page cannot be used in this way.\0"
    "406Not Acceptable\0This page is not available in a form the client accepts.\0"
    "408Request Timeout\0The request took too long to arrive.\0"
    "409Conflict\0The request does not fit the state of this page.\0"
    "410Gone\0This page has been removed.\0"
    "411Length Required\0The request must say how long it is.\0"
    "412Precondition Failed\0This page is not in the state the client expected.\0"
    "413Content Too Large\0The request is larger than this page takes.\0"
    "414URI Too Long\0The address is longer than this server takes.\0"
    "415Unsupported Media Type\0This page does not take data of this kind.\0"
    "416Range Not Satisfiable\0The part asked for lies outside of this file.\0"
    "417Expectation Failed\0The server cannot do what the client expects.\0"
    "422Unprocessable Content\0The data sent cannot be used.\0"
    "429Too Many Requests\0Too many attempts. Please wait a moment.\0"
    "431Request Header Fields Too Large\0The request's header is larger than this server takes.\0"
    "500Internal Server Error\0Something went wrong on the server.\0"
    "501Not Implemented\0The server does not know this kind of request.\0"
    "503Service Unavailable\0The server is busy. Please try again in a moment.\0"
    "505HTTP Version Not Supported\0The server speaks HTTP/1.0 and HTTP/1.1 here.\0";

static unsigned code_of(const char *row) {
  return (unsigned)((row[0] - '0') * 100 + (row[1] - '0') * 10 + (row[2] - '0'));
}

/* What stands behind the next NUL. */
static const char *next(const char *s) {
  return s + strlen(s) + 1;
}

const char *http_status_reason(unsigned status) {
  for (const char *row = rows; *row; row = next(next(row)))
    if (code_of(row) == status)
      return row + 3;
  return "Unknown\0";
}

const char *http_status_sentence(unsigned status) {
  return next(http_status_reason(status));
}

bool http_status_bodiless(unsigned status) {
  return status == 204 || status == 304 || status < 200;
}
