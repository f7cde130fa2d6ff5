/* SPDX-License-Identifier: BSD-2-Clause */
#include "yaml.h"

#include "tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 40 /* longer words are not compared for likeness */

static void problem_at(const char *name, yaml_mark_t mark, const char *what) {
  util_problem("%s:%zu:%zu: %s", name, mark.line + 1, mark.column + 1, what);
}

/* libyaml's words for it, and a hint for the trap that patterns fall into. */
static void report_syntax(const yaml_parser_t *parser, const char *name) {
  const char *what = parser->problem ? parser->problem : "not readable";
  bool alias = parser->context && strstr(parser->context, "alias");
  char *text = util_format("%s%s%s%s", what, parser->context ? " " : "",
                           parser->context ? parser->context : "",
                           alias ? "; a text that begins with * needs quotes: \"*.html\"" : "");
  problem_at(name, parser->problem_mark, text);
  util_stop_on_problems();
}

yaml_node_t *yaml_file_load(struct yaml_file *file, const char *disk, const char *name) {
  yaml_parser_t parser;
  FILE *f = fopen(disk, "rb");
  if (!f)
    util_die("cannot read %s (%s)", disk, strerror(errno));
  file->name = name;
  if (!yaml_parser_initialize(&parser))
    util_die("out of memory");
  yaml_parser_set_input_file(&parser, f);
  if (!yaml_parser_load(&parser, &file->document))
    report_syntax(&parser, name);
  yaml_node_t *root = yaml_document_get_root_node(&file->document);
  yaml_document_t next;
  if (root && !yaml_parser_load(&parser, &next))
    report_syntax(&parser, name);
  if (root && yaml_document_get_root_node(&next))
    yaml_problem(file, yaml_document_get_root_node(&next), "a second document");
  yaml_parser_delete(&parser);
  fclose(f);
  return root;
}

/* Of a node only the first problem counts: others follow from it. */
void yaml_problem(const struct yaml_file *file, const yaml_node_t *at, const char *format, ...) {
  static const yaml_node_t *last;
  char what[512];
  if (at == last)
    return;
  last = at;
  va_list list;
  va_start(list, format);
  vsnprintf(what, sizeof what, format, list);
  va_end(list);
  problem_at(file->name, at->start_mark, what);
}

static yaml_node_t *node(struct yaml_file *file, int index) {
  return yaml_document_get_node(&file->document, index);
}

const char *yaml_text(struct yaml_file *file, yaml_node_t *n) {
  if (n->type != YAML_SCALAR_NODE) {
    yaml_problem(file, n, "a single text is wanted here");
    return "";
  }
  const char *s = (const char *)n->data.scalar.value;
  if (strlen(s) != n->data.scalar.length || !tree_name_ok(s)) {
    yaml_problem(file, n, "a control character");
    return "";
  }
  return s;
}

bool yaml_bool(struct yaml_file *file, yaml_node_t *n) {
  static const char *const names[] = {"false", "true", NULL};
  return yaml_choice(file, n, names) == 1;
}

unsigned yaml_number(struct yaml_file *file, yaml_node_t *n, unsigned max) {
  const char *s = yaml_text(file, n);
  char *end = NULL;
  errno = 0;
  unsigned long v = strtoul(s, &end, 10);
  bool plain = *s >= '0' && *s <= '9' && (*s != '0' || !s[1]);
  if (plain && !*end && !errno && v <= max)
    return (unsigned)v;
  yaml_problem(file, n, "a number from 0 to %u is wanted here", max);
  return 0;
}

static unsigned min3(unsigned a, unsigned b, unsigned c) {
  unsigned m = a < b ? a : b;
  return m < c ? m : c;
}

