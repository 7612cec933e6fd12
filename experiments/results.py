"""All recipes on the same photos with the same budget in images, judged by the same test photos: docs/results.md.

    make results                                   # 25 minutes, on the GPU if there is one
    make results DEVICE=cpu MINUTES=120 DATA="photos/flowers photos/dogs"
    python experiments/results.py --images 20000 --recipes cgan-dogs-flowers wgan-dogs-flowers
    python experiments/results.py --render-only     # the page again from docs/results/figures.json, without training
    python experiments/results.py --bundled-only ...  # and with the bundled models judged anew; ... as for the page

With --minutes, a few batches of every recipe are timed first, and the budget is what all of them can see in 80 % of the
minutes; the rest is for judging. Run it again after an interruption: what is trained stays, a run that was cut short
goes on. Without --data, lsun-bedroom, stanford-dogs and flowers-102 are streamed from the Hub.
"""

import argparse
import json
import os
import shlex
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from results_runs import Plan, budget_of, estimate, is_finished, run_figures, settle, train_one

from colorgan.files import write_whole
from colorgan.machine import machine
from colorgan.recipes import ALL_PHOTOS, RECIPES

ROOT = Path(__file__).parents[1]
FIGURES = "figures.json"
FLAGSHIP, PAIR = "flagship", ("cgan-dogs-flowers", "wgan-dogs-flowers")
FORWARD_ROUNDS = 15


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=float, default=0.0, help="for all of it, from which the budget follows")
    budget.add_argument("--images", type=int, default=0, help="budget: photos that each recipe sees")
    parser.add_argument("--data", nargs="+", default=list(ALL_PHOTOS), help="sets to train on: names, Hub ids, folders")
    parser.add_argument("--test-data", nargs="+", help="sets to judge by (default: those of --data with a test split)")
    parser.add_argument("--show", nargs="*", default=[], help="sets shown in sheets alone, such as old photographs")
    pictures = [name for name, recipe in RECIPES.items() if not recipe.objective.words_weight]  # words keep another's
    parser.add_argument("--recipes", nargs="+", default=pictures, choices=pictures, metavar="RECIPE")
    parser.add_argument("--resolution", type=int, default=0, help="pixels squared (default: 256 on a GPU, else 128)")
    parser.add_argument("--batch-size", type=int, default=0, help="of all recipes (default: each recipe's own)")
    parser.add_argument("--test-limit", type=int, default=300, help="test photos, drawn by the seed")
    parser.add_argument("--device", default="", help="cuda or cpu (default: cuda if there is one)")
    parser.add_argument("--mixed-precision", choices=("no", "bf16"), default="", help="default: bf16 on a GPU")
    parser.add_argument("--workers", type=int, default=-1, help="processes that decode photos")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-bundled", action="store_true", help="leave the bundled models out of the table")
    parser.add_argument("--output", type=Path, default=ROOT / "runs" / "results", help="folder of the runs")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where results.md and results/ go")
    parser.add_argument("--bundled-only", action="store_true", help="judge the bundled models anew, keep the rest")
    parser.add_argument("--render-only", action="store_true", help="write the page from figures.json again")
    return parser.parse_args()


def plan_of(options: argparse.Namespace) -> Plan:
    """What the flags ask for, checked before anything is trained."""
    import torch

    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    if not (device == "cpu" or device.startswith("cuda")) or (device != "cpu" and not torch.cuda.is_available()):
        raise ValueError(f"device must be cpu, or cuda on a machine that has it, got {device!r}")
    if not options.minutes and not options.images:
        raise ValueError("give a budget: --minutes for all of it, or --images for each recipe")
    for name in ("minutes", "images", "batch_size"):
        if getattr(options, name) < 0:
            raise ValueError(f"{name} must be at least 0, got {getattr(options, name)}")
    resolution = options.resolution or (128 if device == "cpu" else 256)
    if not 64 <= resolution <= 1024:
        raise ValueError(f"resolution must be from 64 to 1024 pixels, got {resolution}")
    return Plan(
        data=tuple(options.data),
        test_data=tuple(options.test_data or _with_test_split(options.data)),
        images=options.images,
        minutes=options.minutes,
        resolution=resolution,
        batch_size=options.batch_size,
        device=device,
        mixed_precision=options.mixed_precision or ("no" if device == "cpu" else "bf16"),
        seed=options.seed,
    )


