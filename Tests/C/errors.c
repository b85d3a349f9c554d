/* Errors: each category that can be made from outside, what they say, and calls that are wrong. */
#include "check.h"

#include <unistd.h>

static void categories(void) {
    tessera_model *model = NULL;
    tessera_error *error = NULL;
    CHECK(tessera_model_open("/nowhere/model.onnx", NULL, &model, &error) == TESSERA_NOT_FOUND && model == NULL);
    CHECK(strstr(tessera_error_message(error), "/nowhere/model.onnx"));
    tessera_error_free(error);
    FAILS(TESSERA_UNSUPPORTED, "PNG", tessera_model_open("Models/shapes/images/000_rgb.png", NULL, &model, &error));
    FAILS(TESSERA_UNREADABLE, "", tessera_model_open_memory("\x08\x09garbage", 9, "bad.onnx", NULL, &model, &error));
    FAILS(TESSERA_UNREADABLE, "", tessera_model_open_memory(NULL, 0, NULL, NULL, &model, &error));
    message strange = one_node_model("Fnord", ONNX_FLOAT, NULL);
    FAILS(TESSERA_UNSUPPORTED_MODEL, "Fnord", tessera_model_open_memory(strange.bytes, strange.count, "strange", NULL, &model, &error));
    error = NULL;
    CHECK(tessera_model_open_memory(strange.bytes, strange.count, "strange", NULL, &model, &error) == TESSERA_UNSUPPORTED_MODEL);
    CHECK(tessera_error_file(error) && !strcmp(tessera_error_file(error), "strange"));
    tessera_error_free(error);
    FAILS(TESSERA_USAGE, "bundle", tessera_model_open("Models/shapes", NULL, &model, &error));
    CHECK(model == NULL);
    /* No place for an error is no fault. */
    CHECK(tessera_model_open("/nowhere", NULL, &model, NULL) == TESSERA_NOT_FOUND);

    char path[] = "/tmp/tessera-c-XXXXXX";
    CHECK(mkstemp(path) >= 0);
    tessera_compiled *compiled = NULL;
    FAILS(TESSERA_UNREADABLE, path, tessera_compiled_open(path, &compiled, &error));
    remove(path);
    FAILS(TESSERA_NOT_FOUND, path, tessera_compiled_open(path, &compiled, &error));

    tessera_pipeline *pipeline = NULL;
    FAILS(TESSERA_NOT_FOUND, "/nowhere", tessera_pipeline_open("/nowhere", NULL, 0, &pipeline, &error));
    FAILS(TESSERA_USAGE, "precision 'f31'", tessera_pipeline_open("Models/shapes", "f31", 0, &pipeline, &error));
    CHECK(pipeline == NULL && compiled == NULL);
}

static void options(void) {
    message sound = one_node_model("Relu", ONNX_FLOAT, NULL);
    tessera_model *model = NULL, *other = NULL;
    tessera_compiled *compiled = NULL;
    OK(tessera_model_open_memory(sound.bytes, sound.count, NULL, NULL, &model, &error));
    tessera_compile_options options = TESSERA_COMPILE_OPTIONS_INIT;
    options.precision = "f33";
    FAILS(TESSERA_USAGE, "options.precision 'f33'", tessera_model_compile(model, &options, &compiled, &error));
    options.precision = "\377";
    FAILS(TESSERA_USAGE, "UTF-8", tessera_model_compile(model, &options, &compiled, &error));
    options.precision = "int8-static";
    FAILS(TESSERA_USAGE, "calibration", tessera_model_compile(model, &options, &compiled, &error));
    options.precision = NULL;
    options.threads = -1;
    FAILS(TESSERA_USAGE, "options.threads", tessera_model_compile(model, &options, &compiled, &error));
    options.threads = 0;
    options.group_size = 5;
    FAILS(TESSERA_USAGE, "groupSize 5", tessera_model_compile(model, &options, &compiled, &error));
    options.group_size = 0;
    options.function_count = 3;
    FAILS(TESSERA_USAGE, "options.functions is NULL", tessera_model_compile(model, &options, &compiled, &error));
    options.function_count = 0;
    options.ranges = "mse";
    FAILS(TESSERA_USAGE, "options.ranges", tessera_model_compile(model, &options, &compiled, &error));
    options.ranges = NULL;
    tessera_size twice[] = {{"n", 1}, {"n", 2}};
    options.largest_sizes = twice;
    options.largest_size_count = 2;
    FAILS(TESSERA_USAGE, "'n' twice", tessera_model_compile(model, &options, &compiled, &error));
    options.largest_size_count = 0;
    size_t wrong[] = {0, 7, sizeof options - 8, 1 << 20, (size_t)-8};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        options.struct_size = wrong[i];
        FAILS(TESSERA_USAGE, "options.struct_size", tessera_model_compile(model, &options, &compiled, &error));
    }
    FAILS(TESSERA_USAGE, "aligned",
        tessera_model_compile(model, (const tessera_compile_options *)((const char *)&options + 4), &compiled, &error));
    FAILS(TESSERA_USAGE, "model is NULL", tessera_model_compile(NULL, NULL, &compiled, &error));
    FAILS(TESSERA_USAGE, "compiled is NULL", tessera_model_compile(model, NULL, NULL, &error));
    tessera_cancellation *cancellation = tessera_cancellation_create();
    FAILS(TESSERA_USAGE, "another kind", tessera_model_compile((tessera_model *)cancellation, NULL, &compiled, &error));
    tessera_cancellation_free(cancellation);
    FAILS(TESSERA_USAGE, "source is NULL", tessera_model_open(NULL, NULL, &other, &error));
    tessera_model_options half = TESSERA_MODEL_OPTIONS_INIT;
    half.part = "third";
    FAILS(TESSERA_USAGE, "whole, encoder, decoder", tessera_model_open("Models/shapes/tok_rgb.safetensors", &half, &other, &error));
    half.part = "encoder";
    FAILS(TESSERA_USAGE, "for checkpoints", tessera_model_open_memory(sound.bytes, sound.count, NULL, &half, &other, &error));
    FAILS(TESSERA_USAGE, "path is NULL", tessera_model_write(model, NULL, NULL, NULL, &error));
    CHECK(tessera_model_write(model, "/nowhere/a.tess", NULL, NULL, NULL) != TESSERA_OK);
    tessera_model_free(model);
}

