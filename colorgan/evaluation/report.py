"""An evaluation -> report.json, report.md, report.html and photos.csv."""

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorgan.evaluation.contestants import GRAY, MEAN
from colorgan.intervals import Interval
from colorgan.metrics.metric import Metric
from colorgan.metrics.table import BY_KEY, METRICS
from colorgan.training.checkpoints import write_file

if TYPE_CHECKING:
    from colorgan.evaluation.run import Evaluation

TRUTH = "real photos"
NOT_THESE = (
    "{} not computed: their networks' weights have to be downloaded (--fid and --lpips, once they are there). The "
    "distances here use a network that installs offline, and carry its name."
)


def save(evaluation: "Evaluation", folder: Path) -> None:
    """Write the four files; each is there whole or not at all."""
    from colorgan.evaluation.page import page

    folder.mkdir(parents=True, exist_ok=True)
    write_file(folder / "photos.csv", per_photo(evaluation))
    write_file(folder / "report.md", markdown(evaluation))
    write_file(folder / "report.html", page(evaluation))
    write_file(folder / "report.json", json.dumps(as_json(evaluation), indent=2, ensure_ascii=False) + "\n")


def as_json(evaluation: "Evaluation") -> dict[str, Any]:
    """Everything but the pictures and the figures of single photos."""
    summary = evaluation.summary

    def plain(figures: dict[str, Interval]) -> dict[str, Any]:
        return {key: asdict(interval) for key, interval in figures.items()}

    return {
        "protocol": evaluation.protocol,
        "contestants": evaluation.contestants,
        "figures": {name: plain(figures) for name, figures in summary.figures.items()},
        "real_photos": plain(summary.truth),
        "differences": [
            {"first": first, "second": second, "first_minus_second": plain(figures)}
            for (first, second), figures in summary.differences.items()
        ],
        "curves": {name: asdict(curve) for name, curve in summary.curves.items()},
        "missing": summary.notes,
        "explained": {metric.key: metric.about for metric in METRICS},
    }


def per_photo(evaluation: "Evaluation") -> str:
    """CSV: a row for each photo and contestant, with every figure that a single photo has."""
    done, text = evaluation.measurements, io.StringIO()
    keys = list(next(iter(done.records.values())).values)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("photo", "contestant", *keys))
    for contestant, record in done.records.items():
        columns = [record.value(key).tolist() for key in keys]
        for name, *row in zip(done.names, *columns, strict=True):
            writer.writerow((name, contestant, *(f"{value:.6g}" for value in row)))
    return text.getvalue()


