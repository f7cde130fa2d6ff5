/* SPDX-License-Identifier: BSD-2-Clause
 * Status codes in words. RFC 9110 15, RFC 6585 */
#include "answer.h"

static const struct row {
  unsigned status;
  const char *reason;
  const char *sentence;
} rows[] = {
    {200, "OK", ""},
    {201, "Created", ""},
    {202, "Accepted", ""},
    {204, "No Content", ""},
    {206, "Partial Content", ""},
    {301, "Moved Permanently", "This page has moved."},
    {302, "Found", "This page is elsewhere for now."},
    {303, "See Other", "The answer is on another page."},
    {304, "Not Modified", ""},
    {307, "Temporary Redirect", "This page is elsewhere for now."},
    {308, "Permanent Redirect", "This page has moved."},
    {400, "Bad Request", "The server could not understand this request."},
    {401, "Unauthorized", "This page asks for a name and a password."},
    {403, "Forbidden", "This page is not for everybody."},
    {404, "Not Found", "There is no page at this address."},
    {405, "Method Not Allowed", "This page cannot be used in this way."},
    {406, "Not Acceptable", "This page is not available in a form the client accepts."},
    {408, "Request Timeout", "The request took too long to arrive."},
    {409, "Conflict", "The request does not fit the state of this page."},
    {410, "Gone", "This page has been removed."},
    {411, "Length Required", "The request must say how long it is."},
    {412, "Precondition Failed", "This page is not in the state the client expected."},
    {413, "Content Too Large", "The request is larger than this page takes."},
    {414, "URI Too Long", "The address is longer than this server takes."},
    {415, "Unsupported Media Type", "This page does not take data of this kind."},
    {416, "Range Not Satisfiable", "The part asked for lies outside of this file."},
    {417, "Expectation Failed", "The server cannot do what the client expects."},
    {422, "Unprocessable Content", "The data sent cannot be used."},
    {429, "Too Many Requests", "Too many attempts. Please wait a moment."},
    {431, "Request Header Fields Too Large",
     "The request's header is larger than this server takes."},
    {500, "Internal Server Error", "Something went wrong on the server."},
    {501, "Not Implemented", "The server does not know this kind of request."},
    {503, "Service Unavailable", "The server is busy. Please try again in a moment."},
    {505, "HTTP Version Not Supported", "The server speaks HTTP/1.0 and HTTP/1.1 here."},
};

static const struct row *row_of(unsigned status) {
  static const struct row unknown = {0, "Unknown", ""};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (rows[i].status == status)
      return &rows[i];
  return &unknown;
}

const char *http_status_reason(unsigned status) {
  return row_of(status)->reason;
}

const char *http_status_sentence(unsigned status) {
  return row_of(status)->sentence;
}

bool http_status_bodiless(unsigned status) {
  return status == 204 || status == 304 || status < 200;
}
