/// Kernels of every instruction set of this CPU against the generic ones.
#ifndef TESSERA_KERNEL_CHECK_DOOR_H
#define TESSERA_KERNEL_CHECK_DOOR_H

/// Runs every check, prints a line for each, and returns how many failed; also counted are vector kernels of the table that no
/// check covers, and `required`, an instruction set that this CPU must have, or NULL.
int kernel_check(const char *required);

#endif
