/* SPDX-License-Identifier: BSD-2-Clause
 * The pages made by code, asked through the HTTP engine: what they answer,
 * that text from outside is escaped, that every bound holds, and that all
 * memory is given back. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <memstat/history.h>
#include <memstat/memstat.h>
#include <site/routes.h>

#include "../../site/guestbook.h"
#include "http_peer.h"

#define REQUEST_MAX 8192
#define BODY_MAX 65536

struct page {
  unsigned status;
  char location[64], type[64];
  char body[BODY_MAX];
};

/* One request on a connection of its own. */
static const struct page *ask(struct lib_span request) {
  static struct page page;
  struct peer p;
  struct answer a;
  peer_open(&p);
  peer_send(&p, request);
  assert_true(peer_answer(&p, &a, false));
  struct lib_span location = answer_field(&a, LIB_SPAN("Location"));
  struct lib_span type = answer_field(&a, LIB_SPAN("Content-Type"));
  assert_true(a.body.n < BODY_MAX && location.n < 64 && type.n < 64);
  page.status = a.status;
  snprintf(page.location, sizeof page.location, "%.*s", (int)location.n,
           location.n ? location.p : "");
  snprintf(page.type, sizeof page.type, "%.*s", (int)type.n, type.n ? type.p : "");
  snprintf(page.body, sizeof page.body, "%.*s", (int)a.body.n, a.body.n ? a.body.p : "");
  answer_free(&a);
  peer_close(&p);
  assert_int_equal(peer_allocs, 0);
  return &page;
}

static const struct page *get(const char *path) {
  char request[REQUEST_MAX];
  int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
  assert_true(n < REQUEST_MAX);
  return ask((struct lib_span){request, (size_t)n});
}

static const struct page *post_as(const char *path, const char *type, const char *body) {
  char request[REQUEST_MAX];
  int n = snprintf(request, sizeof request,
                   "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n"
                   "Content-Length: %zu\r\n\r\n%s",
                   path, type, strlen(body), body);
  assert_true(n < REQUEST_MAX);
  return ask((struct lib_span){request, (size_t)n});
}

static const struct page *post(const char *path, const char *body) {
  return post_as(path, "application/x-www-form-urlencoded", body);
}

static unsigned count(const char *text, const char *what) {
  unsigned n = 0;
  for (; (text = strstr(text, what)) != NULL; text += strlen(what))
    n++;
  return n;
}

static void assert_has(const struct page *page, const char *what) {
  if (strstr(page->body, what) == NULL)
    fail_msg("\"%s\" is not in: %s", what, page->body);
}

/* A whole page of HTML, cut nowhere. */
static void assert_html(const struct page *page) {
  assert_int_equal(page->status, 200);
  assert_string_equal(page->type, HTTP_TYPE_HTML);
  assert_int_equal(strncmp(page->body, "<!doctype html>", 15), 0);
  assert_string_equal(page->body + strlen(page->body) - 8, "</html>\n");
}

static void health_is_ok(void **state) {
  (void)state;
  const struct page *page = get("/healthz");
  assert_int_equal(page->status, 200);
  assert_string_equal(page->body, "ok\n");
}

/* The check value of the catalogues of CRCs. */
static void an_upload_is_summed_up(void **state) {
  (void)state;
  assert_string_equal(post_as("/upload", "text/plain", "123456789")->body,
                      "9 bytes, CRC-32 cbf43926\n");
  assert_string_equal(post_as("/upload", "application/x-www-form-urlencoded", "")->body,
                      "0 bytes, CRC-32 00000000\n");
}

static void a_stream_has_the_bytes_asked_for(void **state) {
  (void)state;
  const struct page *page = get("/stream/6500");
  assert_int_equal(page->status, 200);
  assert_int_equal(strlen(page->body), 6500);
  assert_int_equal(strtoul(page->body, NULL, 10), 0);
  for (size_t at = 64; at < 6400; at += 64) {
    assert_int_equal(page->body[at - 1], '\n');
    assert_int_equal(strtoul(page->body + at, NULL, 10), at);
  }
  assert_int_equal(strlen(get("/stream/0")->body), 0);
}

