/* Values of a trace as JSON: what the formats of Apalache and TLC have in common. How a value looks is the format's
 * own: `value` writes it. Each returns a new reference. */
#ifndef DC_REPORT_JSON_TREE_H
#define DC_REPORT_JSON_TREE_H

#include <jansson.h>

#include "model/story.h"

typedef json_t *json_value_fn(const struct dc_tree *);

json_t *json_list(const struct dc_tree *, json_value_fn *value);
json_t *json_fields(const struct dc_tree *, json_value_fn *value); /* an object, by the names of the kids */
json_t *json_variant(const char *tag, json_t *inner);              /* {"tag": …, "value": …}; takes `inner` over */

#endif
