"""The Compare page's HTML: its stage, with each model's metrics as people read them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from colorgan.web.comparison import Comparison, OfferedModel, Panel
from colorgan.web.examples import Example
from colorgan.web.names import ACCEPTED
from colorgan.web.templating import render


class _Shown(NamedTuple):
    """A metric of the page: how it is written, which way is better ("" for neither), and what it is, in plain words."""

    key: str
    title: str
    form: str
    better: str
    about: str


_METRICS = (
    _Shown(
        *("ciede2000", "Colour error", "{:.1f}", "low"),
        "How far the colours are from the true ones on average (CIEDE2000). 1 is just noticeable; 0 would be perfect.",
    ),
    _Shown(
        *("psnr", "Likeness", "{:.1f} dB", "high"),
        "Of the whole picture to the original (PSNR); more is better. Much of it is light and shade, which every "
        "model is given, and pale colours do well here because they are never far off.",
    ),
    _Shown(
        *("chroma_ratio", "Vividness", "{:.0%}", "one"),
        "How strong the colours are; the original has 100 %. Less is pale, more is gaudy.",
    ),
    _Shown(
        *("colourfulness", "Colourfulness", "{:.0f}", ""),
        "0 is gray, 33 moderately, 59 quite, 109 extremely colourful (Hasler and Süsstrunk).",
    ),
    _Shown(
        *("bleeding", "Bleeding", "{:.0%}", "low"),
        "How much of the colour change at outlines runs over them, beyond what it does in the original; 0 % is clean.",
    ),
)
_DISTANCES: dict[str, Callable[[float], float]] = {
    "low": lambda v: v,
    "high": lambda v: -v,
    "one": lambda v: abs(v - 1),
}


def stage(
    comparison: Comparison | None,
    chosen: Sequence[OfferedModel],
    examples: Sequence[Example],
    privacy: str,
    max_bytes: int,
    error: str = "",
) -> str:
    """A comparison, or the drop target before there is one; `chosen` are to be compared next."""
    return render(
        "compare.html",
        comparison=comparison if comparison and comparison.gray else None,
        chosen=chosen,
        lines=_lines,
        best=_best(comparison.panels) if comparison else {},
        explained=_METRICS,
        error=error or (comparison.error if comparison else ""),
        examples=examples,
        privacy=privacy,
        max_bytes=max_bytes,
        accepted=ACCEPTED,
    )


def _lines(values: dict[str, float], best: dict[str, float] | None = None) -> list[tuple[str, str, bool]]:
    """Metrics as lines: title, value, and whether it is written as the best of all models is."""
    lines = []
    for metric in _METRICS:
        if metric.key in values:
            text = _written(metric.form, values[metric.key])
            is_best = best is not None and metric.key in best and _written(metric.form, best[metric.key]) == text
            lines.append((metric.title, text, is_best))
    return lines


def _written(form: str, value: float) -> str:
    """A value as people write it: a true minus, a space before the percent sign, and no minus before a zero."""
    return form.format(value).replace("-0%", "0%").replace("-", "−").replace("%", "\u00a0%").replace(" dB", "\u00a0dB")


def _best(panels: Sequence[Panel]) -> dict[str, float]:
    """The best value of each metric, once there are several to choose from."""
    best = {}
    for metric in _METRICS:
        values = [panel.metrics[metric.key] for panel in panels if metric.key in panel.metrics]
        if len(values) > 1 and metric.better:
            best[metric.key] = min(values, key=_DISTANCES[metric.better])
    return best
