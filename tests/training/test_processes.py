"""train_accelerate.py as people start it: killed and resumed, and on two processes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE, STDOUT

import numpy as np
import pytest
import torch
from cases.training import started, tiny
from safetensors.torch import load_file
from torch import Tensor

from colorgan import files
from colorgan.seeds import seed_of
from colorgan.training import checkpoints
from colorgan.training.flags import parse
from colorgan.training.networks import build_generator
from train_accelerate import main

ROOT = Path(__file__).parents[2]
SCRIPT = str(ROOT / "train_accelerate.py")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true", "HF_HUB_OFFLINE": "1"}

# Everything that is random or has a memory: dropout, noisy and flipped labels, faults of old film, crops, the shuffle
# window, averaged weights, a plateau, more critic steps than generator steps.
GAN = (
    *("--recipe", "wgan-bedroom", "--adversarial", "log", "--clip_weights", "0", "--critic_steps", "2"),
    *("--generator_options", '{"steps": 3, "width": 4}', "--discriminator_options", '{"width": 4}'),
    *(
        "--label_noise",
        "0.1",
        "--label_flips",
        "0.1",
        "--film",
        "0.5",
        "--aging",
        "0.5",
        "--crop",
        "random",
        "--ema",
        "0.9",
    ),
    *("--lr_scheduler", "plateau", "--plateau_patience", "0", "--optimizer", "adam", "--shuffle_window", "8", "--flip"),
    *("--resolution", "32", "--train_batch_size", "4", "--validation_photos", "2", "--report_to", "none"),
)


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Run train_accelerate.py's main in this process, on one thread as the others do; returns all that it said."""
    for name in ("ACCELERATE_USE_CPU", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(name, ENVIRONMENT[name])

    def run(*flags: str, status: int = 0) -> str:
        result = main(flags)
        said = capfd.readouterr().err
        assert result == status, said
        return said

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield run
    torch.set_num_threads(threads)


def run_on_two(*flags: str) -> None:
    """Run train_accelerate.py on two processes, and with all its children into the test's time limit."""
    words = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", SCRIPT, *flags)
    process = subprocess.Popen(
        words, env=ENVIRONMENT, stdout=PIPE, stderr=STDOUT, text=True, cwd=ROOT, start_new_session=True
    )
    try:
        said, _ = process.communicate(timeout=200)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, said


def kill_when(due: Callable[[], bool], *flags: str) -> None:
    """Start train_accelerate.py and kill it at the moment `due()` is true; no handler can run."""
    words = (sys.executable, SCRIPT, *flags)
    process = subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    deadline = time.monotonic() + 120
    while not due():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def checkpoint(run_dir: Path) -> dict[str, Tensor]:
    """All weights of a run's last checkpoint, by network and name."""
    networks = checkpoints.load(checkpoints.found_in(run_dir)[-1]).networks
    return {f"{network}.{name}": tensor for network, state in networks.items() for name, tensor in state.items()}


def test_killed_at_any_moment_and_resumed_the_weights_are_the_same_bits(
    photos: str, tmp_path: Path, here: Callable[..., str]
) -> None:
    flags = (
        *GAN,
        "--dataset",
        photos,
        "--max_train_steps",
        "40",
        "--checkpointing_steps",
        "3",
        "--validation_steps",
        "4",
    )
    flags = (*flags, "--dataloader_num_workers", "1", "--output_dir")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    here(*flags, str(whole))

    resume = (*flags, str(broken), "--resume_from_checkpoint", "latest")
    kill_when(lambda: any(path.is_dir() for path in broken.glob(files.DRAFTS)), *resume)  # in the middle of saving one
    pause = float(np.random.default_rng().uniform(0, 0.5))
    kill_when(lambda: len(checkpoints.found_in(broken)) > 1 and not time.sleep(pause), *resume)  # at any moment
    latest = checkpoints.found_in(broken)[-1]
    (latest / "state.pt").write_bytes(b"damaged")
    said = here(*resume)
    assert f"checkpoint '{latest}' is damaged: state.pt is not what was written; trying the one before" in said
    assert re.search(r"resuming from .*checkpoint-\d+", said)

    one, other = checkpoint(whole), checkpoint(broken)
    assert one.keys() == other.keys() and {name.split(".")[0] for name in one} == {
        "generator",
        "discriminator",
        "averaged",
    }
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert (whole / "model/model.safetensors").read_bytes() == (broken / "model/model.safetensors").read_bytes()
    assert not list(broken.glob(files.DRAFTS))


def test_two_processes_train_what_one_does(photos: str, tmp_path: Path, here: Callable[..., str]) -> None:
    flags = (*GAN, "--dataset", photos, "--max_train_steps", "6", "--dataloader_num_workers", "0", "--output_dir")
    here(*flags, str(tmp_path / "one"))
    run_on_two(*flags, str(tmp_path / "two"))

    torch.manual_seed(seed_of("start", 0))
    recipe = parse([*flags, "unused"])[0]
    start = {f"generator.{name}": tensor for name, tensor in build_generator(recipe).state_dict().items()}
    one, two = checkpoint(tmp_path / "one"), checkpoint(tmp_path / "two")
    assert one.keys() == two.keys()
    moved = {name for name in start if not name.endswith("num_batches_tracked")}
    assert distance(one, two, moved) < 0.01 * distance(one, start, moved)
    others = {name for name in one if one[name].is_floating_point()}
    assert all(torch.allclose(one[name], two[name], atol=2e-4, rtol=1e-3) for name in others)
    assert {path.name for path in (tmp_path / "two" / "samples").iterdir()} == {"000000024.png"}

    # A checkpoint of two processes goes on in one.
    flags = tuple("8" if word == "6" else word for word in flags)
    said = here(*flags, str(tmp_path / "two"), "--resume_from_checkpoint", "latest")
    assert "resuming from" in said and load_file(tmp_path / "two/model/model.safetensors")


def test_two_processes_teach_the_words_that_one_does(photos: str, tmp_path: Path, here: Callable[..., str]) -> None:
    """Lessons and masks are those of the whole batch, and gradients of the words alone are exchanged."""
    start = started(tiny("flagship-words", photos), tmp_path / "start")
    options = json.dumps(dict(start.generator.options))
    flags = ("--recipe", "flagship-words", "--dataset", photos, "--generator_options", options)
    flags = (*flags, "--resolution", "64", "--train_batch_size", "4", "--max_train_steps", "4", "--shuffle_window", "8")
    flags = (*flags, "--lr_warmup_images", "0", "--validation_photos", "1", "--report_to", "none")
    flags = (*flags, "--dataloader_num_workers", "0", "--gradient_accumulation_steps", "2")
    without = here(*flags, "--output_dir", str(tmp_path / "none"), status=2)
    assert without.splitlines() == [
        "train_accelerate.py: error: flagship-words teaches words to a trained network: "
        "give its folder as initial_weights"
    ]
    flags = (*flags, "--initial_weights", *start.initial_weights, "--output_dir")
    here(*flags, str(tmp_path / "one"))
    run_on_two(*flags, str(tmp_path / "two"))

    one, two = checkpoint(tmp_path / "one"), checkpoint(tmp_path / "two")
    torch.manual_seed(seed_of("start", 0))
    fresh = {f"generator.{name}": tensor for name, tensor in build_generator(start).state_dict().items()}
    found = ("vocabulary", "mean", "deviation")
    words = {name for name in one if name.startswith("generator.words.") and not name.endswith(found)}
    assert one.keys() == two.keys() and len(words) > 40
    assert distance(one, two, words) < 0.01 * distance(one, fresh, words)
    frozen = {name for name in one if ".words." not in name}
    assert frozen and all(torch.equal(one[name], two[name]) for name in frozen)
    assert (tmp_path / "one/vocabulary.safetensors").read_bytes() == (
        tmp_path / "two/vocabulary.safetensors"
    ).read_bytes()


def distance(one: dict[str, Tensor], other: dict[str, Tensor], names: set[str]) -> float:
    return float(torch.cat([(one[name] - other[name]).double().flatten() for name in sorted(names)]).norm())


def test_user_errors_are_one_line(tmp_path: Path, here: Callable[..., str]) -> None:
    said = here(
        *("--recipe", "unet-l2", "--dataset", str(tmp_path / "nothing"), "--report_to", "none"),
        *("--output_dir", str(tmp_path / "run")),
        status=2,
    )
    assert said.startswith("train_accelerate.py: error: no data set") and said.count("\n") == 1
