#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option_id {
    OPT_WORKERS = 256,
    OPT_CHECK,
    OPT_ALL,
    OPT_DEFINE,
    OPT_INCLUDE,
    OPT_PROFILE_ENGINE,
    OPT_SYMMETRY,
    OPT_JSON,
    OPT_TRACE,
    OPT_NO_TRACE,
    OPT_EXPLAIN,
    OPT_TRACE_OUT,
    OPT_FORMAT,
    OPT_REPORT,
    OPT_JUNIT,
    OPT_CSV,
    OPT_GRAPH,
    OPT_GRAPH_MAX,
    OPT_SARIF,
    OPT_DEPTH,
    OPT_CONTINUE,
    OPT_SIMULATE,
    OPT_WALKS,
    OPT_WALK_DEPTH,
    OPT_SEED,
    OPT_INTERPRET,
    OPT_NATIVE,
    OPT_MEM,
    OPT_DEADLOCK,
    OPT_COVERAGE,
    OPT_STRICT,
    OPT_PROFILE,
    OPT_FULL,
    OPT_QUIET,
    OPT_COLOUR,
    OPT_TLA,
    OPT_DUMP,
    OPT_COMPLETION,
    OPT_EXPLORE,
    OPT_HELP,
    OPT_VERSION,
};

static const struct {
    const char *name, *argument, *help;
    enum option_id id;
    const char *values; /* of the argument, for completion */
} table[] = {
    {"workers", "N|auto", "threads of the search (default: auto, one for each processor)", OPT_WORKERS, "auto"},
    {"check", "NAME", "run this check of the spec instead of the first", OPT_CHECK, NULL},
    {"all", NULL, "run all checks of the spec", OPT_ALL, NULL},
    {"i", NULL, "step through the check by hand; `help` there lists the commands", OPT_EXPLORE, NULL},
    {"D", "NAME=EXPR", "give a constant another value; NAME=2..5 or 2,3,5: one run for each; may be repeated",
     OPT_DEFINE, NULL},
    {"I", "DIR", "look for modules there too; may be repeated", OPT_INCLUDE, NULL},
    {"depth", "N", "stop after N levels of states: a bound, so no proof", OPT_DEPTH, NULL},
    {"continue", NULL, "go on after a violation: one shortest trace for each property", OPT_CONTINUE, NULL},
    {"deadlock", NULL, "do not look for deadlocks (TLC's meaning of the name)", OPT_DEADLOCK, NULL},
    {"coverage", NULL, "search again by the interpreter and say what was never reached", OPT_COVERAGE, NULL},
    {"strict", NULL, "warnings count: exit code 1 if there is one", OPT_STRICT, NULL},
    {"profile", NULL, "search again by the interpreter and say where the states come from", OPT_PROFILE, NULL},
    {"symmetry", "on|off", "keep one of the states that differ by names of symmetric types (default: on)", OPT_SYMMETRY,
     "on off"},
    {"profile-engine", NULL, "tell where the time of the search goes", OPT_PROFILE_ENGINE, NULL},
    {"simulate", NULL, "random walks instead of the search: sampled, never proved", OPT_SIMULATE, NULL},
    {"walks", "N", "how many walks (default 1000)", OPT_WALKS, NULL},
    {"walk-depth", "N", "states in a walk at most (default 100)", OPT_WALK_DEPTH, NULL},
    {"seed", "N", "of the walks; the same seed gives the same walks (default 1)", OPT_SEED, NULL},
    {"interpret", NULL, "never compile the spec to C", OPT_INTERPRET, NULL},
    {"native", NULL, "compile it before the search starts, however small it is", OPT_NATIVE, NULL},
    {"mem", "SIZE", "limit for the search, such as 8G (default: 80 % of the machine's)", OPT_MEM, NULL},
    {"json", "FILE|-", "write the result as JSON too (-: to standard output, instead of text)", OPT_JSON, NULL},
    {"trace", "FORM", "print counterexamples as steps (default), chart, full or none", OPT_TRACE,
     "steps chart full none"},
    {"no-trace", NULL, "the same as -trace none", OPT_NO_TRACE, NULL},
    {"full", NULL, "the same as -trace full: whole states, not only what changed", OPT_FULL, NULL},
    {"explain", NULL, "tell each counterexample in sentences, too, and where it could be avoided last", OPT_EXPLAIN,
     NULL},
    {"trace-out", "FILE", "write it for other tools: .scenario .itf.json .tlc.json .shiviz .mmd .puml .svg",
     OPT_TRACE_OUT, NULL},
    {"format", "NAME", "whatever the name of FILE: scenario, itf, tlc, shiviz, mermaid, plantuml or svg", OPT_FORMAT,
     "scenario itf tlc shiviz mermaid plantuml svg"},
    {"report", "FILE", "write a page for the browser: verdicts, traces step by step, the spec", OPT_REPORT, NULL},
    {"junit", "FILE", "write the verdicts as JUnit XML", OPT_JUNIT, NULL},
    {"sarif", "FILE", "write what is wrong as SARIF", OPT_SARIF, NULL},
    {"csv", "FILE", "write the table of a sweep (-D NAME=2..5) as CSV", OPT_CSV, NULL},
    {"graph", "FILE", "draw the states of a small spec: .dot for Graphviz, .mmd for Mermaid", OPT_GRAPH, NULL},
    {"graph-max", "N", "states in the picture at most (default 250)", OPT_GRAPH_MAX, NULL},
    {"tla", "FILE|DIR", "write the check as a TLA+ module and a model for TLC, and do not search", OPT_TLA, NULL},
    {"quiet", NULL, "print verdicts and traces only", OPT_QUIET, NULL},
    {"colour", "WHEN", "always, never or auto (default)", OPT_COLOUR, "always never auto"},
    {"dump", "WHAT", "print tokens, ast, ir or c of the check and stop", OPT_DUMP, "tokens ast ir c"},
    {"completion", "SHELL", "print the completion script for bash, zsh or fish", OPT_COMPLETION, "bash zsh fish"},
    {"help", NULL, "print this", OPT_HELP, NULL},
    {"version", NULL, "print the version", OPT_VERSION, NULL},
};
enum { N_OPTIONS = sizeof table / sizeof *table };

