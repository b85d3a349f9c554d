/* Tessera for C: load, compile and run models, and generate with 4M models.
 *
 * - Every object is an opaque handle with a function that frees it; freeing NULL does nothing. Handles keep alive what they need: a session may
 *   outlive the model that it was made from.
 * - Functions that can fail give a tessera_status and take `tessera_error **error`, which may be NULL. When they fail, and only then, *error is
 *   set to an object that the caller frees, and what they would have made is NULL. Nothing aborts the process. Functions that cannot fail take
 *   a NULL handle as well, and give NULL, 0 or false for it.
 * - Strings in and out are UTF-8 and end with NUL. `const char *` results belong to the handle that they were asked of and live as long as it;
 *   `char *` results are the caller's: tessera_string_free.
 * - Structs that later versions may add to begin with their size (`.struct_size = sizeof(...)`, or the TESSERA_..._INIT macros): what lies
 *   beyond the caller's size counts as zero, and what the library does not know must be zero. Elements of an array have one size. Fields that
 *   are zero have the documented default. Structs without a size stay as they are where they come in arrays; those that the library hands out
 *   one by one may get fields at their end.
 * - Models, compiled models, pipelines and cancellations may be used from several threads at once; a session from one at a time: a second call
 *   meanwhile is refused with TESSERA_USAGE.
 */
#ifndef TESSERA_H
#define TESSERA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A struct whose size is set and whose other fields are zero. */
#ifdef __cplusplus
#define TESSERA_INIT(type) { sizeof(type) }
#else
#define TESSERA_INIT(type) { .struct_size = sizeof(type) }
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define TESSERA_VERSION_MAJOR 0
#define TESSERA_VERSION_MINOR 1

/* Version of the library that runs, such as "0.1". */
const char *tessera_version(void);

/* ---- Errors ---- */

/* Categories of errors; the same as those of the Swift API, the command's exit codes and the server's HTTP statuses (Docs/api.md). */
typedef enum tessera_status {
    TESSERA_OK = 0,
    TESSERA_USAGE = 1,             /* what was asked for cannot be meant */
    TESSERA_NOT_FOUND = 2,         /* a file, folder or model is not there */
    TESSERA_UNREADABLE = 3,        /* what is in a file is damaged, or does not fit its use */
    TESSERA_UNSUPPORTED = 4,       /* valid, but of a kind that is not supported */
    TESSERA_OUT_OF_RESOURCES = 5,  /* memory, disk, network or permission was lacking */
    TESSERA_CANCELLED = 6,         /* stopped by the caller */
    TESSERA_INTERNAL = 7,          /* a fault of Tessera itself */
    TESSERA_UNSUPPORTED_MODEL = 8  /* a sound model that asks for operators which are not supported */
} tessera_status;

typedef struct tessera_error tessera_error;

tessera_status tessera_error_status(const tessera_error *error);
const char *tessera_error_message(const tessera_error *error);
/* NULL where it is not known. */
const char *tessera_error_file(const tessera_error *error);
const char *tessera_error_node(const tessera_error *error);
const char *tessera_error_remedy(const tessera_error *error);
void tessera_error_free(tessera_error *error);
void tessera_string_free(char *string);

/* ---- Cancellation and progress ---- */

/* A wish to stop, which any thread may utter. Work that was given it stops between two steps with TESSERA_CANCELLED. */
typedef struct tessera_cancellation tessera_cancellation;

tessera_cancellation *tessera_cancellation_create(void);
void tessera_cancellation_cancel(tessera_cancellation *cancellation);
bool tessera_cancellation_is_cancelled(const tessera_cancellation *cancellation);
void tessera_cancellation_free(tessera_cancellation *cancellation);

/* ---- Tensors ---- */

