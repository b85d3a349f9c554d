#define _GNU_SOURCE
#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/// Of curl.h.
enum {
    OPT_URL = 10002, OPT_PROXY = 10004, OPT_ERRORBUFFER = 10010, OPT_LOW_SPEED_LIMIT = 19, OPT_LOW_SPEED_TIME = 20,
    OPT_HTTPHEADER = 10023, OPT_NOPROGRESS = 43, OPT_NOBODY = 44, OPT_PROGRESSDATA = 10057, OPT_CAINFO = 10065,
    OPT_CONNECTTIMEOUT = 78, OPT_CAPATH = 10097, OPT_BUFFERSIZE = 98, OPT_NOSIGNAL = 99, OPT_PROXYUSERNAME = 10175,
    OPT_PROXYPASSWORD = 10176, OPT_NOPROXY = 10177, OPT_PROTOCOLS = 181, OPT_PROXY_CAINFO = 10246, OPT_PROXY_CAPATH = 10247,
    OPT_CAINFO_BLOB = 40309, OPT_PROXY_CAINFO_BLOB = 40310, OPT_SUPPRESS_CONNECT_HEADERS = 265, OPT_WRITEDATA = 10001, OPT_WRITEFUNCTION = 20011, OPT_HEADERDATA = 10029,
    OPT_HEADERFUNCTION = 20079, OPT_XFERINFOFUNCTION = 20219,
    INFO_SSL_VERIFYRESULT = 0x200000 + 13, INFO_HTTP_CONNECTCODE = 0x200000 + 22, INFO_OS_ERRNO = 0x200000 + 25,
    INFO_PROXY_SSL_VERIFYRESULT = 0x200000 + 47,
    GLOBAL_ALL = 3, PROTOCOLS_HTTP_AND_HTTPS = 3, ERROR_OUT_OF_MEMORY = 27, ERROR_CERTIFICATES = 77,
};

typedef struct curl_slist curl_slist;

static struct {
    int (*global_init)(long);
    void *(*easy_init)(void);
    void (*easy_reset)(void *);
    int (*setopt)(void *, int, ...);
    int (*getinfo)(void *, int, ...);
    int (*perform)(void *);
    void (*cleanup)(void *);
    curl_slist *(*append)(curl_slist *, const char *);
    void (*free_all)(curl_slist *);
} curl;

static int is_loaded;
static const char *library_name = "libcurl";

static void load(void) {
    // The names of Debian, of others, and of the build with GnuTLS.
    static const char *const names[] = {"libcurl.so.4", "libcurl.so", "libcurl-gnutls.so.4"};
    void *library = NULL;
    for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library) library_name = names[i];
    }
    if (!library) return;
    *(void **)&curl.global_init = dlsym(library, "curl_global_init");
    *(void **)&curl.easy_init = dlsym(library, "curl_easy_init");
    *(void **)&curl.easy_reset = dlsym(library, "curl_easy_reset");
    *(void **)&curl.setopt = dlsym(library, "curl_easy_setopt");
    *(void **)&curl.getinfo = dlsym(library, "curl_easy_getinfo");
    *(void **)&curl.perform = dlsym(library, "curl_easy_perform");
    *(void **)&curl.cleanup = dlsym(library, "curl_easy_cleanup");
    *(void **)&curl.append = dlsym(library, "curl_slist_append");
    *(void **)&curl.free_all = dlsym(library, "curl_slist_free_all");
    int has_all = curl.global_init && curl.easy_init && curl.easy_reset && curl.setopt && curl.getinfo && curl.perform && curl.cleanup &&
                  curl.append && curl.free_all;
    is_loaded = has_all && curl.global_init(GLOBAL_ALL) == 0;
}

struct cc_handle {
    void *easy;
};

cc_handle *cc_open(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (!is_loaded) return NULL;
    cc_handle *handle = malloc(sizeof *handle);
    if (!handle) return NULL;
    handle->easy = curl.easy_init();
    if (handle->easy) return handle;
    free(handle);
    return NULL;
}

void cc_close(cc_handle *handle) {
    if (!handle) return;
    curl.cleanup(handle->easy);
    free(handle);
}

/// libcurl takes another number than that of the bytes it gave as a wish to end.
static size_t take_header(char *bytes, size_t size, size_t count, void *context) {
    const cc_request *request = context;
    return request->on_header(request->context, bytes, size * count) ? 0 : size * count;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    const cc_request *request = context;
    return request->on_body(request->context, bytes, size * count) ? size * count + 1 : size * count;
}

static int look(void *context, long long total, long long now, long long up_total, long long up_now) {
    (void)total, (void)now, (void)up_total, (void)up_now;
    const cc_request *request = context;
    return request->is_cancelled(request->context);
}

/// A file in memory that holds `text`; -1 if there can be none.
static int memory_file(const char *text) {
    int file = memfd_create("authorities", MFD_CLOEXEC);
    if (file < 0) return -1;
    for (size_t left = strlen(text); left > 0;) {
        ssize_t count = write(file, text, left);
        if (count <= 0) {
            close(file);
            return -1;
        }
        text += count;
        left -= (size_t)count;
    }
    return file;
}

