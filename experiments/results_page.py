"""docs/results.md from figures.json: every number and every sentence about one is made here, from the figures alone."""

from pathlib import Path
from typing import Any

from results_pictures import save_curves
from results_runs import LOOK_PHOTOS

from colorgan.evaluation.baselines import GRAY, MEAN
from colorgan.evaluation.words import NOT_THESE
from colorgan.files import write_whole
from colorgan.intervals.bootstrap import Interval
from colorgan.metrics.metric import Metric
from colorgan.metrics.table import BY_KEY, METRICS

CLOSE = tuple(metric.key for metric in METRICS if metric.recipes_table == "close")
ALIKE = tuple(metric.key for metric in METRICS if metric.recipes_table == "alike")
COMPARED = ("ciede2000", "psnr", "psnr_as_vivid", "ssim", "histogram", "frechet", "colourfulness_gap", "bleeding")
BROUGHT = ("ciede2000", "psnr", "psnr_as_vivid", "chroma_ratio", "histogram", "frechet", "bleeding", "two_sample")
STEPS = {  # each adds to the one before
    "flagship-scratch": "from random weights",
    "flagship-l2": "with the features of ImageNet",
    "flagship": "with the critic, at its end",
}
TRUTH = "real photos"


def write_page(figures: dict[str, Any], docs: Path) -> None:
    """Write results.md, and the curves, which are drawn from the same figures."""
    save_curves(figures["recipes"], docs / "results")
    write_whole(docs / "results.md", page(figures))