/* NULL is no handle, and freeing it is nothing. */
static void nothing(void) {
    tessera_error_free(NULL);
    tessera_string_free(NULL);
    tessera_cancellation_free(NULL);
    tessera_model_free(NULL);
    tessera_compiled_free(NULL);
    tessera_session_free(NULL);
    tessera_results_free(NULL);
    tessera_pipeline_free(NULL);
    tessera_generation_free(NULL);
    tessera_cancellation_cancel(NULL);
    CHECK(!tessera_cancellation_is_cancelled(NULL));
    CHECK(tessera_error_status(NULL) == TESSERA_OK && !tessera_error_message(NULL) && !tessera_error_file(NULL));
    CHECK(!tessera_error_node(NULL) && !tessera_error_remedy(NULL));
    CHECK(!tessera_model_name(NULL) && !tessera_model_format(NULL) && !tessera_model_metadata(NULL));
    CHECK(!tessera_model_parameter_count(NULL) && !tessera_model_weight_bytes(NULL) && !tessera_model_function_count(NULL));
    CHECK(!tessera_model_function(NULL, 0) && !tessera_compiled_function(NULL, 0) && !tessera_compiled_function_count(NULL));
    CHECK(!tessera_compiled_name(NULL) && !tessera_compiled_report(NULL) && !tessera_compiled_weight_bytes(NULL));
    CHECK(!tessera_session_peak_bytes(NULL) && !tessera_results_count(NULL) && !tessera_results_get(NULL, 0));
    CHECK(!tessera_pipeline_name(NULL) && !tessera_pipeline_modality_count(NULL) && !tessera_pipeline_modality(NULL, 0));
    CHECK(!tessera_generation_count(NULL) && !tessera_generation_get(NULL, 0));
    FAILS(TESSERA_USAGE, "session is NULL", tessera_session_run_into(NULL, NULL, NULL, 0, NULL, 0, NULL, &error));
    FAILS(TESSERA_USAGE, "generation is NULL", tessera_generation_write(NULL, "/tmp", &error));
    FAILS(TESSERA_USAGE, "json is NULL", tessera_inspect("Models/shapes", "summary", NULL, NULL, 0, NULL, &error));
}

static void types(void) {
    int64_t shape[] = {3, 5}, negative[] = {3, -1}, huge[] = {INT64_MAX, INT64_MAX};
    CHECK(!strcmp(tessera_dtype_name(TESSERA_F32), "f32") && !strcmp(tessera_dtype_name(TESSERA_STRING), "string"));
    CHECK(!strcmp(tessera_dtype_name(TESSERA_F4E2M1), "f4e2m1") && !tessera_dtype_name((tessera_dtype)0));
    CHECK(!tessera_dtype_name((tessera_dtype)25) && !tessera_dtype_name((tessera_dtype)-1));
    CHECK(tessera_dtype_bytes(TESSERA_F32, 2, shape) == 60 && tessera_dtype_bytes(TESSERA_I4, 2, shape) == 8);
    CHECK(tessera_dtype_bytes(TESSERA_F64, 0, NULL) == 8 && tessera_dtype_bytes(TESSERA_BOOL, 2, shape) == 15);
    CHECK(tessera_dtype_bytes(TESSERA_F32, 2, negative) == SIZE_MAX && tessera_dtype_bytes(TESSERA_F32, 2, huge) == SIZE_MAX);
    CHECK(tessera_dtype_bytes(TESSERA_STRING, 2, shape) == SIZE_MAX && tessera_dtype_bytes(TESSERA_F32, 2, NULL) == SIZE_MAX);
}

int main(void) {
    types();
    nothing();
    categories();
    options();
    return finish("errors");
}
