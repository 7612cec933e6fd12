"""The same bytes from every process: pictures, drawings and a study's pool, in fresh processes, two running at once.

python benchmarks/same_bytes.py --processes 200
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ONE = "--one"  # what a process of its own is started with


def one() -> dict[str, str]:
    """What one process makes of the same photos: hashes by name. Those of "first" and "again" are of one picture."""
    from PIL import Image
    from skimage import data

    from colorgan import DEFAULT_WEIGHTS, Colorizer, Hint
    from colorgan.voting.rendering import build_pool
    from colorgan.voting.sources import StudyModel, StudyPhoto

    colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)
    portrait = Image.fromarray(data.astronaut())
    made = {name: colorizer.colorize(portrait) for name in ("first", "again")}
    made["variant"] = colorizer.colorize(portrait, variants=1, seed=7)[0]
    made["hinted"] = colorizer.colorize(portrait, hints=[Hint(100, 300, "teal")])
    hashes = {name: hashlib.sha256(picture.tobytes()).hexdigest() for name, picture in made.items()}
    photos = [StudyPhoto("portrait", portrait), StudyPhoto("cat", Image.fromarray(data.cat()))]
    with tempfile.TemporaryDirectory() as folder:
        models = [StudyModel("flagship", colorizer)]
        pool = build_pool(Path(folder) / "pool", "s", photos, models, quick=True, scored_photos=2, side_px=128)
    return {**hashes, "pool": pool.manifest_sha256}


def pair() -> list[dict[str, str]]:
    """The same of two processes that run at once."""
    command = [sys.executable, __file__, ONE]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate()[0] for process in both]
    if any(process.returncode for process in both):
        raise RuntimeError("a process failed")
    return [json.loads(answer) for answer in answers]


def differences(answers: list[dict[str, str]]) -> list[str]:
    """Where processes differ from what most of them made, and first pictures from the next, in words."""
    usual = Counter(json.dumps(answer, sort_keys=True) for answer in answers).most_common(1)[0][0]
    found = []
    for number, answer in enumerate(answers):
        odd = [name for name, made in answer.items() if made != json.loads(usual)[name]]
        odd += ["the first picture from the next"] * (answer["first"] != answer["again"])
        found += [f"process {number}: {', '.join(odd)}"] * bool(odd)
    return found


def main() -> int:
    """Run the pairs -> 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=200, help="how many, two at a time (default: %(default)s)")
    parser.add_argument(ONE, action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one()))
        return 0
    answers: list[dict[str, str]] = []
    while len(answers) < arguments.processes:
        answers += pair()
        found = differences(answers)
        print(f"{len(answers)} processes, {len(found)} that differ", flush=True)
    print("\n".join(found) or "all the same")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
