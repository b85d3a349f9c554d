/* Generation with the demo model: pictures from memory, events, cancellation, wrong requests, and two pipelines at once. */
#include "check.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct told {
    int progress, steps, last, most;
    pthread_t thread;
};

static bool on_event(const tessera_event *event, void *context) {
    struct told *told = context;
    CHECK(event->struct_size == sizeof *event && pthread_equal(told->thread, pthread_self()));
    CHECK(event->share >= 0 && event->share <= 1);
    if (event->kind == TESSERA_EVENT_PROGRESS) {
        CHECK(event->what && *event->what);
        told->progress++;
    } else {
        CHECK(event->kind == TESSERA_EVENT_STEP && event->target && event->token_count > 0 && event->tokens && event->step <= event->steps);
        told->steps++;
        told->last += event->is_last;
    }
    return told->most == 0 || told->steps < told->most;
}

static tessera_pipeline *opened(void) {
    tessera_pipeline *pipeline = NULL;
    OK(tessera_pipeline_open("Models/shapes", NULL, 2, &pipeline, &error));
    return pipeline;
}

static void modalities(const tessera_pipeline *pipeline) {
    CHECK(!strcmp(tessera_pipeline_name(pipeline), "shapes"));
    int found = 0;
    for (size_t i = 0; i < tessera_pipeline_modality_count(pipeline); i++) {
        const tessera_modality *modality = tessera_pipeline_modality(pipeline, i);
        if (!strcmp(modality->name, "caption")) found += modality->is_text && modality->is_input && modality->vocabulary_size > 0;
        if (strstr(modality->name, "tok_depth")) found += modality->is_output && modality->grid_rows == 14 && modality->grid_columns == 14;
    }
    CHECK(found == 2 && !tessera_pipeline_modality(pipeline, tessera_pipeline_modality_count(pipeline)));
}

/* A picture file in memory and the same picture as samples give the same. */
static void pictures(const tessera_pipeline *pipeline) {
    tessera_input input = TESSERA_INPUT_INIT;
    unsigned char *file = contents("Models/shapes/images/000_rgb.png", &input.bytes);
    input.kind = TESSERA_INPUT_ENCODED;
    input.data = file;
    tessera_given given = {"rgb@224", &input, 1, 0};
    const char *targets[] = {"caption", "tok_depth@224", "det"};
    struct told told = {0, 0, 0, 0, pthread_self()};
    tessera_generate_options options = TESSERA_GENERATE_OPTIONS_INIT;
    double cold = 0;
    options.inputs = &given;
    options.input_count = 1;
    options.targets = targets;
    options.target_count = 3;
    options.temperature = &cold;
    options.steps = 4;
    options.diffusion_steps = 2;
    options.max_tokens = 20;
    options.on_event = on_event;
    options.context = &told;
    tessera_generation *first = NULL, *second = NULL;
    OK(tessera_generate(pipeline, &options, &first, &error));
    CHECK(told.progress > 0 && told.steps > 4 && told.last == 3);
    CHECK(tessera_generation_count(first) == 3 && !tessera_generation_get(first, 3));
    const tessera_target *caption = tessera_generation_get(first, 0), *depth = tessera_generation_get(first, 1);
    const tessera_target *boxes = tessera_generation_get(first, 2);
    CHECK(caption && depth && boxes && caption->struct_size == sizeof *caption);
    if (!caption || !depth || !boxes) return;
    CHECK(!strcmp(caption->modality, "caption") && caption->text && *caption->text && caption->token_count > 0 && caption->sample == 0);
    CHECK(depth->token_count == 196 && depth->values && depth->values->rank == 2 && depth->values->shape[0] == 224);
    CHECK(depth->picture && depth->width == 224 && depth->height == 224 && (depth->channels == 1 || depth->channels == 3));
    CHECK(boxes->json || boxes->warning_count);
    for (size_t i = 0; i < boxes->box_count; i++) CHECK(boxes->boxes[i].label && boxes->boxes[i].x_min <= boxes->boxes[i].x_max);
    printf("generate: '%s', %zu boxes\n", caption->text, boxes->box_count);

    options.inputs = NULL;
    options.input_count = 0;
    options.on_event = NULL;
    options.seed = 3;
    options.target_count = 1;
    OK(tessera_generate(pipeline, &options, &second, &error));
    tessera_generation_free(second);

    char folder[] = "/tmp/tessera-c-XXXXXX", path[300];
    CHECK(mkdtemp(folder));
    OK(tessera_generation_write(first, folder, &error));
    snprintf(path, sizeof path, "rm -r '%s'", folder);
    CHECK(!system(path));

    /* Samples: a grey picture of a caller's, and one that is too small for what it says. */
    unsigned char *samples = malloc(64 * 64 * 3);
    memset(samples, 128, 64 * 64 * 3);
    input.kind = TESSERA_INPUT_PICTURE;
    input.data = samples;
    input.bytes = 64 * 64 * 3;
    input.width = input.height = 64;
    options.inputs = &given;
    options.input_count = 1;
    options.variations = 2;
    OK(tessera_generate(pipeline, &options, &second, &error));
    CHECK(tessera_generation_count(second) == 2 && tessera_generation_get(second, 1)->variation == 1);
    tessera_generation_free(second);
    options.variations = 0;
    input.width = 65;
    FAILS(TESSERA_USAGE, "", tessera_generate(pipeline, &options, &second, &error));
    input.width = -1;
    FAILS(TESSERA_USAGE, "", tessera_generate(pipeline, &options, &second, &error));
    input.width = 64;
    input.data = NULL;
    FAILS(TESSERA_USAGE, "data of an input", tessera_generate(pipeline, &options, &second, &error));
    input.kind = TESSERA_INPUT_ENCODED;
    input.data = samples;
    CHECK(tessera_generate(pipeline, &options, &second, NULL) != TESSERA_OK);

    /* Tokens as a tensor. */
    int64_t grid[] = {196};
    tessera_tensor tokens = tensor_over("tokens", TESSERA_I64, 1, grid, (void *)(uintptr_t)depth->tokens, 196 * 8);
    input = (tessera_input)TESSERA_INPUT_INIT;
    input.kind = TESSERA_INPUT_TENSOR;
    input.tensor = &tokens;
    given.modality = "tok_depth@224";
    OK(tessera_generate(pipeline, &options, &second, &error));
    CHECK(tessera_generation_count(second) == 1);
    tessera_generation_free(second);
    tessera_generation_free(first);
    free(samples);
    free(file);
}

