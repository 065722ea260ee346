#include "report/json_tree.h"

#include "report/json_text.h"

json_t *json_list(const struct dc_tree *t, json_value_fn *value) {
    json_t *a = json_array();
    for (uint32_t i = 0; i < t->n; i++) json_array_append_new(a, value(t->kids[i]));
    return a;
}

json_t *json_fields(const struct dc_tree *t, json_value_fn *value) {
    json_t *o = json_object();
    for (uint32_t i = 0; i < t->n; i++) json_object_set_new(o, t->names[i], value(t->kids[i]));
    return o;
}

json_t *json_variant(const char *tag, json_t *inner) {
    json_t *o = json_object();
    json_object_set_new(o, "tag", json_text(tag));
    json_object_set_new(o, "value", inner);
    return o;
}
