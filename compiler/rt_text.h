/* The text of the runtime headers, carried by the binary for the code that it generates (tools/embed). */
#ifndef DC_COMPILER_RT_TEXT_H
#define DC_COMPILER_RT_TEXT_H

extern const char dc_rt_text[], dc_model_text[];

#endif
