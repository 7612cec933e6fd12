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
    intervals: Sequence[Interval] = ()  # of the points' y, where they are drawn


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
    most = max(1.25, *(min(2.0, line.points[-1][0]) for line in lines))
    inside = [decibels for line in lines for vividness, decibels in line.points if vividness <= most]
    plot = _Plot(most, math.floor(min(inside) - 0.5), math.ceil(max(inside) + 0.5))
    parts = [f'<defs><clipPath id="plot">{plot.rectangle}</clipPath></defs>', *plot.grid()]
    for percent in range(0, int(100 * most) + 1, 50):
        x, _ = plot.place(percent / 100, plot.low)
        parts += [_line("truth", (x, _TOP), (x, _BOTTOM))] if percent == 100 else []
        parts.append(_axis_text(x, _BOTTOM + 16, f"{percent} %", "middle"))
    parts.append(plot.words("vividness: chroma of the pictures over that of the photos"))
    for line in lines:
        points = [plot.place(*point) for point in line.points]
        parts += [_polyline(line.style, points, 'clip-path="url(#plot)"'), _dot(line.style, points[line.marked], 6)]
    as_is = "; ".join(f"{line.name} has {line.points[line.marked][1]:.2f} dB as it is" for line in lines)
    return plot.svg(f"PSNR in dB against vividness. {as_is}", parts)


def hints_chart(lines: Sequence[Line]) -> str:
    """Gain in dB against the number of hints, on a logarithmic axis from 0; every point has a dot and its interval."""
    counts = sorted({count for line in lines for count, _ in line.points})
    gains = [gain for line in lines for _, gain in line.points]
    gains += [end for line in lines for one in line.intervals for end in (one.low, one.high)]
    plot = _Plot(math.log1p(max(counts)) or 1.0, min(0, math.floor(min(gains))), math.ceil(max(gains) + 0.5))
    parts = plot.grid()
    for count in counts:
        x, _ = plot.place(math.log1p(count), plot.low)
        parts.append(_axis_text(x, _BOTTOM + 16, f"{count:g}", "end" if count == counts[-1] else "middle"))
    parts.append(plot.words("hints: places whose true colour is said"))
    for line in lines:
        points = [plot.place(math.log1p(count), gain) for count, gain in line.points]
        for (x, _), one in zip(points, line.intervals, strict=False):
            parts.append(_line(f"bar {line.style}", (x, plot.place(0, one.low)[1]), (x, plot.place(0, one.high)[1])))
        parts += [_polyline(line.style, points), *(_dot(line.style, point, 4) for point in points)]
    ends = "; ".join(f"{one.name} gains {one.points[-1][1]:.2f} dB by {one.points[-1][0]:g} hints" for one in lines)
    return plot.svg(f"Gain of PSNR in dB against the number of hints. {ends}", parts)


_LEFT, _RIGHT, _TOP, _BOTTOM = 36.0, WIDTH - 8.0, 10.0, 232.0


@dataclass(frozen=True)
class _Plot:
    """Decibels from `low` to `high` up, something from 0 to `most` across."""

    most: float
    low: int
    high: int

    @property
    def rectangle(self) -> str:
        return f'<rect x="{_LEFT}" y="{_TOP}" width="{_RIGHT - _LEFT}" height="{_BOTTOM - _TOP}"/>'

    def place(self, across: float, decibels: float) -> tuple[float, float]:
        x = _LEFT + (_RIGHT - _LEFT) * across / self.most
        return round(x, 1), round(_BOTTOM - (_BOTTOM - _TOP) * (decibels - self.low) / (self.high - self.low), 1)

    def grid(self) -> list[str]:
        parts = []
        for decibels in range(self.low, self.high + 1, max(1, round((self.high - self.low) / 5))):
            _, y = self.place(0, decibels)
            parts += [_line("grid", (_LEFT, y), (_RIGHT, y)), _axis_text(_LEFT - 4, y + 4, str(decibels), "end")]
        return parts

    def words(self, text: str) -> str:
        return _axis_text((_LEFT + _RIGHT) / 2, _BOTTOM + 32, text, "middle")

    def svg(self, words: str, parts: Sequence[str]) -> str:
        return _svg(f'viewBox="0 0 {WIDTH} {int(_BOTTOM) + 40}"', words, parts)


def _polyline(style: str, points: Sequence[tuple[float, float]], attribute: str = "") -> str:
    path = " ".join(f"{x},{y}" for x, y in points)
    return f'<polyline class="line {style}" points="{path}"{" " * bool(attribute)}{attribute}/>'


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