static void a_stream_is_of_bounded_length(void **state) {
  (void)state;
  assert_int_equal(get("/stream/1000000001")->status, 404);
  assert_int_equal(get("/stream/18446744073709551616")->status, 404);
  assert_int_equal(get("/stream/-1")->status, 404);
  assert_int_equal(get("/stream/1e3")->status, 404);
}

static void hello_escapes_the_name(void **state) {
  (void)state;
  const struct page *page = get("/hello/%3Cscript%3E%26%22");
  assert_html(page);
  assert_has(page, "<h1>Hello, &lt;script&gt;&amp;&quot;</h1>");
}

static void hello_takes_a_name_of_bounded_length(void **state) {
  (void)state;
  char path[7 + 3 * SITE_HELLO_MAX + 4] = "/hello/";
  for (unsigned i = 0; i < SITE_HELLO_MAX; i++)
    strcat(path, "%22");
  assert_html(get(path));
  strcat(path, "x");
  assert_int_equal(get(path)->status, 404);
}

static void form_shows_the_fields_decoded(void **state) {
  (void)state;
  const struct page *page = post("/form", "a=1+2&%3Cb%3E=%26&empty=");
  assert_html(page);
  assert_has(page, ">a</th><td class=\"text\">1 2</td>");
  assert_has(page, ">&lt;b&gt;</th><td class=\"text\">&amp;</td>");
  assert_has(page, ">empty</th><td class=\"text\"></td>");
}

static void form_takes_multipart_too(void **state) {
  (void)state;
  const struct page *page =
      post_as("/form", "multipart/form-data; boundary=zz",
              "--zz\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\na\r\nb<\r\n--zz--\r\n");
  assert_html(page);
  assert_has(page, ">t</th><td class=\"text\">a\r\nb&lt;</td>");
}

/* The longest answer that the bounds allow is given, not refused. */
static void form_has_room_for_the_worst(void **state) {
  (void)state;
  char body[SITE_FORM_MAX + 2] = "";
  for (unsigned i = 0; i < HTTP_FORM_FIELDS_MAX; i++)
    strcat(body, "\"=\"&");
  size_t n = strlen(body) - 1;
  memset(body + n, '"', SITE_FORM_MAX - n);
  body[SITE_FORM_MAX] = '\0';
  const struct page *page = post("/form", body);
  assert_html(page);
  assert_int_equal(count(page->body, "&quot;"), SITE_FORM_MAX - 2 * HTTP_FORM_FIELDS_MAX + 1);
  strcat(body, "\"");
  assert_int_equal(post("/form", body)->status, 413);
}

static void signing_leads_back_to_the_book(void **state) {
  (void)state;
  const struct page *page = post("/guestbook", "name=Eve&text=%3Cimg+src%3Dx%3E");
  assert_int_equal(page->status, 303);
  assert_string_equal(page->location, "/guestbook");
  page = get("/guestbook");
  assert_html(page);
  assert_has(page, "<b>Eve <time>2023-11-14 22:13 UTC</time></b>&lt;img src=x&gt;</li>");
  assert_null(strstr(page->body, "<img src=x"));
}

static void signing_wants_both_fields(void **state) {
  (void)state;
  unsigned before = count(get("/guestbook")->body, "<li><b>");
  assert_int_equal(post("/guestbook", "name=Eve")->status, 400);
  assert_int_equal(post("/guestbook", "name=+&text=hi")->status, 400);
  assert_int_equal(post("/guestbook", "")->status, 400);
  assert_int_equal(count(get("/guestbook")->body, "<li><b>"), before);
}

static void the_oldest_entry_makes_room(void **state) {
  (void)state;
  char form[64];
  for (unsigned i = 0; i < SITE_GUEST_ENTRIES + 5; i++) {
    snprintf(form, sizeof form, "name=n%u&text=entry%u.", i, i);
    assert_int_equal(post("/guestbook", form)->status, 303);
  }
  const struct page *page = get("/guestbook");
  assert_int_equal(count(page->body, "<li><b>"), SITE_GUEST_ENTRIES);
  assert_null(strstr(page->body, "entry4."));
  assert_has(page, "entry5.");
  assert_true(strstr(page->body, "entry36.") < strstr(page->body, "entry35."));
}