/* What a mask hides is generated, and the rest stays; a program that was built before there were masks gives none. */
static void masks(const tessera_pipeline *pipeline) {
    int64_t ids[196], shape[] = {14, 14};
    unsigned char flags[196] = {0}, hole[28 * 28] = {0};
    for (int i = 0; i < 196; i++) ids[i] = i % 5;
    for (int i = 60; i < 64; i++) flags[i] = 1;
    for (int x = 8; x < 16; x++) hole[8 * 28 + x] = 255; /* row 4, columns 4 to 7 */
    tessera_tensor tokens = tensor_over("tokens", TESSERA_I64, 2, shape, ids, sizeof ids);
    tessera_tensor hidden = tensor_over("mask", TESSERA_BOOL, 2, shape, flags, sizeof flags);
    tessera_input input = TESSERA_INPUT_INIT, mask = TESSERA_INPUT_INIT;
    input.kind = mask.kind = TESSERA_INPUT_TENSOR;
    input.tensor = &tokens;
    mask.tensor = &hidden;
    tessera_given given = {"tok_semseg@224", &input, 1, 0}, masked = {"tok_semseg@224", &mask, 1, 0};
    const char *targets[] = {"tok_semseg@224", "caption"};
    tessera_generate_options options = TESSERA_GENERATE_OPTIONS_INIT;
    double cold = 0;
    options.inputs = &given;
    options.masks = &masked;
    options.input_count = options.mask_count = options.target_count = 1;
    options.targets = targets;
    options.temperature = &cold;
    options.steps = 2;
    tessera_generation *first = NULL, *second = NULL;
    OK(tessera_generate(pipeline, &options, &first, &error));
    mask.kind = TESSERA_INPUT_PICTURE;
    mask.data = hole;
    mask.bytes = sizeof hole;
    mask.width = mask.height = 28;
    mask.channels = 1;
    OK(tessera_generate(pipeline, &options, &second, &error));
    const tessera_target *a = tessera_generation_get(first, 0), *b = tessera_generation_get(second, 0);
    CHECK(a && b && a->token_count == 196 && b->token_count == 196);
    for (size_t i = 0; a && b && i < 196; i++) CHECK(a->tokens[i] == b->tokens[i] && (flags[i] || a->tokens[i] == ids[i]));
    tessera_generation_free(first);
    tessera_generation_free(second);

    masked.modality = "caption";
    FAILS(TESSERA_USAGE, "a mask was given for 'caption'", tessera_generate(pipeline, &options, &first, &error));
    masked.modality = "tok_semseg@224";
    mask.kind = TESSERA_INPUT_TEXT;
    mask.text = "white";
    FAILS(TESSERA_USAGE, "not a text", tessera_generate(pipeline, &options, &first, &error));
    options.masks = NULL;
    FAILS(TESSERA_USAGE, "options.masks is NULL", tessera_generate(pipeline, &options, &first, &error));
    options.struct_size = offsetof(tessera_generate_options, masks);
    FAILS(TESSERA_USAGE, "both given and a target", tessera_generate(pipeline, &options, &first, &error));
    options.struct_size -= 8;
    FAILS(TESSERA_USAGE, "options.struct_size", tessera_generate(pipeline, &options, &first, &error));
}

