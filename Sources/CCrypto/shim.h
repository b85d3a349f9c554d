// The digests of OpenSSL's libcrypto. Those of version 1.1, which 3 keeps: their state is a plain value, and unlike the newer ones they
// neither allocate nor fail where a provider is missing.
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>
