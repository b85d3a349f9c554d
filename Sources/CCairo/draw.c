#include "CCairo.h"

#include <cairo/cairo.h>

// A font for screens, wide and open enough for small sizes.
static const char family[] = "Inter";

// To be destroyed; cairo keeps those that were used last.
static cairo_scaled_font_t *scaled(double size, int is_bold) {
    cairo_font_face_t *face =
        cairo_toy_font_face_create(family, CAIRO_FONT_SLANT_NORMAL, is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_font_options_t *options = cairo_font_options_create();
    // Whatever the system's settings are.
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_matrix_t scale, same;
    cairo_matrix_init_scale(&scale, size, size);
    cairo_matrix_init_identity(&same);
    cairo_scaled_font_t *made = cairo_scaled_font_create(face, &scale, &same, options);
    cairo_font_options_destroy(options);
    cairo_font_face_destroy(face);
    return made;
}

double ccairo_advance(const char *text, double size, int is_bold) {
    cairo_scaled_font_t *font = scaled(size, is_bold);
    cairo_text_extents_t extents = {0};
    cairo_scaled_font_text_extents(font, text, &extents);
    cairo_scaled_font_destroy(font);
    return extents.x_advance;
}

// An opaque source is what a context starts with.
static cairo_t *open_mask(const ccairo_mask *mask) {
    cairo_surface_t *surface =
        cairo_image_surface_create_for_data(mask->bytes, CAIRO_FORMAT_A8, mask->width, mask->height, mask->stride);
    cairo_t *context = cairo_create(surface);
    cairo_surface_destroy(surface);
    return context;
}

void ccairo_text(const ccairo_mask *mask, const char *text, double size, int is_bold, double x, double y) {
    cairo_t *context = open_mask(mask);
    cairo_scaled_font_t *font = scaled(size, is_bold);
    cairo_set_scaled_font(context, font);
    cairo_move_to(context, x, y);
    // As outlines: as glyphs of version 1.16 they would stand at whole pixels.
    cairo_text_path(context, text);
    cairo_fill(context);
    cairo_scaled_font_destroy(font);
    cairo_destroy(context);
}

void ccairo_lines(const ccairo_mask *mask, const double *points, size_t count, double thickness) {
    cairo_t *context = open_mask(mask);
    cairo_set_line_width(context, thickness);
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = 0; i < count; i++) cairo_line_to(context, points[2 * i], points[2 * i + 1]);
    if (count == 1) cairo_line_to(context, points[0], points[1]);
    cairo_stroke(context);
    cairo_destroy(context);
}