void options_help(FILE *out) {
    fputs("usage: dcheck FILE.dspec [options]\n\nChecks every behaviour of a message-passing spec. Options take one "
          "dash or two.\n\n",
          out);
    for (int i = 0; i < N_OPTIONS; i++) {
        char left[40];
        snprintf(left, sizeof left, "-%s%s%s", table[i].name, table[i].argument ? " " : "",
                 table[i].argument ? table[i].argument : "");
        fprintf(out, "  %-18s %s\n", left, table[i].help);
    }
    fputs("\nExit code: 0 as expected, 1 not as expected, 2 inconclusive or sampled, 10 assumption, 11 deadlock, 12 "
          "invariant,\n"
          "step or initially, 13 temporal, 14 assert, 75 evaluation error, 120 type, 150 syntax, 151 usage, 153 "
          "system.\n",
          out);
}

static bool number(const char *option, const char *text, uint64_t most, uint64_t *out) {
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (errno || *end || end == text || *text == '-' || v > most) {
        fprintf(stderr, "dcheck: error: -%s wants a number up to %llu, not `%s`\n", option, (unsigned long long)most,
                text);
        return false;
    }
    *out = v;
    return true;
}

static bool size(const char *text, uint64_t *out) {
    char *end;
    errno = 0;
    double v = strtod(text, &end);
    uint64_t unit = *end == 'G' || *end == 'g'   ? 1ull << 30
                    : *end == 'M' || *end == 'm' ? 1 << 20
                    : *end == 'K' || *end == 'k' ? 1 << 10
                                                 : 1;
    if (errno || end == text || !(v > 0 && v <= 1e15) || (*end && (!strchr("GgMmKk", *end) || end[1]))) {
        fprintf(stderr, "dcheck: error: -mem wants a size such as 8G or 500M, not `%s`\n", text);
        return false;
    }
    *out = (uint64_t)(v * (double)unit);
    return true;
}

