/* raw_tensors MODEL FUNCTION INPUT TYPE SHAPE IN OUT: as Examples/Sources/RawTensors, in C. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tessera.h>

static int fail(const char *what) {
    fprintf(stderr, "raw_tensors: %s\n", what);
    return 1;
}

static int write_file(const char *folder, const tessera_tensor *tensor) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.raw", folder, tensor->name);
    FILE *file = fopen(path, "wb");
    if (!file) return 1;
    size_t written = fwrite(tensor->data, 1, tensor->bytes, file);
    return (fclose(file) != 0) | (written != tensor->bytes);
}

int main(int count, char **words) {
    if (count != 8) return fail("seven arguments are needed");
    int64_t shape[8];
    tessera_tensor input = TESSERA_TENSOR_INIT;
    input.name = words[3];
    input.shape = shape;
    for (int type = TESSERA_F32; tessera_dtype_name(type); type++)
        if (!strcmp(tessera_dtype_name(type), words[4])) input.dtype = type;
    for (char *word = strtok(words[5], "x"); word && input.rank < 8; word = strtok(NULL, "x")) shape[input.rank++] = strtoll(word, NULL, 10);
    input.bytes = tessera_dtype_bytes(input.dtype, input.rank, shape);
    FILE *file = fopen(words[6], "rb");
    if (!file || input.bytes == SIZE_MAX || !(input.data = malloc(input.bytes))) return fail("there is no such input");
    size_t read = fread(input.data, 1, input.bytes, file);
    fclose(file);
    if (read != input.bytes) return fail("the input is too short");

    tessera_error *error = NULL;
    tessera_model *model = NULL;
    tessera_compiled *compiled = NULL;
    tessera_session *session = NULL;
    tessera_results *results = NULL;
    if (tessera_model_open(words[1], NULL, &model, &error) || tessera_model_compile(model, NULL, &compiled, &error) ||
        tessera_session_create(compiled, 0, &session, &error) ||
        tessera_session_run(session, words[2], &input, 1, NULL, &results, &error))
        return fail(tessera_error_message(error));
    mkdir(words[7], 0777);
    int failed = 0;
    for (size_t i = 0; i < tessera_results_count(results); i++) failed |= write_file(words[7], tessera_results_get(results, i));
    tessera_results_free(results);
    tessera_session_free(session);
    tessera_compiled_free(compiled);
    tessera_model_free(model);
    free(input.data);
    return failed ? fail("the outputs cannot be written") : 0;
}