static void entries_are_cut_between_characters(void **state) {
  (void)state;
  char text[2 * SITE_GUEST_TEXT + 1];
  for (unsigned i = 0; i < SITE_GUEST_TEXT; i++)
    memcpy(text + 2 * i, i == 0 ? "xx" : "\xc3\xa9", 2);
  text[2 * SITE_GUEST_TEXT] = '\0';
  site_guestbook_add(LIB_SPAN("a"), lib_span_str(text + 1), 0); /* x, then pairs: 200 splits one */
  const struct site_guest *g = site_guestbook_newest(UINT64_MAX);
  assert_int_equal(g->text_n, SITE_GUEST_TEXT - 1);
  assert_memory_equal(g->text, text + 1, g->text_n);
  site_guestbook_add(LIB_SPAN("a"), lib_span_str("\x80\x80\x80"), 0); /* not UTF-8: kept, bounded */
  assert_int_equal(site_guestbook_newest(UINT64_MAX)->text_n, 3);
}

static void a_book_of_quotes_is_shown_whole(void **state) {
  (void)state;
  char quotes[SITE_GUEST_TEXT + 1];
  memset(quotes, '"', SITE_GUEST_TEXT);
  quotes[SITE_GUEST_TEXT] = '\0';
  for (unsigned i = 0; i < SITE_GUEST_ENTRIES; i++)
    site_guestbook_add(lib_span_str(quotes), lib_span_str(quotes), 0);
  const struct page *page = get("/guestbook");
  assert_html(page);
  assert_int_equal(count(page->body, "&quot;"),
                   SITE_GUEST_ENTRIES * (SITE_GUEST_NAME + SITE_GUEST_TEXT));
}

/* A reader who stops in the middle is not confused by 40 new entries. */
static void signing_while_somebody_reads(void **state) {
  (void)state;
  struct peer p;
  struct answer a;
  peer_open(&p);
  p.stalled = true;
  peer_send(&p, LIB_SPAN("GET /guestbook HTTP/1.1\r\nHost: x\r\n\r\n"));
  for (unsigned i = 0; i < 3; i++) {
    p.stalled = false;
    peer_tx(&p);
    p.stalled = true;
  }
  for (unsigned i = 0; i < SITE_GUEST_ENTRIES + 8; i++)
    site_guestbook_add(LIB_SPAN("late"), LIB_SPAN("late"), 0);
  p.stalled = false;
  peer_pump(&p);
  assert_true(peer_answer(&p, &a, false));
  assert_true(memmem(a.body.p, a.body.n, "</html>", 7) != NULL);
  assert_null(memmem(a.body.p, a.body.n, "late", 4));
  answer_free(&a);
  peer_close(&p);
}

static void memory_json_sums_to_the_ram(void **state) {
  (void)state;
  const struct page *page = get("/memory.json");
  uint64_t sum = 0;
  assert_int_equal(page->status, 200);
  assert_string_equal(page->type, HTTP_TYPE_JSON);
  for (const char *s = page->body; (s = strstr(s, "\"bytes\":")) != NULL;)
    sum += strtoull(s += 8, NULL, 10);
  assert_int_equal(sum, memstat_total());
  assert_int_equal(strtoull(strstr(page->body, "\"ram_bytes\":") + 12, NULL, 10), memstat_total());
}

static void memory_page_is_whole(void **state) {
  (void)state;
  const struct page *page = get("/memory");
  assert_html(page);
  assert_int_equal(count(page->body, "<tr><th><i class=\"key o-"), MEMSTAT_OWNERS_N);
}

/* A site that is not the sample has no samples, and no links to them. */
static void a_foreign_site_has_its_own_pages_and_the_memory(void **state) {
  (void)state;
  assert_non_null(strstr(get("/memory")->body, "href=\"/samples\""));
  peer_server.groups = SITE_STATUS;
  assert_int_equal(get("/hello/x")->status, 404);
  assert_int_equal(get("/guestbook")->status, 404);
  assert_int_equal(get("/clock/events")->status, 404);
  assert_int_equal(post("/form", "a=b")->status, 404);
  assert_int_equal(get("/healthz")->status, 200);
  assert_int_equal(get("/memory.json")->status, 200);
  const struct page *page = get("/memory");
  assert_html(page);
  assert_null(strstr(page->body, "href=\"/samples\""));
  assert_null(strstr(page->body, "href=\"/how\""));
  peer_server.groups = UINT32_MAX;
}

