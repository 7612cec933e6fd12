"""The smallest installation colours photos; what needs an extra runs with that extra alone, or names it in one line."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cases.installed_alone import brought
from PIL import Image

ROOT = Path(__file__).parent.parent
COMMAND = "import sys; from colorgan.cli import main; sys.exit(main(sys.argv[1:]))"
HEAVY = {"gradio", "pandas", "scikit-image", "scipy", "sqlalchemy"}


def run(extras: str, program: str, *arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """A program with no other packages than these extras'."""
    return subprocess.run(
        [sys.executable, ROOT / "tests" / "cases" / "installed_alone.py", extras, program, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLORGAN_HOME": str(folder), "OMP_WAIT_POLICY": "passive"},
        capture_output=True,
        text=True,
        timeout=200,
    )


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    blobs = np.random.default_rng(0).integers(40, 220, (4, 5), dtype=np.uint8)
    Image.fromarray(blobs).resize((96, 80), Image.Resampling.BICUBIC).save(tmp_path / "photo.tif")
    return tmp_path / "photo.tif"


def test_the_smallest_installation_colours_photos(photo: Path) -> None:
    assert not HEAVY & brought([])
    program = f"""
import sys
from colorgan import DEFAULT_WEIGHTS, Colorizer, Hint
assert not {{"scipy", "llvmlite", "onnxruntime", "jinja2.environment"}} & sys.modules.keys(), "slow to import"
colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)
colorizer.colorize({str(photo)!r}, variants=1, vividness=0.5, hints=[Hint(40, 40, "teal")])
colorizer.save_pretrained("model")
try:
    import gradio
except ModuleNotFoundError:
    print("as it should be")
{COMMAND}
"""
    ran = run("", program, "colorize", photo, "--output", "out.tif", folder=photo.parent)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
    assert ran.stdout.splitlines() == ["as it should be", "1 photo coloured: 'out.tif'"]
    assert np.ptp(np.asarray(Image.open(photo.parent / "out.tif")).astype(int), axis=2).max() > 0


def test_a_command_names_the_extra_that_it_lacks(tmp_path: Path) -> None:
    asked = {
        "evaluate --model m --data d --output o": "colorgan[evaluate]",
        "publish run --to user/model": "colorgan[evaluate]",
        "study status": "colorgan[study]",
        "study serve": "colorgan[app]",
        "space my-space": "colorgan[app]",
        "export --output o": "colorgan[onnx]",
        "colorize film.mp4 --output out.mp4": "colorgan[film]",
        "colorize s3://photos --output out": "colorgan[archive]",
    }
    (tmp_path / "film.mp4").touch()
    program = "import sys; from colorgan.cli import main; print([main(line.split()) for line in sys.argv[1:]])"
    ran = run("", program, *asked, folder=tmp_path)  # in one process: each needs torch
    assert ran.stdout.splitlines() == [str([2] * len(asked))], ran.stderr
    for said, extra in zip(ran.stderr.splitlines(), asked.values(), strict=True):
        assert said.startswith("colorgan: error: ") and said.endswith(f": pip install '{extra}'"), said


def test_a_room_names_the_extra_that_it_lacks_in_python_too(tmp_path: Path) -> None:
    asked = {
        "from colorgan.voting import Store": "colorgan.voting needs sqlalchemy: pip install 'colorgan[study]'",
        "import colorgan.voting; colorgan.voting.study_results": "colorgan.voting needs sqlalchemy: pip install "
        "'colorgan[study]'",
        "from colorgan.evaluation import evaluate": "colorgan.evaluation needs scipy: pip install 'colorgan[evaluate]'",
        "import colorgan.evaluation.report": "colorgan.evaluation needs scipy: pip install 'colorgan[evaluate]'",
        "from colorgan.publishing import publish": "colorgan.publishing needs scipy: pip install 'colorgan[evaluate]'",
        "import colorgan.archive.running": "colorgan.archive needs pyarrow: pip install 'colorgan[archive]'",
    }
    program = """
import sys
for line in sys.argv[1:]:
    try:
        exec(line)
    except ModuleNotFoundError as error:
        assert error.name and error.__suppress_context__, "one line, and no chain of others"
        print(error)
"""
    ran = run("", program, *asked, folder=tmp_path)
    assert (ran.stdout.splitlines(), ran.stderr) == (list(asked.values()), "")


@pytest.mark.parametrize(("script", "line"), [("app.py", "colorgan[app]"), ("train_accelerate.py", "colorgan[train]")])
def test_a_script_names_the_extra_that_it_lacks(script: str, line: str, tmp_path: Path) -> None:
    program = f"import runpy; runpy.run_path({str(ROOT / script)!r}, run_name='__main__')"
    flags = ["--recipe", "wgan-bedroom", "--dataset", "d", "--output_dir", "o"] if "train" in script else []
    ran = run("", program, *flags, folder=tmp_path)
    assert ran.returncode == 2
    [said] = ran.stderr.splitlines()
    assert said.startswith(f"{script}: error: ") and said.endswith(f"pip install '{line}'")


@pytest.mark.parametrize(
    ("extras", "rooms"),
    [
        ("app", "colorgan.web.demonstration, colorgan.web.server, colorgan.web.study, colorgan.web.space"),
        ("study", "colorgan.voting.creation, colorgan.voting.builtin, colorgan.publishing.study"),
        ("evaluate", "colorgan.evaluation.run, colorgan.publishing.run"),
        ("train", "colorgan.training.loop, train_accelerate"),
        ("film", "colorgan.film.running, colorgan.film.motion"),
        ("archive", "colorgan.archive.running"),
        ("onnx", "colorgan.exporting"),
    ],
)
def test_an_extra_has_all_that_its_rooms_import(extras: str, rooms: str, tmp_path: Path) -> None:
    ran = run(extras, f"import {rooms}", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr


def test_programs_let_their_threads_sleep_and_the_library_leaves_the_environment_alone(tmp_path: Path) -> None:
    library = (
        "import os; before = dict(os.environ); import colorgan, torch; colorgan.Colorizer; print(os.environ == before)"
    )
    command = (
        "import os, runpy, sys\n"
        "from colorgan.cli import main\n"
        "main(['colorize', 'nowhere.jpg', '--output', 'out'])\n"
        "print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)"
    )
    page = (
        "import os, runpy, sys\n"
        f"sys.argv = ['app.py', '--model', 'nowhere/nothing', '--host', '256.0.0.1', '--port', '1']\n"
        f"try: runpy.run_path({str(ROOT / 'app.py')!r}, run_name='__main__')\n"
        "except SystemExit: print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)"
    )
    trainer = (
        "import os, runpy, sys\n"
        "sys.argv = ['train_accelerate.py', '--recipe', 'nothing']\n"
        f"try: runpy.run_path({str(ROOT / 'train_accelerate.py')!r}, run_name='__main__')\n"
        "except SystemExit: print(os.environ.get('GOMP_SPINCOUNT'), 'torch' in sys.modules)"
    )
    kept = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"} | {"PYTHONPATH": str(ROOT)}
    for set_before, said, spins in (({}, "passive", "2000"), ({"OMP_WAIT_POLICY": "active"}, "active", "None")):
        asked = {library: "True", command: f"{said} False", page: f"{said} False", trainer: f"{spins} False"}
        for program, wanted in asked.items():
            ran = subprocess.run(
                [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=kept | set_before
            )
            assert ran.stdout.strip() == wanted, ran.stderr