typedef enum tessera_dtype {
    TESSERA_F32 = 1, TESSERA_F64, TESSERA_F16, TESSERA_BF16,
    TESSERA_I8, TESSERA_U8, TESSERA_I16, TESSERA_U16, TESSERA_I32, TESSERA_U32, TESSERA_I64, TESSERA_U64,
    TESSERA_BOOL,
    TESSERA_I4, TESSERA_U4, TESSERA_I2, TESSERA_U2,
    TESSERA_F8E4M3FN, TESSERA_F8E4M3FNUZ, TESSERA_F8E5M2, TESSERA_F8E5M2FNUZ, TESSERA_F8E8M0, TESSERA_F4E2M1,
    TESSERA_STRING /* data: const char *[count]; bytes: count * sizeof(char *) */
} tessera_dtype;

/* Name of an element type, such as "f32"; NULL for none. */
const char *tessera_dtype_name(tessera_dtype type);
/* Bytes of a dense tensor of this type and shape; SIZE_MAX if that overflows, or for strings. */
size_t tessera_dtype_bytes(tessera_dtype type, size_t rank, const int64_t *shape);

/* A dense row-major tensor over memory of the caller, or of the object that gave it. Nothing is copied but strings. Elements are
 * little-endian; those of 4 and 2 bits are packed, the first in the lowest bits. `data` is a multiple of an element's size; from multiples of 64
 * vectors are read and written fastest. */
typedef struct tessera_tensor {
    size_t struct_size;
    const char *name;     /* of the input, output or state */
    tessera_dtype dtype;
    size_t rank;
    const int64_t *shape; /* rank sizes; may be NULL for rank 0 */
    void *data;           /* inputs are only read */
    size_t bytes;         /* of data: checked against type and shape */
} tessera_tensor;
#define TESSERA_TENSOR_INIT TESSERA_INIT(tessera_tensor)

/* A size by its symbol, such as {"tokens", 196}. */
typedef struct tessera_size {
    const char *symbol;
    int64_t value;
} tessera_size;

/* ---- Models ---- */

typedef struct tessera_model tessera_model;
typedef struct tessera_compiled tessera_compiled;
typedef struct tessera_session tessera_session;
typedef struct tessera_results tessera_results;

typedef struct tessera_model_options {
    size_t struct_size;
    const char *configuration; /* file beside the checkpoint; NULL finds it */
    const char *state_key;     /* key of the weights in a torch file */
    const char *part;          /* "whole" (default), "encoder", "decoder" of a tokenizer */
    const char *const *adapters; /* LoRA files */
    const double *adapter_scales; /* one for each adapter; NULL for 1 */
    size_t adapter_count;
} tessera_model_options;
#define TESSERA_MODEL_OPTIONS_INIT TESSERA_INIT(tessera_model_options)

/* Opens a checkpoint, an ONNX file, IR text, or a model's name on the Hub. `options` may be NULL. Weights are mapped, not read. */
tessera_status tessera_model_open(
    const char *source, const tessera_model_options *options, tessera_model **model, tessera_error **error);
/* Opens an ONNX file that is in memory, which is not needed any more when this returns. `name` is for messages and may be NULL; weights in files
 * beside it are not looked for. */
tessera_status tessera_model_open_memory(
    const void *bytes, size_t count, const char *name, const tessera_model_options *options, tessera_model **model, tessera_error **error);
void tessera_model_free(tessera_model *model);

const char *tessera_model_name(const tessera_model *model);
const char *tessera_model_format(const tessera_model *model);
uint64_t tessera_model_parameter_count(const tessera_model *model);
uint64_t tessera_model_weight_bytes(const tessera_model *model);
/* What the file says of the model (normalisation, modalities, ...), as JSON. */
const char *tessera_model_metadata(const tessera_model *model);

typedef struct tessera_override {
    const char *pattern; /* names of layers, * for anything */
    const char *scheme;  /* "f32", "bf16", "f16", "int8", "int8-full", "int8-static", "w8", "int4", "w4" */
} tessera_override;

/* One recorded call of a function, for calibration. */
typedef struct tessera_call {
    const char *function;
    const tessera_tensor *inputs;
    size_t input_count;
} tessera_call;

