"""How the figures of the Shapes models are computed."""
import re

import numpy as np
import make_scenes

CLASSES = make_scenes.CLASSES
COLORS, SHAPES = make_scenes.COLORS, make_scenes.SHAPES


def psnr(whole, values):
    """Decibels, mean over pictures. `values`: [pictures, 3, rows, columns] in -1 to 1."""
    errors = [np.mean((a - (np.moveaxis(b, 0, -1).clip(-1, 1) + 1) / 2) ** 2) for a, b in zip(whole, values)]
    return float(np.mean([-10 * np.log10(error) for error in errors]))


class Depth:
    """After the scale and shift per picture that fit best: depth is predicted up to both."""

    def __init__(self):
        self.correlations, self.errors = [], []

    def add(self, values, picture):
        true = np.asarray(picture, np.float64).ravel() / 65535
        own = np.asarray(values, np.float64).ravel()
        self.correlations.append(np.corrcoef(own, true)[0, 1])
        fit = np.polyval(np.polyfit(own, true, 1), own)
        self.errors.append(np.mean(np.abs(fit - true) / true))

    def figures(self):
        return {"RGB to depth, correlation": float(np.mean(self.correlations)),
                "RGB to depth, absolute relative error": float(np.mean(self.errors))}


class Normals:
    def __init__(self):
        self.angles = []

    def add(self, values, picture):
        true = np.asarray(picture, np.float64) / 255 * 2 - 1
        own = np.moveaxis(np.asarray(values, np.float64).reshape(3, *true.shape[:2]), 0, -1)
        unit = [a / np.maximum(np.linalg.norm(a, axis=-1, keepdims=True), 1e-6) for a in (own, true)]
        self.angles.append(np.degrees(np.arccos(np.clip((unit[0] * unit[1]).sum(-1), -1, 1))).mean())

    def figures(self):
        return {"RGB to normals, mean angular error in degrees": float(np.mean(self.angles))}


class Segmentation:
    def __init__(self):
        self.counts = np.zeros((len(CLASSES), len(CLASSES)))

    def add(self, labels, picture):
        true = np.asarray(picture)
        self.counts += np.bincount(true.ravel().astype(int) * len(CLASSES) + labels.ravel().clip(0, len(CLASSES) - 1),
                                   minlength=len(CLASSES) ** 2).reshape(self.counts.shape)

    def figures(self):
        hit = np.diag(self.counts)
        union = self.counts.sum(0) + self.counts.sum(1) - hit
        seen = self.counts.sum(1) > 0
        return {"RGB to segmentation, pixel accuracy": float(hit.sum() / self.counts.sum()),
                "RGB to segmentation, mIoU": float((hit[seen] / union[seen]).mean())}


class Captions:
    """Right if size, colour and shape of all objects are, whatever the template and the order."""

    OBJECT = re.compile(rf"(small|large) ({'|'.join(COLORS)}) ({'|'.join(SHAPES)})")

    def __init__(self):
        self.right = []

    def add(self, text, true):
        self.right.append(sorted(self.OBJECT.findall(text)) == sorted(self.OBJECT.findall(true)))

    def figures(self):
        return {"RGB to caption, all objects right": float(np.mean(self.right))}


class Boxes:
    """A box is found if it overlaps by half and its class is right."""

    BOX = re.compile(r"v0=(\d+) v1=(\d+) v2=(\d+) v3=(\d+) (\w+)")

    def __init__(self):
        self.ious, self.hits, self.made, self.true = [], 0, 0, 0

    def add(self, text, instances):
        made = [([int(x) / 99 for x in found[:4]], found[4]) for found in self.BOX.findall(text)]
        pairs = sorted(((iou(a[0], b["boxes"]), i, j) for i, a in enumerate(made) for j, b in enumerate(instances)), reverse=True)
        taken_a, taken_b = set(), {}
        for value, i, j in pairs:
            if i not in taken_a and j not in taken_b:
                taken_a.add(i)
                taken_b[j] = value
                self.hits += value >= 0.5 and made[i][1] == instances[j]["class_name"]
        self.ious += [taken_b.get(j, 0) for j in range(len(instances))]
        self.made += len(made)
        self.true += len(instances)

    def figures(self):
        return {"RGB to boxes, mean IoU": float(np.mean(self.ious)), "RGB to boxes, F1 at IoU 0.5": 2 * self.hits / (self.made + self.true)}


def iou(a, b):
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    both = width * height
    area = sum((x[2] - x[0]) * (x[3] - x[1]) for x in (a, b)) - both
    return both / area if area > 0 else 0


def one_object_captions(count):
    """All colours and shapes in turn, sizes, floors from a fixed draw."""
    draw = np.random.default_rng(20)
    kinds = [(color, shape) for color in COLORS for shape in SHAPES]
    made = []
    for index in range(count):
        color, shape = kinds[index % len(kinds)]
        size = list(make_scenes.SIZES)[draw.integers(2)]
        made.append(f"a {size} {color} {shape} on a {make_scenes.PAIRS[draw.integers(4)][0]} floor")
    return made


class Pictures:
    """Pictures of one object: its shape is the class of most object pixels, its colour the nearest by hue of their median."""

    def __init__(self):
        self.shapes, self.colors = [], []

    def add(self, caption, picture, labels):
        _, color, shape = Captions.OBJECT.search(caption).groups()
        counts = [(labels == CLASSES.index(name)).sum() for name in SHAPES]
        is_object = labels >= CLASSES.index(SHAPES[0])
        self.shapes.append(max(counts) > 60 and SHAPES[int(np.argmax(counts))] == shape)
        self.colors.append(bool(is_object.sum() > 60) and nearest(np.median(picture[is_object], axis=0)) == color)

    def figures(self):
        both = [a and b for a, b in zip(self.shapes, self.colors)]
        return {"caption to RGB, shape right": float(np.mean(self.shapes)), "caption to RGB, colour right": float(np.mean(self.colors)),
                "caption to RGB, shape and colour right": float(np.mean(both))}


def nearest(color):
    """The colour whose direction is nearest: shading changes the length."""
    unit = np.asarray(color, float) / max(np.linalg.norm(color), 1e-6)
    return max(COLORS, key=lambda name: float(unit @ np.array(COLORS[name])) / np.linalg.norm(COLORS[name]))
