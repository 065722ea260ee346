/* WITH_WORDS(n, statement): the statement, in which WORDS is n; as a constant where n is small, so that loops over the
 * words of a state are no loops. */
#ifndef DC_CHECKER_WORDS_H
#define DC_CHECKER_WORDS_H

#include <stdint.h>

#define WITH_CONSTANT_(n, statement)                                                                                   \
    case n: {                                                                                                          \
        enum { WORDS = (n) };                                                                                          \
        statement;                                                                                                     \
        break;                                                                                                         \
    }
#define WITH_WORDS(n, statement)                                                                                       \
    switch (n) {                                                                                                       \
        WITH_CONSTANT_(1, statement)                                                                                   \
        WITH_CONSTANT_(2, statement)                                                                                   \
        WITH_CONSTANT_(3, statement)                                                                                   \
        WITH_CONSTANT_(4, statement)                                                                                   \
        WITH_CONSTANT_(5, statement)                                                                                   \
        WITH_CONSTANT_(6, statement)                                                                                   \
        WITH_CONSTANT_(7, statement)                                                                                   \
        WITH_CONSTANT_(8, statement)                                                                                   \
    default: {                                                                                                         \
        const uint32_t WORDS = (n);                                                                                    \
        statement;                                                                                                     \
        break;                                                                                                         \
    }                                                                                                                  \
    }

#endif
