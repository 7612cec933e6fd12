"""What report.md and report.html say in sentences: the outcome, what is missing, and how it was done."""

from typing import Any

from colorgan.data.whole import LONGEST, MIN_CHROMA
from colorgan.evaluation.baselines import GRAY, MEAN
from colorgan.evaluation.findings import Findings
from colorgan.evaluation.hinting import SIGGRAPH17
from colorgan.evaluation.measurements import MAP_PHOTOS, MAP_SIDE, SET_PHOTOS, VARIANT_PHOTOS
from colorgan.evaluation.simulated import RULES
from colorgan.intervals import Interval
from colorgan.metrics.table import BY_KEY

NOT_THESE = (
    "{} not computed: their networks' weights have to be downloaded (--fid and --lpips, once they are there). The "
    "distances here use a network that installs offline, and carry its name."
)
PUBLISHED = "siggraph17, over no hint, as published of other photos"
_MANY = 5  # names that a line lists
_SEEN = {
    False: "the photo's lightness",
    True: "the lightness of an old print of the photo (film, fading, contrast, blur, stains, grain, scratches)",
}


def outcome(findings: Findings) -> list[str]:
    """Who comes closest, by how much, and how vivid everyone is; names between two asterisks."""
    summary, metric = findings.summary, BY_KEY["ciede2000"]
    judged = sorted(findings.judged, key=lambda name: summary.figures[name][metric.key].value)
    own, gray = (metric.interval_text(summary.figures[name][metric.key]) for name in (judged[0], GRAY))
    closest = " comes closest to the real colours:" if len(judged) > 1 else ":"
    sentences = [
        f"**{judged[0]}**{closest} a mean visible difference of {own} in CIEDE2000 units, about 1 being just "
        f"noticeable. Leaving the photos gray makes {gray}."
    ]
    for other in judged[1:]:
        gap = summary.differences.get((other, judged[0]), {}).get(metric.key)
        if gap is None:
            turned = summary.differences[judged[0], other][metric.key]
            gap = Interval(-turned.value, -turned.high, -turned.low)
        if gap.low == gap.high == 0:
            sentences.append(f"**{other}** is exactly as close.")
            continue
        chance = " That difference could be chance." if gap.low <= 0 <= gap.high else ""
        sentences.append(f"**{other}** is further from them by {metric.interval_text(gap)}.{chance}")
    ratio = BY_KEY["chroma_ratio"]
    vivid = [f"{name} {ratio.interval_text(summary.figures[name][ratio.key])}" for name in judged]
    return [*sentences, f"{ratio.title}, the real photos having 100 %: {'; '.join(vivid)}."]


def notes(findings: Findings) -> list[str]:
    """What is missing, and why; what to keep in mind."""
    titles = {key: f"{metric.title}: " for key, metric in BY_KEY.items()} | {MEAN: f"Baseline “{MEAN}”: "}
    lines = list(dict.fromkeys(f"{titles.get(key, '')}{why}." for key, why in findings.summary.notes.items()))
    lines += [f"{names}." for names in [unreadable(findings.protocol)] if names]
    for one in findings.candidates:
        if one.get("lightness_error", 0) > 1:
            lines.append(
                f"{one['name']}: its pictures had changed the lightness by {one['lightness_error']:.1f} L units "
                "on average; judged is their chroma under the photos' own."
            )
    backbones = findings.protocol["backbones"]
    for metric, loaded in backbones.items():
        if not loaded["is_published"]:
            lines.append(
                f"{metric}: {loaded['file']!r} is not the published file of weights (by its SHA-256), so the value "
                "can be compared with no other report's."
            )
    missing = [name for name in ("FID", "LPIPS") if name not in backbones]
    if missing:
        lines.append(NOT_THESE.format(f"{' and '.join(missing)} proper {'are' if len(missing) > 1 else 'is'}"))
    return lines


def unreadable(protocol: dict[str, Any]) -> str:
    """How many files could not be read, and the first ones' names; empty where all could."""
    names = protocol["unreadable"]
    files = "1 file" if len(names) == 1 else f"{len(names):,} files"
    more = " ..." if len(names) > _MANY else ""
    return f"{files} could not be read: {', '.join(map(repr, names[:_MANY]))}{more}" if names else ""


def rules(protocol: dict[str, Any]) -> list[str]:
    """The method: what is the same for everyone who is judged."""
    return [
        f"Whole photos, upright, in sRGB, their shorter side at {protocol['resolution']} pixels (Lanczos).",
        f"Left out: unreadable files, photos of a mean chroma below {MIN_CHROMA:g} ab units (nothing to compare "
        f"with), photos longer than {LONGEST:g} : 1.",
        f"A colorizer sees {_SEEN[protocol['aged']]} as a gray picture of 8 bits. Its chroma is put under the photo's "
        "own lightness, fitted into sRGB, and judged before rounding. The same goes for pictures from a folder.",
        "Intervals: 95 % over photos, by percentile bootstrap (4000 draws); of distances between sets by leaving "
        f"out each twentieth of the photos. Differences are paired by photo. Sets: the first {SET_PHOTOS:,} photos; "
        f"two-sample test: the first {MAP_PHOTOS:,}, their chroma at {MAP_SIDE} x {MAP_SIDE}; variety: "
        f"{protocol['variants']} variants of the first {VARIANT_PHOTOS} or so.",
        *(RULES[what] for what, is_said in protocol["said"].items() if is_said),
        *([f"Photos with such a thing: {protocol['photos_with_a_thing']}."] if protocol["said"]["counts"] else []),
    ]


def hints_table(findings: Findings) -> list[list[str]]:
    """Gain by hints: a row of heads, two of each model, one of what is published; nothing where none were given."""
    curves, decibels = findings.summary.hint_curves, BY_KEY["psnr"]
    if not curves:
        return []
    counts = next(iter(curves.values())).counts
    rows = [["hints", *map(str, counts)]]
    for name, curve in curves.items():
        rows.append([f"{name}, over gray", *map(decibels.interval_text, curve.over_gray)])
        rows.append([f"{name}, over no hint", *map(decibels.interval_text, curve.over_none)])
    known = [decibels.text(SIGGRAPH17[count]) if count in SIGGRAPH17 else "–" for count in counts]
    return [*rows, [PUBLISHED, *known]]


def protocol_lines(findings: Findings) -> list[str]:
    """How it was done, a line each."""
    protocol = findings.protocol
    data = "; ".join(
        f"{one['name']} ({one['split']}" + (f", revision {one['revision'][:12]}" if one["revision"] else "") + ")"
        for one in protocol["data"]
    )
    left_out = ", ".join(f"{count} {why}" for why, count in protocol["left_out"].items()) or "none"
    versions = ", ".join(f"{name} {number}" for name, number in protocol["versions"].items())
    lines = [
        f"Data: {data}. {protocol['photos']} photos (files' SHA-256 {protocol['photos_sha256'][:16]}…), left out: "
        f"{left_out}. Seed {protocol['seed']}.",
        *rules(protocol),
    ]
    for one in findings.candidates:
        facts = {key: value for key, value in one.items() if key not in ("name", "kind")}
        shown = ", ".join(f"{key.replace('_', ' ')} {_short(value)}" for key, value in facts.items())
        lines.append(f"{one['name']}: {one['kind']}" + (f"; {shown}" if shown else "") + ".")
    return [*lines, f"{versions}; {protocol['device']}; {protocol['date']}."]


def _short(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return f"{text[:16]}…" if len(text) == 64 and text.isalnum() else text