typedef struct tessera_compile_options {
    size_t struct_size;
    const char *precision;  /* "f32" (default), "bf16", "f16", "int8", "int8-static", "int4", "w4" */
    const char *pipeline;   /* "clean" (default), "none" */
    const tessera_override *overrides;
    size_t override_count;
    int32_t group_size;     /* of 4-bit weights; 0 for 32 */
    bool zero_points;
    const tessera_call *calibration;
    size_t calibration_count;
    const char *ranges;     /* "mse" (default), "min-max", "percentile", "entropy" */
    bool moves_scales;
    const char *const *functions; /* to keep; none for all */
    size_t function_count;
    const char *const *disabled_rules;
    size_t disabled_rule_count;
    const tessera_size *largest_sizes;
    size_t largest_size_count;
    int32_t threads;        /* of its sessions; 0 for the cores granted to the process */
} tessera_compile_options;
#define TESSERA_COMPILE_OPTIONS_INIT TESSERA_INIT(tessera_compile_options)

/* Makes a model ready to run; `options` may be NULL. */
tessera_status tessera_model_compile(
    const tessera_model *model, const tessera_compile_options *options, tessera_compiled **compiled, tessera_error **error);
/* The same once, for good: writes a compiled model (.tess), first to a temporary name. *report, if asked for, is the compilation report as
 * JSON, or NULL where nothing was rounded. `report` may be NULL. */
tessera_status tessera_model_write(
    const tessera_model *model, const char *path, const tessera_compile_options *options, char **report, tessera_error **error);
/* Opens a compiled model (.tess). */
tessera_status tessera_compiled_open(const char *path, tessera_compiled **compiled, tessera_error **error);
void tessera_compiled_free(tessera_compiled *compiled);

const char *tessera_compiled_name(const tessera_compiled *compiled);
uint64_t tessera_compiled_weight_bytes(const tessera_compiled *compiled);
/* The compilation report as JSON; NULL where nothing was calibrated. */
const char *tessera_compiled_report(const tessera_compiled *compiled);

/* A size of a type: a number, or an expression of symbols such as "16*h". */
typedef struct tessera_dimension {
    int64_t value;      /* -1 for an expression */
    const char *symbol; /* NULL for a number */
} tessera_dimension;

/* An input or output of a function. */
typedef struct tessera_value_info {
    const char *name;
    bool is_tensor; /* false for sequences and optionals */
    tessera_dtype dtype;
    size_t rank;
    const tessera_dimension *shape;
} tessera_value_info;

typedef struct tessera_function_info {
    const char *name;
    size_t input_count;
    const tessera_value_info *inputs;
    size_t output_count;
    const tessera_value_info *outputs;
} tessera_function_info;

/* Functions of a model; index from 0, NULL behind the last. They live as long as the handle. */
size_t tessera_model_function_count(const tessera_model *model);
const tessera_function_info *tessera_model_function(const tessera_model *model, size_t index);
size_t tessera_compiled_function_count(const tessera_compiled *compiled);
const tessera_function_info *tessera_compiled_function(const tessera_compiled *compiled, size_t index);

/* ---- Running ---- */

/* Working memory of its own; runs functions. `threads` 0 for the compiled model's. */
tessera_status tessera_session_create(
    const tessera_compiled *compiled, int32_t threads, tessera_session **session, tessera_error **error);
void tessera_session_free(tessera_session *session);
/* Weights plus the most working memory so far. */
uint64_t tessera_session_peak_bytes(const tessera_session *session);

/* Told after each step of a run, on the thread that runs; must not run the same session. */
typedef void (*tessera_step_callback)(const char *kernel, const char *node, uint64_t nanoseconds, void *context);

