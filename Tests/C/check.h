/* What the programs here share: checks that count, and the protobuf messages that they read and write. */
#ifndef CHECK_H
#define CHECK_H

#include "tessera.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures, checks;

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        __atomic_fetch_add(&checks, 1, __ATOMIC_RELAXED);                                 \
        if (!(condition)) {                                                               \
            __atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);                           \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);     \
        }                                                                                 \
    } while (0)

/* A call that must succeed; its message is printed where it does not. */
#define OK(call)                                                                                                             \
    do {                                                                                                                     \
        tessera_error *error = NULL;                                                                                         \
        __atomic_fetch_add(&checks, 1, __ATOMIC_RELAXED);                                                                    \
        if ((call) != TESSERA_OK) {                                                                                          \
            __atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);                                                              \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, error ? tessera_error_message(error) : "no error"); \
            tessera_error_free(error);                                                                                       \
        }                                                                                                                    \
    } while (0)

/* A call that must fail so, with `words` in its message. */
#define FAILS(wanted, words, call)                                                                                              \
    do {                                                                                                                        \
        tessera_error *error = NULL;                                                                                            \
        tessera_status got = (call);                                                                                            \
        const char *said = error ? tessera_error_message(error) : "no error";                                                   \
        __atomic_fetch_add(&checks, 1, __ATOMIC_RELAXED);                                                                       \
        if (got != (wanted) || !strstr(said, (words)) || tessera_error_status(error) != (wanted)) {                             \
            __atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);                                                                 \
            fprintf(stderr, "%s:%d: %s: status %d, '%s'; wanted %d, '%s'\n", __FILE__, __LINE__, #call, (int)got, said,          \
                (int)(wanted), (words));                                                                                        \
        }                                                                                                                       \
        tessera_error_free(error);                                                                                              \
    } while (0)

/* Whether a tool runs the program that makes it a hundred times as slow. */
static inline int is_slow(void) { return getenv("TESSERA_SLOW_TOOL") != NULL; }

static inline int finish(const char *program) {
    if (failures) {
        fprintf(stderr, "%s: %d of %d checks failed\n", program, failures, checks);
        return 1;
    }
    printf("%s: %d checks\n", program, checks);
    return 0;
}

/* All of a file, which the caller frees; ends the program where there is none. */
static inline unsigned char *contents(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    long size = ftell(file);
    unsigned char *bytes = malloc((size_t)size + 1);
    rewind(file);
    *count = fread(bytes, 1, (size_t)size, file);
    fclose(file);
    return bytes;
}

/* ---- Messages of protobuf, as ONNX has them ---- */

static inline uint64_t read_varint(const unsigned char *bytes, size_t *at) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        unsigned char byte = bytes[(*at)++];
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) break;
    }
    return value;
}

/* A TensorProto with raw data; `shape` has room for 8. The data lie in the file's bytes, at whatever address, and are copied. */
static inline void *read_tensor(const char *path, size_t *rank, int64_t *shape, size_t *bytes) {
    size_t count, at = 0;
    unsigned char *file = contents(path, &count);
    void *data = NULL;
    *rank = *bytes = 0;
    while (at < count) {
        uint64_t tag = read_varint(file, &at), value = read_varint(file, &at);
        if ((tag & 7) == 2) {
            if (tag >> 3 == 1)
                for (size_t end = at + value, i = at; i < end;) shape[(*rank)++] = (int64_t)read_varint(file, &i);
            if (tag >> 3 == 9) {
                data = malloc(value + 1);
                memcpy(data, file + at, *bytes = value);
            }
            at += value;
        } else if (tag >> 3 == 1) {
            shape[(*rank)++] = (int64_t)value;
        }
    }
    free(file);
    return data;
}

typedef struct message {
    unsigned char bytes[4096];
    size_t count;
} message;

static inline void put_varint(message *m, uint64_t value) {
    for (; value >= 128; value >>= 7) m->bytes[m->count++] = (unsigned char)(value | 128);
    m->bytes[m->count++] = (unsigned char)value;
}

static inline void put_number(message *m, unsigned field, uint64_t value) {
    put_varint(m, field << 3);
    put_varint(m, value);
}

static inline void put_bytes(message *m, unsigned field, const void *bytes, size_t count) {
    put_varint(m, field << 3 | 2);
    put_varint(m, count);
    memcpy(m->bytes + m->count, bytes, count);
    m->count += count;
}

static inline void put_text(message *m, unsigned field, const char *text) { put_bytes(m, field, text, strlen(text)); }

static inline void put_message(message *m, unsigned field, const message *inner) { put_bytes(m, field, inner->bytes, inner->count); }

/* ValueInfoProto: a vector of `type` elements as ONNX numbers types. */
static inline message value_info(const char *name, int type, const char *symbol) {
    message dim = {{0}, 0}, shape = {{0}, 0}, tensor = {{0}, 0}, kind = {{0}, 0}, info = {{0}, 0};
    put_text(&dim, 2, symbol);
    put_message(&shape, 1, &dim);
    put_number(&tensor, 1, (uint64_t)type);
    put_message(&tensor, 2, &shape);
    put_message(&kind, 1, &tensor);
    put_text(&info, 1, name);
    put_message(&info, 2, &kind);
    return info;
}

/* A ModelProto of one node with the inputs `a` and `b` (NULL for one input) and the output `y`, all of one type and length. */
static inline message one_node_model(const char *op, int type, const char *b) {
    message node = {{0}, 0}, graph = {{0}, 0}, opset = {{0}, 0}, model = {{0}, 0}, info;
    put_text(&node, 1, "a");
    if (b) put_text(&node, 1, b);
    put_text(&node, 2, "y");
    put_text(&node, 3, "the node");
    put_text(&node, 4, op);
    put_message(&graph, 1, &node);
    put_text(&graph, 2, "one");
    info = value_info("a", type, "n");
    put_message(&graph, 11, &info);
    if (b) {
        info = value_info(b, type, "n");
        put_message(&graph, 11, &info);
    }
    info = value_info("y", type, "n");
    put_message(&graph, 12, &info);
    put_number(&model, 1, 9);
    put_message(&model, 7, &graph);
    put_text(&opset, 1, "");
    put_number(&opset, 2, 20);
    put_message(&model, 8, &opset);
    return model;
}

enum { ONNX_FLOAT = 1, ONNX_STRING = 8 };

static inline tessera_tensor tensor_over(const char *name, tessera_dtype type, size_t rank, const int64_t *shape, void *data, size_t bytes) {
    tessera_tensor made = TESSERA_TENSOR_INIT;
    made.name = name;
    made.dtype = type;
    made.rank = rank;
    made.shape = shape;
    made.data = data;
    made.bytes = bytes;
    return made;
}

#endif
