/* A counterexample as people and tools want to see it: texts and small trees, filled by the interpreter's replay, read
 * by report/. All of it lives in one arena of the story, but for the vectors. */
#ifndef DC_MODEL_STORY_H
#define DC_MODEL_STORY_H

#include "base/diag.h"
#include "base/mem.h"

#include <stdbool.h>

/* A value with its structure, for formats that have one. */
enum dc_tree_kind {
    TREE_BOOL,    /* number */
    TREE_INT,     /* number */
    TREE_NAME,    /* text: of an enum, or an id */
    TREE_SET,     /* kids, ascending */
    TREE_SEQ,     /* kids */
    TREE_TUPLE,   /* kids */
    TREE_MAP,     /* kids: key, value, key, value … */
    TREE_BAG,     /* the same: element, how many */
    TREE_RECORD,  /* kids, with names */
    TREE_VARIANT, /* text: which; kids with names: its fields */
    TREE_NONE,
    TREE_SOME, /* one kid */
};
struct dc_tree {
    enum dc_tree_kind kind;
    uint32_t n;
    int64_t number;
    const char *text;
    const char *const *names; /* NULL: they have none */
    const struct dc_tree *const *kids;
};

struct dc_value {
    const char *name, *text;
    const char *before; /* of a change: what it was; NULL in a full state */
    bool hidden;        /* bookkeeping of faults, or the inside of a network: in JSON, not in the text */
};

struct dc_process {
    const char *name; /* server[1] */
    const char *kind; /* server */
};

enum { DC_NOBODY = -1, DC_NO_MESSAGE = -1 };

/* One message that was sent, once to one receiver (or for everyone). A network that keeps its messages delivers it
 * several times; one that repeats them makes a new message, whose `copy_of` is the first. */
struct dc_message {
    const char *text;  /* Vote(term: 1) */
    int from, to;      /* processes, or DC_NOBODY: unknown, or everyone */
    uint32_t sent;     /* the event; 0: it is there from the start */
    uint32_t received; /* how often */
    uint32_t lost;     /* the event that removed it though nobody received it; 0: none did */
    int copy_of;       /* or DC_NO_MESSAGE */
    bool pending;      /* in the network after the last event */
};

struct dc_sent {
    const char *message, *to;
    int id; /* in story.messages */
};

/* Values that tell a state from the others that a step of the same title leads to; for scenarios. */
struct dc_pins {
    struct dc_value *at;
    uint32_t n, cap;
};

enum dc_event_kind { EVENT_START, EVENT_STEP, EVENT_RECEIVE, EVENT_TICK, EVENT_CRASH, EVENT_RECOVER, EVENT_FAULT };

struct dc_event {
    enum dc_event_kind kind;
    const char *action, *process; /* process: server[1], or NULL */
    const char *label;            /* the action with its choices: replicate(i = 2); NULL at the start */
    const char *title;            /* one line: who did what */
    const char *note;             /* a mark such as "fault", or NULL */
    bool fault;
    bool torn;     /* its process crashes in the middle of it */
    int actor;     /* a process, or DC_NOBODY */
    int taken;     /* the message that is received, or DC_NO_MESSAGE */
    uint32_t rule; /* which action of the program; UINT32_MAX at the start */
    struct span span;
    const char *received, *from;
    VEC(struct dc_sent) sent;
    VEC(int) copied; /* messages that a fault repeated */
    VEC(struct dc_value) changes;
    VEC(struct dc_value) state;
    VEC(struct dc_value) watched;
    VEC(const struct dc_tree *) trees; /* by variable of the story */
    struct dc_pins pins;               /* where they are asked for */
};

struct dc_story {
    struct arena arena;
    VEC(struct dc_process) processes;
    VEC(struct dc_message) messages;
    VEC(const char *) variables;
    VEC(const char *) types;     /* of these, as Apalache writes them */
    VEC(struct dc_event) events; /* the first is the initial state */
    VEC(const char *) why;       /* which conjunct failed, with witnesses; what blocks each process; who filled it */
    VEC(const char *) ends;      /* of a lasso: where it goes back, why it is fair, what would rule it out */
    const char *escape;          /* which step was the last that could have been another, and which; NULL: not asked */
    const char *failed_step;     /* the step that has no successor, or breaks a property of steps */
    bool failed_error;           /* it has no successor */
    struct dc_pins failed_pins;
    bool reordered;
};

void story_free(struct dc_story *);

#endif
