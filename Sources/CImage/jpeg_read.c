#include "CImage.h"

#include <stdio.h>
#include <turbojpeg.h>

static int format_of(int channels) {
    switch (channels) {
    case 1: return TJPF_GRAY;
    case 3: return TJPF_RGB;
    case 4: return TJPF_CMYK;
    default: return TJPF_UNKNOWN;
    }
}

int cimage_jpeg_decode(const uint8_t *bytes, size_t size, int width, int height, int channels,
                       uint8_t *out, size_t out_size, char *message, size_t message_size) {
    int format = format_of(channels);
    if (format == TJPF_UNKNOWN || width < 1 || height < 1 ||
        (size_t)height > out_size / channels / (size_t)width) {
        snprintf(message, message_size, "bad arguments");
        return CIMAGE_JPEG_ERROR;
    }
    tjhandle handle = tjInitDecompress();
    if (!handle) {
        snprintf(message, message_size, "%s", tjGetErrorStr2(NULL));
        return CIMAGE_JPEG_ERROR;
    }
    // The slow integer DCT and smooth chroma upsampling are libjpeg's (and Pillow's) defaults.
    // LIMITSCANS bounds the time a progressive file of very many scans can take.
    int flags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;
    int result = CIMAGE_JPEG_OK;
    if (tjDecompress2(handle, bytes, size, out, width, width * channels, height, format, flags) != 0) {
        snprintf(message, message_size, "%s", tjGetErrorStr2(handle));
        result = tjGetErrorCode(handle) == TJERR_WARNING ? CIMAGE_JPEG_WARNING : CIMAGE_JPEG_ERROR;
    }
    tjDestroy(handle);
    return result;
}