static bool trace_form(const char *text, enum trace_form *out) {
    static const char *const names[] = {"steps", "chart", "full", "none"};
    for (int i = 0; i < 4; i++)
        if (!strcmp(names[i], text)) {
            *out = (enum trace_form)i;
            return true;
        }
    fprintf(stderr, "dcheck: error: -trace is steps, chart, full or none, not `%s`\n", text);
    return false;
}

/* The format of -trace-out is known before anything is searched. */
static bool export_settings(struct options *o) {
    if (o->format_name && !o->trace_out) {
        fputs("dcheck: error: -format says how -trace-out writes; there is no -trace-out\n", stderr);
        return false;
    }
    if (!o->trace_out) return true;
    if (export_named(o->format_name, o->trace_out, &o->format)) return true;
    fprintf(stderr, "dcheck: error: %s `%s`; -trace-out knows %s\n",
            o->format_name ? "there is no format" : "no format goes by the end of",
            o->format_name ? o->format_name : o->trace_out, EXPORT_NAMES);
    return false;
}

bool options_want_traces(const struct options *o) {
    return o->trace != TRACE_NONE || o->trace_out || o->report || o->junit || o->sarif || o->explain;
}

bool options_want_scenarios(const struct options *o) { return o->trace_out && o->format == EXPORT_SCENARIO; }

static bool take(struct options *o, int id, const char *arg) {
    uint64_t n;
    switch (id) {
    case OPT_WORKERS:
        if (!strcmp(arg, "auto")) {
            o->workers = 0;
            return true;
        }
        if (!number("workers", arg, 1024, &n)) return false;
        if (!n) {
            fputs("dcheck: error: -workers wants at least 1, or auto\n", stderr);
            return false;
        }
        o->workers = (uint32_t)n;
        return true;
    case OPT_CHECK: o->check = arg; return true;
    case OPT_ALL: o->all = true; return true;
    case OPT_DEFINE: VEC_PUSH(o->defines, arg); return true;
    case OPT_INCLUDE: VEC_PUSH(o->includes, arg); return true;
    case OPT_SYMMETRY:
        if (strcmp(arg, "on") && strcmp(arg, "off")) {
            fprintf(stderr, "dcheck: error: -symmetry is on or off, not `%s`\n", arg);
            return false;
        }
        o->no_symmetry = !strcmp(arg, "off");
        return true;
    case OPT_JSON: o->json = arg; return true;
    case OPT_TRACE: return trace_form(arg, &o->trace);
    case OPT_NO_TRACE: o->trace = TRACE_NONE; return true;
    case OPT_EXPLAIN: o->explain = true; return true;
    case OPT_TRACE_OUT: o->trace_out = arg; return true;
    case OPT_FORMAT: o->format_name = arg; return true;
    case OPT_REPORT: o->report = arg; return true;
    case OPT_JUNIT: o->junit = arg; return true;
    case OPT_GRAPH:
        o->graph = arg;
        if (graph_format_of(arg, &o->graph_format)) return true;
        fprintf(stderr, "dcheck: error: -graph draws .dot, .gv or .mmd, which `%s` is not\n", arg);
        return false;
    case OPT_GRAPH_MAX:
        if (!number("graph-max", arg, 100000, &n)) return false;
        o->graph_most = (uint32_t)n;
        return true;
    case OPT_CSV: o->csv = arg; return true;
    case OPT_SARIF: o->sarif = arg; return true;
    case OPT_TLA: o->tla = arg; return true;
    case OPT_COMPLETION: o->completion = arg; return true;
    case OPT_DEPTH:
        if (!number("depth", arg, UINT32_MAX, &n)) return false;
        o->depth = (uint32_t)n;
        return true;
    case OPT_CONTINUE: o->keep_going = true; return true;
    case OPT_SIMULATE: o->simulate = true; return true;
    case OPT_WALKS: return number("walks", arg, UINT64_MAX / 2, &o->walks);
    case OPT_WALK_DEPTH:
        if (!number("walk-depth", arg, 1u << 24, &n)) return false;
        o->walk_depth = (uint32_t)n;
        return true;
    case OPT_SEED: return number("seed", arg, UINT64_MAX, &o->seed);
    case OPT_INTERPRET: o->interpret = true; return true;
    case OPT_NATIVE: o->native = true; return true;
    case OPT_MEM: return size(arg, &o->memory_bytes);
    case OPT_DEADLOCK: o->no_deadlock = true; return true;
    case OPT_COVERAGE: o->coverage = true; return true;
    case OPT_PROFILE: o->profile = true; return true;
    case OPT_STRICT: o->strict = true; return true;
    case OPT_FULL: o->trace = TRACE_FULL; return true;
    case OPT_PROFILE_ENGINE: o->profile_engine = true; return true;
    case OPT_QUIET: o->quiet = true; return true;
    case OPT_COLOUR:
        if (strcmp(arg, "always") && strcmp(arg, "never") && strcmp(arg, "auto")) {
            fprintf(stderr, "dcheck: error: -colour is always, never or auto, not `%s`\n", arg);
            return false;
        }
        o->colour = !strcmp(arg, "always") ? 1 : !strcmp(arg, "never") ? 0 : -1;
        return true;
    case OPT_DUMP: o->dump = arg; return true;
    case OPT_EXPLORE: o->explore = true; return true;
    case OPT_HELP: o->help = true; return true;
    case OPT_VERSION: o->version = true; return true;
    default: return false;
    }
}

