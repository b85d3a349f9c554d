#include "CImage.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cimage_png {
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t size, position;
    png_bytep *rows;
    int done;
    char message[160];
};

static void on_error(png_structp png, png_const_charp text) {
    struct cimage_png *self = png_get_error_ptr(png);
    if (self) snprintf(self->message, sizeof self->message, "%s", text ? text : "unknown libpng error");
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep out, png_size_t count) {
    struct cimage_png *self = png_get_io_ptr(png);
    if (count > self->size - self->position) png_error(png, "the file ends too early");
    memcpy(out, self->bytes + self->position, count);
    self->position += count;
}

static void report(const struct cimage_png *self, const char *fallback, char *message, size_t size) {
    if (message && size) snprintf(message, size, "%s", self && self->message[0] ? self->message : fallback);
}

static void copy_palette(struct cimage_png *self, cimage_png_info *info) {
    png_colorp colors = NULL;
    int count = 0;
    if (png_get_PLTE(self->png, self->info, &colors, &count)) {
        info->palette_count = count < 256 ? count : 256;
        for (int i = 0; i < info->palette_count; i++) {
            info->palette[i][0] = colors[i].red;
            info->palette[i][1] = colors[i].green;
            info->palette[i][2] = colors[i].blue;
        }
    }
    png_bytep alpha = NULL;
    if (info->color_type == PNG_COLOR_TYPE_PALETTE &&
        png_get_tRNS(self->png, self->info, &alpha, &count, NULL) && alpha) {
        info->alpha_count = count < 256 ? count : 256;
        memcpy(info->alpha, alpha, (size_t)info->alpha_count);
    }
}

static cimage_png *give_up(struct cimage_png *self, const char *fallback, char *message, size_t size) {
    report(self, fallback, message, size);
    cimage_png_close(self);
    return NULL;
}

cimage_png *cimage_png_open(const uint8_t *bytes, size_t size, cimage_png_info *info,
                            char *message, size_t message_size) {
    struct cimage_png *self = calloc(1, sizeof *self);
    if (!self) {
        report(NULL, "out of memory", message, message_size);
        return NULL;
    }
    self->bytes = bytes;
    self->size = size;
    self->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, self, on_error, on_warning);
    self->info = self->png ? png_create_info_struct(self->png) : NULL;
    if (!self->info) return give_up(self, "out of memory", message, message_size);
    if (setjmp(png_jmpbuf(self->png))) return give_up(self, "libpng failed", message, message_size);
    png_set_read_fn(self->png, self, read_bytes);
    png_read_info(self->png, self->info);

    memset(info, 0, sizeof *info);
    info->width = png_get_image_width(self->png, self->info);
    info->height = png_get_image_height(self->png, self->info);
    info->bit_depth = png_get_bit_depth(self->png, self->info);
    info->color_type = png_get_color_type(self->png, self->info);
    info->channels = png_get_channels(self->png, self->info);
    copy_palette(self, info);
    return self;
}

int cimage_png_read(cimage_png *self, uint8_t *out, size_t out_size, char *message, size_t message_size) {
    if (setjmp(png_jmpbuf(self->png))) {
        report(self, "libpng failed", message, message_size);
        return -1;
    }
    if (self->done) png_error(self->png, "the picture was read already");
    self->done = 1;
    png_set_packing(self->png);
    png_set_interlace_handling(self->png);
    png_read_update_info(self->png, self->info);

    size_t row_bytes = png_get_rowbytes(self->png, self->info);
    size_t height = png_get_image_height(self->png, self->info);
    if (row_bytes == 0 || height > out_size / row_bytes || row_bytes * height != out_size)
        png_error(self->png, "the row size differs from the header");
    self->rows = malloc(height * sizeof *self->rows);
    if (!self->rows) png_error(self->png, "out of memory");
    for (size_t y = 0; y < height; y++) self->rows[y] = out + y * row_bytes;
    png_read_image(self->png, self->rows);
    png_read_end(self->png, self->info);
    return 0;
}

const uint8_t *cimage_png_exif(cimage_png *self, size_t *size) {
    png_uint_32 count = 0;
    png_bytep bytes = NULL;
    *size = 0;
    if (setjmp(png_jmpbuf(self->png))) return NULL;
    if (!png_get_eXIf_1(self->png, self->info, &count, &bytes)) return NULL;
    *size = count;
    return bytes;
}

void cimage_png_close(cimage_png *self) {
    if (!self) return;
    if (self->png) png_destroy_read_struct(&self->png, self->info ? &self->info : NULL, NULL);
    free(self->rows);
    free(self);
}
