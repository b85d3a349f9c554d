// Text and lines as coverage, drawn by cairo without hinting: the same library, font and arguments give the same bits. Where fontconfig
// lacks the font it gives the one that is nearest to it; without any font at all cairo has one of its own for ASCII. Nothing here
// aborts, exits or prints: what cannot be drawn for want of memory is left out.
//
// The library is loaded at the first call and not linked: programs that draw nothing load neither it nor the two dozen that it needs.
#ifndef CCAIRO_H
#define CCAIRO_H

#include <stddef.h>
#include <stdint.h>

// Whether the library is there; without it nothing is drawn, and texts have no width.
int ccairo_is_there(void);

// One byte a pixel: how much of it is covered, 0 to 255. Rows are `stride` bytes, a multiple of 4.
typedef struct {
    uint8_t *bytes;
    int width, height, stride;
} ccairo_mask;

// Pixels from where `text` (UTF-8) starts to where more text would go on.
double ccairo_advance(const char *text, double size, int is_bold);

// Covers what a line of text takes; its baseline starts at (x, y).
void ccairo_text(const ccairo_mask *mask, const char *text, double size, int is_bold, double x, double y);

// Covers lines from point to point, with round ends and corners; `points` holds x and y of each. One point is a disc.
void ccairo_lines(const ccairo_mask *mask, const double *points, size_t count, double thickness);

#endif
