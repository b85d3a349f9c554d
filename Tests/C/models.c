/* Models: opened by path and from memory, looked at, compiled, run against PyTorch's results, written and opened again. */
#include "check.h"

#include <math.h>

#define ENCODER "Models/onnx-encoder"

static void run_encoder(const tessera_compiled *compiled, int set) {
    tessera_session *session = NULL;
    OK(tessera_session_create(compiled, 2, &session, &error));
    const tessera_function_info *main = tessera_compiled_function(compiled, 0);
    CHECK(main && main->input_count == 2 && main->output_count == 2);
    if (!main || main->input_count != 2) return;
    tessera_tensor inputs[2];
    int64_t shapes[2][8];
    for (int i = 0; i < 2; i++) {
        char path[200];
        snprintf(path, sizeof path, ENCODER "/test_data_set_%d/input_%d.pb", set, i);
        size_t rank, bytes;
        void *data = read_tensor(path, &rank, shapes[i], &bytes);
        inputs[i] = tensor_over(main->inputs[i].name, main->inputs[i].dtype, rank, shapes[i], data, bytes);
    }
    tessera_results *results = NULL;
    OK(tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
    CHECK(tessera_results_count(results) == 2);
    for (size_t i = 0; i < tessera_results_count(results); i++) {
        char path[200];
        snprintf(path, sizeof path, ENCODER "/test_data_set_%d/output_%zu.pb", set, i);
        size_t rank, bytes;
        int64_t shape[8];
        float *wanted = read_tensor(path, &rank, shape, &bytes);
        const tessera_tensor *got = tessera_results_get(results, i);
        CHECK(got->dtype == TESSERA_F32 && got->rank == rank && got->bytes == bytes && !memcmp(got->shape, shape, rank * sizeof *shape));
        CHECK(!strcmp(got->name, main->outputs[i].name));
        double worst = 0;
        for (size_t k = 0; k < bytes / sizeof(float); k++) {
            double error = fabs(((float *)got->data)[k] - wanted[k]) - 1e-3 * fabs(wanted[k]);
            if (error > worst) worst = error;
        }
        CHECK(worst < 4e-5);
        free(wanted);
    }
    CHECK(tessera_results_get(results, 2) == NULL);
    CHECK(tessera_session_peak_bytes(session) > 0);
    tessera_results_free(results);
    for (int i = 0; i < 2; i++) free(inputs[i].data);
    tessera_session_free(session);
}

static void encoder(void) {
    tessera_model *model = NULL, *same = NULL;
    OK(tessera_model_open(ENCODER "/model.onnx", NULL, &model, &error));
    CHECK(!strcmp(tessera_model_format(model), "ONNX model") && *tessera_model_name(model));
    CHECK(tessera_model_parameter_count(model) > 10000 && tessera_model_weight_bytes(model) > 40000);
    CHECK(tessera_model_metadata(model)[0] == '{');
    CHECK(tessera_model_function_count(model) == 1 && !tessera_model_function(model, 1));
    const tessera_function_info *main = tessera_model_function(model, 0);
    CHECK(!strcmp(main->name, "main") && main->inputs[0].is_tensor && main->inputs[0].dtype == TESSERA_I64);
    CHECK(main->inputs[0].rank == 2 && main->inputs[0].shape[0].value == -1 && main->inputs[0].shape[0].symbol);
    tessera_compiled *compiled = NULL;
    OK(tessera_model_compile(model, NULL, &compiled, &error));
    tessera_model_free(model); /* what was compiled of it stays */
    CHECK(tessera_compiled_weight_bytes(compiled) > 40000 && !tessera_compiled_report(compiled));
    for (int set = 0; set < 2; set++) run_encoder(compiled, set);
    tessera_compiled_free(compiled);

    size_t count;
    unsigned char *bytes = contents(ENCODER "/model.onnx", &count);
    OK(tessera_model_open_memory(bytes, count, "encoder", NULL, &same, &error));
    memset(bytes, 0, count);
    free(bytes);
    tessera_compile_options options = TESSERA_COMPILE_OPTIONS_INIT;
    options.threads = 1;
    OK(tessera_model_compile(same, &options, &compiled, &error));
    run_encoder(compiled, 1);
    tessera_compiled_free(compiled);
    tessera_model_free(same);
}

/* Tokenizers of 4M: halves, precisions, a compiled file. */
static void tokenizer(void) {
    tessera_model *model = NULL;
    tessera_model_options half = TESSERA_MODEL_OPTIONS_INIT;
    half.part = "encoder";
    OK(tessera_model_open("Models/shapes/tok_rgb.safetensors", &half, &model, &error));
    CHECK(strstr(tessera_model_metadata(model), "\"family\""));
    tessera_compile_options options = TESSERA_COMPILE_OPTIONS_INIT;
    tessera_override override = {"*", "w8"};
    tessera_size largest = {"batch", 2};
    const char *keep[] = {"tokenize"};
    options.precision = "bf16";
    options.overrides = &override;
    options.override_count = 1;
    options.functions = keep;
    options.function_count = 1;
    options.largest_sizes = &largest;
    options.largest_size_count = 1;
    char path[] = "/tmp/tessera-c-XXXXXX.tess", *report = NULL;
    int file = mkstemps(path, 5);
    CHECK(file >= 0);
    OK(tessera_model_write(model, path, &options, &report, &error));
    CHECK(report && strstr(report, "\"layers\""));
    tessera_string_free(report);
    tessera_compiled *compiled = NULL;
    OK(tessera_compiled_open(path, &compiled, &error));
    CHECK(tessera_compiled_function_count(compiled) == 1 && !strcmp(tessera_compiled_function(compiled, 0)->name, "tokenize"));
    float *pixels = calloc(3 * 224 * 224, sizeof *pixels);
    int64_t shape[] = {1, 3, 224, 224};
    tessera_tensor image = tensor_over("image", TESSERA_F32, 4, shape, pixels, 3 * 224 * 224 * sizeof *pixels);
    tessera_session *session = NULL;
    OK(tessera_session_create(compiled, 0, &session, &error));
    tessera_results *results = NULL;
    OK(tessera_session_run(session, "tokenize", &image, 1, NULL, &results, &error));
    const tessera_tensor *tokens = tessera_results_get(results, 0);
    CHECK(tokens && tokens->rank == 3 && tokens->shape[1] == 14 && tokens->shape[2] == 14);
    tessera_results_free(results);
    int64_t three[] = {3, 3, 224, 224};
    image = tensor_over("image", TESSERA_F32, 4, three, pixels, 3 * 3 * 224 * 224 * sizeof *pixels);
    image.data = pixels = realloc(pixels, image.bytes);
    memset(pixels, 0, image.bytes);
    FAILS(TESSERA_USAGE, "batch", tessera_session_run(session, "tokenize", &image, 1, NULL, &results, &error));
    CHECK(results == NULL);
    tessera_session_free(session);
    tessera_compiled_free(compiled);
    tessera_model_free(model);
    free(pixels);
    remove(path);
}

static void reports(void) {
    const char *kinds[] = {"summary", "ops", "cost", "memory", "weights", "passes"};
    const char *words[] = {"\"functions\"", "\"op\"", "\"peaks\"", "\"parts\"", "\"tensors\"", "\"rules\""};
    tessera_size sizes[] = {{"batch", 1}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char *json = NULL;
        /* These two tell what the machine reaches, which is measured: for an hour under Valgrind. */
        if (is_slow() && (!strcmp(kinds[i], "summary") || !strcmp(kinds[i], "cost"))) continue;
        OK(tessera_inspect(ENCODER "/model.onnx", kinds[i], NULL, NULL, 0, &json, &error));
        CHECK(json && json[0] == '{' && strstr(json, words[i]));
        tessera_string_free(json);
    }
    char *json = NULL;
    OK(tessera_inspect("Models/shapes/tok_rgb.safetensors", is_slow() ? "memory" : "cost", "tokenize", sizes, 1, &json, &error));
    CHECK(json && strstr(json, "tokenize"));
    tessera_string_free(json);
    if (!is_slow()) {
        OK(tessera_inspect("Models/shapes", "summary", NULL, NULL, 0, &json, &error));
        CHECK(json && strstr(json, "tok_depth"));
        tessera_string_free(json);
    }
    FAILS(TESSERA_USAGE, "no size called 'k'",
        tessera_inspect(ENCODER "/model.onnx", "cost", NULL, &(tessera_size){"k", 1}, 1, &json, &error));
    FAILS(TESSERA_USAGE, "what 'costs'", tessera_inspect(ENCODER "/model.onnx", "costs", NULL, NULL, 0, &json, &error));
    FAILS(TESSERA_USAGE, "bundle", tessera_inspect("Models/shapes", "cost", NULL, NULL, 0, &json, &error));
    FAILS(TESSERA_USAGE, "no such function", tessera_inspect(ENCODER "/model.onnx", "ops", "f", NULL, 0, &json, &error));
    CHECK(json == NULL);
}

int main(void) {
    CHECK(!strcmp(tessera_version(), "0.1"));
    encoder();
    if (!is_slow()) tokenizer();
    reports();
    return finish("models");
}
