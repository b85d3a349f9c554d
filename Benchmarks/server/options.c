// The command line of the load client, and the request that it describes.
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: load --port N --path PATH [options]\n"
    "  --host ADDRESS        IPv4 address (127.0.0.1)\n"
    "  --method NAME         GET, or POST where there is a body\n"
    "  --header 'NAME: TEXT' a further header; as often as needed\n"
    "  --body FILE           body of every request\n"
    "  --connections N       open at once (1)\n"
    "  --seconds S           how long to measure (2), after --warmup S (0.5) that is not counted\n"
    "  --requests N          end after N requests\n"
    "  --rate R              open loop: R requests a second, latencies from the planned times of sending\n"
    "  --timeout S           after which a request is an error (30)\n"
    "  --status N            expected of every answer (200)\n"
    "  --expect FILE         expected body of every answer, byte for byte\n"
    "  --spin                poll in place of sleeping, for a core of one's own\n"
    "Prints a JSON object. Exit code 1 where a request failed.\n";

static void fail(const char *option, const char *why) {
    fprintf(stderr, "load: %s: %s\n%s", option, why, usage);
    exit(2);
}

static double number(const char *option, const char *text, double least, double most) {
    char *end = NULL;
    errno = 0;
    double value = strtod(text, &end);
    if (errno || end == text || *end || !(value >= least && value <= most)) fail(option, "a number out of range");
    return value;
}

static char *read_file(const char *option, const char *path, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (!file) fail(option, "the file cannot be read");
    size_t room = 1 << 16, count = 0, got;
    char *data = malloc(room);
    while (data && (got = fread(data + count, 1, room - count, file)) > 0) {
        count += got;
        if (count == room) data = realloc(data, room *= 2);
    }
    if (!data || ferror(file)) fail(option, "the file cannot be read");
    fclose(file);
    *bytes = count;
    return data;
}

// Head and body in one piece of memory.
static void build(options *o, const char *method, const char *path, const char *headers, const char *body, size_t body_bytes) {
    size_t room = strlen(path) + strlen(headers) + strlen(o->host) + body_bytes + 256;
    o->request = malloc(room);
    if (!o->request) fail("--body", "no memory");
    int head = snprintf(
        o->request, room, "%s %s HTTP/1.1\r\nHost: %s:%d\r\n%s", method, path, o->host, o->port, headers);
    if (body) head += snprintf(o->request + head, room - (size_t)head, "Content-Length: %zu\r\n", body_bytes);
    head += snprintf(o->request + head, room - (size_t)head, "\r\n");
    if (body) memcpy(o->request + head, body, body_bytes);
    o->request_bytes = (size_t)head + body_bytes;
}

options read_options(int argc, char **argv) {
    options o = {.host = "127.0.0.1", .connections = 1, .seconds = 2, .warmup = 0.5, .timeout = 30, .status = 200};
    const char *method = NULL, *path = NULL;
    char headers[16384] = "", *body = NULL;
    size_t body_bytes = 0;
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (!strcmp(name, "--spin")) {
            o.spins = true;
            continue;
        }
        if (!strcmp(name, "--help")) {
            fputs(usage, stdout);
            exit(0);
        }
        if (i + 1 == argc) fail(name, "an option without its value, or one that is not known");
        const char *value = argv[++i];
        if (!strcmp(name, "--host")) o.host = value;
        else if (!strcmp(name, "--port")) o.port = (int)number(name, value, 1, 65535);
        else if (!strcmp(name, "--path")) path = value;
        else if (!strcmp(name, "--method")) method = value;
        else if (!strcmp(name, "--body")) body = read_file(name, value, &body_bytes);
        else if (!strcmp(name, "--expect")) o.expected = read_file(name, value, &o.expected_bytes);
        else if (!strcmp(name, "--connections")) o.connections = (int)number(name, value, 1, 10000);
        else if (!strcmp(name, "--seconds")) o.seconds = number(name, value, 0.01, 86400);
        else if (!strcmp(name, "--warmup")) o.warmup = number(name, value, 0, 3600);
        else if (!strcmp(name, "--requests")) o.requests = (long)number(name, value, 1, 1e9);
        else if (!strcmp(name, "--rate")) o.rate = number(name, value, 0.001, 1e7);
        else if (!strcmp(name, "--timeout")) o.timeout = number(name, value, 0.001, 3600);
        else if (!strcmp(name, "--status")) o.status = (int)number(name, value, 100, 999);
        else if (!strcmp(name, "--header")) {
            if (strlen(headers) + strlen(value) + 3 > sizeof headers) fail(name, "headers are too long");
            strcat(strcat(headers, value), "\r\n");
        } else fail(name, "an option that is not known");
    }
    if (!o.port || !path) fail("--port and --path", "both are needed");
    build(&o, method ? method : body ? "POST" : "GET", path, headers, body, body_bytes);
    free(body);
    return o;
}
