/* The grammar. Actions only build nodes; whatever needs to know a name or a type is decided later (compiler/). */
%define api.pure full
%define api.prefix {grammar_}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%expect 0
%param {struct parse *p}
%code requires { #include "parser/ast.h" }
%code {
#include "parser/adapter.h"
#define YYMALLOC mem_alloc /* so that status 2 can only mean: nested too deeply */
#define YYFREE mem_free
#define YYLLOC_DEFAULT(Current, Rhs, N)                                                                                \
    do {                                                                                                               \
        if (N) {                                                                                                       \
            (Current) = YYRHSLOC(Rhs, 1);                                                                              \
            (Current).end = YYRHSLOC(Rhs, N).end;                                                                      \
            if ((Current).end < (Current).begin) (Current).end = (Current).begin;                                      \
        } else {                                                                                                       \
            (Current) = YYRHSLOC(Rhs, 0);                                                                              \
            (Current).begin = (Current).end;                                                                           \
        }                                                                                                              \
    } while (0)
/* So that the parser gives up only where its stack is as deep as it may be. */
#define YYMALLOC mem_alloc
#define YYFREE mem_free
#define NODE(kind, span, text, value, ...) ast_node(p, AST_##kind, span, text, value, __VA_ARGS__)
#define LEAF(kind, span, text, value) ast_node(p, AST_##kind, span, text, value, 0)
}
%union { struct ast *ast; const struct token *token; int64_t flags; }

%token END 0 "end of file"
%token NL "end of line"
%token <token> IDENT NUMBER STRING
%token ELLIPSIS
%token <token> LPAREN RPAREN LBRACK RBRACK LBAG RBAG COMMA COLON DOT ARROW
%token LBRACE RBRACE DOTDOT BAR QUESTION COALESCE PRIME
%token <token> DEFINE EQ MINUS
%token ASSIGN NE LT LE GT GE PLUS STAR CONCAT
%token <token> AND IN WITH ANY NONE TRUE FALSE
%token OR NOT IMPLIES IFF NOTIN UNION INTERSECT SETMINUS SUBSET DIV MOD FORALL EXISTS ALWAYS EVENTUALLY LEADSTO
%token UNTIL CAN IF THEN ELSE FOR LET MATCH CHOOSE FOLD PICK EITHER SEND ASSERT WHEN WHERE BY IS ENUM SYMMETRIC
%token TO_SET
%token <token> SPEC MODULE NETWORK IMPORT AS CONST TYPE ORDERED DEF VAR STABLE GHOST INIT PROCESS EXTEND ACTION ON FAULT
%token <token> ORACLE STRONG FAIR EACH GROUP IGNORE TIMER TIMEOUT TICK PROC START STOP MESSAGE VIA FAULTS CRASH RECOVER
%token <token> BYZANTINE PARTITION SENDS ATOMIC UP FULL PER LINK BLOCK DROP CUT SATURATING ERROR_WORD ONCE TO FROM ALL
%token <token> OTHERS MAX MIN SENT INVARIANT INITIALLY STEP PROPERTY REACHABLE FINAL REFINES WATCH CHECK ONLY EXPECT ASSUME
%token <token> SCENARIO IMPOSSIBLE
%token <token> ALLOW WITHOUT DEADLOCK VIOLATED OK NO FAIRNESS DELIVERY

%type <token> id name name_no_expect word_token
%type <ast> file decls decl act expr postfix primary args arg exprs exprs1 binders group pats pat pattern_list
%type <ast> paths name_or_path block stmts stmt else_opt ors target typeexpr typedef fields field alternatives params param names
%type <ast> where_opt when_opt from_opt more_opt bind_opt def_type def_body const_type initial import_with import_as bindings binding
%type <ast> process_body process_binder max_opt link_opt net_params via_opt senders receivers fault_items fault_item upto_opt
%type <ast> sends_opt clauses clause withs with_item assumes assume_item expectation arms arm withitems indexitems path on_args fields_opt atom netspec faultspec
%type <ast> lines line title word words group_words scenario
%type <flags> mods mod full_opt atomic_opt once_opt

%precedence LOWEST
%precedence WHERE
%nonassoc IFF
%right IMPLIES
%nonassoc LEADSTO UNTIL
%left OR
%left AND
%precedence NOT ALWAYS EVENTUALLY CAN
%nonassoc EQ NE LT LE GT GE IN NOTIN SUBSET IS
%left COALESCE
%nonassoc DOTDOT
%left UNION INTERSECT SETMINUS CONCAT
%left PLUS MINUS
%left STAR DIV MOD
%precedence NEGATE
%left WITH

%%
file: decls END { p->root = $1; } | nl decls END { p->root = $2; } | END { p->root = LEAF(LIST, @$, NULL, 0); } ;
nl: NL ;

decls: decl { $$ = ast_node(p, AST_LIST, @1, NULL, 0, 0); if ($1) ast_push(p, $$, $1); }
     | decls nl decl { $$ = $1; if ($3) ast_push(p, $$, $3); } ;

/* A header opens a unit; parse_source then gathers the declarations under it. */
decl: SPEC name { $$ = NODE(UNIT, @2, $2->text, UNIT_SPEC, 1, LEAF(LIST, @2, NULL, 0)); $$->doc = $1->doc; }
    | MODULE name { $$ = NODE(UNIT, @2, $2->text, UNIT_MODULE, 1, LEAF(LIST, @2, NULL, 0)); $$->doc = $1->doc; }
    | NETWORK MODULE name { $$ = NODE(UNIT, @3, $3->text, UNIT_NETWORK, 1, LEAF(LIST, @3, NULL, 0)); $$->doc = $1->doc; }
    | IMPORT name import_with import_as { $$ = NODE(IMPORT, @2, $2->text, $4 != NULL, 2, $3, $4); }
    | CONST name const_type { $$ = NODE(CONST, @2, $2->text, 0, 2, $3, NULL); $$->doc = $1->doc; }
    | CONST name const_type DEFINE initial { $$ = NODE(CONST, @2, $2->text, 0, 2, $3, $5); $$->doc = $1->doc; }
    | TYPE name { $$ = NODE(TYPE, @2, $2->text, 0, 1, NULL); }
    | TYPE name ORDERED { $$ = NODE(TYPE, @2, $2->text, 1, 1, NULL); }
    | TYPE name DEFINE typedef { $$ = NODE(TYPE, @2, $2->text, 0, 1, $4); $$->doc = $1->doc; }
    | DEF name def_type def_body { $$ = NODE(DEF, @2, $2->text, 0, 3, LEAF(LIST, @2, NULL, 0), $3, $4); $$->doc = $1->doc; }
    | DEF name LPAREN params RPAREN def_type def_body { $$ = NODE(DEF, @2, $2->text, 1, 3, $4, $6, $7); $$->doc = $1->doc; }
    | ASSUME expr { $$ = NODE(ASSUME, @2, NULL, 0, 1, $2); }
    | VAR name COLON typeexpr initial_opt { $$ = NODE(VAR, @2, $2->text, 0, 2, $4, $<ast>5); $$->doc = $1->doc; }
    | mods VAR name COLON typeexpr initial_opt { $$ = NODE(VAR, @3, $3->text, $1, 2, $5, $<ast>6); $$->doc = $2->doc; }
    | INIT block { $$ = NODE(INIT, @1, NULL, 0, 1, $2); }
    | PROCESS name process_binder process_body { $$ = NODE(PROCESS, @2, $2->text, 0, 2, $3, $4); $$->doc = $1->doc; }
    | EXTEND name LBRACK name RBRACK LBRACE decls_opt RBRACE { $$ = NODE(EXTEND, @2, $2->text, 0, 2, LEAF(NAME, @4, $4->text, 0), $<ast>7); }
    | EXTEND name LBRACE decls_opt RBRACE { $$ = NODE(EXTEND, @2, $2->text, 0, 2, NULL, $<ast>4); }
    | act
    | mods act { $$ = $2; $$->value = $1; }
    | IGNORE names { $$ = $2; $$->kind = AST_IGNORE; $$->span = @$; }
    | TIMER name { $$ = LEAF(TIMER, @2, $2->text, 0); }
    | PROC name LPAREN params RPAREN block { $$ = NODE(PROC, @2, $2->text, 0, 2, $4, $6); $$->doc = $1->doc; }
    | MESSAGE name fields_opt COLON senders receivers via_opt { $$ = NODE(MESSAGE, @2, $2->text, 0, 4, $3, $5, $6, $7); $$->doc = $1->doc; }
    | NETWORK netspec { $$ = $2; }
    | NETWORK IDENT DEFINE netspec { $$ = $4; $$->kid[3] = LEAF(NAME, @2, $2->text, 0); }
    | FAULTS faultspec { $$ = $2; }
    | INVARIANT name DEFINE expr { $$ = NODE(PREDICATE, @2, $2->text, TOK_INVARIANT, 1, $4); $$->doc = $1->doc; }
    | INITIALLY name DEFINE expr { $$ = NODE(PREDICATE, @2, $2->text, TOK_INITIALLY, 1, $4); $$->doc = $1->doc; }
    | STEP name DEFINE expr { $$ = NODE(PREDICATE, @2, $2->text, TOK_STEP, 1, $4); $$->doc = $1->doc; }
    | PROPERTY name DEFINE expr { $$ = NODE(PREDICATE, @2, $2->text, TOK_PROPERTY, 1, $4); $$->doc = $1->doc; }
    | REACHABLE name DEFINE expr { $$ = NODE(PREDICATE, @2, $2->text, TOK_REACHABLE, 1, $4); $$->doc = $1->doc; }
    | FINAL name DEFINE expr { $$ = NODE(PREDICATE, @2, $2->text, TOK_FINAL, 1, $4); $$->doc = $1->doc; }
    | CUT expr { $$ = NODE(PREDICATE, @2, NULL, TOK_CUT, 1, $2); }
    | WATCH expr { $$ = NODE(PREDICATE, @2, NULL, TOK_WATCH, 1, $2); }
    | REFINES name AS name { $$ = NODE(REFINES, @2, $2->text, 0, 2, LEAF(LIST, @2, NULL, 0), LEAF(NAME, @4, $4->text, 0)); }
    | REFINES name AS name WITH bindings { $$ = NODE(REFINES, @2, $2->text, 0, 2, $6, LEAF(NAME, @4, $4->text, 0)); }
    | mods GROUP name LBRACE paths RBRACE { $$ = $5; $$->kind = AST_FAIRGROUP; $$->text = $3->text; $$->value = $1; $$->span = @3; }
    | mods TICK { $$ = LEAF(FAIRTICK, @$, NULL, $1); }
    | CHECK clauses { $$ = $2; $$->span = @1; $$->doc = $1->doc; }
    | CHECK id clauses { $$ = $3; $$->text = $2->text; $$->span = @2; $$->doc = $1->doc; }
    | SCENARIO name scenario { $$ = $3; $$->text = $2->text; $$->span = @2; $$->doc = $1->doc; }
    | IMPOSSIBLE SCENARIO name scenario { $$ = $4; $$->text = $3->text; $$->value = 1; $$->span = @3; $$->doc = $1->doc; }
    | error { $$ = NULL; } ;

act: ACTION name bind_opt when_opt block
        { $$ = NODE(ACTION, @2, $2->text, 0, 4, $3 ? $3->kid[0] : NULL, $3 ? $3->kid[1] : NULL, $4, $5); $$->doc = $1->doc; }
   | ON IDENT on_args from_opt more_opt when_opt block { $$ = NODE(ON, @2, $2->text, 0, 5, $3, $4, $5, $6, $7); $$->doc = $1->doc; }
   | ON IDENT id from_opt more_opt when_opt block
        { $$ = NODE(ONWHOLE, @2, $2->text, 0, 5, LEAF(NAME, @3, $3->text, 0), $4, $5, $6, $7); $$->doc = $1->doc; }
   | ON ANY id from_opt more_opt when_opt block
        { $$ = NODE(ONWHOLE, @2, NULL, 0, 5, LEAF(NAME, @3, $3->text, 0), $4, $5, $6, $7); $$->doc = $1->doc; }
   | ON TIMEOUT id when_opt block { $$ = NODE(ONTIMEOUT, @3, $3->text, 0, 2, $4, $5); $$->doc = $1->doc; }
   | ON TICK when_opt block { $$ = NODE(ONTICK, @2, NULL, 0, 2, $3, $4); $$->doc = $1->doc; } ;

decls_opt: %empty { $<ast>$ = ast_node(p, AST_LIST, @$, NULL, 0, 0); } | decls { $<ast>$ = $1; } ;

import_with: %empty { $$ = LEAF(LIST, @$, NULL, 0); } | WITH bindings { $$ = $2; } | LPAREN bindings RPAREN { $$ = $2; } ;
import_as: %empty { $$ = NULL; } | AS name { $$ = LEAF(NAME, @2, $2->text, 0); } ;
bindings: binding { $$ = NODE(LIST, @1, NULL, 0, 1, $1); } | bindings COMMA binding { $$ = ast_push(p, $1, $3); } ;
binding: name DEFINE expr { $$ = NODE(BINDING, @1, $1->text, 0, 1, $3); } ;
const_type: %empty { $$ = NULL; } | COLON typeexpr { $$ = $2; } ;
initial: expr | ANY { $$ = NODE(ANY, @1, NULL, 0, 1, NULL); } | ANY expr %prec LOWEST { $$ = NODE(ANY, @$, NULL, 0, 1, $2); } ;
initial_opt: %empty { $<ast>$ = NULL; } | ASSIGN initial { $<ast>$ = $2; } ;
def_type: %empty { $$ = NULL; } | COLON typeexpr { $$ = $2; } ;
def_body: %empty { $$ = NULL; } | DEFINE expr { $$ = $2; } ;
params: %empty { $$ = LEAF(LIST, @$, NULL, 0); } | param { $$ = NODE(LIST, @1, NULL, 0, 1, $1); }
      | params COMMA param { $$ = ast_push(p, $1, $3); } ;
param: name { $$ = NODE(FIELD, @1, $1->text, 0, 1, NULL); } | name COLON typeexpr { $$ = NODE(FIELD, @1, $1->text, 0, 1, $3); } ;
process_binder: %empty { $$ = NULL; } | LBRACK group RBRACK { $$ = $2; } ;
process_body: %empty { $$ = NULL; } | LBRACE decls_opt RBRACE { $$ = $<ast>2; } ;
mods: mod | mods mod { $$ = $1 | $2; } ;
mod: GHOST { $$ = MOD_GHOST; } | FAULT { $$ = MOD_FAULT; } | ORACLE { $$ = MOD_ORACLE; } | STRONG { $$ = MOD_STRONG; }
   | FAIR { $$ = MOD_FAIR; } | EACH { $$ = MOD_EACH; }
   | STABLE { $$ = MOD_STABLE; } ;
bind_opt: %empty { $$ = NULL; } | LPAREN RPAREN { $$ = NULL; } | LPAREN binders where_opt RPAREN { $$ = NODE(LIST, @$, NULL, 0, 2, $2, $3); } ;
where_opt: %empty { $$ = NULL; } | WHERE expr { $$ = $2; } ;
when_opt: %empty { $$ = NULL; } | WHEN expr { $$ = $2; } ;
on_args: %empty { $$ = NULL; } | LPAREN pattern_list RPAREN { $$ = $2; } ;
pattern_list: pat { $$ = NODE(LIST, @1, NULL, 0, 1, $1); } | pattern_list COMMA pat { $$ = ast_push(p, $1, $3); } ;
from_opt: %empty { $$ = NULL; } | FROM pat { $$ = $2; } ;
more_opt: %empty { $$ = NULL; } | COMMA binders { $$ = $2; } ;
names: name { $$ = NODE(LIST, @1, NULL, 0, 1, LEAF(NAME, @1, $1->text, 0)); } | names COMMA name { $$ = ast_push(p, $1, LEAF(NAME, @3, $3->text, 0)); } ;
paths: name_or_path { $$ = NODE(LIST, @1, NULL, 0, 1, $1); } | paths COMMA name_or_path { $$ = ast_push(p, $1, $3); } ;
name_or_path: name { $$ = LEAF(NAME, @1, $1->text, 0); } | path DOT name { $$ = NODE(DOT, @$, $3->text, 0, 1, $1); } ;
fields_opt: %empty { $$ = LEAF(LIST, @$, NULL, 0); } | LPAREN RPAREN { $$ = LEAF(LIST, @$, NULL, 0); } | LPAREN fields RPAREN { $$ = $2; } ;
fields: field { $$ = NODE(LIST, @1, NULL, 0, 1, $1); } | fields COMMA field { $$ = ast_push(p, $1, $3); } ;
field: name COLON typeexpr { $$ = NODE(FIELD, @1, $1->text, 0, 1, $3); }
     | GHOST name COLON typeexpr { $$ = NODE(FIELD, @2, $2->text, 1, 1, $4); } ;
senders: names ;
receivers: %empty { $$ = NULL; } | ARROW names { $$ = $2; } ;
via_opt: %empty { $$ = NULL; } | VIA name { $$ = LEAF(NAME, @2, $2->text, 0); } ;

netspec: IDENT max_opt link_opt full_opt net_params { $$ = NODE(NETWORK, @1, $1->text, $4, 4, $2, $3, $5, NULL); }
       | ORDERED max_opt link_opt full_opt net_params { $$ = NODE(NETWORK, @1, $1->text, $4, 4, $2, $3, $5, NULL); } ;
atom: NUMBER { $$ = LEAF(NUMBER, @1, NULL, $1->value); } | IDENT { $$ = LEAF(NAME, @1, $1->text, 0); }
    | LPAREN expr RPAREN { $$ = $2; } ;
max_opt: %empty { $$ = NULL; } | MAX atom { $$ = $2; } ;
link_opt: %empty { $$ = NULL; } | PER LINK { $$ = LEAF(TRUE, @$, NULL, 0); } ;
full_opt: %empty { $$ = FULL_ERROR; } | WHEN FULL ERROR_WORD { $$ = FULL_ERROR; } | WHEN FULL BLOCK { $$ = FULL_BLOCK; }
        | WHEN FULL DROP { $$ = FULL_DROP; } | WHEN FULL CUT { $$ = FULL_CUT; } ;
net_params: %empty { $$ = LEAF(LIST, @$, NULL, 0); } | LPAREN bindings RPAREN { $$ = $2; } ;

faultspec: LBRACE RBRACE { $$ = LEAF(FAULTS, @$, NULL, 0); } | LBRACE fault_items RBRACE { $$ = $2; $$->span = @$; } ;
fault_items: fault_item { $$ = NODE(FAULTS, @1, NULL, 0, 1, $1); }
           | fault_items fault_sep fault_item { $$ = ast_push(p, $1, $3); } ;
fault_sep: nl | COMMA ;
fault_item: CRASH name upto_opt atomic_opt { $$ = NODE(FAULT, @$, $2->text, FAULT_CRASH | $4, 4, $3, NULL, NULL, NULL); }
          | CRASH name IN ALL expr atomic_opt { $$ = NODE(FAULT, @$, $2->text, FAULT_CRASH | $6, 4, NULL, $5, NULL, NULL); }
          | RECOVER name upto_opt { $$ = NODE(FAULT, @$, $2->text, FAULT_RECOVER, 4, $3, NULL, NULL, NULL); }
          | BYZANTINE name upto_opt sends_opt { $$ = NODE(FAULT, @$, $2->text, FAULT_BYZANTINE, 4, $3, NULL, $4 ? $4->kid[0] : NULL, $4 ? $4->kid[1] : NULL); }
          | PARTITION name upto_opt { $$ = NODE(FAULT, @$, $2->text, FAULT_PARTITION, 4, $3, NULL, NULL, NULL); }
          | path upto_opt { $$ = NODE(FAULT, @$, NULL, FAULT_NAMED, 5, $2, NULL, $1, NULL, NULL); }
          | path IDENT upto_opt { $$ = NODE(FAULT, @$, NULL, FAULT_NAMED, 5, $3, NULL, $1, NULL, LEAF(NAME, @2, $2->text, 0)); } ;
path: IDENT { $$ = LEAF(NAME, @1, $1->text, 0); } | path DOT name { $$ = NODE(DOT, @$, $3->text, 0, 1, $1); } ;
upto_opt: %empty { $$ = NULL; } | UP TO expr { $$ = $3; } ;
atomic_opt: %empty { $$ = 0; } | ATOMIC { $$ = FAULT_ATOMIC; } ;
sends_opt: %empty { $$ = NULL; } | SENDS name where_opt { $$ = NODE(LIST, @$, NULL, 0, 2, LEAF(NAME, @2, $2->text, 0), $3); } ;

clauses: %empty { $$ = LEAF(CHECK, @$, NULL, 0); } | clauses clause { $$ = ast_join(p, $1, $2); } ;
clause: WITH withs { $$ = $2; }
      | WITHOUT STABLE expr %prec LOWEST { $$ = NODE(LIST, @$, NULL, 0, 1, NODE(WITHOUT, @$, NULL, 0, 1, $3)); }
      | EXPECT expectation { $$ = NODE(LIST, @$, NULL, 0, 1, $2); }
      | ONLY paths { $2->kind = AST_ONLY; $$ = NODE(LIST, @$, NULL, 0, 1, $2); }
      | ALLOW DEADLOCK { $$ = NODE(LIST, @$, NULL, 0, 1, LEAF(ALLOWDEADLOCK, @$, NULL, 0)); }
      | ASSUME assumes { $2->kind = AST_ASSUMES; $$ = NODE(LIST, @$, NULL, 0, 1, $2); } ;
withs: with_item { $$ = NODE(LIST, @1, NULL, 0, 1, $1); } | withs COMMA with_item { $$ = ast_push(p, $1, $3); } ;
with_item: IDENT DEFINE expr %prec LOWEST { $$ = NODE(WITH, @1, $1->text, 0, 1, $3); }
         | IDENT DOT name DEFINE expr %prec LOWEST { $$ = NODE(WITH, @$, $3->text, 0, 2, $5, LEAF(NAME, @1, $1->text, 0)); }
         | NETWORK DEFINE netspec { $$ = NODE(WITHNETWORK, @$, NULL, 0, 1, $3); }
         | NETWORK IDENT DEFINE netspec { $$ = NODE(WITHNETWORK, @$, NULL, 0, 1, $4); $4->kid[3] = LEAF(NAME, @2, $2->text, 0); }
         | FAULTS faultspec { $$ = NODE(WITHFAULTS, @$, NULL, 0, 1, $2); } ;
expectation: OK { $$ = NODE(EXPECT, @$, NULL, EXPECT_OK, 1, NULL); }
           | DEADLOCK { $$ = NODE(EXPECT, @$, NULL, EXPECT_DEADLOCK, 1, NULL); }
           | CUT { $$ = NODE(EXPECT, @$, NULL, EXPECT_CUT, 1, NULL); }
           | ERROR_WORD { $$ = NODE(EXPECT, @$, NULL, EXPECT_ERROR, 1, NULL); }
           | ERROR_WORD IN path { $$ = NODE(EXPECT, @$, NULL, EXPECT_ERROR, 1, $3); }
           | path VIOLATED { $$ = NODE(EXPECT, @$, NULL, EXPECT_VIOLATED, 1, $1); } ;
assumes: assume_item { $$ = NODE(LIST, @1, NULL, 0, 1, $1); } | assumes COMMA assume_item { $$ = ast_push(p, $1, $3); } ;
assume_item: FAIR LBRACE paths RBRACE { $$ = $3; $$->kind = AST_ASSUMEFAIR; $$->value = ASSUME_FAIR; }
           | STRONG FAIR LBRACE paths RBRACE { $$ = $4; $$->kind = AST_ASSUMEFAIR; $$->value = ASSUME_FAIR | ASSUME_STRONG; }
           | FAIR DELIVERY { $$ = LEAF(ASSUMEFAIR, @$, NULL, ASSUME_DELIVERY); }
           | STRONG FAIR DELIVERY { $$ = LEAF(ASSUMEFAIR, @$, NULL, ASSUME_DELIVERY | ASSUME_STRONG); }
           | FAIR ALL { $$ = LEAF(ASSUMEFAIR, @$, NULL, ASSUME_ALL); }
           | STRONG FAIR ALL { $$ = LEAF(ASSUMEFAIR, @$, NULL, ASSUME_ALL | ASSUME_STRONG); }
           | NO FAIRNESS { $$ = LEAF(ASSUMEFAIR, @$, NULL, ASSUME_NONE); } ;

/* The words of a title are kept as they stand: what they mean is known to those who know the steps (compiler/scenario.c). */
scenario: clauses LBRACE RBRACE { $$ = ast_push(p, $1, LEAF(LINES, @2, NULL, 0)); $$->kind = AST_SCENARIO; }
        | clauses LBRACE lines RBRACE { $$ = ast_push(p, $1, $3); $$->kind = AST_SCENARIO; } ;
lines: line { $$ = LEAF(LINES, @1, NULL, 0); if ($1) ast_push(p, $$, $1); }
     | lines nl line { $$ = $1; if ($3) ast_push(p, $$, $3); } ;
line: ELLIPSIS { $$ = LEAF(ANYSTEPS, @1, NULL, 0); }
    | EXPECT expr { $$ = NODE(EXPECTS, @$, NULL, 0, 1, $2); }
    | title { $$ = $1; $$->span = @1; }
    | error { $$ = NULL; } ;
title: name_no_expect { $$ = NODE(TITLE, @1, NULL, 0, 1, LEAF(WORD, @1, $1->text, TOK_IDENT)); }
     | NUMBER { $$ = NODE(TITLE, @1, NULL, 0, 1, parse_number(p, $1)); }
     | title word { $$ = ast_join(p, $1, $2); } ;
words: word | words word { $$ = ast_join(p, $1, $2); } ;
word: name { $$ = NODE(LIST, @1, NULL, 0, 1, LEAF(WORD, @1, $1->text, TOK_IDENT)); }
    | NUMBER { $$ = NODE(LIST, @1, NULL, 0, 1, parse_number(p, $1)); }
    | word_token { $$ = NODE(LIST, @1, NULL, 0, 1, LEAF(WORD, @1, token_spelling($1->kind), $1->kind)); }
    | group_words ;
group_words: LBRACE RBRACE { $$ = NODE(LIST, @1, NULL, 0, 2, LEAF(WORD, @1, "{", TOK_LBRACE), LEAF(WORD, @2, "}", TOK_RBRACE)); }
           | LBRACE words RBRACE { $$ = ast_push(p, ast_join(p, NODE(LIST, @1, NULL, 0, 1, LEAF(WORD, @1, "{", TOK_LBRACE)), $2),
                                                 LEAF(WORD, @3, "}", TOK_RBRACE)); } ;
word_token: LPAREN | RPAREN | LBRACK | RBRACK | LBAG | RBAG | COMMA | COLON | DOT | ARROW | DEFINE | EQ | MINUS | AND | IN | WITH
          | NONE | TRUE | FALSE | ANY | SENT ;

/* types */
typedef: typeexpr | LBRACE fields RBRACE { $$ = $2; $$->kind = AST_RECORD; $$->span = @$; }
       | alternatives ;
alternatives: expr BAR expr { $$ = NODE(VARIANTS, @$, NULL, 0, 2, $1, $3); }
            | alternatives BAR expr { $$ = ast_push(p, $1, $3); } ;
typeexpr: expr | expr CUT { $$ = NODE(CUTTYPE, @$, NULL, 0, 1, $1); } | expr SATURATING { $$ = NODE(SATTYPE, @$, NULL, 0, 1, $1); } ;

/* statements */
block: LBRACE RBRACE { $$ = LEAF(BLOCK, @$, NULL, 0); }
     | LBRACE stmts RBRACE { $$ = $2; $$->span = @$; } ;
stmts: stmt { $$ = LEAF(BLOCK, @1, NULL, 0); if ($1) ast_push(p, $$, $1); }
     | stmts nl stmt { $$ = $1; if ($3) ast_push(p, $$, $3); } ;
stmt: expr ASSIGN expr { $$ = NODE(ASSIGN, @$, NULL, 0, 2, $1, $3); }
    | expr ASSIGN ANY { $$ = NODE(ASSIGN, @$, NULL, 0, 2, $1, NODE(ANY, @3, NULL, 0, 1, NULL)); }
    | expr { $$ = NODE(DO, @$, NULL, 0, 1, $1); }
    | IF expr block else_opt { $$ = NODE(IFS, @$, NULL, 0, 3, $2, $3, $4); }
    | FOR binders where_opt block { $$ = NODE(FORS, @$, NULL, 0, 3, $2, $3, $4); }
    | PICK binders where_opt { $$ = NODE(PICK, @$, NULL, 0, 2, $2, $3); }
    | EITHER ors { $$ = $2; $$->span = @$; }
    | ASSERT expr { $$ = NODE(ASSERT, @$, NULL, 0, 2, $2, NULL); }
    | ASSERT expr COMMA STRING { $$ = NODE(ASSERT, @$, NULL, 0, 2, $2, LEAF(STRING, @4, $4->text, 0)); }
    | LET name DEFINE expr { $$ = NODE(LETS, @2, $2->text, 0, 1, $4); }
    | SEND once_opt expr target { $$ = $4; $$->kid[0] = $3; $$->value |= $2; $$->span = @$; }
    | START id { $$ = LEAF(START, @2, $2->text, 0); }
    | STOP id { $$ = LEAF(STOP, @2, $2->text, 0); }
    | error { $$ = NULL; } ;
else_opt: %empty { $$ = NULL; } | ELSE block { $$ = $2; }
        | ELSE IF expr block else_opt { $$ = NODE(IFS, @$, NULL, 0, 3, $3, $4, $5); } ;
ors: block { $$ = NODE(EITHER, @1, NULL, 0, 1, $1); } | ors OR block { $$ = ast_push(p, $1, $3); } ;
once_opt: %empty { $$ = 0; } | ONCE { $$ = TARGET_ONCE; } ;
target: %empty { $$ = NODE(SEND, @$, NULL, TARGET_NONE, 2, NULL, NULL); }
      | TO expr { $$ = NODE(SEND, @$, NULL, send_target($2), 2, NULL, $2); }
      | TO_SET expr { $$ = NODE(SEND, @$, NULL, TARGET_SET, 2, NULL, $2); } ;

/* expressions */
exprs: %empty { $$ = LEAF(LIST, @$, NULL, 0); } | exprs1 ;
exprs1: expr { $$ = NODE(LIST, @1, NULL, 0, 1, $1); } | exprs1 COMMA expr { $$ = ast_push(p, $1, $3); } ;
binders: group { $$ = NODE(BINDERS, @1, NULL, 0, 1, $1); } | binders COMMA group { $$ = ast_push(p, $1, $3); } ;
group: pats IN expr %prec LOWEST { $$ = $1; $$->kind = AST_GROUP; ast_push(p, $$, $3); $$->span = @$; } ;
pats: pat { $$ = NODE(LIST, @1, NULL, 0, 1, $1); } | pats COMMA pat { $$ = ast_push(p, $1, $3); } ;
pat: id { $$ = LEAF(NAME, @1, $1->text, 0); } | LPAREN pats RPAREN { $$ = $2; $$->kind = AST_TUPLE; $$->span = @$; } ;

expr: postfix
    | expr IFF expr { $$ = NODE(BINARY, @$, NULL, TOK_IFF, 2, $1, $3); }
    | expr IMPLIES expr { $$ = NODE(BINARY, @$, NULL, TOK_IMPLIES, 2, $1, $3); }
    | expr LEADSTO expr { $$ = NODE(BINARY, @$, NULL, TOK_LEADSTO, 2, $1, $3); }
    | expr UNTIL expr { $$ = NODE(BINARY, @$, NULL, TOK_UNTIL, 2, $1, $3); }
    | expr OR expr { $$ = NODE(BINARY, @$, NULL, TOK_OR, 2, $1, $3); }
    | expr AND expr { $$ = NODE(BINARY, @$, NULL, TOK_AND, 2, $1, $3); }
    | NOT expr { $$ = NODE(UNARY, @$, NULL, TOK_NOT, 1, $2); }
    | ALWAYS expr { $$ = NODE(UNARY, @$, NULL, TOK_ALWAYS, 1, $2); }
    | EVENTUALLY expr { $$ = NODE(UNARY, @$, NULL, TOK_EVENTUALLY, 1, $2); }
    | CAN expr { $$ = NODE(UNARY, @$, NULL, TOK_CAN, 1, $2); }
    | expr EQ expr { $$ = NODE(BINARY, @$, NULL, TOK_EQ, 2, $1, $3); }
    | expr NE expr { $$ = NODE(BINARY, @$, NULL, TOK_NE, 2, $1, $3); }
    | expr LT expr { $$ = NODE(BINARY, @$, NULL, TOK_LT, 2, $1, $3); }
    | expr LE expr { $$ = NODE(BINARY, @$, NULL, TOK_LE, 2, $1, $3); }
    | expr GT expr { $$ = NODE(BINARY, @$, NULL, TOK_GT, 2, $1, $3); }
    | expr GE expr { $$ = NODE(BINARY, @$, NULL, TOK_GE, 2, $1, $3); }
    | expr IN expr { $$ = NODE(BINARY, @$, NULL, TOK_IN, 2, $1, $3); }
    | expr NOTIN expr { $$ = NODE(BINARY, @$, NULL, TOK_NOTIN, 2, $1, $3); }
    | expr SUBSET expr { $$ = NODE(BINARY, @$, NULL, TOK_SUBSET, 2, $1, $3); }
    | expr IS id { $$ = NODE(IS, @$, $3->text, 0, 1, $1); }
    | expr COALESCE expr { $$ = NODE(BINARY, @$, NULL, TOK_COALESCE, 2, $1, $3); }
    | expr DOTDOT expr { $$ = NODE(BINARY, @$, NULL, TOK_DOTDOT, 2, $1, $3); }
    | expr UNION expr { $$ = NODE(BINARY, @$, NULL, TOK_UNION, 2, $1, $3); }
    | expr INTERSECT expr { $$ = NODE(BINARY, @$, NULL, TOK_INTERSECT, 2, $1, $3); }
    | expr SETMINUS expr { $$ = NODE(BINARY, @$, NULL, TOK_SETMINUS, 2, $1, $3); }
    | expr CONCAT expr { $$ = NODE(BINARY, @$, NULL, TOK_CONCAT, 2, $1, $3); }
    | expr PLUS expr { $$ = NODE(BINARY, @$, NULL, TOK_PLUS, 2, $1, $3); }
    | expr MINUS expr { $$ = NODE(BINARY, @$, NULL, TOK_MINUS, 2, $1, $3); }
    | expr STAR expr { $$ = NODE(BINARY, @$, NULL, TOK_STAR, 2, $1, $3); }
    | expr DIV expr { $$ = NODE(BINARY, @$, NULL, TOK_DIV, 2, $1, $3); }
    | expr MOD expr { $$ = NODE(BINARY, @$, NULL, TOK_MOD, 2, $1, $3); }
    | MINUS expr %prec NEGATE { $$ = NODE(UNARY, @$, NULL, TOK_MINUS, 1, $2); }
    | expr WITH LBRACE withitems RBRACE { $$ = ast_join(p, NODE(WITHFIELDS, @$, NULL, 0, 1, $1), $4); }
    | expr WITH LBRACK indexitems RBRACK { $$ = ast_join(p, NODE(WITHINDEX, @$, NULL, 0, 1, $1), $4); }
    | FORALL binders where_opt COLON expr %prec LOWEST { $$ = NODE(QUANTIFIER, @$, NULL, TOK_FORALL, 3, $2, $3, $5); }
    | EXISTS binders where_opt COLON expr %prec LOWEST { $$ = NODE(QUANTIFIER, @$, NULL, TOK_EXISTS, 3, $2, $3, $5); }
    | CHOOSE group %prec LOWEST { $$ = NODE(CHOOSE, @$, NULL, 0, 2, NODE(BINDERS, @2, NULL, 0, 1, $2), NULL); }
    | CHOOSE group WHERE expr %prec LOWEST { $$ = NODE(CHOOSE, @$, NULL, 0, 2, NODE(BINDERS, @2, NULL, 0, 1, $2), $4); }
    | MAX IDENT IN expr where_opt BY expr %prec LOWEST { $$ = NODE(EXTREME, @$, NULL, TOK_MAX, 3,
          NODE(BINDERS, @2, NULL, 0, 1, NODE(GROUP, @2, NULL, 0, 2, LEAF(NAME, @2, $2->text, 0), $4)), $5, $7); }
    | MIN IDENT IN expr where_opt BY expr %prec LOWEST { $$ = NODE(EXTREME, @$, NULL, TOK_MIN, 3,
          NODE(BINDERS, @2, NULL, 0, 1, NODE(GROUP, @2, NULL, 0, 2, LEAF(NAME, @2, $2->text, 0), $4)), $5, $7); }
    | IF expr THEN expr ELSE expr %prec LOWEST { $$ = NODE(IF, @$, NULL, 0, 3, $2, $4, $6); }
    | LET name DEFINE expr COLON expr %prec LOWEST { $$ = NODE(LET, @$, $2->text, 0, 2, $4, $6); }
    | SENT postfix { $$ = NODE(SENT, @$, NULL, 0, 1, $2); } ;

withitems: name COLON expr { $$ = NODE(LIST, @$, NULL, 0, 1, NODE(ARG, @$, $1->text, 0, 1, $3)); }
         | withitems COMMA name COLON expr { $$ = ast_push(p, $1, NODE(ARG, @3, $3->text, 0, 1, $5)); } ;
indexitems: expr COLON expr { $$ = NODE(LIST, @$, NULL, 0, 2, $1, $3); }
          | indexitems COMMA expr COLON expr { $$ = ast_push(p, ast_push(p, $1, $3), $5); } ;

postfix: primary
       | postfix DOT name { $$ = NODE(DOT, @$, $3->text, 0, 1, $1); }
       | postfix LPAREN args RPAREN { $$ = ast_join(p, NODE(CALL, @$, NULL, 0, 1, $1), $3); }
       | postfix LPAREN exprs1 WHERE expr RPAREN { $$ = NODE(CALLGEN, @$, NULL, 0, 4, $1, $3, NULL, $5); }
       | postfix LPAREN exprs1 FOR binders where_opt RPAREN { $$ = NODE(CALLGEN, @$, NULL, 0, 4, $1, $3, $5, $6); }
       | postfix LBRACK expr RBRACK { $$ = NODE(INDEX, @$, NULL, 0, 4, $1, $3, NULL, NULL); }
       | postfix LBRACK expr COMMA expr RBRACK { $$ = NODE(INDEX, @$, NULL, 0, 4, $1, $3, $5, NULL); }
       | postfix LBRACK expr COMMA expr FROM expr RBRACK { $$ = NODE(INDEX, @$, NULL, 0, 4, $1, $3, $5, $7); }
       | postfix LBRACK expr COMMA MAX NUMBER RBRACK { $$ = NODE(INDEX, @$, NULL, 1, 4, $1, $3, LEAF(NUMBER, @6, NULL, $6->value), NULL); }
       | postfix LBRACK expr COMMA MAX IDENT RBRACK { $$ = NODE(INDEX, @$, NULL, 1, 4, $1, $3, LEAF(NAME, @6, $6->text, 0), NULL); }
       | postfix LBRACK expr ARROW expr RBRACK { $$ = NODE(INDEXMAP, @$, NULL, 0, 3, $1, $3, $5); }
       | postfix QUESTION { $$ = NODE(OPTIONAL, @$, NULL, 0, 1, $1); }
       | postfix PRIME { $$ = NODE(PRIME, @$, NULL, 0, 1, $1); } ;

args: %empty { $$ = LEAF(LIST, @$, NULL, 0); } | exprs1
    | arg { $$ = NODE(LIST, @1, NULL, 0, 1, $1); } | args_named { $$ = $<ast>1; } ;
args_named: arg COMMA arg { $<ast>$ = NODE(LIST, @$, NULL, 0, 2, $1, $3); }
          | args_named COMMA arg { $<ast>$ = ast_push(p, $<ast>1, $3); } ;
arg: name COLON expr { $$ = NODE(ARG, @$, $1->text, 0, 1, $3); } ;

primary: name { $$ = LEAF(NAME, @1, $1->text, 0); }
       | NUMBER { $$ = LEAF(NUMBER, @1, NULL, $1->value); }
       | TRUE { $$ = LEAF(TRUE, @1, NULL, 0); }
       | FALSE { $$ = LEAF(FALSE, @1, NULL, 0); }
       | NONE { $$ = LEAF(NONE, @1, NULL, 0); }
       | STRING { $$ = LEAF(STRING, @1, $1->text, 0); }
       | LPAREN expr RPAREN { $$ = $2; if ($$->kind == AST_BINARY || $$->kind == AST_UNARY) $$ = NODE(TUPLE, @$, NULL, 0, 1, $2); }
       | LPAREN expr COMMA exprs1 RPAREN { $$ = ast_join(p, NODE(TUPLE, @$, NULL, 0, 1, $2), $4); }
       | LPAREN error RPAREN { $$ = LEAF(NUMBER, @$, NULL, 0); }
       | LBRACE exprs RBRACE { $$ = $2; $$->kind = AST_SET; $$->span = @$; }
       | LBRACE expr WHERE expr RBRACE { $$ = NODE(SETFILTER, @$, NULL, 0, 2, $2, $4); }
       | LBRACE expr FOR binders where_opt RBRACE { $$ = NODE(SETFOR, @$, NULL, 0, 3, $2, $4, $5); }
       | LBAG exprs RBAG { $$ = $2; $$->kind = AST_BAG; $$->span = @$; }
       | LBAG expr FOR binders where_opt RBAG { $$ = NODE(BAGFOR, @$, NULL, 0, 3, $2, $4, $5); }
       | LBRACK exprs RBRACK { $$ = $2; $$->kind = AST_SEQ; $$->span = @$; }
       | LBRACK expr ARROW expr RBRACK { $$ = NODE(MAPFOR, @$, NULL, 0, 2, $2, $4); }
       | FOLD LPAREN group where_opt COMMA name DEFINE expr COLON expr RPAREN
           { $$ = NODE(FOLD, @$, $6->text, 0, 4, NODE(BINDERS, @3, NULL, 0, 1, $3), $4, $8, $10); }
       | MATCH expr LBRACE arms arm_end RBRACE { $$ = ast_join(p, NODE(MATCH, @$, NULL, 0, 1, $2), $4); }
       | ENUM LBRACE names RBRACE { $$ = $3; $$->kind = AST_ENUM; $$->span = @$; }
       | SYMMETRIC primary { $$ = NODE(SYMMETRIC, @$, NULL, 0, 1, $2); } ;

arms: arm { $$ = NODE(LIST, @1, NULL, 0, 1, $1); } | arms arm_sep arm { $$ = ast_push(p, $1, $3); } ;
arm_sep: COMMA | nl ;
arm_end: %empty | COMMA ;
arm: name ARROW expr { $$ = NODE(ARM, @$, $1->text, 0, 2, NULL, $3); }
   | NONE ARROW expr { $$ = NODE(ARM, @$, "none", 0, 2, NULL, $3); }
   | name LPAREN pattern_list RPAREN ARROW expr { $$ = NODE(ARM, @$, $1->text, 0, 2, $3, $6); } ;

/* A name that can stand where another expression has just ended. */
id: IDENT | SPEC | MODULE | NETWORK | IMPORT | CONST | TYPE | DEF | VAR | STABLE | GHOST | INIT | PROCESS | EXTEND | ACTION
  | ON | FAULT | ORACLE | STRONG | FAIR | EACH | GROUP | IGNORE | TIMER | PROC | STOP | START | MESSAGE | FAULTS | CRASH | RECOVER
  | BYZANTINE | PARTITION | LINK | BLOCK | DROP | ERROR_WORD | INVARIANT | INITIALLY | STEP | PROPERTY | REACHABLE | FINAL
  | WATCH | CHECK | OK | NO | FAIRNESS | DELIVERY | DEADLOCK | REFINES | FULL | TIMEOUT | TICK | ORDERED
  | MIN | MAX | AS | UP | SCENARIO | IMPOSSIBLE ;
name: name_no_expect | EXPECT ;
name_no_expect: id | VIA | SENDS | ATOMIC | PER | TO | FROM | ALL | OTHERS | ONLY | ALLOW | WITHOUT | VIOLATED | CUT | SATURATING | ASSUME ;
%%

static const char *spelling_of(yysymbol_kind_t symbol) {
    for (int k = 0; k < TOK_COUNT; k++)
        if (YYTRANSLATE(grammar_token((enum token_kind)k)) == symbol) return token_spelling((enum token_kind)k);
    return "something else";
}

/* Few expected tokens are worth listing; where there are many, an expression or a declaration is meant. */
static int yyreport_syntax_error(const yypcontext_t *context, struct parse *p) {
    enum { SHOWN = 4 };
    yysymbol_kind_t expected[SHOWN + 1];
    int n = yypcontext_expected_tokens(context, expected, SHOWN + 1);
    if (n < 0) return n;
    char list[160] = "";
    size_t used = 0;
    for (int i = 0; i < n && n <= SHOWN; i++) {
        const char *join = i == 0 ? "" : i + 1 == n ? " or " : ", ";
        int wrote = snprintf(list + used, sizeof list - used, "%s`%s`", join, spelling_of(expected[i]));
        if (wrote < 0 || (size_t)wrote >= sizeof list - used) break;
        used += (size_t)wrote;
    }
    yysymbol_kind_t found = yypcontext_token(context);
    grammar_unexpected(p, yypcontext_location(context), found == YYSYMBOL_YYEMPTY ? "nothing" : spelling_of(found),
                       n > 0 && n <= SHOWN ? list : NULL);
    return 0;
}
