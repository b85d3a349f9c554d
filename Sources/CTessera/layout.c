#include "tessera.h"

#include <stddef.h>

/* Programs that were compiled against an earlier header rely on these places: what is added comes behind the whole struct, its padding too. */
_Static_assert(sizeof(void *) == 8, "the structs are laid out for 64 bits");
_Static_assert(offsetof(tessera_tensor, bytes) == 48, "tessera_tensor");
_Static_assert(offsetof(tessera_model_options, adapter_count) == 48, "tessera_model_options");
_Static_assert(offsetof(tessera_compile_options, threads) == 128, "tessera_compile_options");
_Static_assert(offsetof(tessera_run_options, context) == 56, "tessera_run_options");
_Static_assert(offsetof(tessera_input, tensor) == 56, "tessera_input");
_Static_assert(offsetof(tessera_event, picture) == 120, "tessera_event");
_Static_assert(offsetof(tessera_generate_options, context) == 136, "tessera_generate_options");
_Static_assert(offsetof(tessera_generate_options, masks) == 144, "tessera_generate_options");
_Static_assert(offsetof(tessera_target, warnings) == 120, "tessera_target");
