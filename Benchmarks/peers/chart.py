"""The bar chart of the ratios: Tessera's time as a share of its best peer's, against the target."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = {"f32": "#4c72b0", "bf16": "#dd8452", "int8": "#55a868"}
TARGET_COLOUR = "#c03030"
TICKS = (0.25, 0.5, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10, 20)


def label(row):
    batch = f", batch {row['batch']}" if row["batch"] > 1 else ""
    threads = f"{row['threads']} thread{'s' if row['threads'] > 1 else ''}"
    return f"{row['work']} {row['precision']}{batch}, {threads}"


def note(row):
    peer = f"{row['best_peer']} {row['ours_ms'] / row['ratio_any']:.0f} ms"
    return f"{row['ratio_any']:.2f}  ({row['ours_ms']:.0f} ms, {peer})"


def draw(rows, machine, path):
    """Bars sorted by ratio, on a log axis; a tick marks each row's target. Rows without a ratio are left out."""
    rows = sorted((row for row in rows if row["ratio_any"]), key=lambda row: row["ratio_any"], reverse=True)
    if not rows:
        return
    figure, axes = plt.subplots(figsize=(11, 1.6 + 0.32 * len(rows)), layout="constrained")
    places = range(len(rows))
    ratios = [row["ratio_any"] for row in rows]
    axes.barh(places, ratios, color=[COLOURS[row["precision"]] for row in rows], height=0.7)
    targets = [row["target"] for row in rows]
    axes.vlines(targets, [p - 0.42 for p in places], [p + 0.42 for p in places], color=TARGET_COLOUR, lw=2)
    for place, row in zip(places, rows):
        axes.text(max(row["ratio_any"], row["target"]) * 1.03, place, note(row), va="center", fontsize=8)
    axes.set_yticks(places, [label(row) for row in rows], fontsize=9)
    axes.set_xscale("log")
    axes.set_xlim(min(ratios + targets) * 0.7, max(ratios + targets) * 2.5)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    left, right = axes.get_xlim()
    ticks = [tick for tick in TICKS if left < tick < right]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.axvline(1, color="#888888", lw=0.8, zorder=0)
    axes.set_xlabel("Tessera's time / best peer's time (shorter is faster)")
    axes.set_title(f"{machine['cpu']}, {machine['date']}", fontsize=10)
    handles = [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in COLOURS.values()]
    handles.append(plt.Line2D([], [], color=TARGET_COLOUR, lw=2))
    axes.legend(handles, [*COLOURS, "target"], loc="upper right", fontsize=9)
    figure.savefig(path, dpi=130)
    plt.close(figure)
