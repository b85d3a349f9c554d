// Tiles for any machine: four lanes, separate multiply and add.
#include "half.h"
#include "isa.h"
#include <math.h>

#define TK_W 4
#define TK_FMA 0
#define TK_VNNI 0
#define TK_BF16 0
#define TK_AMX 0
#define TK_TABLE tk_table_generic
#define TK_TABLE_NAME "generic"
#include "families/all.inc"
