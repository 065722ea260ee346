#include "model/out.h"

#include "base/mem.h"

void out_open(struct dc_out *out, uint32_t state_words, bool keys, void (*flush)(struct dc_out *), void *self) {
    enum { CAP = 64 };
    *out = (struct dc_out){.cap = CAP, .flush = flush, .self = self};
    out->states = mem_alloc((size_t)CAP * state_words * sizeof *out->states);
    out->steps = mem_alloc(CAP * sizeof *out->steps);
    if (keys) out->keys = mem_alloc(2 * CAP * sizeof *out->keys);
}

void out_close(struct dc_out *out) {
    mem_free(out->states);
    mem_free(out->steps);
    mem_free(out->keys);
}
