"""report.html: one file that anyone can open, offline, on a phone, by day and by night."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from colorgan.evaluation.album import Page
from colorgan.evaluation.charts import curve_chart, data_uri, histogram_png, interval_chart
from colorgan.evaluation.contestants import GRAY
from colorgan.evaluation.report import (
    TRUTH,
    best_of,
    columns,
    judged_names,
    notes,
    protocol_lines,
    sentences,
    shown_metrics,
    value_of,
)
from colorgan.evaluation.style import STYLE
from colorgan.metrics.metric import Metric
from colorgan.metrics.table import BY_KEY

if TYPE_CHECKING:
    from colorgan.evaluation.run import Evaluation

CHARTED = ("ciede2000", "chroma_ratio", "psnr_as_vivid", "histogram")
_STYLES = 4  # of models, in the style sheet


def page(evaluation: "Evaluation") -> str:
    """The whole report as one HTML document without a script or a request."""
    told = evaluation.protocol
    data = ", ".join(dict.fromkeys(one["name"].rstrip("/").rsplit("/", 1)[-1] for one in told["data"]))
    body = "\n".join(
        (
            f"<header><h1>How good are the colours?</h1><p class='quiet'>{told['photos']:,} photos of {escape(data)}, "
            f"shown to everyone in gray. {escape(told['date'][:10])}</p></header>",
            "<section class='said'>" + "".join(f"<p>{_bold(one)}</p>" for one in sentences(evaluation)) + "</section>",
            _charts(evaluation),
            _sheets(evaluation),
            _table(evaluation),
            _differences(evaluation),
            _histograms(evaluation),
            _footer(evaluation),
        )
    )
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta name='color-scheme' content='light dark'><link rel='icon' href='data:,'>"
        f"<title>How good are the colours?</title><style>{STYLE}</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


# --- figures --------------------------------------------------------------------------------------------------------


def _style_of(evaluation: "Evaluation", name: str) -> str:
    judged = judged_names(evaluation)
    return f"m{judged.index(name) % _STYLES}" if name in judged else "baseline"


def _charts(evaluation: "Evaluation") -> str:
    names, drawn = columns(evaluation)[:-1], []
    for metric in (BY_KEY[key] for key in CHARTED):
        values = [(name, value_of(evaluation, name, metric)) for name in names]
        rows = [(name, _style_of(evaluation, name), value) for name, value in values if value is not None]
        if len(rows) > 1:
            target = value_of(evaluation, TRUTH, metric)
            drawn.append(_figure(metric.heading, interval_chart(metric, rows, target), metric.about))
    curves = [(name, _style_of(evaluation, name), curve) for name, curve in evaluation.summary.curves.items()]
    legend = "".join(f"<span class='key {style}'>{escape(name)}</span>" for name, style, _ in curves)
    drawn.append(
        _figure(
            "PSNR as the chroma is scaled, dB",
            curve_chart(curves) + f"<p class='legend'>{legend}</p>",
            "Each model from gray (left) to three times its chroma; the dot is the model as it is. At one vividness, "
            "the higher line is the better model.",
        )
    )
    return f"<section><h2>At a glance</h2><div class='charts'>{''.join(drawn)}</div></section>"


def _figure(title: str, drawing: str, about: str) -> str:
    return f"<figure class='chart'><h3>{escape(title)}</h3>{drawing}<figcaption>{escape(about)}</figcaption></figure>"


def _table(evaluation: "Evaluation") -> str:
    names = columns(evaluation)
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)
    rows = []
    for metric in shown_metrics(evaluation):
        best = best_of(evaluation, metric)
        cells = "".join(_cell(evaluation, name, metric, name == best) for name in names)
        rows.append(f"<tr><th scope='row'>{escape(metric.heading)}</th>{cells}</tr>")
    remarks = "".join(f"<p class='quiet'>{escape(one)}</p>" for one in notes(evaluation))
    return (
        "<section><h2>All figures</h2><p class='quiet'>Under each figure its 95 % interval over photos. ↓ less is "
        "better, ↑ more is better, no arrow: the real photos' own value is best. Bold: the best.</p>"
        f"<div class='scroll' tabindex='0' role='region' aria-label='All figures'><table><thead><tr><th></th>"
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>{remarks}{_explained(evaluation)}</section>"
    )


def _cell(evaluation: "Evaluation", name: str, metric: Metric, best: bool) -> str:
    interval = value_of(evaluation, name, metric)
    if interval is None:
        return "<td>–</td>"
    shown = metric.text(interval.value)
    around = f"{metric.text(interval.low)} to {metric.text(interval.high)}" if interval.low != interval.high else ""
    value = f"<strong>{shown}</strong>" if best else shown
    return f"<td>{value}<small>{around}</small></td>"


def _explained(evaluation: "Evaluation") -> str:
    terms = "".join(f"<dt>{escape(one.title)}</dt><dd>{escape(one.about)}</dd>" for one in shown_metrics(evaluation))
    return f"<details><summary>What the figures mean</summary><dl>{terms}</dl></details>"


def _differences(evaluation: "Evaluation") -> str:
    parts = []
    judged = judged_names(evaluation)
    for (first, second), figures in evaluation.summary.differences.items():
        rows = "".join(
            f"<tr><th scope='row'>{escape(BY_KEY[key].title)}</th><td>{escape(BY_KEY[key].interval_text(one))}</td>"
            f"<td>{BY_KEY[key].verdict(one)}</td></tr>"
            for key, one in figures.items()
        )
        opened = " open" if second in judged else ""
        parts.append(
            f"<details{opened}><summary>{escape(first)} minus {escape(second)}</summary><div class='scroll' "
            f"tabindex='0' role='region' aria-label='Differences'><table class='plain'><tbody>{rows}</tbody></table>"
            "</div></details>"
        )
    return (
        "<section><h2>Differences</h2><p class='quiet'>On the same photos, so that what makes a photo hard for both "
        f"cancels; with 95 % intervals.</p>{''.join(parts)}</section>"
    )


def _histograms(evaluation: "Evaluation") -> str:
    shown = {TRUTH: evaluation.summary.true_histogram}
    shown |= {name: one for name, one in evaluation.summary.histograms.items() if name != GRAY}
    pictures = "".join(
        f"<figure><img class='cells' src='{data_uri(histogram_png(one), 'png')}' alt='Histogram of the colours of "
        f"{escape(name, quote=True)}'><figcaption>{escape(name)}</figcaption></figure>"
        for name, one in shown.items()
    )
    return (
        "<section><h2>Which colours there are</h2><p class='quiet'>Every cell of the ab plane in its own colour, the "
        "fuller the more of all pixels have it (logarithmic): green to red from left to right, blue to yellow upwards, "
        f"gray in the middle.</p><div class='histograms'>{pictures}</div></section>"
    )


# --- photos ---------------------------------------------------------------------------------------------------------


def _sheets(evaluation: "Evaluation") -> str:
    album = evaluation.measurements.album
    sheets = list(_sheet("Photos as they came, not chosen", album.samples))
    for name in judged_names(evaluation):
        sheets += _sheet(f"Best of {name}", album.best[name])
        sheets += _sheet(f"Worst of {name}", album.worst[name])
    return (
        "<section class='wide'><h2>The photos</h2><p class='quiet'>Under each picture its mean CIEDE2000 to the "
        f"original: less is closer.</p>{''.join(sheets)}</section>"
    )


def _sheet(title: str, pages: Sequence[Page]) -> Iterator[str]:
    if not pages:
        return
    count = 2 + len(pages[0].pictures)
    rows = "".join(f"<div class='row n{min(count, 6)}'>{''.join(_pictures(one))}</div>" for one in pages)
    yield f"<details open><summary>{escape(title)}</summary><div class='sheet'>{rows}</div></details>"


def _pictures(one: Page) -> Iterator[str]:
    yield _picture(one.gray, "gray", one.name, "gray")
    for name, data in one.pictures.items():
        yield _picture(data, f"{name}, {one.scores[name]:.1f}", one.name, f"coloured by {name}")
    yield _picture(one.original, "original", one.name, "original")


def _picture(data: bytes, caption: str, name: str, what: str) -> str:
    said = escape(f"{name}: {what}", quote=True)
    return (
        f"<figure><img src='{data_uri(data, 'jpeg')}' alt='{said}' title='{said}'>"
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _footer(evaluation: "Evaluation") -> str:
    lines = "".join(f"<li>{escape(one)}</li>" for one in protocol_lines(evaluation))
    return (
        f"<section><h2>How it was done</h2><ul>{lines}</ul><p class='quiet'>The same in report.json, and the figures "
        "of each photo in photos.csv. The photographs keep the terms of their data sets.</p></section>"
    )


def _bold(text: str) -> str:
    """Markdown's ** as HTML."""
    parts = escape(text).split("**")
    return "".join(f"<strong>{part}</strong>" if index % 2 else part for index, part in enumerate(parts))
