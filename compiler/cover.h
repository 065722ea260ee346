/* How the elaboration puts points of coverage into a program; private to compiler/. All of these return what they are
 * given where no coverage is wanted, or where the text is not the user's. */
#ifndef DC_COMPILER_COVER_H
#define DC_COMPILER_COVER_H

#include "compiler/coverage.h"
#include "compiler/elab.h"

enum { COVER_NOTHING = INT32_MAX }; /* a PROBE of no point */

static inline struct point cover_sent(const struct message_info *m) {
    return (struct point){.kind = POINT_SENT, .span = m->decl->span, .whole = m->decl->span, .text = m->record->name};
}

bool cover_wanted(struct compile *, struct span);
void cover_note(struct compile *, struct point); /* there is such a point, counted elsewhere if at all */
struct ir *cover_before(struct compile *, struct point, struct ir *body);  /* counts, then does the body */
struct ir *cover_truth(struct compile *, struct point, struct ir *);       /* how often true, how often false */
struct ir *cover_each(struct compile *, struct point, struct ir *);        /* how often it is computed */
struct ir *cover_guard(struct compile *, struct cx *, const struct ast *); /* elaborates it, conjunct by conjunct */
void cover_implies(struct compile *, const struct ast *, struct ir **left, struct ir **right);
struct ir *cover_forall(struct compile *, const struct ast *quantifier, struct ir *body);
struct ir *cover_leadsto(struct compile *, const struct ast *, struct ir *left);
/* Of an IF: where its two values stand; NULL: that one is counted elsewhere. */
struct ir *cover_cases(struct compile *, struct ir *, const struct ast *first, const struct ast *second);

#endif