bool options_parse(struct options *o, int argc, char **argv) {
    struct option longs[N_OPTIONS + 1] = {0};
    for (int i = 0; i < N_OPTIONS; i++)
        longs[i] =
            (struct option){table[i].name, table[i].argument ? required_argument : no_argument, NULL, (int)table[i].id};
    *o = (struct options){.colour = -1, .walks = 1000, .walk_depth = 100, .seed = 1, .graph_most = 250};
    opterr = 0;
    for (;;) {
        int at = optind ? optind : 1;
        int id = getopt_long_only(argc, argv, "D:I:", longs, NULL);
        if (id == -1) break;
        if (id == 'D') id = OPT_DEFINE;
        if (id == 'I') id = OPT_INCLUDE;
        if (id == '?' || !take(o, id, optarg)) {
            if (id == '?')
                fprintf(
                    stderr,
                    "dcheck: error: the option `%s` is unknown, ambiguous or lacks its argument; see dcheck -help\n",
                    argv[at]);
            return false;
        }
    }
    for (int i = optind; i < argc; i++) VEC_PUSH(o->files, argv[i]);
    if (o->interpret && o->native) {
        fputs("dcheck: error: -interpret and -native exclude each other\n", stderr);
        return false;
    }
    if ((o->coverage || o->profile) && o->simulate) {
        fprintf(stderr, "dcheck: error: -%s is of a search; walks reach what they happen to reach\n",
                o->coverage ? "coverage" : "profile");
        return false;
    }
    if (o->coverage || o->profile || o->graph) o->no_symmetry = true; /* they are about all states */
    if (!export_settings(o)) return false;
    if (o->explore &&
        (o->all || o->simulate || o->dump || o->json || o->trace_out || o->report || o->junit || o->sarif)) {
        fputs("dcheck: error: -i steps through one check by hand; it goes with -check, -D, -I and -trace only\n",
              stderr);
        return false;
    }
    if (!o->workers) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        o->workers = n > 0 ? (uint32_t)n : 1;
    }
    if (!o->memory_bytes) {
        long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
        o->memory_bytes = pages > 0 ? (uint64_t)pages * (uint64_t)page / 5 * 4 : 0;
    }
    return true;
}

/* ---- completion ---- */

static bool wants_file(int i) { return table[i].argument && !strncmp(table[i].argument, "FILE", 4); }
static bool wants_folder(int i) { return table[i].argument && !strcmp(table[i].argument, "DIR"); }

