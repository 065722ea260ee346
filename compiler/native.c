#include "compiler/native.h"
void cgen_write(const struct program *p, FILE *f) { (void)p; (void)f; }
struct native *native_start(const struct program *p, const struct dc_model *m) { (void)p; (void)m; return NULL; }
const struct dc_model *native_ready(struct native *n) { (void)n; return NULL; }
const struct dc_model *native_wait(struct native *n) { (void)n; return NULL; }
const char *native_trouble(const struct native *n) { (void)n; return NULL; }
void native_close(struct native *n) { (void)n; }