/* A connection that is private has the status pages where others do not. */
static void status_pages_may_be_private(void **state) {
  (void)state;
  struct peer p;
  peer_server.groups = 0;
  peer_server.private_groups = SITE_STATUS;
  assert_int_equal(get("/memory")->status, 404);
  assert_int_equal(get("/metrics")->status, 404);
  peer_open(&p);
  http_conn_set_private(&p.conn);
  peer_send(&p, LIB_SPAN("GET /memory.json HTTP/1.1\r\nHost: x\r\n\r\n"));
  assert_memory_equal(p.out, "HTTP/1.1 200 ", 13);
  peer_close(&p);
  peer_server.groups = UINT32_MAX;
}

/* The pack of the wire cases has `pages: samples`. */
static void the_site_says_which_pages_it_has(void **state) {
  (void)state;
  static _Alignas(8) struct lib_pack_header head = {.magic = LIB_PACK_MAGIC};
  const struct http_pack none = {(const char *)&head, &head};
  assert_int_equal(site_groups(&peer_server.pack), SITE_SAMPLES | SITE_STATUS);
  assert_int_equal(site_groups(&none), SITE_STATUS);
  assert_int_equal(site_status_port(&none), 0);
}

static void memory_short_is_answered_503(void **state) {
  (void)state;
  peer_no_memory = true;
  assert_int_equal(get("/memory")->status, 503);
  assert_int_equal(get("/hello/x")->status, 503);
  assert_int_equal(get("/guestbook")->status, 503);
  assert_int_equal(get("/memory/events")->status, 503);
  peer_no_memory = false;
}

/* What arrives on an event stream in `ms`. */
static char *listen_for(struct peer *p, const char *path, uint64_t ms) {
  char request[256];
  int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
  peer_open(p);
  peer_send(p, (struct lib_span){request, (size_t)n});
  peer_wait(p, ms);
  char *text = strndup(p->out, p->out_n);
  assert_non_null(text);
  return text;
}

static void memory_is_told_every_second(void **state) {
  (void)state;
  struct peer p;
  char *text = listen_for(&p, "/memory/events", 3000);
  const char *owners = strstr(text, "event: owners\ndata: [[");
  assert_non_null(owners);
  assert_in_range(count(text, "event: owners\n"), 3, 4);
  assert_in_range(count(text, "event: pools\n"), 3, 4);
  assert_in_range(count(text, "event: vm\ndata: {\"uptime_ms\":"), 3, 4);
  assert_int_equal(count(strtok(strdupa(owners), "\r"), "],["), MEMSTAT_OWNERS_N - 1);
  free(text);
  peer_close(&p);
}

/* A listener gets the samples that are kept, each once and in order, also those
 * of while it listens. */
static void memory_tells_the_history(void **state) {
  (void)state;
  struct peer p;
  for (uint32_t i = 0; i < 200; i++) {
    memstat_vm.conns_now = 1000 + i;
    memstat_history_run((i + UINT64_C(1)) * MEMSTAT_HISTORY_MS);
  }
  char *text = listen_for(&p, "/memory/events", 1500), *at = text;
  unsigned n = 0;
  for (unsigned next = 1200 - MEMSTAT_HISTORY_N;
       (at = strstr(at, "event: samples\ndata: [")) != NULL;)
    for (at += strlen("event: samples\ndata: ["); *at++ == '['; next++, n++) {
      assert_int_equal(strtoul(strchr(at, ',') + 1, NULL, 10), next);
      at = strchr(at, ']') + 1;
      at += *at == ',';
    }
  assert_int_equal(n, MEMSTAT_HISTORY_N);
  free(text);
  memstat_vm.conns_now = 0;
  memstat_history_run(UINT64_C(201) * MEMSTAT_HISTORY_MS);
  peer_wait(&p, 1000);
  text = strndup(p.out, p.out_n);
  assert_non_null(strstr(text, ",1199,0,1000]]\n"));
  assert_non_null(strstr(text, ",0,0,1000]]\n"));
  free(text);
  peer_close(&p);
}

