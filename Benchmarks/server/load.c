// Sends one HTTP/1.1 request again and again over kept connections, without pipelining, from one thread, and measures the answers.
//
// Closed loop: each connection sends when it has its answer. Open loop (--rate): requests are due at fixed times, wait for a free connection
// where all are busy, and their latencies count from when they were due, so that a server that stalls is not asked less.
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

typedef enum { IDLE, CONNECTING, SENDING, READING } stage;

typedef struct {
    int fd;             // -1 where there is none
    stage stage;
    bool has_request;   // one is on its way, or waits for the connection to open
    bool used;          // the connection has had an answer
    bool wants_out;     // as epoll knows it
    size_t sent;
    uint64_t due;       // nanoseconds: latencies count from here
    answer answer;
} connection;

static struct {
    options o;
    int poll, timer;
    connection *connections;
    uint64_t start, end;        // of what is measured
    uint64_t interval_begin;    // of the open loop
    long planned;               // requests of the open loop that were begun or left out
    long begun, done;           // counted requests
    long bad_status, bad_body, broken, refused, timed_out, reconnects, dropped;
    long statuses[1000];
    uint64_t sent_bytes, received_bytes, last;
    times latencies, lags;
} run;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool counts(uint64_t due) { return due >= run.start && due < run.end; }

static void drop(connection *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    c->stage = IDLE;
    c->used = false;
}

static void watch(connection *c, bool out) {
    if (c->wants_out == out) return;
    struct epoll_event event = {.events = EPOLLIN | (out ? EPOLLOUT : 0u), .data.ptr = c};
    epoll_ctl(run.poll, EPOLL_CTL_MOD, c->fd, &event);
    c->wants_out = out;
}

// Opens the connection; false where that fails at once.
static bool open_connection(connection *c) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)run.o.port)};
    if (inet_pton(AF_INET, run.o.host, &address.sin_addr) != 1) return false;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) return false;
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) {
        drop(c);
        return false;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    epoll_ctl(run.poll, EPOLL_CTL_ADD, c->fd, &event);
    c->wants_out = true;
    c->stage = CONNECTING;
    return true;
}

// The request at hand is over; `error` counts it where it failed. Whether it belongs to what is measured.
static bool finish(connection *c, long *error) {
    uint64_t time = now();
    if (!c->has_request) return false;
    c->has_request = false;
    // The closed loop counts answers of the time that is measured, however long before it they were asked for; and faults to the end.
    bool by_answer = run.o.rate <= 0 && !run.o.requests;
    if (by_answer ? time < run.start || (time >= run.end && !error) : !counts(c->due)) return false;
    run.done++;
    run.last = time;
    if (error) ++*error;
    else if (!times_add(&run.latencies, time - c->due)) run.dropped++;
    return true;
}

static void send_some(connection *c) {
    while (c->sent < run.o.request_bytes) {
        ssize_t count = send(c->fd, run.o.request + c->sent, run.o.request_bytes - c->sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return watch(c, true);
        // The server may have answered and closed before it had all; what it said is read next.
        if (count < 0) break;
        c->sent += (size_t)count;
        run.sent_bytes += (uint64_t)count;
    }
    c->stage = READING;
    watch(c, false);
}

static void begin(connection *c, uint64_t due) {
    c->has_request = true;
    c->due = due;
    c->sent = 0;
    answer_begin(&c->answer);
    if (counts(due)) {
        run.begun++;
        uint64_t time = now();
        times_add(&run.lags, time > due ? time - due : 0);
    }
    if (c->fd < 0 && !open_connection(c)) {
        finish(c, &run.refused);
        return;
    }
    if (c->stage == CONNECTING) return;
    c->stage = SENDING;
    send_some(c);
}

// The time of the next request of the open loop; 0 after the last.
static uint64_t next_due(void) {
    uint64_t due = run.interval_begin + (uint64_t)((double)run.planned * 1e9 / run.o.rate);
    return due < run.end ? due : 0;
}

// Whether nothing more is to be sent. What is due before the end is sent after it where no connection was free, for as long as it may take.
static bool is_over(uint64_t time) {
    if (run.o.requests && run.begun >= run.o.requests) return true;
    if (run.o.rate <= 0) return time >= run.end;
    return !next_due() || (double)time >= (double)run.end + run.o.timeout * 1e9;
}

// Gives a free connection its next request, if one is due.
static void feed(connection *c) {
    uint64_t time = now();
    if (c->has_request || is_over(time)) return;
    if (run.o.rate <= 0) return begin(c, time);
    uint64_t due = next_due();
    if (!due || due > time) return;
    run.planned++;
    begin(c, due);
}

static void answered(connection *c) {
    int status = c->answer.status;
    bool closes = c->answer.closes || c->answer.until_close;
    long *error = status != run.o.status ? &run.bad_status : c->answer.differs ? &run.bad_body : NULL;
    if (finish(c, error)) run.statuses[status]++;
    c->stage = IDLE;
    c->used = true;
    if (closes) drop(c);
}

// The connection is closed or broken.
static void lost(connection *c) {
    answer *a = &c->answer;
    if (c->has_request && a->in_body && a->until_close) {
        if (run.o.expected && a->body_bytes != run.o.expected_bytes) a->differs = true;
        return answered(c);
    }
    // A kept connection that the server closed before it saw the request: the request goes over another.
    bool again = c->has_request && c->used && a->head_bytes == 0;
    bool refused = c->stage == CONNECTING;
    drop(c);
    if (again) {
        run.reconnects++;
        c->sent = 0;
        if (!open_connection(c)) finish(c, &run.refused);
        return;
    }
    finish(c, refused ? &run.refused : &run.broken);
}

static void read_some(connection *c) {
    static char buffer[1 << 18];
    while (c->fd >= 0) {
        ssize_t count = recv(c->fd, buffer, sizeof buffer, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return lost(c);
        run.received_bytes += (uint64_t)count;
        answer_state state = c->has_request ? answer_feed(&c->answer, &run.o, buffer, (size_t)count) : ANSWER_BROKEN;
        if (state == ANSWER_DONE) return answered(c);
        if (state == ANSWER_BROKEN) {
            drop(c);
            finish(c, &run.broken);
            return;
        }
        if ((size_t)count < sizeof buffer) return;
    }
}

static void ready(connection *c, uint32_t events) {
    if (c->fd < 0) return;
    if (c->stage == CONNECTING) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) return lost(c);
        c->stage = c->has_request ? SENDING : IDLE;
        if (!c->has_request) return watch(c, false);
    }
    if (c->stage == SENDING && (events & EPOLLOUT)) send_some(c);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_some(c);
}

