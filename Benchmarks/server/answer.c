// Reads HTTP/1.1 answers as they come.
#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void answer_begin(answer *a) {
    a->head_bytes = a->length = a->body_bytes = a->chunk_left = a->chunk_line = 0;
    a->in_body = a->chunked = a->until_close = a->closes = a->differs = false;
    a->status = a->chunk_state = 0;
}

// The value of a header in the head, whose last byte is NUL; NULL if it is not there.
static const char *header(const answer *a, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(a->head, "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, length) || line[2 + length] != ':') continue;
        line += 3 + length;
        while (*line == ' ') line++;
        return line;
    }
    return NULL;
}

// Understands the head when it is whole.
static bool begin_body(answer *a) {
    if (strncmp(a->head, "HTTP/1.1 ", 9)) return false;
    a->status = atoi(a->head + 9);
    if (a->status < 100 || a->status > 999) return false;
    const char *coding = header(a, "transfer-encoding"), *length = header(a, "content-length"), *connection = header(a, "connection");
    a->closes = connection && !strncasecmp(connection, "close", 5);
    a->chunked = coding && !strncasecmp(coding, "chunked", 7);
    a->until_close = !a->chunked && !length && a->status >= 200 && a->status != 204 && a->status != 304;
    a->length = length && !a->chunked ? strtoull(length, NULL, 10) : 0;
    a->in_body = true;
    return true;
}

// States: 0 line of a size, 1 bytes of a chunk, 2 end of a chunk's line, 3 trailers, 4 what follows a size.
static answer_state feed_chunks(answer *a, const char *bytes, size_t count) {
    for (size_t i = 0; i < count;) {
        if (a->chunk_state == 1) {
            size_t part = count - i < a->chunk_left ? count - i : a->chunk_left;
            a->chunk_left -= part;
            a->body_bytes += part;
            i += part;
            if (!a->chunk_left) a->chunk_state = 2;
            continue;
        }
        char c = bytes[i++];
        if (c == '\r') continue;
        if (c != '\n') {
            if (a->chunk_state == 2) return ANSWER_BROKEN;
            if (a->chunk_state == 0 && (c == ';' || c == ' ')) a->chunk_state = 4;
            if (a->chunk_state == 0) {
                int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
                if (digit < 0 || a->chunk_left >> 40) return ANSWER_BROKEN;
                a->chunk_left = a->chunk_left * 16 + (size_t)digit;
            }
            a->chunk_line++;
            continue;
        }
        if (a->chunk_state == 0 || a->chunk_state == 4) a->chunk_state = a->chunk_left ? 1 : 3;
        else if (a->chunk_state == 2) a->chunk_state = 0;
        else if (!a->chunk_line) return i == count ? ANSWER_DONE : ANSWER_BROKEN;
        a->chunk_line = 0;
    }
    return ANSWER_MORE;
}

answer_state answer_feed(answer *a, const options *o, const char *bytes, size_t count) {
    while (!a->in_body && count) {
        if (a->head_bytes + 1 == sizeof a->head) return ANSWER_BROKEN;
        a->head[a->head_bytes++] = *bytes++;
        count--;
        if (a->head_bytes < 4 || memcmp(a->head + a->head_bytes - 4, "\r\n\r\n", 4)) continue;
        a->head[a->head_bytes - 2] = 0;
        if (!begin_body(a)) return ANSWER_BROKEN;
        // An answer before the answer, as 100 Continue.
        if (a->status < 200) answer_begin(a);
    }
    if (!a->in_body) return ANSWER_MORE;
    if (a->chunked) return feed_chunks(a, bytes, count);
    if (o->expected && count && !a->differs) {
        a->differs = a->body_bytes + count > o->expected_bytes || memcmp(o->expected + a->body_bytes, bytes, count);
    }
    a->body_bytes += count;
    if (a->until_close) return ANSWER_MORE;
    if (a->body_bytes > a->length) return ANSWER_BROKEN;
    if (a->body_bytes < a->length) return ANSWER_MORE;
    if (o->expected && a->length != o->expected_bytes) a->differs = true;
    return ANSWER_DONE;
}