static void the_clock_shows_each_second_once(void **state) {
  (void)state;
  struct peer p;
  char *text = listen_for(&p, "/clock/events", 3000), *at = text;
  unsigned n = 0;
  for (uint64_t next = 1700000001; (at = strstr(at, "data: ")) != NULL; next++, n++)
    assert_int_equal(strtoull(at += 6, NULL, 10), next);
  assert_in_range(n, 3, 4);
  free(text);
  peer_close(&p);
}

/* The wall clock is 300 ms into a second when the VM's clock begins one. */
static void the_clock_ticks_as_the_second_begins(void **state) {
  (void)state;
  struct peer p;
  http_server_time(&peer_server, 1700000000300, 0);
  char *text = listen_for(&p, "/clock/events", 699);
  assert_int_equal(count(text, "data: "), 1);
  free(text);
  peer_wait(&p, 1);
  text = strndup(p.out, p.out_n);
  assert_int_equal(count(text, "data: 1700000002"), 1);
  free(text);
  peer_close(&p);
  http_server_time(&peer_server, 1700000000000, 0);
}

static void listeners_are_bounded(void **state) {
  (void)state;
  static struct peer peers[HTTP_SSE_LISTENERS_MAX];
  for (unsigned i = 0; i < HTTP_SSE_LISTENERS_MAX; i++)
    free(listen_for(&peers[i], "/clock/events", 0));
  assert_int_equal(peer_server.listeners, HTTP_SSE_LISTENERS_MAX);
  struct peer last;
  char *text = listen_for(&last, "/memory/events", 0);
  assert_int_equal(strncmp(text, "HTTP/1.1 503 ", 13), 0);
  free(text);
  peer_close(&last);
  for (unsigned i = 0; i < HTTP_SSE_LISTENERS_MAX; i++)
    peer_close(&peers[i]);
  assert_int_equal(peer_server.listeners, 0);
}

static int setup(void **state) {
  (void)state;
  memstat_add(MEMSTAT_FREE, 16 << 20);
  memstat_move(MEMSTAT_FREE, MEMSTAT_TCP, 123457);
  peer_server_start(site_routes, site_routes_n);
  return 0;
}

static int nothing_is_kept(void **state) {
  (void)state;
  assert_int_equal(peer_allocs, 0);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(health_is_ok),
      cmocka_unit_test(an_upload_is_summed_up),
      cmocka_unit_test(a_stream_has_the_bytes_asked_for),
      cmocka_unit_test(a_stream_is_of_bounded_length),
      cmocka_unit_test(hello_escapes_the_name),
      cmocka_unit_test(hello_takes_a_name_of_bounded_length),
      cmocka_unit_test(form_shows_the_fields_decoded),
      cmocka_unit_test(form_takes_multipart_too),
      cmocka_unit_test(form_has_room_for_the_worst),
      cmocka_unit_test(signing_leads_back_to_the_book),
      cmocka_unit_test(signing_wants_both_fields),
      cmocka_unit_test(the_oldest_entry_makes_room),
      cmocka_unit_test(entries_are_cut_between_characters),
      cmocka_unit_test(a_book_of_quotes_is_shown_whole),
      cmocka_unit_test(signing_while_somebody_reads),
      cmocka_unit_test(memory_json_sums_to_the_ram),
      cmocka_unit_test(memory_page_is_whole),
      cmocka_unit_test(a_foreign_site_has_its_own_pages_and_the_memory),
      cmocka_unit_test(status_pages_may_be_private),
      cmocka_unit_test(the_site_says_which_pages_it_has),
      cmocka_unit_test(memory_short_is_answered_503),
      cmocka_unit_test(memory_is_told_every_second),
      cmocka_unit_test(memory_tells_the_history),
      cmocka_unit_test(the_clock_shows_each_second_once),
      cmocka_unit_test(the_clock_ticks_as_the_second_begins),
      cmocka_unit_test(listeners_are_bounded),
  };
  return cmocka_run_group_tests(tests, setup, nothing_is_kept);
}
