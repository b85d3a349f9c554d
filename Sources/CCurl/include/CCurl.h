/// HTTP exchanges of libcurl, one at a time for each handle.
///
/// The library is loaded at the first exchange and not linked: its headers are needed neither to build nor to run, and programs that
/// fetch nothing never load it. Its numbers are part of its binary interface and do not change.
#ifndef TESSERA_CCURL_H
#define TESSERA_CCURL_H

#include <stddef.h>

/// What to ask for, and how. Strings are in UTF-8; NULL where there is none.
typedef struct {
    const char *url;
    /// Whether only the head of the answer is wanted.
    int head_only;
    /// `Name: value`, ended by NULL.
    const char *const *fields;
    /// Certificates of authorities in PEM form, and folders with more of them; without both the system's are trusted.
    const char *authorities, *ca_folders;
    /// `http://host:port`, or another scheme that libcurl knows; NULL: none, whatever the environment says.
    const char *proxy, *proxy_user, *proxy_password, *no_proxy;
    /// Seconds without a byte after which the connection counts as broken.
    long stall_seconds;
    void *context;
    /// A line of the answer's head; an empty one ends it. Other than 0 ends the exchange.
    int (*on_header)(void *context, const char *bytes, size_t count);
    /// A piece of the body. Other than 0 ends the exchange.
    int (*on_body)(void *context, const char *bytes, size_t count);
    /// Asked about once a second, and more often while bytes arrive. Other than 0 ends the exchange.
    int (*is_cancelled)(void *context);
} cc_request;

/// How an exchange ended.
typedef struct {
    /// CURLcode, 0 for success.
    int code;
    /// errno of the connection, 0 if there is none.
    long system_error;
    /// X509_V_ERR_… of the server's and the proxy's certificate.
    long verification, proxy_verification;
    /// Status of the proxy's answer to CONNECT, 0 if there was none.
    long proxy_status;
    /// In libcurl's words.
    char message[256];
} cc_outcome;

/// Keeps connections open between exchanges.
typedef struct cc_handle cc_handle;

/// NULL if libcurl cannot be loaded, or memory is lacking.
cc_handle *cc_open(void);
void cc_close(cc_handle *handle);
void cc_perform(cc_handle *handle, const cc_request *request, cc_outcome *outcome);

#endif
