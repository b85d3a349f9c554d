// Thin wrappers over libpng, libturbojpeg and libwebp. Nothing here aborts, exits, prints or longjmps out:
// every function reports failure by its result and a message in the caller's buffer.
#ifndef CIMAGE_H
#define CIMAGE_H

#include <stddef.h>
#include <stdint.h>

// Colour types as numbered by the PNG specification.
enum {
    CIMAGE_PNG_GRAY = 0,
    CIMAGE_PNG_RGB = 2,
    CIMAGE_PNG_PALETTE = 3,
    CIMAGE_PNG_GRAY_ALPHA = 4,
    CIMAGE_PNG_RGB_ALPHA = 6
};

typedef struct cimage_png cimage_png;

typedef struct {
    uint32_t width, height;
    int bit_depth, color_type, channels;
    int palette_count;
    uint8_t palette[256][3];
    int alpha_count;
    uint8_t alpha[256];
} cimage_png_info;

// Reads the header chunks up to the first IDAT. `bytes` must outlive the handle. NULL on failure.
cimage_png *cimage_png_open(const uint8_t *bytes, size_t size, cimage_png_info *info,
                            char *message, size_t message_size);

// Decodes all rows, deinterlaced: one byte a sample up to 8 bits (not scaled), two big-endian bytes at 16.
// `out_size` must be width * height * channels * (bit_depth == 16 ? 2 : 1). 0 on success, -1 on failure.
int cimage_png_read(cimage_png *png, uint8_t *out, size_t out_size, char *message, size_t message_size);

// The eXIf chunk (call after cimage_png_read); owned by the handle. NULL when there is none.
const uint8_t *cimage_png_exif(cimage_png *png, size_t *size);

void cimage_png_close(cimage_png *png);

// Encodes rows of 8 or 16 bit (big-endian) samples. `*out` is to be released with cimage_free. 0 on success.
int cimage_png_encode(uint32_t width, uint32_t height, int bit_depth, int color_type,
                      const uint8_t *rows, size_t row_bytes,
                      const uint8_t (*palette)[3], int palette_count,
                      uint8_t **out, size_t *out_size, char *message, size_t message_size);

void cimage_free(void *pointer);

enum { CIMAGE_JPEG_OK = 0, CIMAGE_JPEG_WARNING = 1, CIMAGE_JPEG_ERROR = -1 };

// Decodes a JPEG to 1 (grey), 3 (RGB) or 4 (CMYK as stored) bytes a pixel. `out` holds width * height * channels.
// A picture larger than width x height is refused by the library and never written past `out`.
int cimage_jpeg_decode(const uint8_t *bytes, size_t size, int width, int height, int channels,
                       uint8_t *out, size_t out_size, char *message, size_t message_size);

typedef struct {
    int width, height;
    // Whether pixels have 4 bytes (RGBA) or 3 (RGB).
    int has_alpha;
} cimage_webp_info;

// Reads the header. 0 on success, -1 on failure.
int cimage_webp_open(const uint8_t *bytes, size_t size, cimage_webp_info *info, char *message, size_t message_size);

// Decodes the picture, of an animation the first frame, whose surroundings in `out` are left as they are. `out_size` must be
// width * height * (has_alpha ? 4 : 3). 0 on success, -1 on failure.
int cimage_webp_decode(const uint8_t *bytes, size_t size, const cimage_webp_info *info, uint8_t *out, size_t out_size,
                       char *message, size_t message_size);

// The EXIF chunk, a part of `bytes`. NULL when there is none.
const uint8_t *cimage_webp_exif(const uint8_t *bytes, size_t size, size_t *count);

#endif
