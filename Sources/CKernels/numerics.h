/// Includes first in every file that computes: products and sums round apart unless a fused operation is written out, so
/// that bits depend on neither compiler nor optimization level. C's pragma holds to the end of the file that includes this.
#ifndef TK_NUMERICS_H
#define TK_NUMERICS_H

#pragma STDC FP_CONTRACT OFF

/// Square root by the machine's instruction: sqrtf may set errno, for which the compiler keeps a call behind a branch.
#define TK_SQRT(x) __builtin_elementwise_sqrt(x)

#endif