static void complete_bash(FILE *out) {
    fputs("# bash completion for dcheck, made by: dcheck -completion bash\n_dcheck() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} IFS=$'\\n'\n    COMPREPLY=()\n"
          "    case $prev in\n",
          out);
    for (int i = 0; i < N_OPTIONS; i++) {
        if (!table[i].argument) continue;
        fprintf(out, "    -%s | --%s) ", table[i].name, table[i].name);
        if (wants_file(i)) fputs("COMPREPLY=($(compgen -f -- \"$cur\")); ", out);
        else if (wants_folder(i)) fputs("COMPREPLY=($(compgen -d -- \"$cur\")); ", out);
        else if (table[i].values) {
            fputs("COMPREPLY=($(IFS=' '; compgen -W '", out);
            fputs(table[i].values, out);
            fputs("' -- \"$cur\")); ", out);
        }
        fputs("return ;;\n", out);
    }
    fputs("    esac\n    case $cur in\n    -*) COMPREPLY=($(IFS=' '; compgen -W '", out);
    for (int i = 0; i < N_OPTIONS; i++) fprintf(out, "%s-%s", i ? " " : "", table[i].name);
    fputs("' -- \"$cur\")) ;;\n    *) COMPREPLY=($(compgen -d -- \"$cur\"; compgen -f -- \"$cur\" | grep -E "
          "'[.](dspec|ir)$')) ;;\n    esac\n}\ncomplete -o filenames -F _dcheck dcheck\n",
          out);
}

/* In single quotes; inside [...] of _arguments a bracket or colon would end the text. */
static void quoted(const char *s, const char *special, FILE *out) {
    for (; *s; s++) {
        if (*s == '\'') fputs("'\\''", out);
        else fprintf(out, strchr(special, *s) ? "\\%c" : "%c", *s);
    }
}

static void complete_zsh(FILE *out) {
    fputs("#compdef dcheck\n# zsh completion for dcheck, made by: dcheck -completion zsh\n_arguments \\\n", out);
    for (int i = 0; i < N_OPTIONS; i++) {
        fprintf(out, "    '%s-%s[", strstr(table[i].help, "repeated") ? "*" : "", table[i].name);
        quoted(table[i].help, "[]:\\", out);
        fputc(']', out);
        if (table[i].argument) {
            fputc(':', out);
            quoted(table[i].argument, "[]:\\", out);
            fputc(':', out);
        }
        if (wants_file(i)) fputs("_files", out);
        else if (wants_folder(i)) fputs("_directories", out);
        else if (table[i].values) fprintf(out, "(%s)", table[i].values);
        fputs("' \\\n", out);
    }
    fputs("    '*:spec:_files -g \"*.(dspec|ir)\"'\n", out);
}

static void complete_fish(FILE *out) {
    fputs("# fish completion for dcheck, made by: dcheck -completion fish\ncomplete -c dcheck -f -k -a "
          "'(__fish_complete_suffix .dspec)'\n",
          out);
    for (int i = 0; i < N_OPTIONS; i++) {
        fprintf(out, "complete -c dcheck -o %s", table[i].name);
        if (wants_file(i) || wants_folder(i)) fputs(" -r -F", out);
        else if (table[i].argument) fputs(" -x", out);
        if (table[i].values) fprintf(out, " -a '%s'", table[i].values);
        fputs(" -d '", out);
        for (const char *s = table[i].help; *s; s++) fprintf(out, *s == '\'' || *s == '\\' ? "\\%c" : "%c", *s);
        fputs("'\n", out);
    }
}

bool options_completion(const char *shell, FILE *out) {
    if (!strcmp(shell, "bash")) complete_bash(out);
    else if (!strcmp(shell, "zsh")) complete_zsh(out);
    else if (!strcmp(shell, "fish")) complete_fish(out);
    else {
        fprintf(stderr, "dcheck: error: -completion is bash, zsh or fish, not `%s`\n", shell);
        return false;
    }
    return true;
}

void options_free(struct options *o) {
    VEC_FREE(o->files);
    VEC_FREE(o->defines);
    VEC_FREE(o->includes);
}
