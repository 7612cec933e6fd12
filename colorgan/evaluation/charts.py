"""Charts as inline SVG, and ab histograms as small PNGs: no script, no font, no request. Colours are CSS classes."""

import base64
import io
import math
from collections.abc import Sequence
from html import escape

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from colorgan.color import lab_to_gamut_rgb
from colorgan.evaluation.summary import Curve
from colorgan.intervals import Interval
from colorgan.metrics.metric import Metric
from colorgan.metrics.sets import CELL, CELLS_PER_SIDE

WIDTH = 360  # units of every chart: a phone's pixels
_ROW, _SIDE = 44, 8
_HISTOGRAM_LIGHTNESS = 65.0  # at which most colours exist
_RAREST = 1e-5  # share of pixels below which a cell is left empty


def interval_chart(metric: Metric, rows: Sequence[tuple[str, str, Interval]], target: Interval | None) -> str:
    """One metric of several contestants: a row each of (name, CSS class, interval), and what real photos have."""
    values = [edge for _, _, one in rows for edge in (one.low, one.high, one.value)]
    values += [target.value] if target else []
    low, high = min(values), max(values)
    margin = 0.06 * (high - low) or 0.5
    low, high = (low - margin if low < 0 else max(0.0, low - margin)), high + margin

    def x(value: float) -> float:
        return round(_SIDE + (WIDTH - 2 * _SIDE) * (value - low) / (high - low), 1)

    height, highest = _ROW * len(rows) + 20, metric.text(high)
    parts = [
        *([] if target and x(target.value) > WIDTH - 110 else [_axis_text(WIDTH - _SIDE, height - 4, highest, "end")]),
        *([] if target and x(target.value) < 110 else [_axis_text(_SIDE, height - 4, metric.text(low))]),
    ]
    if target:
        middle = min(max(x(target.value), 40), WIDTH - 40)
        parts.append(f'<line class="truth" x1="{x(target.value)}" x2="{x(target.value)}" y1="0" y2="{height - 18}"/>')
        parts.append(_axis_text(middle, height - 4, "real photos", "middle"))
    for index, (name, style, one) in enumerate(rows):
        y = _ROW * index + 32
        parts.append(f'<text x="{_SIDE}" y="{y - 14}">{escape(name)}</text>')
        parts.append(
            f'<text class="value" x="{WIDTH - _SIDE}" y="{y - 14}" text-anchor="end">{metric.text(one.value)}</text>'
        )
        parts.append(f'<line class="bar {style}" x1="{x(one.low)}" x2="{x(one.high)}" y1="{y}" y2="{y}"/>')
        parts.append(f'<circle class="dot {style}" cx="{x(one.value)}" cy="{y}" r="5"/>')
    said = "; ".join(f"{name} {metric.text(one.value)}" for name, _, one in rows)
    return _svg(height, f"{metric.title}: {said}", parts)


def curve_chart(curves: Sequence[tuple[str, str, Curve]]) -> str:
    """PSNR against vividness as chroma is scaled, one line for each of (name, CSS class, curve)."""
    left, right, top, bottom = 36.0, WIDTH - 8.0, 10.0, 232.0
    most = max(1.25, *(min(2.0, curve.vividness[-1].value) for _, _, curve in curves))
    inside = [
        one for _, _, curve in curves for v, one in zip(curve.vividness, curve.psnr, strict=True) if v.value <= most
    ]
    low, high = math.floor(min(one.value for one in inside) - 0.5), math.ceil(max(one.value for one in inside) + 0.5)

    def place(vividness: float, decibels: float) -> tuple[float, float]:
        across = left + (right - left) * vividness / most
        return round(across, 1), round(bottom - (bottom - top) * (decibels - low) / (high - low), 1)

    plot = f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"/>'
    parts = [f'<defs><clipPath id="plot">{plot}</clipPath></defs>']
    step = max(1, round((high - low) / 5))
    for decibels in range(low, high + 1, step):
        _, y = place(0, decibels)
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>')
        parts.append(_axis_text(left - 4, y + 4, str(decibels), "end"))
    for percent in range(0, int(100 * most) + 1, 50):
        x, _ = place(percent / 100, low)
        if percent == 100:
            parts.append(f'<line class="truth" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>')
        parts.append(_axis_text(x, bottom + 16, f"{percent} %", "middle"))
    parts.append(
        _axis_text(
            (left + right) / 2, bottom + 32, "vividness: chroma of the pictures over that of the photos", "middle"
        )
    )
    for _, style, curve in curves:
        points = [place(v.value, p.value) for v, p in zip(curve.vividness, curve.psnr, strict=True)]
        line = " ".join(f"{x},{y}" for x, y in points)
        parts.append(f'<polyline class="line {style}" points="{line}" clip-path="url(#plot)"/>')
        x, y = points[curve.gains.index(1.0)]
        parts.append(f'<circle class="dot {style}" cx="{x}" cy="{y}" r="6"/>')
    said = "; ".join(
        f"{name} has {curve.psnr[curve.gains.index(1.0)].value:.2f} dB as it is" for name, _, curve in curves
    )
    return _svg(int(bottom) + 40, f"PSNR in dB against vividness. {said}", parts)


def histogram_png(histogram: Tensor) -> bytes:
    """An ab histogram (529,) -> a PNG, a pixel a cell in its own colour, the more opaque the more pixels have it.

    a runs from left (green) to right (red), b from bottom (blue) to top (yellow).
    """
    share = histogram.view(CELLS_PER_SIDE, CELLS_PER_SIDE).T.flip(0)  # rows: b from above; columns: a
    steps = (torch.arange(CELLS_PER_SIDE) - CELLS_PER_SIDE // 2) * CELL
    ab = torch.stack((steps.expand(CELLS_PER_SIDE, -1), steps.flip(0)[:, None].expand(-1, CELLS_PER_SIDE)))[
        None
    ].float()
    rgb = lab_to_gamut_rgb(torch.full_like(ab[:, :1], _HISTOGRAM_LIGHTNESS), ab)[0]
    opacity = (share.clamp(min=_RAREST).log10() / math.log10(_RAREST)).neg().add(1).clamp(0, 1) ** 0.7
    pixels = torch.cat((rgb, opacity[None].to(rgb))).mul(255).round().byte().permute(1, 2, 0)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels.numpy())).save(file, "PNG", optimize=True)
    return file.getvalue()


def data_uri(data: bytes, kind: str) -> str:
    """Bytes of an image file -> what an `img` shows without a request."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _axis_text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text class="axis" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: int, said: str, parts: Sequence[str]) -> str:
    opening = f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(said, quote=True)}">'
    return opening + "".join(parts) + "</svg>"