/* Levenshtein's distance: the edits that make `b` of `a`. */
static unsigned distance(const char *a, const char *b) {
  unsigned line[WORD_MAX + 1];
  size_t b_n = strlen(b);
  if (strlen(a) > WORD_MAX || b_n > WORD_MAX)
    return WORD_MAX;
  for (unsigned j = 0; j <= b_n; j++)
    line[j] = j;
  for (unsigned i = 1; *a; a++, i++) {
    unsigned corner = line[0];
    line[0] = i;
    for (unsigned j = 1; j <= b_n; j++) {
      unsigned above = line[j];
      line[j] = min3(above + 1, line[j - 1] + 1, corner + (*a != b[j - 1]));
      corner = above;
    }
  }
  return line[b_n];
}

/* Keeps the better of two suggestions for `word`. */
static void consider(const char *word, const char *candidate, const char **best,
                     unsigned *best_distance) {
  unsigned d = distance(word, candidate);
  if (d < *best_distance) {
    *best = candidate;
    *best_distance = d;
  }
}

unsigned yaml_choice(struct yaml_file *file, yaml_node_t *n, const char *const *names) {
  const char *s = yaml_text(file, n);
  struct util_buf known = {0};
  for (unsigned i = 0; names[i]; i++) {
    if (strcmp(s, names[i]) == 0)
      return i;
    util_buf_format(&known, "%s%s", i ? ", " : "", names[i]);
  }
  yaml_problem(file, n, "one of these is wanted here: %s", util_buf_text(&known));
  return 0;
}

static bool is_repeated(struct yaml_file *file, yaml_node_t *mapping, yaml_node_pair_t *pair) {
  const char *key = yaml_text(file, node(file, pair->key));
  for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
    yaml_node_t *other = node(file, p->key);
    if (other->type == YAML_SCALAR_NODE && strcmp((char *)other->data.scalar.value, key) == 0)
      return true;
  }
  return false;
}

void yaml_read_pairs(struct yaml_file *file, yaml_node_t *mapping,
                     void (*each)(struct yaml_file *, yaml_node_t *, yaml_node_t *, void *),
                     void *into) {
  if (mapping->type != YAML_MAPPING_NODE) {
    yaml_problem(file, mapping, "lines of the form \"key: value\" are wanted here");
    return;
  }
  for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < mapping->data.mapping.pairs.top;
       p++) {
    yaml_node_t *key = node(file, p->key);
    if (is_repeated(file, mapping, p))
      yaml_problem(file, key, "a second \"%s\"", yaml_text(file, key));
    else
      each(file, key, node(file, p->value), into);
  }
}

void yaml_read_items(struct yaml_file *file, yaml_node_t *sequence,
                     void (*each)(struct yaml_file *, yaml_node_t *, void *), void *into) {
  if (sequence->type != YAML_SEQUENCE_NODE) {
    yaml_problem(file, sequence, "a list is wanted here: lines that begin with \"- \"");
    return;
  }
  for (yaml_node_item_t *i = sequence->data.sequence.items.start;
       i < sequence->data.sequence.items.top; i++)
    each(file, node(file, *i), into);
}

struct keyed {
  const struct yaml_key *keys;
  void *into;
};

static void read_key(struct yaml_file *file, yaml_node_t *key, yaml_node_t *value, void *into) {
  const struct keyed *k = into;
  const char *name = yaml_text(file, key), *like = NULL;
  unsigned like_distance = 4; /* of more edits than 3, none is meant */
  for (const struct yaml_key *known = k->keys; known->name; known++) {
    if (strcmp(name, known->name) == 0) {
      known->read(file, value, k->into);
      return;
    }
    consider(name, known->name, &like, &like_distance);
  }
  if (like)
    yaml_problem(file, key, "unknown key \"%s\"; is \"%s\" meant?", name, like);
  else
    yaml_problem(file, key, "unknown key \"%s\"", name);
}

void yaml_read_keys(struct yaml_file *file, yaml_node_t *mapping, const struct yaml_key *keys,
                    void *into) {
  struct keyed k = {keys, into};
  yaml_read_pairs(file, mapping, read_key, &k);
}
