"""Pictures of text, and the boxes that a detector's map of probabilities gives."""

import random

import numpy as np

THRESHOLD = 0.3
# PP-OCR finds the middle of lines, and lets boxes grow by this share of their area by their circumference.
GROWTH = 1.6
# Boxes with a shorter side are dropped, as PP-OCR does.
SMALLEST = 3
WORDS = "depth normal scene caption token picture sphere cube cone grey brown Tessera 2026 No.7 exit platform open closed 14:35 north".split()


def drawn(seed, height=320, width=480):
    """A picture [height, width, 3] of bytes with lines of words in several sizes and colours."""
    from PIL import Image, ImageDraw, ImageFont

    draw_from = random.Random(seed)
    light = draw_from.random() < 0.6
    ground = tuple(draw_from.randint(170, 255) if light else draw_from.randint(0, 90) for _ in range(3))
    picture = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(picture)
    top = draw_from.randint(6, 24)
    while top < height - 40:
        size = draw_from.randint(14, 40)
        ink = tuple(draw_from.randint(0, 90) if light else draw_from.randint(160, 255) for _ in range(3))
        text = " ".join(draw_from.choice(WORDS) for _ in range(draw_from.randint(1, 4)))
        draw.text((draw_from.randint(4, width // 3), top), text, fill=ink, font=ImageFont.load_default(size))
        top += int(size * draw_from.uniform(1.3, 2.2))
    noise = np.random.default_rng(seed).normal(0, draw_from.uniform(0, 8), (height, width, 3))
    return np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8)


def boxes(probabilities):
    """Boxes (top, left, bottom, right) around what is connected above the threshold."""
    from scipy import ndimage

    found = ndimage.find_objects(ndimage.label(probabilities > THRESHOLD, np.ones((3, 3)))[0])
    all_boxes = [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in found]
    return [box for box in all_boxes if min(box[2] - box[0], box[3] - box[1]) >= SMALLEST]


def grown(box):
    """The box around the line, of that around its middle."""
    top, left, bottom, right = box
    height, width = bottom - top, right - left
    more = GROWTH * height * width / (2 * (height + width))
    return top - more, left - more, bottom + more, right + more


def overlap(a, b):
    """Intersection over union."""
    height, width = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(height, 0) * max(width, 0)
    area = lambda box: (box[2] - box[0]) * (box[3] - box[1])
    return shared / (area(a) + area(b) - shared)


def matches(expected, made):
    """The overlap of each expected box with its own one of `made`, best pairs first; 0 without one."""
    pairs = sorted(((overlap(a, b), i, j) for i, a in enumerate(expected) for j, b in enumerate(made)), reverse=True)
    best, taken = [0.0] * len(expected), set()
    for share, i, j in pairs:
        if share > 0 and best[i] == 0 and j not in taken:
            best[i] = share
            taken.add(j)
    return best
