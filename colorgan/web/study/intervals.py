"""Shares with their intervals as inline SVG: no script, no style attribute, readable on a phone and in the dark.

Places along the axis are percentages of the drawing's width, so it takes whatever width it gets and its words keep
their size. Colours and type are classes of results.css.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from colorgan.intervals import Interval

_ROW_PX, _AXIS_PX = 66, 44
_SIDE = 1.5  # percent left free at both ends


class Row(NamedTuple):
    """One line of the picture; `style` is its CSS class."""

    name: str
    interval: Interval
    said: str
    style: str


def interval_picture(rows: Sequence[Row]) -> str:
    """Rows of shares in [0, 1] on one axis with a mark at 50 %, where nobody can tell."""
    top = min(1.0, max(0.6, *(row.interval.high + 0.05 for row in rows)))

    def x(share: float) -> str:
        return f"{_SIDE + (100 - 2 * _SIDE) * share / top:.2f}%"

    height = _ROW_PX * len(rows) + _AXIS_PX
    bottom = height - _AXIS_PX + 8
    parts = [f'<line class="half" x1="{x(0.5)}" x2="{x(0.5)}" y1="0" y2="{bottom}"/>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        if share <= top:
            anchor = "start" if share == 0 else "middle" if share < 1 else "end"
            parts.append(
                f'<text class="axis" x="{x(share)}" y="{bottom + 16}" text-anchor="{anchor}">{share:.0%}</text>'
            )
    parts.append(f'<text class="axis" x="{x(0.5)}" y="{bottom + 33}" text-anchor="middle">nobody can tell</text>')
    for place, row in enumerate(rows):
        parts += _drawn(row, _ROW_PX * place, x)
    told = "; ".join(f"{row.name}: {row.said}" for row in rows)
    return (
        f'<svg class="intervals" role="img" aria-label="{escape(told)}" width="100%" height="{height}">'
        + "".join(parts)
        + "</svg>"
    )


def _drawn(row: Row, y: int, x: Callable[[float], str]) -> list[str]:
    """Name, figures, and under them the interval and its value; a share without an interval is a dot."""
    line = y + 50
    parts = [
        f'<text x="{_SIDE}%" y="{y + 16}">{escape(row.name)}</text>',
        f'<text class="said" x="{_SIDE}%" y="{y + 34}">{escape(row.said)}</text>',
    ]
    if row.interval.value != row.interval.value:
        return parts
    if row.interval.low < row.interval.high:
        ends = f'x1="{x(row.interval.low)}" x2="{x(row.interval.high)}"'
        parts.append(f'<line class="bar {row.style}" {ends} y1="{line}" y2="{line}"/>')
    parts.append(f'<circle class="dot {row.style}" cx="{x(row.interval.value)}" cy="{line}" r="6"/>')
    return parts
