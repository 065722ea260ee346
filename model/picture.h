/* A small state graph as people want to see it: filled by compiler/picture.c, drawn by report/. Owns its arena. */
#ifndef DC_MODEL_PICTURE_H
#define DC_MODEL_PICTURE_H

#include "base/mem.h"

#include <stdbool.h>

struct dc_picture_state {
    VEC(const char *) lines; /* of an initial state all values, else what differs from the first one */
    uint32_t level;          /* from 1; 1: initial */
    const char *wrong;       /* what is violated there, or NULL */
    bool final;              /* some `final` holds */
    bool cut;                /* a `cut` holds: it has no steps */
    bool open;               /* steps of it lead to states that are left out */
};

struct dc_picture_step {
    uint32_t from, to;
    const char *label;
    bool fault, wrong; /* wrong: it violates a `step` */
};

struct dc_picture {
    struct arena arena;
    VEC(struct dc_picture_state) states;
    VEC(struct dc_picture_step) steps;
    bool whole;    /* nothing is left out */
    uint32_t same; /* steps that change nothing, which are not drawn */
};

#endif
