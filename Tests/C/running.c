/* Running: buffers of the caller, states, strings, callbacks, cancellation, and nothing asked of the heap by a call like the last. */
#include "check.h"

#ifdef COUNTED_HEAP
#include "counted_heap.h"
#else
static long counted_heap_requests(void) { return -1; }
#endif

static tessera_compiled *compiled_node(const char *op, int type, const char *b) {
    message bytes = one_node_model(op, type, b);
    tessera_model *model = NULL;
    tessera_compiled *compiled = NULL;
    OK(tessera_model_open_memory(bytes.bytes, bytes.count, op, NULL, &model, &error));
    OK(tessera_model_compile(model, NULL, &compiled, &error));
    tessera_model_free(model);
    return compiled;
}

static void buffers(void) {
    tessera_compiled *compiled = compiled_node("Mul", ONNX_FLOAT, "b");
    tessera_session *session = NULL;
    OK(tessera_session_create(compiled, 1, &session, &error));
    float a[4] = {1, 2, 3, 4}, b[4] = {5, 6, 7, 8}, y[4], wide[8] = {0};
    int64_t four = 4, three = 3, minus = -4;
    tessera_tensor inputs[2] = {
        tensor_over("a", TESSERA_F32, 1, &four, a, sizeof a), tensor_over("b", TESSERA_F32, 1, &four, b, sizeof b)};
    tessera_tensor output = tensor_over("y", TESSERA_F32, 1, &four, y, sizeof y);
    OK(tessera_session_run_into(session, "main", inputs, 2, &output, 1, NULL, &error));
    CHECK(y[0] == 5 && y[3] == 32);
    a[0] = 10; /* what is written there is what the next run reads */
    OK(tessera_session_run_into(session, NULL, inputs, 2, &output, 1, NULL, &error));
    CHECK(y[0] == 50 && y[1] == 12);
    inputs[0].data = b; /* one buffer may be read twice */
    OK(tessera_session_run_into(session, NULL, inputs, 2, &output, 1, NULL, &error));
    CHECK(y[0] == 25);
    inputs[0].data = a;

    output.data = a;
    FAILS(TESSERA_USAGE, "overlaps", tessera_session_run_into(session, NULL, inputs, 2, &output, 1, NULL, &error));
    output.data = (char *)b + 4;
    FAILS(TESSERA_USAGE, "overlaps", tessera_session_run_into(session, NULL, inputs, 2, &output, 1, NULL, &error));
    output.data = (char *)wide + 2;
    FAILS(TESSERA_USAGE, "outputs[0].data is not aligned", tessera_session_run_into(session, NULL, inputs, 2, &output, 1, NULL, &error));
    output.data = NULL;
    FAILS(TESSERA_USAGE, "outputs[0].data is NULL", tessera_session_run_into(session, NULL, inputs, 2, &output, 1, NULL, &error));
    output.data = y;
    output.bytes = 12;
    FAILS(TESSERA_USAGE, "takes 16 bytes, not 12", tessera_session_run_into(session, NULL, inputs, 2, &output, 1, NULL, &error));
    output.shape = &three;
    FAILS(TESSERA_USAGE, "'y'", tessera_session_run_into(session, NULL, inputs, 2, &output, 1, NULL, &error));
    output.shape = &minus;
    FAILS(TESSERA_USAGE, "negative", tessera_session_run_into(session, NULL, inputs, 2, &output, 1, NULL, &error));
    output = tensor_over("z", TESSERA_F32, 1, &four, y, sizeof y);
    FAILS(TESSERA_USAGE, "no output 'z'", tessera_session_run_into(session, NULL, inputs, 2, &output, 1, NULL, &error));
    FAILS(TESSERA_USAGE, "needs a buffer", tessera_session_run_into(session, NULL, inputs, 2, NULL, 0, NULL, &error));
    output.name = "y";
    tessera_tensor twice[2] = {output, output};
    FAILS(TESSERA_USAGE, "'y' twice", tessera_session_run_into(session, NULL, inputs, 2, twice, 2, NULL, &error));
    tessera_results *results = NULL;
    FAILS(TESSERA_USAGE, "'b'", tessera_session_run(session, NULL, inputs, 1, NULL, &results, &error));
    inputs[1].name = "c";
    FAILS(TESSERA_USAGE, "b", tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
    inputs[1].name = "a";
    FAILS(TESSERA_USAGE, "'a' twice", tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
    inputs[1].name = NULL;
    FAILS(TESSERA_USAGE, "inputs[1].name is NULL", tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
    inputs[1].name = "b";
    inputs[1].dtype = TESSERA_I32;
    FAILS(TESSERA_USAGE, "b", tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
    inputs[1].dtype = (tessera_dtype)99;
    FAILS(TESSERA_USAGE, "inputs[1].dtype is 99", tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
    inputs[1].dtype = TESSERA_F32;
    inputs[1].struct_size = 0;
    FAILS(TESSERA_USAGE, "inputs", tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
    inputs[1].struct_size = sizeof inputs[1];
    FAILS(TESSERA_USAGE, "number of inputs", tessera_session_run(session, NULL, inputs, (size_t)-2, NULL, &results, &error));
    FAILS(TESSERA_USAGE, "inputs is NULL", tessera_session_run(session, NULL, NULL, 2, NULL, &results, &error));
    FAILS(TESSERA_USAGE, "no function 'f'", tessera_session_run(session, "f", inputs, 2, NULL, &results, &error));
    FAILS(TESSERA_USAGE, "results is NULL", tessera_session_run(session, NULL, inputs, 2, NULL, NULL, &error));
    int64_t huge = (int64_t)1 << 50;
    inputs[0].shape = &huge;
    FAILS(TESSERA_OUT_OF_RESOURCES, "more than this machine has", tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
    CHECK(results == NULL);
    tessera_session_free(session);
    tessera_compiled_free(compiled);
}

/* What a model passes on is the caller's neither before nor after. */
static void passed_on(void) {
    const char *ops[] = {"Identity", "Relu"};
    for (int i = 0; i < 2; i++) {
        tessera_compiled *compiled = compiled_node(ops[i], ONNX_FLOAT, NULL);
        tessera_session *session = NULL;
        OK(tessera_session_create(compiled, 1, &session, &error));
        float a[3] = {1, 2, 3}, y[3] = {0};
        int64_t three = 3, none = 0;
        tessera_tensor input = tensor_over("a", TESSERA_F32, 1, &three, a, sizeof a);
        tessera_tensor output = tensor_over("y", TESSERA_F32, 1, &three, y, sizeof y);
        tessera_results *results = NULL;
        OK(tessera_session_run(session, NULL, &input, 1, NULL, &results, &error));
        const tessera_tensor *result = tessera_results_get(results, 0);
        a[0] = 7;
        CHECK(result && result->data != a && ((float *)result->data)[0] == 1);
        tessera_results_free(results);
        OK(tessera_session_run_into(session, NULL, &input, 1, &output, 1, NULL, &error));
        CHECK(y[0] == 7 && y[2] == 3);
        input = tensor_over("a", TESSERA_F32, 1, &none, NULL, 0);
        OK(tessera_session_run(session, NULL, &input, 1, NULL, &results, &error));
        result = tessera_results_get(results, 0);
        CHECK(result && result->rank == 1 && result->shape[0] == 0 && result->bytes == 0);
        tessera_results_free(results);
        tessera_session_free(session);
        tessera_compiled_free(compiled);
    }
}

/* A tensor struct of a later version of the header. */
static void later_versions(void) {
    tessera_compiled *compiled = compiled_node("Mul", ONNX_FLOAT, "b");
    tessera_session *session = NULL;
    OK(tessera_session_create(compiled, 1, &session, &error));
    struct { tessera_tensor tensor; void *later; } inputs[2];
    float a[2] = {3, 4}, b[2] = {5, 6};
    int64_t two = 2;
    memset(inputs, 0, sizeof inputs);
    inputs[0].tensor = tensor_over("a", TESSERA_F32, 1, &two, a, sizeof a);
    inputs[1].tensor = tensor_over("b", TESSERA_F32, 1, &two, b, sizeof b);
    for (int i = 0; i < 2; i++) inputs[i].tensor.struct_size = sizeof inputs[0];
    tessera_results *results = NULL;
    OK(tessera_session_run(session, NULL, &inputs[0].tensor, 2, NULL, &results, &error));
    const tessera_tensor *y = tessera_results_get(results, 0);
    CHECK(y && ((float *)y->data)[1] == 24);
    tessera_results_free(results);
    inputs[1].later = a;
    FAILS(TESSERA_USAGE, "does not know", tessera_session_run(session, NULL, &inputs[0].tensor, 2, NULL, &results, &error));
    tessera_session_free(session);
    tessera_compiled_free(compiled);
}

static void strings(void) {
    tessera_compiled *compiled = compiled_node("StringConcat", ONNX_STRING, "b");
    CHECK(tessera_compiled_function(compiled, 0)->inputs[0].dtype == TESSERA_STRING);
    tessera_session *session = NULL;
    OK(tessera_session_create(compiled, 1, &session, &error));
    const char *a[] = {"sp", "", "c\303\266"}, *b[] = {"here", "cube", "ne"}, *bad[] = {"x", "\377", "y"}, *none[] = {"x", NULL, "y"};
    int64_t three = 3;
    tessera_tensor inputs[2] = {
        tensor_over("a", TESSERA_STRING, 1, &three, a, sizeof a), tensor_over("b", TESSERA_STRING, 1, &three, b, sizeof b)};
    tessera_results *results = NULL;
    for (int round = 0; round < 2; round++) {
        OK(tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
        const tessera_tensor *y = tessera_results_get(results, 0);
        CHECK(y && y->dtype == TESSERA_STRING && y->bytes == sizeof a);
        const char *const *texts = y->data;
        CHECK(!strcmp(texts[0], round ? "atmosphere" : "sphere") && !strcmp(texts[1], "cube") && !strcmp(texts[2], "c\303\266ne"));
        tessera_results_free(results);
        a[0] = "atmosp";
    }
    inputs[0].data = bad;
    FAILS(TESSERA_USAGE, "string 1", tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
    inputs[0].data = none;
    FAILS(TESSERA_USAGE, "string 1", tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
    inputs[0].data = a;
    inputs[0].bytes = 9;
    FAILS(TESSERA_USAGE, "pointers", tessera_session_run(session, NULL, inputs, 2, NULL, &results, &error));
    tessera_tensor output = tensor_over("y", TESSERA_STRING, 1, &three, a, sizeof a);
    inputs[0].bytes = sizeof a;
    FAILS(TESSERA_UNSUPPORTED, "strings", tessera_session_run_into(session, NULL, inputs, 2, &output, 1, NULL, &error));
    tessera_session_free(session);
    tessera_compiled_free(compiled);
}

struct told {
    int steps;
    uint64_t nanoseconds;
    tessera_session *session;
    tessera_cancellation *cancellation;
};

static void on_step(const char *kernel, const char *node, uint64_t nanoseconds, void *context) {
    struct told *told = context;
    CHECK(kernel && *kernel && node);
    told->steps++;
    told->nanoseconds += nanoseconds;
    /* Within itself a session does not run. */
    tessera_results *results = NULL;
    if (told->session) FAILS(TESSERA_USAGE, "running already", tessera_session_run(told->session, "tokenize", NULL, 0, NULL, &results, &error));
    if (told->cancellation) tessera_cancellation_cancel(told->cancellation);
}

static void callbacks(void) {
    tessera_model *model = NULL;
    tessera_compiled *compiled = NULL;
    tessera_session *session = NULL;
    OK(tessera_model_open("Models/shapes/tok_rgb.safetensors", NULL, &model, &error));
    OK(tessera_model_compile(model, NULL, &compiled, &error));
    tessera_model_free(model);
    OK(tessera_session_create(compiled, 2, &session, &error));
    const size_t count = 3 * 112 * 112;
    float *pixels = malloc(count * sizeof *pixels);
    for (size_t i = 0; i < count; i++) pixels[i] = (float)(i % 255) / 127.5f - 1;
    int64_t shape[] = {1, 3, 112, 112}, grid[] = {1, 7, 7}, vectors[] = {1, 32, 7, 7};
    tessera_tensor image = tensor_over("image", TESSERA_F32, 4, shape, pixels, count * sizeof *pixels);
    struct told told = {0, 0, session, NULL};
    tessera_run_options options = TESSERA_RUN_OPTIONS_INIT;
    options.on_step = on_step;
    options.context = &told;
    tessera_results *results = NULL, *none = NULL;
    OK(tessera_session_run(session, "tokenize", &image, 1, &options, &results, &error));
    CHECK(told.steps > 10 && told.nanoseconds > 0);
    int all = told.steps;
    told.session = NULL;
    const tessera_tensor *tokens = NULL;
    for (size_t i = 0; i < tessera_results_count(results); i++)
        if (!strcmp(tessera_results_get(results, i)->name, "tokens")) tokens = tessera_results_get(results, i);
    CHECK(tokens && tokens->dtype == TESSERA_I64 && tokens->bytes == 49 * 8);

    int64_t ids[49];
    float latents[32 * 49], quant[32 * 49];
    tessera_tensor outputs[3] = {
        tensor_over("tokens", TESSERA_I64, 3, grid, ids, sizeof ids),
        tensor_over("latents", TESSERA_F32, 4, vectors, latents, sizeof latents),
        tensor_over("quant", TESSERA_F32, 4, vectors, quant, sizeof quant)};
    for (int i = 0; i < 3; i++) OK(tessera_session_run_into(session, "tokenize", &image, 1, outputs, 3, NULL, &error));
    CHECK(tokens && !memcmp(ids, tokens->data, sizeof ids));
    long before = counted_heap_requests();
    for (int i = 0; i < 5; i++) CHECK(!tessera_session_run_into(session, "tokenize", &image, 1, outputs, 3, NULL, NULL));
    long after = counted_heap_requests();
    if (after != before) fprintf(stderr, "%ld requests to the heap in 5 runs\n", after - before);
    CHECK(after == before);

    told.steps = 0;
    told.cancellation = tessera_cancellation_create();
    options.cancellation = told.cancellation;
    CHECK(!tessera_cancellation_is_cancelled(told.cancellation));
    FAILS(TESSERA_CANCELLED, "", tessera_session_run_into(session, "tokenize", &image, 1, outputs, 3, &options, &error));
    CHECK(told.steps > 0 && told.steps < all && tessera_cancellation_is_cancelled(told.cancellation));
    FAILS(TESSERA_CANCELLED, "", tessera_session_run(session, "tokenize", &image, 1, &options, &none, &error));
    tessera_cancellation_free(told.cancellation);
    /* It runs on. */
    OK(tessera_session_run_into(session, "tokenize", &image, 1, outputs, 3, NULL, &error));
    tessera_results_free(results);
    tessera_session_free(session);
    tessera_compiled_free(compiled);
    free(pixels);
}

int main(void) {
    buffers();
    passed_on();
    later_versions();
    strings();
    callbacks();
    return finish("running");
}
