"""Records as a plot: SVG, a panel for each, on a scale of powers of ten.

It is written by hand, with the standard library: a library for plots would be the largest thing
that the benchmark installs, for lines and dots.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from benchmarks.table import Record, in_digits, medians, unit_of

_WIDTH, _LEFT, _RIGHT = 760, 230, 70
_ROW, _HEAD, _GAP = 22, 40, 26
_STYLE = """
text { font: 13px sans-serif; fill: #333 }
.title { font-weight: bold }
.small { font-size: 11px; fill: #666 }
.line { stroke: #999; stroke-width: 2 }
.grid { stroke: #8884; stroke-width: 1 }
.dot { fill: #777 }
.ours { fill: #c2410c; stroke: #c2410c }
text.ours { stroke: none; font-weight: bold }
@media (prefers-color-scheme: dark) {
text { fill: #ddd } .small { fill: #aaa } .ours { fill: #fb923c; stroke: #fb923c }
}
"""


def plot(records: Sequence[Record]) -> str:
    """Return an SVG with a panel for each record that has at least two medians to compare."""
    panels = [found for found in records if len(_values(found)) > 1 and found["unit"] != "times"]
    height = sum(_height(found) for found in panels)
    size = {"width": str(_WIDTH), "height": str(height), "viewBox": f"0 0 {_WIDTH} {height}"}
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **size})
    _add(svg, "title", {}, "; ".join(found["title"].replace("`", "") for found in panels))
    _add(svg, "style", {}, _STYLE)
    top = 0
    for found in panels:
        _draw(svg, found, top)
        top += _height(found)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _values(found: Record) -> Mapping[str, float]:
    """Return medians, as multiples of the base if there is one, the least first."""
    there = {name: value for name, value in medians(found).items() if value}
    base = there.get(found["base"], 1.0)
    return dict(sorted(((name, value / base) for name, value in there.items()), key=_second))


def _second(pair: tuple[str, float]) -> float:
    return pair[1]


def _height(found: Record) -> int:
    return _HEAD + _ROW * len(_values(found)) + _GAP


def _draw(svg: ET.Element, found: Record, top: int) -> None:
    values = _values(found)
    first = math.floor(math.log10(min(values.values())))
    last = max(first + 1, math.ceil(math.log10(max(values.values()))))

    def across(value: float) -> float:
        share = (math.log10(value) - first) / (last - first)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    _text(svg, 8, top + 18, found["title"].replace("`", ""), "title")
    _text(svg, _WIDTH - 8, top + 18, unit_of(found), "small", anchor="end")
    low = top + _HEAD + _ROW * len(values)
    for power in range(first, last + 1):
        x = across(10.0**power)
        _line(svg, (x, top + _HEAD - 8), (x, low), "grid")
        _text(svg, x, low + 13, in_digits(10.0**power), "small", anchor="middle")
    for row, (name, value) in enumerate(values.items()):
        y = top + _HEAD + _ROW * row + _ROW / 2
        ours = " ours" if "smsbridge" in name else ""
        _text(svg, _LEFT - 10, y + 4, name, ours.strip(), anchor="end")
        _line(svg, (_LEFT, y), (across(value), y), f"line{ours}")
        dot = {"cx": str(across(value)), "cy": str(y), "r": "5", "class": f"dot{ours}"}
        _add(svg, "circle", dot)
        _text(svg, across(value) + 10, y + 4, in_digits(value), ours.strip())


def _line(svg: ET.Element, start: tuple[float, float], end: tuple[float, float], kind: str) -> None:
    (x1, y1), (x2, y2) = start, end
    ends = {"x1": str(x1), "y1": str(y1), "x2": str(x2), "y2": str(y2)}
    _add(svg, "line", {**ends, "class": kind})


def _text(  # noqa: PLR0913, PLR0917  (where, what, how)
    svg: ET.Element, x: float, y: float, said: str, kind: str, anchor: str = "start"
) -> None:
    _add(svg, "text", {"x": str(x), "y": str(y), "class": kind, "text-anchor": anchor}, said)


def _add(svg: ET.Element, tag: str, attributes: Mapping[str, str], said: str = "") -> None:
    ET.SubElement(svg, tag, dict(attributes)).text = said or None
