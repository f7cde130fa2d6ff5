/* SPDX-License-Identifier: BSD-2-Clause
 * site.conf as a tree of YAML nodes, read strictly: a scalar is text until its
 * key asks for something else, a key stands once, and whatever is wrong is
 * reported with the file's name, line and column. Parsing is libyaml's. */
#pragma once

#include "util.h"

#include <yaml.h>

struct yaml_file {
  const char *name; /* for messages */
  yaml_document_t document;
};

/* Parse a file.
 *
 * returns  its root node; NULL when the file is empty
 * errors   reported as a problem; the program ends */
yaml_node_t *yaml_file_load(struct yaml_file *file, const char *disk, const char *name);

/* Report a problem at a node. */
void yaml_problem(const struct yaml_file *file, const yaml_node_t *at, const char *format, ...)
    UTIL_PRINTF(3);

/* A key of a mapping and what reads its value into `into`. */
struct yaml_key {
  const char *name;
  void (*read)(struct yaml_file *file, yaml_node_t *value, void *into);
};

/* Read a mapping whose keys are known; another key is a problem, answered with
 * the known key that it resembles. `keys` ends with a NULL name. */
void yaml_read_keys(struct yaml_file *file, yaml_node_t *node, const struct yaml_key *keys,
                    void *into);

/* Call `each` for every pair of a mapping with keys of any text. */
void yaml_read_pairs(struct yaml_file *file, yaml_node_t *node,
                     void (*each)(struct yaml_file *file, yaml_node_t *key, yaml_node_t *value,
                                  void *into),
                     void *into);

/* Call `each` for every item of a sequence. */
void yaml_read_items(struct yaml_file *file, yaml_node_t *node,
                     void (*each)(struct yaml_file *file, yaml_node_t *item, void *into),
                     void *into);

/* The text of a scalar, NUL-terminated, without control characters; never
 * NULL: "" after a problem. */
const char *yaml_text(struct yaml_file *file, yaml_node_t *node);

/* true or false. */
bool yaml_bool(struct yaml_file *file, yaml_node_t *node);

/* A decimal number of at most `max`; 0 after a problem. */
unsigned yaml_number(struct yaml_file *file, yaml_node_t *node, unsigned max);

/* The index of a scalar among `names` (which end with NULL); 0 after a problem. */
unsigned yaml_choice(struct yaml_file *file, yaml_node_t *node, const char *const *names);