def _with_test_split(data: list[str]) -> list[str]:
    """The sets that can be judged by; raises DataError where a set cannot be had at all."""
    from colorgan.data import DataError, resolve_source

    found = []
    for name in data:
        resolve_source(name, "train")
        try:
            resolve_source(name, "test")
            found.append(name)
        except DataError as error:
            print(f"for training alone: {error}", file=sys.stderr)
    if not found:
        raise ValueError(f"none of {', '.join(data)} has a test split to judge by: give --test-data")
    return found


def train_all(plan: Plan, names: list[str], output: Path, workers: int) -> Plan:
    """Train what is not trained yet; returns the plan with its budget."""
    plan = settle(plan, output)
    if not plan.images:
        print(f"timing a few batches of {len(names)} recipes, to share out {plan.minutes:g} minutes", file=sys.stderr)
        known = replace(plan, images=budget_of(plan, names, output, workers))
        (output / "plan.json").unlink()
        plan = settle(known, output)
    measured: dict[str, float] = {}
    for number, name in enumerate(names, start=1):
        said = estimate(plan, names, output, measured)
        print(f"[{number}/{len(names)}] {name}: {said}", file=sys.stderr, flush=True)
        begun, was_there = time.monotonic(), is_finished(output / name)
        train_one(plan, name, output, workers)
        if not was_there:
            measured[name] = time.monotonic() - begun
    return plan


def judge(plan: Plan, names: list[str], options: argparse.Namespace) -> dict[str, Any]:
    """Evaluate the trained recipes, write their sheets, and gather every figure of the page."""
    from results_pictures import save_sheets

    from colorgan import Colorizer

    runs = {name: run_figures(plan, name, options.output / name) for name in names}
    colorizers = {
        name: Colorizer.from_pretrained(options.output / name / "model") for name in names if not runs[name]["diverged"]
    }
    bundled = {} if options.no_bundled else _bundled()
    colorizers |= bundled
    report = _evaluated(colorizers, plan, options)
    wanted = ({FLAGSHIP} & set(names)) or {names[0]}
    kept = [one for one in report["differences"] if _is_shown(one, wanted)]
    pictures = options.docs / "results"
    pictures.mkdir(parents=True, exist_ok=True)
    pair = [name for name in PAIR if name in colorizers]
    return {
        "machine": _machine(plan),
        "plan": {name: value for name, value in vars(plan).items() if name not in ("data", "test_data")}
        | {"data": [_shown(name) for name in plan.data], "test_data": [_shown(name) for name in plan.test_data]},
        "recipes": runs,
        "bundled": list(bundled),
        "forward_ms": _forward_ms(colorizers, plan),
        "evaluation": {**report, "differences": kept, "protocol": _public(report["protocol"]), "contestants": []},
        "sheets": save_sheets(_sets(plan, options), colorizers, list(bundled), pair, plan, pictures),
    }


