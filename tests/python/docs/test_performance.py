"""docs/performance.md shows what was plotted."""

from pages import ROOT, page
from test_workbooks import script


def test_the_plot_is_drawn_anew() -> None:
    plots = ROOT / "docs" / "plots"
    drawn = script(plots / "draw.py")
    assert (plots / "bulk.svg").read_text("utf-8") == drawn.plot(), "python docs/plots/draw.py draws it anew"
    shown = "; ".join(f"{name}: reading {a}, calculating {b}, writing {c}" for name, (a, b, c) in drawn.BULK.items())
    text = page("docs/performance.md")
    assert "(plots/bulk.svg)" in text
    assert all(str(seconds) in text for stages in drawn.BULK.values() for seconds in stages), shown
