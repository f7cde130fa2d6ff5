/* SPDX-License-Identifier: BSD-2-Clause */
#include <http/route.h>
#include <lib/assert.h>

void http_route_sort(struct http_server *s) {
  for (unsigned letter = 0; letter < 32; letter++)
    s->routes_of[letter] = 0;
  for (unsigned i = 0; i < s->routes_n; i++)
    for (unsigned letter = 0; letter < 32; letter++)
      if (s->routes[i].pattern[1] == ':' || (s->routes[i].pattern[1] & 31u) == letter)
        s->routes_of[letter] |= 1u << i;
}

/* Whether `path` begins as `pattern` does before its first parameter: cheaply
 * no for nearly every route of nearly every request. */
static bool begins(const char *pattern, struct lib_span path) {
  size_t i = 0;
  while (i < path.n && pattern[i] == path.p[i])
    i++;
  return pattern[i] == '\0' || pattern[i] == ':';
}

/* Segments of pattern and path side by side; both begin with '/'. */
bool http_route_match(const char *pattern, struct lib_span path,
                      struct lib_span params[HTTP_PARAMS_MAX]) {
  if (path.n < 2 || pattern[1] == '\0')
    return path.n < 2 && pattern[1] == '\0';
  struct lib_span wanted = lib_span_str(pattern), want, have;
  unsigned n = 0;
  if (!begins(pattern, path))
    return false;
  for (;;) {
    bool more = lib_span_split(&wanted, '/', &want);
    if (lib_span_split(&path, '/', &have) != more)
      return false;
    if (!more)
      return true;
    if (want.n && want.p[0] == ':') {
      LIB_ASSERT(n < HTTP_PARAMS_MAX);
      if (have.n == 0)
        return false;
      params[n++] = have;
    } else if (!lib_span_eq(want, have)) {
      return false;
    }
  }
}

struct lib_span http_route_param(const char *pattern, const struct lib_span params[HTTP_PARAMS_MAX],
                                 const char *name) {
  struct lib_span rest = lib_span_str(pattern), segment;
  unsigned n = 0;
  while (lib_span_split(&rest, '/', &segment)) {
    if (segment.n == 0 || segment.p[0] != ':')
      continue;
    if (lib_span_eq(lib_span_sub(segment, 1, segment.n), lib_span_str(name)))
      return params[n];
    n++;
  }
  return (struct lib_span){NULL, 0};
}

static bool takes(const struct http_route *route, unsigned method) {
  unsigned methods = route->methods | (route->methods & HTTP_GET ? HTTP_HEAD : 0);
  return (methods & method) != 0;
}

bool http_route_on(uint32_t groups, const struct http_route *route) {
  return (route->group & ~groups) == 0;
}

const struct http_route *http_route_find(const struct http_server *s, uint32_t groups,
                                         struct lib_span path, unsigned method,
                                         struct lib_span params[HTTP_PARAMS_MAX], unsigned *allow) {
  struct lib_span unused[HTTP_PARAMS_MAX];
  *allow = 0;
  for (uint32_t left = s->routes_of[path.n < 2 ? 0 : path.p[1] & 31]; left; left &= left - 1) {
    const struct http_route *route = &s->routes[__builtin_ctz(left)];
    bool fits = takes(route, method);
    if (!http_route_on(groups, route) ||
        !http_route_match(route->pattern, path, fits ? params : unused))
      continue;
    *allow |= route->methods;
    if (fits)
      return route;
  }
  return NULL;
}
