#include "../isa.h"

int tk_is_compare(tk_binary_op op) { return op >= TK_BINARY_EQ && op <= TK_BINARY_GE; }

tk_int tk_unary_cost(tk_unary_op op) { return op >= TK_UNARY_SIN ? 5000 : op >= TK_UNARY_EXP ? 1000 : 200; }

tk_int tk_binary_cost(tk_binary_op op) {
    return op == TK_BINARY_POW || op == TK_BINARY_MOD || op == TK_BINARY_REM ? 10000 : 300;
}
