"""The list of an archive's jobs is what the plan of a folder is, wherever the photos are."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from PIL import Image

from colorgan.addresses import opened
from colorgan.archive import planning
from colorgan.archive.planning import Commission, inputs_of, plan_archive
from colorgan.archive.table import read_tasks
from colorgan.folder.plan import PicturesExistError, plan
from colorgan.hints import Hint, PhotoHints, write_hints

NAMES = ["a.jpg", "a.png", "a.psd", "b.jpg", "b-2.jpg", "a-2.png", "scan.tif", "c.txt", ".x.jpg", "film.mp4", "x.JPG"]
FOLDERS = ["", "1950", "1950/b", "1951", "1951/b", "@eaDir", "out", ".git", "1950/#recycle", "a.jpg.d"]


@pytest.fixture(params=["local", "memory"])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["Twin"]:
    yield Twin(tmp_path, request.param)
    fsspec.filesystem("memory").store.clear()


class Twin:
    """A folder of this machine, and the same at an address."""

    def __init__(self, home: Path, kind: str):
        self.home, self.kind = home, kind

    def address(self, name: str) -> str:
        return str(self.home / name) if self.kind == "local" else f"memory://archive/{name}".rstrip("/")

    def mirror(self) -> None:
        if self.kind == "memory":
            fs = fsspec.filesystem("memory")
            fs.store.clear()
            for path in self.home.rglob("*"):
                if path.is_file():
                    fs.pipe_file(f"/archive/{path.relative_to(self.home).as_posix()}", path.read_bytes())

    def both(self, inputs: list[str], output: str, **options: object) -> tuple[object, object]:
        """What the plan of a folder says, and what an archive's: jobs, or a refusal."""
        self.mirror()
        places = str(self.home), self.address("")
        return (
            _answer(lambda: self._folder(inputs, output, options), places[0]),
            _answer(lambda: self._archive(inputs, output, options), places[1]),
        )

    def _folder(self, inputs: list[str], output: str, options: dict) -> object:
        asked = _localized(options, lambda name: str(self.home / name))
        work = plan([str(self.home / name) for name in inputs], str(self.home / output), **asked)
        jobs = {
            (_below(job.source, self.home), job.page): (
                [(variant, _below(path, self.home)) for variant, path in job.pictures],
                bool(job.hints or job.film_hints),
            )
            for job in work.jobs
        }
        return jobs, work.done_before, work.left_out, [_below(path, self.home) for path in work.unused_hints]

    def _archive(self, inputs: list[str], output: str, options: dict) -> object:
        asked = Commission(
            [self.address(name) for name in inputs], self.address(output), **_localized(options, self.address)
        )
        target = opened(asked.target)
        planned = plan_archive(asked, mounts := inputs_of(asked, target), target, "20261129T000000000000-0")
        jobs, prefix = {}, self.address("") + "/"
        for part, count in planned.parts:
            tasks = read_tasks(target, part)
            assert len(tasks) == count
            for task in tasks:
                source = mounts[task.root].root.show(task.source).removeprefix(prefix)
                pictures = [(variant, target.show(path).removeprefix(prefix)) for variant, path in task.pictures]
                if pictures:
                    jobs[source, task.page] = (pictures, task.hints is not None)
        unused = [name.removeprefix(prefix) for name in planned.unused_hints]
        return jobs, planned.done_before, planned.left_out, unused


def _below(path: Path, home: Path) -> str:
    return path.relative_to(home).as_posix()


def _localized(options: dict, address: object) -> dict:
    return options | ({"hints": address(options["hints"])} if "hints" in options else {})  # type: ignore[operator]


def _answer(ask: object, place: str) -> object:
    try:
        return ask()  # type: ignore[operator]
    except PicturesExistError as error:
        return "exist", str(error).replace(place, "")
    except ValueError as error:
        return str(error).replace(place, "")


