"""Draws bulk.svg of docs/performance.md: what files of 30 million records take of the processors, by stage.

usage: python docs/plots/draw.py      writes the .svg file beside this one
"""

from itertools import accumulate
from pathlib import Path

# Processor seconds over both threads, as `python -m benches.run bulk` measures them: reading, calculating, writing.
BULK = {"double": (0.9, 0.1, 2.5), "premium": (1.3, 13.1, 11.3)}
STAGES = {"reading": "#1F77B4", "calculating": "#2E7D32", "writing": "#C55A11"}

LEFT, BAR, GAP, SECOND = 90, 28, 18, 20
FONT = 'font-family="Liberation Sans, Arial, sans-serif" font-size="13"'


def plot() -> str:
    """One bar a model, one colour a stage."""
    width = LEFT + round(max(map(sum, BULK.values())) * SECOND) + 70
    height = GAP + len(BULK) * (BAR + GAP) + 24
    rows = [bar(name, GAP + number * (BAR + GAP)) for number, name in enumerate(BULK)]
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {FONT}>'
    background = f'<rect width="{width}" height="{height}" fill="white"/>'
    return "\n".join([head, background, *rows, legend(height - 12), "</svg>\n"])


def bar(name: str, top: int) -> str:
    """The stages of a model one after the other, and their sum."""
    seconds = BULK[name]
    middle = top + BAR // 2 + 5
    parts = [f'<text x="{LEFT - 10}" y="{middle}" text-anchor="end">{name}</text>']
    starts = [0.0, *accumulate(seconds)]
    for start, took, colour in zip(starts, seconds, STAGES.values(), strict=False):
        left, width = LEFT + start * SECOND, took * SECOND
        parts.append(f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>')
    parts.append(f'<text x="{LEFT + starts[-1] * SECOND + 8:.1f}" y="{middle}">{starts[-1]:.1f} s</text>')
    return "\n".join(parts)


def legend(bottom: int) -> str:
    """Which colour is which stage."""
    parts = []
    for number, (stage, colour) in enumerate(STAGES.items()):
        left = LEFT + number * 110
        parts.append(f'<rect x="{left}" y="{bottom - 10}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{left + 18}" y="{bottom}">{stage}</text>')
    return "\n".join(parts)


if __name__ == "__main__":
    (Path(__file__).parent / "bulk.svg").write_text(plot(), "utf-8")