def judge_bundled(plan: Plan, figures: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """A page's figures with those of the bundled models as they are now, by the photos that all were judged by.

    What stands beside the recipes photo by photo goes, as the recipes' models may be gone.
    """
    from results_pictures import save_own_sheet

    bundled, evaluation = _bundled(), figures["evaluation"]
    report = _evaluated(bundled, plan, options)
    known, found = (one["protocol"]["photos_sha256"] for one in (evaluation, report))
    if known != found:
        raise ValueError(f"other photos than the page's (SHA-256 {found[:16]}, not {known[:16]}): give its own command")
    kept = [one for one in evaluation["differences"] if not {one["first"], one["second"]} & set(bundled)]
    fresh = [one for one in report["differences"] if _is_shown(one, set())]
    for name in bundled:
        for part in ("figures", "curves"):
            evaluation[part][name] = report[part][name]
    for data, with_truth in _sets(plan, options):
        save_own_sheet(data, bundled, plan.seed, with_truth, options.docs / "results")
    remark = (
        f"The bundled models were judged on {report['protocol']['date'][:10]}, later than the recipes and by the same "
        "photos; in the sheets of all models they are as they were before."
    )
    return figures | {
        "bundled": list(bundled),
        "evaluation": evaluation | {"differences": kept + fresh},
        "remarks": [remark, *(one for one in figures.get("remarks", []) if "bundled models" not in one)],
    }


def _bundled() -> dict[str, Any]:
    """The models that colorgan ships, by the names they have on the page."""
    from colorgan import Colorizer
    from colorgan.web.models import bundled_models

    models = [Colorizer.from_pretrained(folder) for folder in bundled_models()]
    return {model.name: model for model in models}


def _evaluated(colorizers: dict[str, Any], plan: Plan, options: argparse.Namespace) -> dict[str, Any]:
    """The report on some models, as `colorgan evaluate` writes it; it is kept beside the runs."""
    from colorgan.evaluation import evaluate
    from colorgan.evaluation.report import as_json

    print(f"judging {len(colorizers)} models by {options.test_limit} photos", file=sys.stderr, flush=True)
    evaluation = evaluate(
        list(colorizers.values()),
        list(plan.test_data),
        train_data=list(plan.data),
        limit=options.test_limit,
        resolution=plan.resolution,
        seed=plan.seed,
        device=plan.device,
        progress=True,
    )
    evaluation.save(options.output / "evaluation")
    return as_json(evaluation)


def _sets(plan: Plan, options: argparse.Namespace) -> list[tuple[str, bool]]:
    """What sheets are made of: sets, and whether they have a truth."""
    return [*((name, True) for name in plan.test_data), *((name, False) for name in options.show)]


def _is_shown(difference: dict[str, Any], reference: set[str]) -> bool:
    from colorgan.evaluation.baselines import GRAY

    both = {difference["first"], difference["second"]}
    return bool(both & reference) or both == set(PAIR) or difference["second"] == GRAY


def _public(protocol: dict[str, Any]) -> dict[str, Any]:
    """The protocol with the last parts of folders' names: where they lie here is nobody's business."""
    return protocol | {"data": [one | {"name": _shown(one["name"])} for one in protocol["data"]]}


def _shown(name: str) -> str:
    """A folder by the last part of its name; a data set of the Hub by all of it."""
    return Path(name).name if Path(name).expanduser().exists() else name


def _forward_ms(colorizers: dict[str, Any], plan: Plan) -> dict[str, float]:
    """Median time of one photo through each network at the size it was trained with, taking turns."""
    import torch

    def once(colorizer: Any) -> float:
        lightness = torch.full((1, 1, plan.resolution, plan.resolution), 50.0, device=plan.device)
        if plan.device != "cpu":
            torch.cuda.synchronize()
        begun = time.perf_counter()
        colorizer(lightness)
        if plan.device != "cpu":
            torch.cuda.synchronize()
        return 1e3 * (time.perf_counter() - begun)

    with torch.inference_mode():
        rounds = [{name: once(one) for name, one in colorizers.items()} for _ in range(FORWARD_ROUNDS)]
    return {name: statistics.median(times[name] for times in rounds[3:]) for name in colorizers}


def _machine(plan: Plan) -> dict[str, Any]:
    import torch

    device = torch.cuda.get_device_name(plan.device) if plan.device != "cpu" else ""
    return machine() | {"gpu": device, "cores": os.cpu_count(), "load_average": round(os.getloadavg()[2], 1)}


def main() -> None:
    """Train, judge, and write docs/results.md; or only write it."""
    options = arguments()
    path = options.docs / "results" / FIGURES
    if (options.render_only or options.bundled_only) and not path.is_file():
        raise ValueError(f"no figures to write a page from: {path} is missing, train first")
    if options.render_only:
        _write_page(json.loads(path.read_text()), options.docs)
        return
    plan = plan_of(options)
    if options.bundled_only:
        _keep(judge_bundled(plan, json.loads(path.read_text()), options), path, options.docs)
        return
    workers = options.workers if options.workers >= 0 else max(2, min(16, (os.cpu_count() or 2) - 2))
    begun = time.monotonic()
    plan = train_all(plan, options.recipes, options.output, workers)
    figures = judge(plan, options.recipes, options)
    figures["command"] = _command(options)
    _keep(figures, path, options.docs)
    print(f"wrote {options.docs / 'results.md'} after {(time.monotonic() - begun) / 60:.1f} minutes", file=sys.stderr)


def _keep(figures: dict[str, Any], path: Path, docs: Path) -> None:
    write_whole(path, json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    _write_page(figures, docs)


def _write_page(figures: dict[str, Any], docs: Path) -> None:
    from results_page import write_page

    write_page(figures, docs)


def _command(options: argparse.Namespace) -> str:
    """The command as the page gives it, folders by their last part."""
    folders = {str(one) for one in (*options.data, *(options.test_data or ()), *options.show)}
    skipped = {"--output", "--docs"}
    words, given = ["python", "experiments/results.py"], iter(sys.argv[1:])
    for word in given:
        if word in skipped:
            next(given, None)
        else:
            words.append(_shown(word) if word in folders else word)
    return shlex.join(words)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("results.py: stopped; the same command goes on from here")
    except (ValueError, ImportError, OSError) as error:
        sys.exit(f"results.py: {error}")
