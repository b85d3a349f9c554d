#include "CImage.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    uint8_t *bytes;
    size_t size, capacity;
    char message[160];
};

static void on_error(png_structp png, png_const_charp text) {
    struct writer *self = png_get_error_ptr(png);
    snprintf(self->message, sizeof self->message, "%s", text ? text : "unknown libpng error");
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void write_bytes(png_structp png, png_bytep bytes, png_size_t count) {
    struct writer *self = png_get_io_ptr(png);
    if (count > self->capacity - self->size) {
        if (count > SIZE_MAX / 4 - self->size) png_error(png, "the file would be too large");
        size_t capacity = (self->size + count) * 2;
        uint8_t *grown = realloc(self->bytes, capacity);
        if (!grown) png_error(png, "out of memory");
        self->bytes = grown;
        self->capacity = capacity;
    }
    memcpy(self->bytes + self->size, bytes, count);
    self->size += count;
}

static void flush_bytes(png_structp png) { (void)png; }

static void set_palette(png_structp png, png_infop info, const uint8_t (*palette)[3], int count) {
    png_color colors[256];
    for (int i = 0; i < count && i < 256; i++) {
        colors[i].red = palette[i][0];
        colors[i].green = palette[i][1];
        colors[i].blue = palette[i][2];
    }
    png_set_PLTE(png, info, colors, count < 256 ? count : 256);
}

static int give_up(struct writer *self, png_structp png, png_infop info, char *message, size_t size) {
    if (message && size) snprintf(message, size, "%s", self->message[0] ? self->message : "out of memory");
    if (png) png_destroy_write_struct(&png, info ? &info : NULL);
    free(self->bytes);
    free(self);
    return -1;
}

int cimage_png_encode(uint32_t width, uint32_t height, int bit_depth, int color_type,
                      const uint8_t *rows, size_t row_bytes,
                      const uint8_t (*palette)[3], int palette_count,
                      uint8_t **out, size_t *out_size, char *message, size_t message_size) {
    struct writer *self = calloc(1, sizeof *self);
    if (!self) {
        if (message_size) snprintf(message, message_size, "out of memory");
        return -1;
    }
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, self, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) return give_up(self, png, info, message, message_size);
    if (setjmp(png_jmpbuf(png))) return give_up(self, png, info, message, message_size);
    png_set_write_fn(png, self, write_bytes, flush_bytes);
    png_set_IHDR(png, info, width, height, bit_depth, color_type, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (color_type == PNG_COLOR_TYPE_PALETTE) set_palette(png, info, palette, palette_count);
    png_write_info(png, info);
    if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "the row size differs from the header");
    for (uint32_t y = 0; y < height; y++) png_write_row(png, rows + (size_t)y * row_bytes);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    *out = self->bytes;
    *out_size = self->size;
    free(self);
    return 0;
}

void cimage_free(void *pointer) { free(pointer); }
