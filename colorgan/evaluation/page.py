"""report.html: one file that anyone can open, offline, on a phone, by day and by night."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from colorgan.charts import Bar, Line, hints_chart, interval_chart, vividness_chart
from colorgan.evaluation.album import AlbumPhoto, data_uri, histogram_png
from colorgan.evaluation.baselines import GRAY
from colorgan.evaluation.findings import TRUTH, Findings
from colorgan.evaluation.hinting import SIGGRAPH17
from colorgan.evaluation.words import PUBLISHED, hints_table, notes, outcome, protocol_lines
from colorgan.metrics.metric import Metric
from colorgan.metrics.table import BY_KEY
from colorgan.templating import html_templates

CHARTED = ("ciede2000", "chroma_ratio", "psnr_as_vivid", "histogram")
_STYLES = 4  # of models, in report.css


class Chart(NamedTuple):
    """A chart of one metric."""

    metric: Metric
    drawing: str  # SVG


class Sheet(NamedTuple):
    """Photos under one title."""

    title: str
    photos: list[AlbumPhoto]


def page(findings: Findings) -> str:
    """The whole report as one HTML document without a script or a request."""
    styles, curves = _styles(findings), findings.summary.curves
    return _ENVIRONMENT.get_template("report.html").render(
        findings=findings,
        data=dict.fromkeys(one["name"].rstrip("/").rsplit("/", 1)[-1] for one in findings.protocol["data"]),
        outcome=outcome(findings),
        charts=list(_charts(findings, styles)),
        curves=vividness_chart(_lines(findings, styles)),
        legend={name: styles[name] for name in curves},
        sheets=list(_sheets(findings)),
        hints=_hints_chart(findings, styles),
        hints_table=hints_table(findings),
        published=PUBLISHED,
        clicks={name: one.clicks for name, one in findings.measurements.hinted.items() if one.clicks},
        metrics=BY_KEY,
        notes=notes(findings),
        histograms={
            TRUTH: histogram_png(findings.summary.true_histogram),
            **{name: histogram_png(one) for name, one in findings.summary.histograms.items() if name != GRAY},
        },
        protocol_lines=protocol_lines(findings),
    )


def _styles(findings: Findings) -> dict[str, str]:
    """Everyone's CSS class."""
    judged = findings.judged
    return {name: f"m{judged.index(name) % _STYLES}" if name in judged else "baseline" for name in findings.columns}


def _charts(findings: Findings, styles: dict[str, str]) -> Iterator[Chart]:
    for metric in (BY_KEY[key] for key in CHARTED):
        values = {name: findings.value(name, metric) for name in findings.columns[:-1]}
        bars = [Bar(name, one, metric.text(one.value), styles[name]) for name, one in values.items() if one]
        if len(bars) > 1:
            target = findings.value(TRUTH, metric)
            yield Chart(metric, interval_chart(metric.title, bars, metric.text, target.value if target else None))


def _lines(findings: Findings, styles: dict[str, str]) -> list[Line]:
    return [
        Line(
            name,
            [(x.value, y.value) for x, y in zip(curve.vividness, curve.psnr, strict=True)],
            curve.gains.index(1.0),
            styles[name],
        )
        for name, curve in findings.summary.curves.items()
    ]


def _hints_chart(findings: Findings, styles: dict[str, str]) -> str:
    """Each model's gain over no hint, beside the published one; nothing where no hints were given."""
    lines = [
        Line(
            name,
            [(k, gain.value) for k, gain in zip(one.counts, one.over_none, strict=True)],
            -1,
            styles[name],
            one.over_none,
        )
        for name, one in findings.summary.hint_curves.items()
    ]
    most = max((k for line in lines for k, _ in line.points), default=0)
    published = [(k, gain) for k, gain in SIGGRAPH17.items() if k <= most]
    lines += [Line(PUBLISHED, published, -1, "baseline")] if published else []
    return hints_chart(lines) if lines else ""


def _sheets(findings: Findings) -> Iterator[Sheet]:
    album = findings.measurements.album
    yield Sheet("Photos as they came, not chosen", album.samples)
    for name in findings.judged:
        yield Sheet(f"Best of {name}", album.best[name])
        yield Sheet(f"Worst of {name}", album.worst[name])


_ENVIRONMENT = html_templates(Path(__file__).parent / "templates")
_ENVIRONMENT.filters["data_uri"] = data_uri