typedef struct tessera_run_options {
    size_t struct_size;
    const tessera_size *sizes; /* that inputs leave open */
    size_t size_count;
    const tessera_tensor *states; /* memory that is an input and, updated in place, the output of its name */
    size_t state_count;
    const tessera_cancellation *cancellation;
    tessera_step_callback on_step;
    void *context;
} tessera_run_options;
#define TESSERA_RUN_OPTIONS_INIT TESSERA_INIT(tessera_run_options)

/* Runs `function` (NULL if the model has one only) on inputs in the caller's memory; `options` may be NULL. Results are the library's memory. */
tessera_status tessera_session_run(
    tessera_session *session, const char *function, const tessera_tensor *inputs, size_t input_count, const tessera_run_options *options,
    tessera_results **results, tessera_error **error);
/* Runs into buffers of the caller: one for each output, of its type and sizes, overlapping nothing else. Called again with the same names,
 * sizes and addresses it asks the heap for nothing. Outputs of strings need tessera_session_run. */
tessera_status tessera_session_run_into(
    tessera_session *session, const char *function, const tessera_tensor *inputs, size_t input_count, const tessera_tensor *outputs,
    size_t output_count, const tessera_run_options *options, tessera_error **error);

size_t tessera_results_count(const tessera_results *results);
/* Result `index`, in the order of the function's outputs; NULL behind the last. Lives as long as `results`. */
const tessera_tensor *tessera_results_get(const tessera_results *results, size_t index);
void tessera_results_free(tessera_results *results);

/* ---- Looking inside ---- */

/* What `tessera inspect --json` tells of a model: `what` is "summary", "ops", "cost", "memory", "weights" or "passes"; `function` may be NULL
 * where the report is of the whole model. Schemas: Docs/schemas. */
tessera_status tessera_inspect(
    const char *source, const char *what, const char *function, const tessera_size *sizes, size_t size_count, char **json,
    tessera_error **error);

/* ---- Generation with 4M models ---- */

typedef struct tessera_pipeline tessera_pipeline;
typedef struct tessera_generation tessera_generation;

typedef struct tessera_modality {
    const char *name;
    bool is_input, is_output, is_text;
    int64_t vocabulary_size; /* 0 if it has none */
    int64_t grid_rows, grid_columns; /* 0 if it has none */
} tessera_modality;

/* Opens a folder or configuration of a 4M model with its tokenizers, a compiled bundle, or a name on the Hub, and reads the model; tokenizers are
 * read when they are first needed. `precision` NULL for "f32"; `threads` 0 for the cores granted to the process. */
tessera_status tessera_pipeline_open(
    const char *source, const char *precision, int32_t threads, tessera_pipeline **pipeline, tessera_error **error);
void tessera_pipeline_free(tessera_pipeline *pipeline);
const char *tessera_pipeline_name(const tessera_pipeline *pipeline);
size_t tessera_pipeline_modality_count(const tessera_pipeline *pipeline);
const tessera_modality *tessera_pipeline_modality(const tessera_pipeline *pipeline, size_t index);

typedef enum tessera_input_kind {
    TESSERA_INPUT_FILE = 1, /* text: path */
    TESSERA_INPUT_TEXT,     /* text */
    TESSERA_INPUT_ENCODED,  /* data, bytes: a picture file (PNG, JPEG, WebP) in memory */
    TESSERA_INPUT_PICTURE,  /* data, bytes, width, height, channels: 8-bit samples, row by row */
    TESSERA_INPUT_TENSOR    /* tensor: tokens, or what the tokenizer takes */
} tessera_input_kind;

typedef struct tessera_input {
    size_t struct_size;
    tessera_input_kind kind;
    const char *text;
    const void *data;
    size_t bytes;
    int32_t width, height, channels; /* channels: 1, 3 or 4; 0 for 3 */
    const tessera_tensor *tensor;
} tessera_input;
#define TESSERA_INPUT_INIT TESSERA_INIT(tessera_input)

/* A given modality: a value for each sample, or one for all. `weight` counts for conditions alone; 0 is 1. */
typedef struct tessera_given {
    const char *modality;
    const tessera_input *values;
    size_t value_count;
    double weight;
} tessera_given;