def touched(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.mark.parametrize("seed", range(30))
def test_any_tree_is_planned_alike(there: Twin, seed: int) -> None:
    dice = random.Random(seed)
    for folder in FOLDERS:
        touched(there.home / "album" / folder, *dice.sample(NAMES, dice.randint(0, 5)))
    touched(there.home / "album", "1951/scan.jpg")
    touched(there.home / "other", *dice.sample(NAMES, 4), "b/a.jpg")
    inputs = dice.sample(
        ["album", "album/1950", "album/1951", "other", "album/1951/scan.jpg", "album/1950/b"], dice.randint(1, 3)
    )
    output = dice.choice(["out", "album/out", "other/out"])
    touched(there.home / output, *dice.sample(["a.jpg", "1950/b.jpg", "note"], dice.randint(0, 1)))
    options = {
        "variants": dice.choice([0, 0, 2]),
        "suffix": dice.choice([None, None, ".png"]),
        "existing": dice.choice(["refuse", "skip", "replace"]),
    }
    folder, archive = there.both(inputs, output, **options)
    assert archive == folder, (inputs, output, options)


@pytest.mark.parametrize(
    ("inputs", "output", "options"),
    [
        (["album"], "album", {}),
        (["nothing"], "out", {}),
        (["empty"], "out", {}),
        (["album", "album"], "out", {}),
        (["album"], "out/one.png", {}),
        (["album/a.jpg"], "out/one.png", {}),
        (["album/a.jpg"], "out/one.png", {"suffix": ".jpg"}),
        (["album/a.jpg"], "out/one.heic", {}),
        (["album/*.jpg"], "out", {}),
        (["album/*.xyz"], "out", {}),
        (["album/*"], "out", {"variants": 1}),
        (["album/1950/a.jpg"], "album/1950", {"existing": "replace"}),
        (["album/1950"], "album", {"existing": "replace"}),
        (["album", "out/sub"], "out", {"existing": "replace"}),
        (["album"], "out", {"hints": "hints"}),
        (["album"], "out", {"hints": "nothing"}),
        (["album"], "out", {"hints": "album"}),
        (["album"], "out", {"hints": "hints/a.hints.json"}),
        (["album/1950/a.jpg"], "out", {"hints": "hints/a.hints.json"}),
        (["album/1950/a.jpg"], "out", {"hints": "broken.json"}),
        (["twins"], "out", {"hints": "hints"}),
        (["book"], "out", {"all_pages": True}),
        (["book"], "out", {"all_pages": True, "variants": 2}),
        (["book"], "out", {}),
    ],
)
def test_odd_wishes_are_answered_alike(there: Twin, inputs: list[str], output: str, options: dict) -> None:
    touched(there.home, "album/a.jpg", "album/1950/a.jpg", "album/a.txt", "album/.b.jpg", "twins/a.jpg", "twins/a.png")
    touched(there.home, "out/sub/a.jpg", "out/sub/.c.jpg", "empty/a.txt")
    (there.home / "hints" / "1950").mkdir(parents=True)
    said = PhotoHints((48, 40), (Hint(3, 4, "red"),))
    for name in ("hints/a.hints.json", "hints/1950/z.hints.json"):
        write_hints(there.home / name, said)
    (there.home / "broken.json").write_text("{")
    (there.home / "book").mkdir()
    pages = [Image.new("L", (4, 3), gray) for gray in range(12)]
    pages[0].save(there.home / "book" / "scan.tif", save_all=True, append_images=pages[1:])
    pages[0].save(there.home / "book" / "scan-page-07.tif")
    folder, archive = there.both(inputs, output, **options)
    assert archive == folder


def test_shards_are_all_of_it_and_nothing_twice(there: Twin) -> None:
    touched(there.home / "album", *(f"{folder}/{name}.jpg" for folder in range(5) for name in range(40)))
    [(whole, *_), _] = there.both(["album"], "out")
    shards = []
    for number in (1, 2, 3):
        archive = _answer(lambda number=number: there._archive(["album"], "out", {"shard": (number, 3)}), "")
        shards.append(set(archive[0]))
    assert set().union(*shards) == set(whole)
    assert sum(map(len, shards)) == len(whole)
    assert min(map(len, shards)) > 40


def test_a_longer_list_leaves_photos_in_their_shards(there: Twin) -> None:
    touched(there.home / "album", *(f"{name}.jpg" for name in range(30)))
    there.mirror()
    before = there._archive(["album"], "out", {"shard": (1, 2)})[0]
    touched(there.home / "album", *(f"a{name}.jpg" for name in range(30)))
    there.mirror()
    after = there._archive(["album"], "out", {"shard": (1, 2)})[0]
    assert before.items() <= after.items() and len(after) > len(before)


def test_parts_get_smaller_towards_the_end(there: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    touched(there.home / "album", *(f"{name}.jpg" for name in range(2000)))
    there.mirror()
    asked = Commission([there.address("album")], there.address("out"))
    output = opened(asked.target)
    planned = plan_archive(asked, inputs_of(asked, output), output, "20261129T000000000000-0")
    counts = [count for _, count in planned.parts]
    assert sum(counts) == 2000 and counts[0] == planning.PART and 0 < counts[-1] <= 4
    assert all(one >= other for one, other in itertools.pairwise(counts))
