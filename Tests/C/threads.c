/* Eight threads: sessions of one model, models of their own, errors, one session that all want; then a forked child. */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, RUNS = 20 };

static tessera_compiled *shared;
static tessera_session *wanted;
static float expected[64];

static void run(tessera_session *session, int *refused) {
    float a[64], y[64];
    int64_t n = 64;
    for (int i = 0; i < 64; i++) a[i] = (float)i - 32;
    tessera_tensor input = tensor_over("a", TESSERA_F32, 1, &n, a, sizeof a), output = tensor_over("y", TESSERA_F32, 1, &n, y, sizeof y);
    tessera_error *error = NULL;
    tessera_status status = tessera_session_run_into(session, NULL, &input, 1, &output, 1, NULL, &error);
    if (refused && status == TESSERA_USAGE) {
        CHECK(strstr(tessera_error_message(error), "running already"));
        (*refused)++;
    } else {
        CHECK(status == TESSERA_OK && !memcmp(y, expected, sizeof y));
    }
    tessera_error_free(error);
}

static void *work(void *argument) {
    int *refused = argument;
    tessera_session *own = NULL;
    OK(tessera_session_create(shared, 2, &own, &error));
    for (int i = 0; i < RUNS; i++) run(own, NULL);
    tessera_session_free(own);
    for (int i = 0; i < RUNS; i++) run(wanted, refused);
    for (int i = 0; i < 3; i++) {
        message bytes = one_node_model("Tanh", ONNX_FLOAT, NULL);
        tessera_model *model = NULL;
        tessera_compiled *compiled = NULL;
        OK(tessera_model_open_memory(bytes.bytes, bytes.count, NULL, NULL, &model, &error));
        OK(tessera_model_compile(model, NULL, &compiled, &error));
        CHECK(tessera_compiled_function(shared, 0)->input_count == 1);
        OK(tessera_session_create(compiled, 1, &own, &error));
        tessera_compiled_free(compiled);
        tessera_model_free(model);
        run(own, NULL);
        tessera_session_free(own);
        FAILS(TESSERA_NOT_FOUND, "", tessera_model_open("/nowhere", NULL, &model, &error));
    }
    return NULL;
}

int main(void) {
    message bytes = one_node_model("Tanh", ONNX_FLOAT, NULL);
    tessera_model *model = NULL;
    OK(tessera_model_open_memory(bytes.bytes, bytes.count, NULL, NULL, &model, &error));
    OK(tessera_model_compile(model, NULL, &shared, &error));
    tessera_model_free(model);
    OK(tessera_session_create(shared, 1, &wanted, &error));
    float a[64];
    int64_t n = 64;
    for (int i = 0; i < 64; i++) a[i] = (float)i - 32;
    tessera_tensor input = tensor_over("a", TESSERA_F32, 1, &n, a, sizeof a);
    tessera_results *results = NULL;
    OK(tessera_session_run(wanted, NULL, &input, 1, NULL, &results, &error));
    memcpy(expected, tessera_results_get(results, 0)->data, sizeof expected);
    tessera_results_free(results);
    pthread_t threads[THREADS];
    int refused[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) CHECK(!pthread_create(&threads[i], NULL, work, &refused[i]));
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    /* A forked child goes on with what its parent made. */
    pid_t child = fork();
    if (child == 0) {
        tessera_session *own = NULL;
        OK(tessera_session_create(shared, 2, &own, &error));
        run(wanted, NULL);
        run(own, NULL);
        _exit(failures != 0);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    tessera_session_free(wanted);
    tessera_compiled_free(shared);
    return finish("threads");
}