def markdown(evaluation: "Evaluation") -> str:
    """The tables, for a repository or a model's card."""
    summary, names = evaluation.summary, columns(evaluation)
    lines = ["# How good are the colours?", "", *sentences(evaluation), "", "## Figures", ""]
    lines += [f"| | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for metric in shown_metrics(evaluation):
        cells = [metric.interval_text(value_of(evaluation, name, metric)) for name in names]
        lines.append(f"| {metric.heading} | {' | '.join(cells)} |")
    lines += ["", *notes(evaluation), "", "## Differences, paired by photo", ""]
    for (first, second), figures in summary.differences.items():
        lines += [f"{first} minus {second}", "", "| | difference | |", "|---|---|---|"]
        for metric, interval in ((BY_KEY[key], interval) for key, interval in figures.items()):
            lines.append(f"| {metric.title} | {metric.interval_text(interval)} | {metric.verdict(interval)} |")
        lines.append("")
    lines += ["## Protocol", "", *(f"- {line}" for line in protocol_lines(evaluation)), ""]
    return "\n".join(lines)


# --- what report.md and report.html both say -------------------------------------------------------------------------


def columns(evaluation: "Evaluation") -> list[str]:
    """Whom the table shows, the real photos last. Baselines are always there, with dashes if they could not be had."""
    judged = [name for name in evaluation.summary.figures if name not in (GRAY, MEAN)]
    return [GRAY, MEAN, *judged, TRUTH]


def judged_names(evaluation: "Evaluation") -> list[str]:
    """The models and folders of predictions."""
    return columns(evaluation)[2:-1]


def shown_metrics(evaluation: "Evaluation") -> list[Metric]:
    """All metrics, but those of what nobody has, such as variants."""
    known = {key for one in evaluation.summary.figures.values() for key in one}
    return [metric for metric in METRICS if metric.always_shown or metric.key in known]


def value_of(evaluation: "Evaluation", name: str, metric: Metric) -> Interval | None:
    """A cell of the table."""
    if name != TRUTH:
        return evaluation.summary.figures.get(name, {}).get(metric.key)
    if metric.target is not None:
        return Interval(metric.target, metric.target, metric.target)
    return evaluation.summary.truth.get(metric.key)


def best_of(evaluation: "Evaluation", metric: Metric) -> str | None:
    """Who has the best value of a metric among all contestants; None where nothing is better by itself."""
    values = {name: value_of(evaluation, name, metric) for name in columns(evaluation)[:-1]}
    truth = value_of(evaluation, TRUTH, metric)
    return metric.best({name: one.value for name, one in values.items() if one}, truth.value if truth else None)


def sentences(evaluation: "Evaluation") -> list[str]:
    """The outcome in plain words."""
    summary, metric = evaluation.summary, BY_KEY["ciede2000"]
    judged = sorted(judged_names(evaluation), key=lambda name: summary.figures[name][metric.key].value)
    own, gray = (metric.interval_text(summary.figures[name][metric.key]) for name in (judged[0], GRAY))
    closest = " comes closest to the real colours:" if len(judged) > 1 else ":"
    said = [
        f"**{judged[0]}**{closest} a mean visible difference of {own} in CIEDE2000 units, about 1 being just "
        f"noticeable. Leaving the photos gray makes {gray}."
    ]
    for other in judged[1:]:
        gap = summary.differences.get((other, judged[0]), {}).get(metric.key)
        if gap is None:
            turned = summary.differences[judged[0], other][metric.key]
            gap = Interval(-turned.value, -turned.high, -turned.low)
        if gap.low == gap.high == 0:
            said.append(f"**{other}** is exactly as close.")
            continue
        more = metric.interval_text(gap)
        chance = " That difference could be chance." if gap.low <= 0 <= gap.high else ""
        said.append(f"**{other}** is further from them by {more}.{chance}")
    ratio = BY_KEY["chroma_ratio"]
    vivid = [f"{name} {ratio.interval_text(summary.figures[name][ratio.key])}" for name in judged]
    said.append(f"Vividness, the real photos having 100 %: {'; '.join(vivid)}.")
    return said


def notes(evaluation: "Evaluation") -> list[str]:
    """What is missing, and why; what to keep in mind."""
    said = []
    for key, why in evaluation.summary.notes.items():
        said.append(f"{BY_KEY[key].title if key in BY_KEY else f'Baseline “{key}”'}: {why}.")
    said = list(dict.fromkeys(said))
    for one in evaluation.contestants:
        if one.get("lightness_error", 0) > 1:
            said.append(
                f"{one['name']}: its pictures had changed the lightness by {one['lightness_error']:.1f} L units "
                "on average; judged is their chroma under the photos' own."
            )
    for figure, loaded in evaluation.protocol["backbones"].items():
        if not loaded["is_published"]:
            said.append(
                f"{figure}: {loaded['file']!r} is not the published file of weights (by its SHA-256), so the figure "
                "can be compared with no other report's."
            )
    missing = [name for name in ("FID", "LPIPS") if name not in evaluation.protocol["backbones"]]
    return (
        [*said, NOT_THESE.format(f"{' and '.join(missing)} proper {'are' if len(missing) > 1 else 'is'}")]
        if missing
        else said
    )


def protocol_lines(evaluation: "Evaluation") -> list[str]:
    """How it was done, a line each."""
    told = evaluation.protocol
    data = "; ".join(
        f"{one['name']} ({one['split']}" + (f", revision {one['revision'][:12]}" if one["revision"] else "") + ")"
        for one in told["data"]
    )
    left_out = ", ".join(f"{count} {why}" for why, count in told["left_out"].items()) or "none"
    versions = ", ".join(f"{name} {number}" for name, number in told["versions"].items())
    lines = [
        f"Data: {data}. {told['photos']} photos (files' SHA-256 {told['photos_sha256'][:16]}…), left out: {left_out}. "
        f"Seed {told['seed']}.",
        *told["rules"],
    ]
    for one in evaluation.contestants:
        facts = {key: value for key, value in one.items() if key not in ("name", "kind")}
        shown = ", ".join(f"{key.replace('_', ' ')} {_short(value)}" for key, value in facts.items())
        lines.append(f"{one['name']}: {one['kind']}" + (f"; {shown}" if shown else "") + ".")
    return [*lines, f"{versions}; {told['device']}; {told['date']}."]


def _short(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return f"{text[:16]}…" if len(text) == 64 and text.isalnum() else text