/// In place of the system's. 0 if this libcurl takes them. `*file` is what must stay open meanwhile, -1 if nothing.
static int set_authorities(void *easy, const cc_request *request, int *file) {
    // libcurl copies what has the flag 1.
    struct { void *bytes; size_t count; unsigned flags; } blob = {(void *)request->authorities, 0, 1};
    if (request->authorities) blob.count = strlen(request->authorities);
    static const int files[] = {OPT_CAINFO, OPT_PROXY_CAINFO}, blobs[] = {OPT_CAINFO_BLOB, OPT_PROXY_CAINFO_BLOB},
                     folders[] = {OPT_CAPATH, OPT_PROXY_CAPATH};
    // What concerns proxies is of no account without one.
    for (int i = 0; i < (request->proxy ? 2 : 1); i++) {
        curl.setopt(easy, files[i], (char *)NULL);
        if (curl.setopt(easy, folders[i], request->ca_folders) && request->ca_folders) return 1;
        if (!request->authorities || curl.setopt(easy, blobs[i], &blob) == 0) continue;
        // Before 7.77, and with GnuTLS, libcurl reads them from a file only.
        if (*file < 0) *file = memory_file(request->authorities);
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", *file);
        if (*file < 0 || curl.setopt(easy, files[i], path)) return 1;
    }
    return 0;
}

static void set_texts(void *easy, const cc_request *request, cc_outcome *outcome) {
    curl.setopt(easy, OPT_ERRORBUFFER, outcome->message);
    curl.setopt(easy, OPT_URL, request->url);
    // An empty name keeps libcurl from reading the environment in its own way.
    curl.setopt(easy, OPT_PROXY, request->proxy ? request->proxy : "");
    curl.setopt(easy, OPT_NOPROXY, request->no_proxy ? request->no_proxy : "");
    if (request->proxy_user) curl.setopt(easy, OPT_PROXYUSERNAME, request->proxy_user);
    if (request->proxy_password) curl.setopt(easy, OPT_PROXYPASSWORD, request->proxy_password);
}

static void set_numbers(void *easy, const cc_request *request) {
    curl.setopt(easy, OPT_PROTOCOLS, (long)PROTOCOLS_HTTP_AND_HTTPS);
    curl.setopt(easy, OPT_NOSIGNAL, 1L);
    curl.setopt(easy, OPT_NOBODY, request->head_only ? 1L : 0L);
    curl.setopt(easy, OPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl.setopt(easy, OPT_BUFFERSIZE, 131072L);
    curl.setopt(easy, OPT_CONNECTTIMEOUT, request->stall_seconds);
    curl.setopt(easy, OPT_LOW_SPEED_LIMIT, 1L);
    curl.setopt(easy, OPT_LOW_SPEED_TIME, request->stall_seconds);
    curl.setopt(easy, OPT_NOPROGRESS, 0L);
}

static void set_callbacks(void *easy, const cc_request *request) {
    curl.setopt(easy, OPT_WRITEFUNCTION, take_body);
    curl.setopt(easy, OPT_WRITEDATA, (void *)request);
    curl.setopt(easy, OPT_HEADERFUNCTION, take_header);
    curl.setopt(easy, OPT_HEADERDATA, (void *)request);
    curl.setopt(easy, OPT_XFERINFOFUNCTION, look);
    curl.setopt(easy, OPT_PROGRESSDATA, (void *)request);
}

void cc_perform(cc_handle *handle, const cc_request *request, cc_outcome *outcome) {
    memset(outcome, 0, sizeof *outcome);
    void *easy = handle->easy;
    curl.easy_reset(easy);
    curl_slist *fields = NULL;
    for (size_t i = 0; request->fields && request->fields[i]; i++) {
        curl_slist *longer = curl.append(fields, request->fields[i]);
        if (!longer) {
            curl.free_all(fields);
            outcome->code = ERROR_OUT_OF_MEMORY;
            return;
        }
        fields = longer;
    }
    set_texts(easy, request, outcome);
    set_numbers(easy, request);
    set_callbacks(easy, request);
    curl.setopt(easy, OPT_HTTPHEADER, fields);
    int file = -1, fails = (request->authorities || request->ca_folders) && set_authorities(easy, request, &file);
    if (fails) snprintf(outcome->message, sizeof outcome->message, "%s takes none but the system's", library_name);
    outcome->code = fails ? ERROR_CERTIFICATES : curl.perform(easy);
    if (file >= 0) close(file);
    curl.getinfo(easy, INFO_OS_ERRNO, &outcome->system_error);
    curl.getinfo(easy, INFO_SSL_VERIFYRESULT, &outcome->verification);
    curl.getinfo(easy, INFO_PROXY_SSL_VERIFYRESULT, &outcome->proxy_verification);
    curl.getinfo(easy, INFO_HTTP_CONNECTCODE, &outcome->proxy_status);
    // What they point to ends with this call.
    curl.easy_reset(easy);
    curl.free_all(fields);
}
