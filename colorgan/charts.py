"""Charts as inline SVG: no script, no style attribute, no font, no request. Colours and type are CSS classes.

What a class looks like is said by the page that shows the chart. Needs no torch: the study's server draws, too.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from colorgan.intervals import Interval

WIDTH = 360  # units of a chart that scales with its page: a phone's pixels
_ROW, _SIDE = 44, 8
_SHARE_ROW_PX, _SHARE_AXIS_PX = 66, 44
_SHARE_SIDE = 1.5  # percent left free at both ends


@dataclass(frozen=True)
class Bar:
    """A value with its interval: a row of a chart."""

    name: str
    interval: Interval
    text: str  # the value in words, which stands beside the name
    style: str  # CSS class


@dataclass(frozen=True)
class Line:
    """A curve through points (x, y); one of them is marked."""

    name: str
    points: Sequence[tuple[float, float]]
    marked: int
    style: str  # CSS class


def interval_chart(title: str, bars: Sequence[Bar], text: Callable[[float], str], target: float | None = None) -> str:
    """Bars on one axis, whose ends `text` writes; `target` is what real photos have."""
    values = [edge for bar in bars for edge in (bar.interval.low, bar.interval.high, bar.interval.value)]
    values += [] if target is None else [target]
    low, high = min(values), max(values)
    margin = 0.06 * (high - low) or 0.5
    low, high = (low - margin if low < 0 else max(0.0, low - margin)), high + margin

    def x(value: float) -> float:
        return round(_SIDE + (WIDTH - 2 * _SIDE) * (value - low) / (high - low), 1)

    height = _ROW * len(bars) + 20
    parts = []
    if target is None or x(target) <= WIDTH - 110:  # the target's own words need their place
        parts.append(_axis_text(WIDTH - _SIDE, height - 4, text(high), "end"))
    if target is None or x(target) >= 110:
        parts.append(_axis_text(_SIDE, height - 4, text(low)))
    if target is not None:
        parts.append(_line("truth", (x(target), 0), (x(target), height - 18)))
        parts.append(_axis_text(min(max(x(target), 40), WIDTH - 40), height - 4, "real photos", "middle"))
    for index, bar in enumerate(bars):
        y, one = _ROW * index + 32, bar.interval
        parts.append(f'<text x="{_SIDE}" y="{y - 14}">{escape(bar.name)}</text>')
        parts.append(
            f'<text class="value" x="{WIDTH - _SIDE}" y="{y - 14}" text-anchor="end">{escape(bar.text)}</text>'
        )
        parts.append(_line(f"bar {bar.style}", (x(one.low), y), (x(one.high), y)))
        parts.append(_dot(bar.style, (x(one.value), y), 5))
    words = "; ".join(f"{bar.name} {bar.text}" for bar in bars)
    return _svg(f'viewBox="0 0 {WIDTH} {height}"', f"{title}: {words}", parts)


def share_chart(bars: Sequence[Bar]) -> str:
    """Shares in [0, 1] on one axis with a mark at 50 %, where nobody can tell; one without an interval is a dot.

    Places along the axis are percentages of the drawing's width, so it takes whatever width it gets and its words keep
    their size.
    """
    top = min(1.0, max(0.6, *(bar.interval.high + 0.05 for bar in bars)))

    def x(share: float) -> str:
        return f"{_SHARE_SIDE + (100 - 2 * _SHARE_SIDE) * share / top:.2f}%"

    height = _SHARE_ROW_PX * len(bars) + _SHARE_AXIS_PX
    bottom = height - _SHARE_AXIS_PX + 8
    parts = [_line("half", (x(0.5), 0), (x(0.5), bottom))]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        if share <= top:
            anchor = "start" if share == 0 else "middle" if share < 1 else "end"
            parts.append(_axis_text(x(share), bottom + 16, f"{share:.0%}", anchor))
    parts.append(_axis_text(x(0.5), bottom + 33, "nobody can tell", "middle"))
    for index, bar in enumerate(bars):
        top_y, y, one = _SHARE_ROW_PX * index, _SHARE_ROW_PX * index + 50, bar.interval
        parts.append(f'<text x="{_SHARE_SIDE}%" y="{top_y + 16}">{escape(bar.name)}</text>')
        parts.append(f'<text class="said" x="{_SHARE_SIDE}%" y="{top_y + 34}">{escape(bar.text)}</text>')
        if math.isnan(one.value):
            continue
        if one.low < one.high:
            parts.append(_line(f"bar {bar.style}", (x(one.low), y), (x(one.high), y)))
        parts.append(_dot(bar.style, (x(one.value), y), 6))
    words = "; ".join(f"{bar.name}: {bar.text}" for bar in bars)
    return _svg(f'class="intervals" width="100%" height="{height}"', words, parts)


def vividness_chart(lines: Sequence[Line]) -> str:
    """PSNR in dB against vividness (1 is that of the real photos) as chroma is scaled; a dot marks the model as is."""
    left, right, top, bottom = 36.0, WIDTH - 8.0, 10.0, 232.0
    most = max(1.25, *(min(2.0, line.points[-1][0]) for line in lines))
    inside = [decibels for line in lines for vividness, decibels in line.points if vividness <= most]
    low, high = math.floor(min(inside) - 0.5), math.ceil(max(inside) + 0.5)

    def place(vividness: float, decibels: float) -> tuple[float, float]:
        across = left + (right - left) * vividness / most
        return round(across, 1), round(bottom - (bottom - top) * (decibels - low) / (high - low), 1)

    plot = f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"/>'
    parts = [f'<defs><clipPath id="plot">{plot}</clipPath></defs>']
    for decibels in range(low, high + 1, max(1, round((high - low) / 5))):
        _, y = place(0, decibels)
        parts.append(_line("grid", (left, y), (right, y)))
        parts.append(_axis_text(left - 4, y + 4, str(decibels), "end"))
    for percent in range(0, int(100 * most) + 1, 50):
        x, _ = place(percent / 100, low)
        parts += [_line("truth", (x, top), (x, bottom))] if percent == 100 else []
        parts.append(_axis_text(x, bottom + 16, f"{percent} %", "middle"))
    words = "vividness: chroma of the pictures over that of the photos"
    parts.append(_axis_text((left + right) / 2, bottom + 32, words, "middle"))
    for line in lines:
        points = [place(*point) for point in line.points]
        path = " ".join(f"{x},{y}" for x, y in points)
        parts.append(f'<polyline class="line {line.style}" points="{path}" clip-path="url(#plot)"/>')
        parts.append(_dot(line.style, points[line.marked], 6))
    as_is = "; ".join(f"{line.name} has {line.points[line.marked][1]:.2f} dB as it is" for line in lines)
    return _svg(f'viewBox="0 0 {WIDTH} {int(bottom) + 40}"', f"PSNR in dB against vividness. {as_is}", parts)


_Place = tuple[float | str, float]  # along the axis in units or percent, and down


def _axis_text(x: float | str, y: float, text: str, anchor: str = "start") -> str:
    return f'<text class="axis" x="{_number(x)}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(style: str, start: _Place, end: _Place) -> str:
    (x1, y1), (x2, y2) = start, end
    ends = f'x1="{_number(x1)}" x2="{_number(x2)}" y1="{y1:g}" y2="{y2:g}"'
    return f'<line class="{style}" {ends}/>'


def _dot(style: str, place: _Place, radius: int) -> str:
    return f'<circle class="dot {style}" cx="{_number(place[0])}" cy="{place[1]:g}" r="{radius}"/>'


def _number(x: float | str) -> str:
    return x if isinstance(x, str) else f"{x:g}"


def _svg(size: str, words: str, parts: Sequence[str]) -> str:
    """The drawing, which says in words to those who do not see it what it shows."""
    return f'<svg {size} role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>'