static void wake_at(uint64_t time) {
    struct itimerspec when = {.it_value = {(time_t)(time / 1000000000u), (long)(time % 1000000000u)}};
    timerfd_settime(run.timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void expire(uint64_t time) {
    for (int i = 0; i < run.o.connections; i++) {
        connection *c = &run.connections[i];
        if (!c->has_request || (double)(time - c->due) < run.o.timeout * 1e9 || time < c->due) continue;
        drop(c);
        finish(c, &run.timed_out);
    }
}

static bool is_busy(void) {
    for (int i = 0; i < run.o.connections; i++) if (run.connections[i].has_request) return true;
    return false;
}

static void loop(void) {
    struct epoll_event events[256];
    uint64_t checked = now();
    for (;;) {
        uint64_t time = now();
        for (int i = 0; i < run.o.connections; i++) feed(&run.connections[i]);
        if (is_over(time) && !is_busy()) return;
        if (time - checked > 50000000) expire(checked = time);
        if (!run.o.spins && run.o.rate > 0 && next_due() > time) wake_at(next_due());
        int count = epoll_wait(run.poll, events, 256, run.o.spins ? 0 : 50);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr) ready(events[i].data.ptr, events[i].events);
            else {
                uint64_t ticks;
                if (read(run.timer, &ticks, sizeof ticks) < 0) continue;
            }
        }
    }
}

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

static void report(struct rusage *before, uint64_t began) {
    struct rusage after;
    getrusage(RUSAGE_SELF, &after);
    double cpu = seconds(after.ru_utime) + seconds(after.ru_stime) - seconds(before->ru_utime) - seconds(before->ru_stime);
    // Answers that came after the end belong to what was sent before it.
    double measured = (double)((run.o.rate > 0 && run.last > run.end ? run.last : run.o.requests ? run.last : run.end) - run.start) / 1e9;
    // Due, and never sent, as no connection was free in time.
    long unsent = 0;
    if (run.o.rate > 0 && !run.o.requests) while (next_due()) run.planned++, unsent++;
    long errors = run.bad_status + run.bad_body + run.broken + run.refused + run.timed_out + unsent;
    long good = (long)run.latencies.count;
    printf("{\"loop\": \"%s\", \"connections\": %d, ", run.o.rate > 0 ? "open" : "closed", run.o.connections);
    if (run.o.rate > 0) printf("\"planned_rate\": %.3f, ", run.o.rate);
    printf("\"requests\": %ld, \"errors\": %ld, ", run.done + unsent, errors);
    printf(
        "\"error_kinds\": {\"status\": %ld, \"body\": %ld, \"broken\": %ld, \"refused\": %ld, \"timeout\": %ld, \"unsent\": %ld}, ",
        run.bad_status, run.bad_body, run.broken, run.refused, run.timed_out, unsent);
    printf("\"statuses\": {");
    for (int i = 0, any = 0; i < 1000; i++) {
        if (run.statuses[i]) printf("%s\"%d\": %ld", any++ ? ", " : "", i, run.statuses[i]);
    }
    printf("}, \"seconds\": %.3f, \"rate\": %.3f, \"latency_us\": ", measured, measured > 0 ? (double)good / measured : 0);
    times_print(&run.latencies);
    printf(", \"send_lag_us\": ");
    times_print(&run.lags);
    printf(", \"bytes_sent\": %llu, \"bytes_received\": %llu, ", (unsigned long long)run.sent_bytes, (unsigned long long)run.received_bytes);
    printf(
        "\"reconnects\": %ld, \"client_cpu_seconds\": %.3f, \"client_cpu_share\": %.3f}\n", run.reconnects, cpu,
        cpu / ((double)(now() - began) / 1e9));
    exit(errors || run.dropped ? 1 : 0);
}

int main(int argc, char **argv) {
    run.o = read_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    run.poll = epoll_create1(EPOLL_CLOEXEC);
    run.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    run.connections = calloc((size_t)run.o.connections, sizeof *run.connections);
    if (run.poll < 0 || run.timer < 0 || !run.connections) {
        perror("load");
        return 2;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(run.poll, EPOLL_CTL_ADD, run.timer, &event);
    for (int i = 0; i < run.o.connections; i++) run.connections[i].fd = -1;
    uint64_t began = now();
    struct rusage before;
    getrusage(RUSAGE_SELF, &before);
    run.interval_begin = began;
    run.start = run.last = began + (uint64_t)(run.o.warmup * 1e9);
    run.end = run.start + (uint64_t)(run.o.seconds * 1e9);
    loop();
    report(&before, began);
}
