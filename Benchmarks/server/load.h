// Parts of the load client: options, answers, times.
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is sent, to whom, how often and for how long.
typedef struct {
    const char *host;       // an IPv4 address
    int port;
    int connections;        // open at once
    double seconds;         // measured, after the warm-up
    double warmup;          // seconds that are not counted
    double rate;            // requests a second of the open loop; 0 for the closed loop
    long requests;          // most requests that are measured; 0 for no bound
    double timeout;         // seconds after which a request counts as an error
    int status;             // expected of every answer
    bool spins;             // polls in place of sleeping
    char *request;          // head and body, as they go over the wire
    size_t request_bytes;
    char *expected;         // body of every answer; NULL for any
    size_t expected_bytes;
} options;

// Reads the command line; on wrong usage prints why and ends the program with 2.
options read_options(int argc, char **argv);

// An answer on its way in.
typedef struct {
    char head[16384];       // status line and headers, as far as they came
    size_t head_bytes;
    bool in_body;
    bool chunked;           // the body is chunked: skipped to its end, not compared
    bool until_close;       // the body ends with the connection
    bool closes;            // the server closes after it
    int status;
    size_t length;          // of the body, as the head has it
    size_t body_bytes;      // that came
    bool differs;           // from what is expected
    int chunk_state;        // where in a chunked body
    size_t chunk_left;      // bytes of this chunk
    size_t chunk_line;      // characters of the line at hand
} answer;

typedef enum { ANSWER_MORE, ANSWER_DONE, ANSWER_BROKEN } answer_state;

void answer_begin(answer *a);

// Takes `count` bytes off the wire. ANSWER_DONE when they end the answer; what follows it is ANSWER_BROKEN, as nothing is pipelined.
answer_state answer_feed(answer *a, const options *o, const char *bytes, size_t count);

// Latencies in nanoseconds.
typedef struct {
    uint64_t *values;
    size_t count, room;
} times;

// Adds one; false without memory.
bool times_add(times *t, uint64_t nanoseconds);

// Sorts, and prints a JSON object: min, mean, p50, p90, p99, p99_9, max in microseconds.
void times_print(times *t);

#endif