def page(figures: dict[str, Any]) -> str:
    """The whole page."""
    parts = [
        _opening(figures),
        _shipped(figures),
        _budget(figures),
        _tables(figures),
        _against(figures),
        _brought(figures),
        _beside(figures),
        _sheets(figures),
        _curves(figures),
        _cost(figures),
        _protocol(figures),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _opening(figures: dict[str, Any]) -> str:
    """What ships, what the comparison of recipes can tell, and where all of it was measured."""
    machine = figures["machine"]
    where = machine["gpu"] or f"{machine['cores']} CPU cores ({machine['processor']})"
    crowded = machine["load_average"] > machine["cores"]
    busy = f", with other work running (load average {machine['load_average']:g})" if crowded else ""
    ships = f"{_shipped_outcome(figures)}\n\n" if figures["bundled"] else ""
    return (
        f"# Results\n\n{ships}{_limits(figures)}\n\n"
        f"Measured on {machine['date']} on {where}{busy}, torch {machine['torch']}, by\n\n"
        f"```\n{figures['command']}\n```\n\n"
        "On a machine with a GPU, `make results` repeats it with as many images as 25 minutes allow. Every figure "
        "below comes from [results/figures.json](results/figures.json); intervals are 95 %."
    )


def _shipped_outcome(figures: dict[str, Any]) -> str:
    photos = figures["evaluation"]["protocol"]["photos"]
    gaps = _listed([f"{_ciede2000(figures, name)} for {name}" for name in figures["bundled"]])
    return (
        f"**The models that ship** are, on {photos} test photos, this far from the true colours in CIEDE2000 units "
        f"(about 1 is just noticeable): {gaps}. Photos left gray: {_ciede2000(figures, GRAY)}."
    )


def _ciede2000(figures: dict[str, Any], name: str) -> str:
    return _cells(figures, name, ("ciede2000",))[0]


def _limits(figures: dict[str, Any]) -> str:
    """What a comparison with this budget can tell, and what it cannot."""
    images, runs = figures["plan"]["images"], figures["recipes"]
    least = min(run["own_images"] for run in runs.values())
    same = f"**{len(runs)} recipes** are compared with one budget, each trained on the same {images:,} photos"
    if images >= least:
        return f"{same}; the shortest recipe's own budget is {least:,} images."
    late = ", nor what a critic brings that joins at the end of a run, as the flagship's does" * ("flagship" in runs)
    return (
        f"{same}, {100 * images / least:.2g} % of the shortest recipe's own {least:,} images. That can tell which "
        f"recipe learns fastest from few photos. It cannot tell which is best when trained to its end{late}."
    )


def _shipped(figures: dict[str, Any]) -> str:
    """The bundled models beside gray and real photos."""
    if not figures["bundled"]:
        return ""
    rows = (GRAY, *figures["bundled"])
    tables = "\n\n".join(_table(figures, keys, rows) for keys in (CLOSE, ALIKE))
    return (
        "## The models that ship\n\nTrained for much longer than the recipes below, so not to be compared with them. "
        "What each figure means stands below the recipes' tables; [the model card](../colorgan/weights/README.md) has "
        f"figures on more photos, and where these models fail.\n\n{tables}"
    )


def _budget(figures: dict[str, Any]) -> str:
    plan, photos = figures["plan"], figures["evaluation"]["protocol"]["photos"]
    return (
        f"## {len(figures['recipes'])} recipes with one budget\n\nEach was trained on the same {plan['images']:,} "
        f"photos in the same order, at {plan['resolution']} px where its networks allow, and measured on the same "
        f"{photos} test photos. {_outcome(figures)}"
    )


def _outcome(figures: dict[str, Any]) -> str:
    """Who comes closest, and who beats a photo left gray."""
    figure, judged = BY_KEY["ciede2000"], figures["evaluation"]["figures"]
    order = sorted(
        (name for name in figures["recipes"] if name in judged), key=lambda one: judged[one][figure.key]["value"]
    )
    gaps = {name: _difference(figures, name, GRAY)[figure.key] for name in order}
    said = {word: [name for name in order if figure.verdict(gaps[name]) == word] for word in ("better", "worse")}
    first, gray = (figure.interval_text(interval_of(judged[name][figure.key])) for name in (order[0], GRAY))
    return (
        f"Of these recipes **{order[0]}** comes closest to the true colours: a mean visible difference of {first} in "
        f"CIEDE2000 units, about 1 being just noticeable; photos left gray have {gray}. Closer than gray, beyond "
        f"chance: {_listed(said['better'])}. Further than gray: {_listed(said['worse'])}."
    )


def _tables(figures: dict[str, Any]) -> str:
    rows = (GRAY, MEAN, *figures["recipes"])
    return (
        "## How close to the photo\n\nBold: the best recipe; arrows: which way is better.\n\n"
        f"{_table(figures, CLOSE, rows)}\n\n## How alike as a set\n\n{_table(figures, ALIKE, rows)}\n\n"
        f"{_meanings(figures)}"
    )


def _table(figures: dict[str, Any], keys: tuple[str, ...], rows: tuple[str, ...]) -> str:
    judged = figures["evaluation"]["figures"]
    best = {key: best_of(figures, BY_KEY[key]) for key in keys}
    lines = _head("", keys)
    for name in (row for row in rows if row in judged):
        cells = _cells(figures, name, keys)
        cells = [f"**{cell}**" if best[key] == name else cell for key, cell in zip(keys, cells, strict=True)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    truth = [BY_KEY[key].interval_text(_truth(figures, BY_KEY[key])) for key in keys]
    return "\n".join([*lines, f"| {TRUTH} | {' | '.join(truth)} |"])


def _head(corner: str, keys: tuple[str, ...]) -> list[str]:
    titles = " | ".join(BY_KEY[key].heading for key in keys)
    return [f"| {corner} | {titles} |", "|---" * (len(keys) + 1) + "|"]


def _cells(figures: dict[str, Any], name: str, keys: tuple[str, ...]) -> list[str]:
    judged = figures["evaluation"]["figures"][name]
    return [BY_KEY[key].interval_text(interval_of(judged.get(key))) for key in keys]


def interval_of(figure: dict[str, float] | None) -> Interval | None:
    """A figure of the JSON, or None where it is missing."""
    return Interval(**figure) if figure else None


def _truth(figures: dict[str, Any], metric: Metric) -> Interval | None:
    if metric.target is not None:
        return Interval(metric.target, metric.target, metric.target)
    return interval_of(figures["evaluation"]["real_photos"].get(metric.key))


def best_of(figures: dict[str, Any], metric: Metric) -> str | None:
    """Which recipe has the best value; the bundled model and the baselines do not compete."""
    judged, truth = figures["evaluation"]["figures"], _truth(figures, metric)
    values = {
        name: judged[name][metric.key]["value"] for name in figures["recipes"] if metric.key in judged.get(name, {})
    }
    return metric.best(values, truth.value if truth else None)


def _meanings(figures: dict[str, Any]) -> str:
    lines = [f"- {BY_KEY[key].title}: {BY_KEY[key].about}" for key in (*CLOSE, *ALIKE)]
    missing = figures["evaluation"]["missing"]
    lines += [f"- {BY_KEY[key].title if key in BY_KEY else key}: {why}." for key, why in missing.items()]
    return "\n".join([*lines, "- " + NOT_THESE.format("FID and LPIPS proper are")])


def _reference(figures: dict[str, Any]) -> str:
    runs = list(figures["recipes"])
    return "flagship" if "flagship" in runs else runs[0]


def _difference(figures: dict[str, Any], first: str, second: str) -> dict[str, Interval]:
    """First minus second, figure by figure, paired by photo; empty where the two were not compared."""
    for one in figures["evaluation"]["differences"]:
        found = {key: Interval(**value) for key, value in one["first_minus_second"].items()}
        if (one["first"], one["second"]) == (first, second):
            return found
        if (one["first"], one["second"]) == (second, first):
            return {key: Interval(-value.value, -value.high, -value.low) for key, value in found.items()}
    return {}


def _against(figures: dict[str, Any]) -> str:
    """Each recipe minus the flagship on the same photos."""
    reference = _reference(figures)
    lines = [
        f"| minus {reference} | {' | '.join(BY_KEY[key].title for key in COMPARED)} |",
        "|---" * (len(COMPARED) + 1) + "|",
    ]
    for name in (*figures["recipes"], *figures["bundled"]):
        if not (found := _difference(figures, name, reference)):
            continue
        cells = []
        for key in COMPARED:
            said = f": {BY_KEY[key].verdict(found[key])}" if key in found else ""
            cells.append(BY_KEY[key].interval_text(found.get(key)) + said)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    if len(lines) == 2:
        return ""
    first = [key for key in (*CLOSE, *ALIKE) if best_of(figures, BY_KEY[key]) == reference]
    others = {BY_KEY[key].title: best_of(figures, BY_KEY[key]) for key in (*CLOSE, *ALIKE) if key not in first}
    lost = "; ".join(f"{title}: {winner}" for title, winner in others.items() if winner)
    behind = f" Where another is first: {lost}." if lost else ""
    ranked = len(first) + sum(winner is not None for winner in others.values())
    said = f"{reference} is first in {len(first)} of {ranked} figures.{behind}"
    return f"## Against {reference}, paired by photo\n\n{said}\n\n" + "\n".join(lines)


def _brought(figures: dict[str, Any]) -> str:
    """What each step of the flagship's making has brought: one network, as far as all of its steps were trained."""
    judged = figures["evaluation"]["figures"]
    if any(name not in judged for name in STEPS):
        return ""
    lines = _head("one network", BROUGHT)
    for name, said in STEPS.items():
        lines.append(f"| {said} ({name}) | {' | '.join(_cells(figures, name, BROUGHT))} |")
    for name in figures["bundled"]:
        lines.append(f"| with more images: *{name}* | {' | '.join(_cells(figures, name, BROUGHT))} |")
    return "## What brought what\n\n" + "\n".join(lines)


def _beside(figures: dict[str, Any]) -> str:
    """The conditional GAN and the Wasserstein GAN on the same networks, as far as both were trained."""
    pair = ("cgan-dogs-flowers", "wgan-dogs-flowers")
    judged, runs = figures["evaluation"]["figures"], figures["recipes"]
    if any(name not in judged for name in pair):
        return ""
    found, keys = _difference(figures, *pair), (*CLOSE, *ALIKE)
    lines = ["| | cGAN | WGAN | cGAN minus WGAN | cGAN is |", "|---" * 5 + "|"]
    for key in keys:
        figure = BY_KEY[key]
        values = (figure.interval_text(interval_of(judged[name].get(key))) for name in pair)
        said = figure.verdict(found[key]) if key in found else ""
        cells = (figure.heading, *values, figure.interval_text(found.get(key)), said)
        lines.append(f"| {' | '.join(cells)} |")
    told = {
        word: [BY_KEY[key].title for key in keys if key in found and BY_KEY[key].verdict(found[key]) == word]
        for word in ("better", "worse", "could be chance")
    }
    vivid = [BY_KEY["chroma_ratio"].interval_text(interval_of(judged[name]["chroma_ratio"])) for name in pair]
    every = runs[pair[1]]["critic_steps"]
    steps = [run["images_seen"] // (run["batch_sizes"][0] * run["critic_steps"]) for run in map(runs.get, pair)]
    seen = [
        f"The same generator and discriminator, the same photos; the cGAN's generator was updated {steps[0]:,} times, "
        f"the WGAN's {steps[1]:,} times, as its critic learns from {every} batches for each of them.",
        f"The cGAN is better in: {_listed(told['better'])}. It is worse in: {_listed(told['worse'])}. Could be chance: "
        f"{_listed(told['could be chance'])}. Vividness is {vivid[0]} for the cGAN and {vivid[1]} for the WGAN, real "
        "photos having 100 %.",
    ]
    picture = next((one for one in figures["sheets"] if one["file"] == "cgan-wgan.jpg"), None)
    shown = f"\n\n![gray, cGAN, WGAN and original on the same photos](results/{picture['file']})" if picture else ""
    return "## cGAN beside WGAN\n\n" + "\n\n".join(seen) + "\n\n" + "\n".join(lines) + shown


def _listed(words: list[str]) -> str:
    return "none" if not words else f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _sheets(figures: dict[str, Any]) -> str:
    sets = [one for one in figures["sheets"] if one["file"] != "cgan-wgan.jpg"]
    if not sets:
        return ""
    about_own = (
        " The bundled models have sheets of their own, which come first, at 256 px; where they fail is told in "
        "[their card](../colorgan/weights/README.md) and in [log.md](log.md)."
        if any("bundled" in one for one in sets)
        else ""
    )
    parts = [
        f"## Sheets\n\nThe first {max(one['photos'] for one in sets)} photos of each set in the order of seed "
        f"{figures['plan']['seed']}: drawn, not picked. Columns as named above each; the photographs keep the terms of "
        "their own data sets." + about_own
    ]
    for one in sets:
        note = "" if one["truth"] else " (nothing to compare with: the last column is the photograph as found)"
        title, own = one["title"], one.get("bundled")
        pictures = [f"![{title}](results/{one['file']})"]
        if own:
            pictures.insert(0, f"![{title} by the bundled models](results/{own})")
        parts.append("\n\n".join([f"### {title.capitalize()}{note}", *pictures]))
    return "\n\n".join(parts)


def _curves(figures: dict[str, Any]) -> str:
    diverged = [f"- {name}: {run['diverged']}" for name, run in figures["recipes"].items() if run["diverged"]]
    said = "\n\nDiverged:\n\n" + "\n".join(diverged) if diverged else ""
    return (
        f"## Training curves\n\nOn up to {LOOK_PHOTOS} fixed test photos at each recipe's own training size; "
        "no choice was made by them.\n\n![validation curves](results/curves.png)\n\nEach recipe's loss terms, with "
        f"their weights; they are not comparable between recipes.\n\n![losses](results/losses.png){said}"
    )


def _cost(figures: dict[str, Any]) -> str:
    lines = [
        "| recipe | generator | discriminator | pixels | batch | images | images/s | minutes | one photo | starts at |",
        "|---" * 10 + "|",
    ]
    for name, run in figures["recipes"].items():
        other = f"{run['discriminator_parameters'] / 1e6:.1f} M" if run["discriminator_parameters"] else "none"
        forward = figures["forward_ms"].get(name)
        cells = (
            name,
            f"{run['generator_parameters'] / 1e6:.1f} M",
            other,
            str(run["resolution"]),
            "/".join(str(size) for size in run["batch_sizes"]),
            f"{run['images_seen']:,}",
            f"{run['images_per_s']:.1f}",
            f"{run['seconds'] / 60:.1f}",
            f"{forward:.0f} ms" if forward else "–",
            "ImageNet" if run["pretrained"] else "nothing",
        )
        lines.append(f"| {' | '.join(cells)} |")
    notes = [f"- {name}: {run['note']}." for name, run in figures["recipes"].items() if run["note"]]
    total = sum(run["seconds"] for run in figures["recipes"].values()) / 60
    said = f"{total:.1f} minutes of training in all. *One photo* is the way from its lightness to its chroma."
    changed = "\n\nWhat the size changes:\n\n" + "\n".join(notes) if notes else ""
    return f"## Cost\n\n{said}\n\n" + "\n".join(lines) + changed


def _protocol(figures: dict[str, Any]) -> str:
    plan, told = figures["plan"], figures["evaluation"]["protocol"]
    left_out = ", ".join(f"{count} {why}" for why, count in told["left_out"].items()) or "none"
    budget = (
        f"The budget follows from {plan['minutes']:g} minutes: a few batches of every recipe were timed, and "
        f"{plan['images']:,} is what all of them can see in four fifths of the time."
        if plan["minutes"]
        else f"The budget of {plan['images']:,} images was given."
    )
    lines = [
        budget,
        f"Trained on {', '.join(plan['data'])}, all recipes alike, whatever their sources used; seed {plan['seed']}; "
        f"{'bf16 autocast, channels last' if plan['mixed_precision'] == 'bf16' else 'float32'}"
        f"{'; batches of ' + str(plan['batch_size']) + ' for all' if plan['batch_size'] else ''}.",
        "Everything else is the recipe's own (docs/training.md); a warm-up of the learning rate takes the same share "
        "of the run as of the recipe's own budget.",
        f"Judged by {told['photos']} photos of {', '.join(plan['test_data'])}, at {told['resolution']} px (files' "
        f"SHA-256 {told['photos_sha256'][:16]}…), left out: {left_out}.",
        *told["rules"],
        "`python experiments/results.py --render-only` writes this page again from the figures, without training.",
    ]
    lines += figures.get("remarks", [])
    return "## How it was done\n\n" + "\n".join(f"- {line}" for line in lines)
