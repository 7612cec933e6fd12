"""The Compare page's HTML: its stage, with each model's metrics as people read them."""

from collections.abc import Sequence

from colorgan.web.comparison import Comparison, OfferedModel, shown_metrics
from colorgan.web.examples import Example
from colorgan.web.names import ACCEPTED
from colorgan.web.session import PageSession
from colorgan.web.templating import render


def stage(
    comparison: Comparison | None,
    chosen: Sequence[OfferedModel],
    examples: Sequence[Example],
    privacy: str,
    max_bytes: int,
    error: str = "",
    offer: PageSession | None = None,
) -> str:
    """A comparison, or the drop target before there is one; `chosen` are to be compared next, `offer` is a session to
    go on with."""
    return render(
        "compare.html",
        comparison=comparison if comparison and comparison.gray else None,
        chosen=chosen,
        lines=_lines,
        best=_best(comparison) if comparison else {},
        explained=shown_metrics() if comparison else [],
        error=error or (comparison.error if comparison else ""),
        offer=offer,
        token=comparison.session.token if comparison else "",
        examples=examples,
        privacy=privacy,
        max_bytes=max_bytes,
        accepted=ACCEPTED,
    )


def _lines(values: dict[str, float], best: dict[str, str] | None = None) -> list[tuple[str, str, bool]]:
    """Metrics as lines: title, value, and whether it is written as the best of all models is."""
    lines = []
    for metric in shown_metrics():
        if metric.key in values:
            text = metric.text(values[metric.key])
            lines.append((metric.heading, text, (best or {}).get(metric.key) == text))
    return lines


def _best(comparison: Comparison) -> dict[str, str]:
    """The best value of each metric as it is written, once there are several to choose from."""
    own = comparison.truth.own if comparison.truth else {}
    best = {}
    for metric in shown_metrics():
        values = {
            panel.model.source: panel.metrics[metric.key] for panel in comparison.panels if metric.key in panel.metrics
        }
        if name := metric.best(values, own.get(metric.key)):
            best[metric.key] = metric.text(values[name])
    return best
