"""An evaluation's findings -> report.json, report.md, report.html and photos.csv."""

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from colorgan.evaluation.findings import Findings
from colorgan.evaluation.page import page
from colorgan.evaluation.words import hints_table, notes, outcome, protocol_lines, rules
from colorgan.files import write_whole
from colorgan.intervals import Interval
from colorgan.metrics.table import BY_KEY, METRICS

REPORT = "report.json"
PAGE = "report.html"


def save(findings: Findings, folder: Path) -> None:
    """Write the four files; each is there whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "photos.csv", per_photo(findings))
    write_whole(folder / "report.md", markdown(findings))
    write_whole(folder / PAGE, page(findings))
    write_whole(folder / REPORT, json.dumps(as_json(findings), indent=2, ensure_ascii=False) + "\n")


def as_json(findings: Findings) -> dict[str, Any]:
    """Everything but the pictures and the values of single photos."""
    summary = findings.summary

    def plain(intervals: dict[str, Interval]) -> dict[str, Any]:
        return {key: asdict(interval) for key, interval in intervals.items()}

    return {
        "protocol": {**findings.protocol, "rules": rules(findings.protocol)},
        "contestants": findings.candidates,
        "figures": {name: plain(intervals) for name, intervals in summary.figures.items()},
        "real_photos": plain(summary.truth),
        "differences": [
            {"first": first, "second": second, "first_minus_second": plain(intervals)}
            for (first, second), intervals in summary.differences.items()
        ],
        "curves": {name: asdict(curve) for name, curve in summary.curves.items()},
        "hints": {name: asdict(curve) for name, curve in summary.hint_curves.items()},
        "missing": summary.notes,
        "explained": {metric.key: metric.about for metric in METRICS},
    }


def per_photo(findings: Findings) -> str:
    """CSV: a row for each photo and candidate, with the value of every metric that a single photo has."""
    done, text = findings.measurements, io.StringIO()
    columns = list(next(iter(done.records.values())).values)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("photo", "contestant", *columns))
    for candidate, record in done.records.items():
        values = [record.value(column).tolist() for column in columns]
        for name, *row in zip(done.names, *values, strict=True):
            writer.writerow((name, candidate, *(f"{value:.6g}" for value in row)))
    return text.getvalue()


def markdown(findings: Findings) -> str:
    """The tables, for a repository or a model's card."""
    names = findings.columns
    lines = ["# How good are the colours?", "", *outcome(findings), "", "## Metrics", ""]
    lines += [f"| | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for metric in findings.shown_metrics:
        cells = [metric.interval_text(findings.value(name, metric)) for name in names]
        lines.append(f"| {metric.heading} | {' | '.join(cells)} |")
    lines += ["", *notes(findings), ""]
    if table := hints_table(findings):
        head, *rows = (f"| {' | '.join(cells)} |" for cells in table)
        lines += ["## Gain of PSNR by hints, dB", "", head, "|---" * len(table[0]) + "|", *rows, ""]
    lines += ["## Differences, paired by photo", ""]
    for (first, second), differences in findings.summary.differences.items():
        lines += [f"{first} minus {second}", "", "| | difference | |", "|---|---|---|"]
        for metric, interval in ((BY_KEY[key], interval) for key, interval in differences.items()):
            lines.append(f"| {metric.title} | {metric.interval_text(interval)} | {metric.verdict(interval)} |")
        lines.append("")
    lines += ["## Protocol", "", *(f"- {line}" for line in protocol_lines(findings)), ""]
    return "\n".join(lines)