static void stops(const tessera_pipeline *pipeline) {
    tessera_input input = TESSERA_INPUT_INIT;
    input.kind = TESSERA_INPUT_TEXT;
    input.text = "a red sphere";
    tessera_given given = {"caption", &input, 1, 0};
    const char *targets[] = {"tok_rgb@224"};
    struct told told = {0, 0, 0, 2, pthread_self()};
    tessera_generate_options options = TESSERA_GENERATE_OPTIONS_INIT;
    options.inputs = &given;
    options.input_count = 1;
    options.targets = targets;
    options.target_count = 1;
    options.on_event = on_event;
    options.context = &told;
    tessera_generation *generation = NULL;
    FAILS(TESSERA_CANCELLED, "callback", tessera_generate(pipeline, &options, &generation, &error));
    CHECK(told.steps == 2 && generation == NULL);
    options.on_event = NULL;
    tessera_cancellation *cancellation = tessera_cancellation_create();
    tessera_cancellation_cancel(cancellation);
    options.cancellation = cancellation;
    FAILS(TESSERA_CANCELLED, "", tessera_generate(pipeline, &options, &generation, &error));
    tessera_cancellation_free(cancellation);
    options.cancellation = NULL;
    options.steps = -1;
    FAILS(TESSERA_USAGE, "options.steps", tessera_generate(pipeline, &options, &generation, &error));
    options.steps = 0;
    targets[0] = "tok_nothing";
    FAILS(TESSERA_USAGE, "tok_nothing", tessera_generate(pipeline, &options, &generation, &error));
    targets[0] = "tok_rgb@224";
    given.modality = "smell";
    FAILS(TESSERA_USAGE, "smell", tessera_generate(pipeline, &options, &generation, &error));
    given.modality = "caption";
    given.value_count = 0;
    FAILS(TESSERA_USAGE, "caption", tessera_generate(pipeline, &options, &generation, &error));
    given.value_count = 1;
    input.kind = (tessera_input_kind)9;
    FAILS(TESSERA_USAGE, "kind of an input", tessera_generate(pipeline, &options, &generation, &error));
    FAILS(TESSERA_USAGE, "options is NULL", tessera_generate(pipeline, NULL, &generation, &error));
    FAILS(TESSERA_USAGE, "pipeline is NULL", tessera_generate(NULL, &options, &generation, &error));
}

static void *captions(void *context) {
    tessera_pipeline *own = context ? NULL : opened();
    const char *targets[] = {"caption"};
    double cold = 0;
    tessera_input input = TESSERA_INPUT_INIT;
    input.kind = TESSERA_INPUT_FILE;
    input.text = "Models/shapes/images/001_rgb.png";
    tessera_given given = {"rgb@224", &input, 1, 0};
    tessera_generate_options options = TESSERA_GENERATE_OPTIONS_INIT;
    options.inputs = &given;
    options.input_count = 1;
    options.targets = targets;
    options.target_count = 1;
    options.temperature = &cold;
    options.max_tokens = 5;
    tessera_generation *generation = NULL;
    OK(tessera_generate(own ? own : context, &options, &generation, &error));
    const tessera_target *caption = tessera_generation_get(generation, 0);
    char *text = caption ? strdup(caption->text) : NULL;
    tessera_generation_free(generation);
    tessera_pipeline_free(own);
    return text;
}

int main(void) {
    tessera_pipeline *pipeline = opened();
    modalities(pipeline);
    if (!is_slow()) pictures(pipeline);
    if (!is_slow()) masks(pipeline);
    stops(pipeline);
    /* One of another pipeline, and three of this, which take turns. */
    int count = is_slow() ? 1 : 4;
    pthread_t threads[4];
    void *texts[4];
    for (int i = 0; i < count; i++) CHECK(!pthread_create(&threads[i], NULL, captions, i > 0 || count == 1 ? pipeline : NULL));
    for (int i = 0; i < count; i++) pthread_join(threads[i], &texts[i]);
    for (int i = 0; i < count; i++) CHECK(texts[i] && !strcmp(texts[i], texts[0]));
    for (int i = 0; i < count; i++) free(texts[i]);
    /* A forked child has not the threads that generate, and is told so. */
    pid_t child = fork();
    if (child == 0) {
        tessera_generate_options options = TESSERA_GENERATE_OPTIONS_INIT;
        tessera_generation *generation = NULL;
        tessera_pipeline *own = NULL;
        FAILS(TESSERA_USAGE, "forked", tessera_generate(pipeline, &options, &generation, &error));
        FAILS(TESSERA_USAGE, "forked", tessera_pipeline_open("Models/shapes", NULL, 1, &own, &error));
        /* It ends by a signal: Valgrind would count what only threads refer to that this process has not as lost. */
        kill(getpid(), failures ? SIGTERM : SIGKILL);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    tessera_pipeline_free(pipeline);
    return finish("generate");
}
