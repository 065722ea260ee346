/* The command line: one table for parsing, -help and docs/. */
#ifndef DC_CLI_OPTIONS_H
#define DC_CLI_OPTIONS_H

#include "base/mem.h"
#include "report/export.h"
#include "report/graph.h"
#include "report/report.h"

#include <stdbool.h>
#include <stdio.h>

#ifndef DC_VERSION
#define DC_VERSION "0.1.0"
#endif

enum {
    EXIT_OK = 0,
    EXIT_UNEXPECTED = 1,
    EXIT_INCONCLUSIVE = 2,
    EXIT_ASSUMPTION = 10,
    EXIT_DEADLOCK = 11,
    EXIT_SAFETY = 12,
    EXIT_TEMPORAL = 13,
    EXIT_ASSERT = 14,
    EXIT_EVALUATION = 75,
    EXIT_TYPE = 120,
    EXIT_SYNTAX = 150,
    EXIT_USAGE = 151,
    EXIT_SYSTEM = 153
};

struct options {
    VEC(const char *) files, defines, includes;
    uint32_t workers;
    const char *check, *json, *dump;
    const char *trace_out, *format_name, *junit, *sarif, *report, *completion, *csv, *graph;
    enum trace_form trace;
    enum export_format format; /* of trace_out */
    bool all, keep_going, simulate, interpret, native, no_symmetry, no_deadlock, quiet, explain, coverage, strict,
        profile;
    enum graph_format graph_format;
    uint32_t depth, walk_depth, graph_most;
    uint64_t walks, seed, memory_bytes;
    int colour; /* -1: where the output is a terminal */
    bool help, version;
};

/* False: the command line is wrong and standard error says why. */
bool options_parse(struct options *, int argc, char **argv);
void options_free(struct options *);
void options_help(FILE *);
/* Whether something wants traces: the text, or a file. */
bool options_want_traces(const struct options *);
/* A script for bash, zsh or fish, from the same table. False: that shell is not known. */
bool options_completion(const char *shell, FILE *);

#endif
