#include "CCairo.h"

#include <cairo/cairo.h>
#include <dlfcn.h>
#include <pthread.h>

// What is used of the library, without `cairo_`.
#define FUNCTIONS(F)                                                                                                             \
    F(image_surface_create_for_data) F(surface_destroy) F(create) F(destroy) F(set_scaled_font) F(move_to) F(line_to)            \
    F(text_path) F(fill) F(stroke) F(set_line_width) F(set_line_cap) F(set_line_join) F(toy_font_face_create)                    \
    F(font_face_destroy) F(scaled_font_create) F(scaled_font_destroy) F(scaled_font_text_extents) F(font_options_create)         \
    F(font_options_destroy) F(font_options_set_antialias) F(font_options_set_hint_style) F(font_options_set_hint_metrics)

#define DECLARE(name) __typeof__(cairo_##name) *name;
static struct { FUNCTIONS(DECLARE) } cairo;

static int is_loaded;

static void load(void) {
    void *library = dlopen("libcairo.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    int has_all = 1;
#define FIND(name) has_all &= (*(void **)&cairo.name = dlsym(library, "cairo_" #name)) != NULL;
    FUNCTIONS(FIND)
    is_loaded = has_all;
}

int ccairo_is_there(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return is_loaded;
}

// A font for screens, wide and open enough for small sizes.
static const char family[] = "Inter";

// To be destroyed; cairo keeps those that were used last.
static cairo_scaled_font_t *scaled(double size, int is_bold) {
    cairo_font_face_t *face =
        cairo.toy_font_face_create(family, CAIRO_FONT_SLANT_NORMAL, is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_font_options_t *options = cairo.font_options_create();
    // Whatever the system's settings are.
    cairo.font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo.font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo.font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    const cairo_matrix_t scale = {.xx = size, .yy = size}, same = {.xx = 1, .yy = 1};
    cairo_scaled_font_t *made = cairo.scaled_font_create(face, &scale, &same, options);
    cairo.font_options_destroy(options);
    cairo.font_face_destroy(face);
    return made;
}

double ccairo_advance(const char *text, double size, int is_bold) {
    if (!ccairo_is_there()) return 0;
    cairo_scaled_font_t *font = scaled(size, is_bold);
    cairo_text_extents_t extents = {0};
    cairo.scaled_font_text_extents(font, text, &extents);
    cairo.scaled_font_destroy(font);
    return extents.x_advance;
}

// An opaque source is what a context starts with.
static cairo_t *open_mask(const ccairo_mask *mask) {
    cairo_surface_t *surface =
        cairo.image_surface_create_for_data(mask->bytes, CAIRO_FORMAT_A8, mask->width, mask->height, mask->stride);
    cairo_t *context = cairo.create(surface);
    cairo.surface_destroy(surface);
    return context;
}

void ccairo_text(const ccairo_mask *mask, const char *text, double size, int is_bold, double x, double y) {
    if (!ccairo_is_there()) return;
    cairo_t *context = open_mask(mask);
    cairo_scaled_font_t *font = scaled(size, is_bold);
    cairo.set_scaled_font(context, font);
    cairo.move_to(context, x, y);
    // As outlines: as glyphs of version 1.16 they would stand at whole pixels.
    cairo.text_path(context, text);
    cairo.fill(context);
    cairo.scaled_font_destroy(font);
    cairo.destroy(context);
}

void ccairo_lines(const ccairo_mask *mask, const double *points, size_t count, double thickness) {
    if (!ccairo_is_there()) return;
    cairo_t *context = open_mask(mask);
    cairo.set_line_width(context, thickness);
    cairo.set_line_cap(context, CAIRO_LINE_CAP_ROUND);
    cairo.set_line_join(context, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = 0; i < count; i++) cairo.line_to(context, points[2 * i], points[2 * i + 1]);
    if (count == 1) cairo.line_to(context, points[0], points[1]);
    cairo.stroke(context);
    cairo.destroy(context);
}
