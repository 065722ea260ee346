/* The abstract syntax: one kind of node for everything, kinds and kids in ast.def. Nodes and their arrays live in the
 * arena given to parse_source; texts are interned. The tree is plain data and is not changed after parsing. */
#ifndef DC_PARSER_AST_H
#define DC_PARSER_AST_H

#include "base/diag.h"
#include "lexer/lexer.h"

enum ast_kind {
#define NODE(name, kids) AST_##name,
#include "parser/ast.def"
#undef NODE
    AST_COUNT
};

enum ast_unit { UNIT_SPEC, UNIT_MODULE, UNIT_NETWORK };
enum ast_modifier {
    MOD_GHOST = 1,
    MOD_FAULT = 2,
    MOD_ORACLE = 4,
    MOD_STRONG = 8,
    MOD_FAIR = 16,
    MOD_EACH = 32,
    MOD_STABLE = 64
};
enum ast_target { TARGET_NONE, TARGET_ONE, TARGET_ALL, TARGET_OTHERS, TARGET_SET, TARGET_ONCE = 256 };
enum ast_full { FULL_ERROR, FULL_BLOCK, FULL_DROP, FULL_CUT };
enum ast_fault { FAULT_CRASH, FAULT_RECOVER, FAULT_BYZANTINE, FAULT_PARTITION, FAULT_NAMED, FAULT_ATOMIC = 256 };
enum ast_expect { EXPECT_OK, EXPECT_VIOLATED, EXPECT_DEADLOCK, EXPECT_ERROR, EXPECT_CUT };
enum ast_assume { ASSUME_FAIR, ASSUME_DELIVERY, ASSUME_ALL, ASSUME_NONE, ASSUME_STRONG = 256 };

struct ast {
    enum ast_kind kind;
    uint32_t n, cap, depth;
    struct span span;
    const char *text;
    int64_t value;
    const char *doc;
    struct ast **kid;
};

enum { AST_MAX_DEPTH = 600 };

struct parse {
    struct arena *arena;
    struct diags *diags;
    const struct tokens *tokens;
    uint32_t next;
    struct ast *root; /* LIST of UNIT */
};

/* Parses one source. Returns the LIST of its units; syntax errors are in `diags`, what could be read is in the tree. */
struct ast *parse_source(struct arena *, struct diags *, const struct tokens *);
void ast_dump(const struct ast *, FILE *, int indent);
const char *ast_kind_name(enum ast_kind);

/* For the grammar's actions. */
struct ast *ast_node(struct parse *, enum ast_kind, struct span, const char *text, int64_t value, uint32_t n, ...);
struct ast *ast_push(struct parse *, struct ast *list, struct ast *kid);
void ast_too_deep(struct parse *, struct span);
struct ast *ast_join(struct parse *, struct ast *to, const struct ast *from); /* appends the kids of `from` */

#endif