/* What happened while generating; pointers live until the callback returns. */
typedef enum tessera_event_kind { TESSERA_EVENT_PROGRESS = 1, TESSERA_EVENT_STEP = 2 } tessera_event_kind;

typedef struct tessera_event {
    size_t struct_size;
    tessera_event_kind kind;
    const char *what;     /* of progress: what is done */
    double share;         /* of the whole job that is done; of a step: of its sample */
    const char *target;
    int64_t sample, variation, step, steps;
    size_t token_count;
    const int64_t *positions, *tokens; /* places that were written, row by row from 0, NULL for texts; and what was written there */
    const char *text;     /* of text targets */
    bool is_last;
    int32_t width, height, channels; /* of a draft, if asked for */
    const uint8_t *picture;
} tessera_event;

/* false stops the generation (TESSERA_CANCELLED). Called on the thread that called tessera_generate, which goes on meanwhile. */
typedef bool (*tessera_event_callback)(const tessera_event *event, void *context);

typedef struct tessera_generate_options {
    size_t struct_size;
    const tessera_given *inputs;
    size_t input_count;
    const char *const *targets; /* none for all that the model can add */
    size_t target_count;
    const tessera_given *conditions; /* guidance by weighted conditions instead of by the inputs */
    size_t condition_count;
    uint64_t seed;
    int32_t variations;  /* 0 for 1 */
    int32_t batch_size;  /* 0 for 8 */
    bool independent;
    int32_t steps;       /* 0 for the preset's, like those below */
    const double *temperature, *guidance, *top_p; /* NULL for the preset's */
    int32_t top_k;
    int32_t max_tokens;
    int32_t diffusion_steps;
    bool preview_decoders;
    bool no_super_resolution;
    bool drafts;
    const tessera_cancellation *cancellation;
    tessera_event_callback on_event;
    void *context;
    /* What is hidden of inputs: a mask for each sample, or one for all. A picture hides the tokens that its white pixels touch, cropped and scaled
     * as the modality's own is; a tensor has a value for each token, not 0 where it is hidden. Hidden tokens are no input; where the modality
     * is a target as well, they are generated and the others stay. */
    const tessera_given *masks;
    size_t mask_count;
} tessera_generate_options;
#define TESSERA_GENERATE_OPTIONS_INIT TESSERA_INIT(tessera_generate_options)

/* Generates; waits for the end. */
tessera_status tessera_generate(
    const tessera_pipeline *pipeline, const tessera_generate_options *options, tessera_generation **generation, tessera_error **error);
void tessera_generation_free(tessera_generation *generation);

typedef struct tessera_box {
    const char *label;
    double x_min, y_min, x_max, y_max;
} tessera_box;

/* One generated target of one sample. */
typedef struct tessera_target {
    size_t struct_size;
    int64_t sample, variation;
    const char *modality;
    size_t token_count;
    const int64_t *tokens;
    const tessera_tensor *values; /* NULL if it has none */
    int32_t width, height, channels; /* of the picture */
    const uint8_t *picture;       /* 8-bit samples row by row; NULL if it has none */
    const char *text;             /* NULL if it has none */
    const char *json;             /* NULL if it has none */
    size_t box_count;
    const tessera_box *boxes;
    size_t warning_count;
    const char *const *warnings;
} tessera_target;

/* Targets of all samples, samples first; NULL behind the last. They live as long as `generation`. */
size_t tessera_generation_count(const tessera_generation *generation);
const tessera_target *tessera_generation_get(const tessera_generation *generation, size_t index);
/* Writes what `tessera generate` writes of it into a folder: of several samples into 0000, 0001, ... below it, of variations into v0, v1, .... */
tessera_status tessera_generation_write(const tessera_generation *generation, const char *folder, tessera_error **error);

#ifdef __cplusplus
}
#endif

#endif
