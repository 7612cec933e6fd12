"""The study as its pages see it: a whole session through the door that pages use, and what must not come out of it."""

import io
import json
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from cases.stimuli import SIDE_PX, Sepia, picture
from cases.voting import Clock, other, report
from PIL import Image

from colorgan.voting import protocol, results, stimuli
from colorgan.voting.pool import Pool
from colorgan.voting.privacy import new_token, participant_hash
from colorgan.voting.protocol import Plan
from colorgan.voting.records import VoteOutcome
from colorgan.voting.rendering import build_pool
from colorgan.voting.sources import StudyModel, StudyPhoto
from colorgan.voting.store import Store
from colorgan.voting.study import Reply, Shown, Study, study_folder

PLAN = Plan(practice=2, scored=4, catch=2)
SECRET = b"s" * 32
SEQUENCE_S = protocol.sequence_ms() / 1000


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pool]:
    """A paired and a quick pool on the same photos; tests only read them."""
    folder = tmp_path_factory.mktemp("pools")
    photos = [StudyPhoto(f"photo {seed}", picture(seed)) for seed in range(12)]
    common = {"models": [StudyModel("sepia", Sepia(), "r1")], "plan": PLAN, "side_px": SIDE_PX}
    return {
        "paired": build_pool(folder / "paired", "paired", photos, **common),  # type: ignore[arg-type]
        "quick": build_pool(folder / "quick", "quick", photos, quick=True, **common),  # type: ignore[arg-type]
    }


@pytest.fixture
def store(light: Store) -> Store:
    return light


@pytest.fixture
def study(store: Store, pools: dict[str, Pool]) -> Study:
    return Study.create(store, pools["paired"], SECRET)


def secret_side(study: Study, trial: Shown) -> str:
    return str(study.store.select("SELECT fake_side FROM trial WHERE trial_id = :t", t=trial.trial_id)[0]["fake_side"])


def secret_kind(study: Study, trial: Shown) -> str:
    return str(study.store.select("SELECT kind FROM trial WHERE trial_id = :t", t=trial.trial_id)[0]["kind"])


def test_a_whole_session(study: Study, clock: Clock) -> None:
    token = new_token()
    assert study.next_trial(token) is None  # nobody agreed to anything yet
    study.start(token, device_class="desktop")
    places = []
    while (trial := study.next_trial(token)) is not None:
        places.append((trial.practice, trial.position, trial.of))
        assert study.image(token, trial.trial_id) is not None
        assert study.score(token) is None
        clock.now += SEQUENCE_S + 1
        side = secret_side(study, trial)
        reply = study.answer(token, trial.trial_id, report(side))  # type: ignore[arg-type]
        assert reply == Reply(VoteOutcome.RECORDED, side if trial.practice else None)  # type: ignore[arg-type]
    assert places == [(True, 1, 2), (True, 2, 2)] + [(False, n, 6) for n in range(1, 7)]
    assert study.score(token) == results.Score(6, 6, None)
    assert study.progress().finished == 1


def test_replies_do_not_depend_on_right_wrong_or_catch(study: Study, clock: Clock) -> None:
    """Byte for byte, in whatever form a page sends them: what a page may send is all that comes out."""
    seen: dict[str, Counter[str]] = {"reply": Counter(), "shown": Counter()}
    for number in range(4):
        token = new_token()
        study.start(token, device_class="desktop")
        while (trial := study.next_trial(token)) is not None:
            clock.now += SEQUENCE_S + 1
            kind, side = secret_kind(study, trial), secret_side(study, trial)
            chosen = side if (number + trial.position) % 2 else other(side)  # type: ignore[arg-type]
            reply = study.answer(token, trial.trial_id, report(chosen))  # type: ignore[arg-type]
            if kind != "practice":
                seen["reply"][json.dumps([reply.outcome.value, reply.fake_side])] += 1
                public = {key: value for key, value in asdict(trial).items() if key not in ("trial_id", "position")}
                seen["shown"][json.dumps(public)] += 1
    assert {name: len(kinds) for name, kinds in seen.items()} == {"reply": 1, "shown": 1}
    assert sum(seen["reply"].values()) == 24


def test_a_trial_is_a_random_name_a_place_and_sizes(study: Study) -> None:
    token = new_token()
    study.start(token, device_class="desktop")
    trial = study.next_trial(token)
    assert trial is not None
    assert len(trial.trial_id) == 32  # 128 bits
    assert set(asdict(trial)) == {
        "trial_id", "position", "of", "practice", "timed", "exposure_ms", "width", "height",
    }  # fmt: skip
    internal = study.store.select("SELECT trial_id, stimulus_id FROM trial")
    assert len({row["trial_id"] for row in internal}) == len(internal)
    assert all(row["stimulus_id"] not in row["trial_id"] for row in internal)


def test_the_picture_has_the_fake_where_the_store_says(study: Study, clock: Clock) -> None:
    sides = set()
    for _ in range(3):
        token = new_token()
        study.start(token, device_class="desktop")
        while (trial := study.next_trial(token)) is not None:
            file = study.image(token, trial.trial_id)
            assert file is not None
            pixels = np.asarray(Image.open(io.BytesIO(file)))
            assert pixels.shape == (trial.height, 2 * trial.width, 3)
            [row] = study.store.select("SELECT * FROM trial WHERE trial_id = :t", t=trial.trial_id)
            real, fake = (np.asarray(one) for one in study.pool.versions(row["stimulus_id"]))
            halves = {"left": pixels[:, : trial.width], "right": pixels[:, trial.width :]}
            assert np.array_equal(halves[row["fake_side"]], fake)
            assert np.array_equal(halves[other(row["fake_side"])], real)
            sides.add(row["fake_side"])
            clock.now += SEQUENCE_S + 1
            study.answer(token, trial.trial_id, report("left"))
    assert sides == {"left", "right"}


def test_both_sides_of_every_stimulus_have_one_length(pools: dict[str, Pool]) -> None:
    for pool, sides in ((pools["paired"], ("left", "right")), (pools["quick"], ("whole", "none"))):
        for row in pool.rows:
            first, second = (pool.image(row.stimulus_id, side) for side in sides)
            assert len(first) == len(second)
            assert first != second


def test_pictures_are_for_their_participant_and_their_time(study: Study, clock: Clock) -> None:
    token, stranger = new_token(), new_token()
    study.start(token, device_class="desktop")
    study.start(stranger, device_class="desktop")
    trial = study.next_trial(token)
    assert trial is not None
    assert study.image(stranger, trial.trial_id) is None
    assert study.answer(stranger, trial.trial_id, report("left")) == Reply(VoteOutcome.UNKNOWN)
    assert study.image(token, "0" * 32) is None
    clock.now += SEQUENCE_S
    study.answer(token, trial.trial_id, report("left"))
    assert study.image(token, trial.trial_id) is None  # nobody looks it up afterwards
    late = study.next_trial(token)
    assert late is not None
    clock.now += protocol.ANSWER_WITHIN_MS / 1000 + 1
    assert study.image(token, late.trial_id) is None


def test_a_lost_connection_loses_nothing(study: Study, clock: Clock) -> None:
    """A page whose reply never came is told to go on; a reload before the answer gives the same trial."""
    token = new_token()
    study.start(token, device_class="desktop")
    trial = study.next_trial(token)
    assert trial is not None and study.next_trial(token) == trial
    assert study.image(token, trial.trial_id) == study.image(token, trial.trial_id)
    clock.now += SEQUENCE_S
    assert study.answer(token, trial.trial_id, report("left")).outcome is VoteOutcome.RECORDED
    again = study.answer(token, trial.trial_id, report("left"))
    assert again.outcome is VoteOutcome.DUPLICATE and again.fake_side is not None  # practice: its feedback is not lost
    following = study.next_trial(token)
    assert following is not None and following.trial_id != trial.trial_id


def test_quick_mode_goes_on_until_every_photo_was_seen(store: Store, pools: dict[str, Pool], clock: Clock) -> None:
    study = Study.create(store, pools["quick"], SECRET)
    token = new_token()
    study.start(token, device_class="phone")
    answered = 0
    while (trial := study.next_trial(token)) is not None:
        assert (trial.practice, trial.of, trial.position) == (False, None, answered + 1)
        file = study.image(token, trial.trial_id)
        assert file is not None and Image.open(io.BytesIO(file)).size == (trial.width, trial.height)
        clock.now += 1
        reply = study.answer(token, trial.trial_id, report(secret_side(study, trial)))  # type: ignore[arg-type]
        assert reply == Reply(VoteOutcome.RECORDED)
        answered += 1
        own = study.score(token)
        assert own is not None and own.trials == answered // 10 * 10  # between blocks the score stands still
    assert answered == 12
    photos = store.select("SELECT photo_id FROM single_vote")
    assert len({row["photo_id"] for row in photos}) == 12


def test_consent_is_to_these_words(study: Study) -> None:
    with pytest.raises(ValueError, match="consent must be to version '1', got '0'"):
        study.start(new_token(), device_class="desktop", consent_version="0")


def test_a_token_is_stored_as_its_hash_alone(study: Study, tmp_path: Path) -> None:
    token = new_token()
    study.start(token, device_class="desktop")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("study.sqlite3*"))
    assert participant_hash(SECRET, token).encode() in stored
    assert token.encode() not in stored


def test_a_study_opens_with_its_own_pictures_only(store: Store, study: Study, pools: dict[str, Pool]) -> None:
    folder = pools["paired"].folder
    again = Study.open(store, "paired", folder, SECRET, models=[StudyModel("sepia", Sepia(), "r1")])
    assert again.row == study.row
    with pytest.raises(ValueError, match="model 'sepia' changed since the study opened"):
        Study.open(store, "paired", folder, SECRET, models=[StudyModel("sepia", Sepia(), "r2")])
    with pytest.raises(ValueError, match="photo 'photo 1' changed since the study opened"):
        Study.open(store, "paired", folder, SECRET, photos=[StudyPhoto("photo 1", picture(77))])
    with pytest.raises(ValueError, match=r"manifest .* changed since the study opened"):
        Study.open(store, "paired", pools["quick"].folder, SECRET)
    with pytest.raises(ValueError, match="no study named 'other'"):
        Study.open(store, "other", folder, SECRET)


def test_the_default_places(
    store: Store, pools: dict[str, Pool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORGAN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COLORGAN_STUDY_SECRET", raising=False)
    assert study_folder("paired") == tmp_path / "home" / "studies" / "paired"
    Study.create(store, pools["paired"])
    study_folder("paired").symlink_to(pools["paired"].folder)
    token = new_token()
    Study.open(store, "paired").start(token, device_class="tablet")
    assert Study.open(store, "paired").next_trial(token) is not None  # another process has the same secret


def test_the_programs_of_the_documentation_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs" / "voting.md").read_text()
    programs = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(programs) == 2
    (tmp_path / "photos").mkdir()
    for seed in range(52):
        picture(seed, 100, 96).save(tmp_path / "photos" / f"{seed:02}.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLORGAN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COLORGAN_STUDY_SECRET", raising=False)
    # The bundled model is tried elsewhere; 46 photos of it would take this test most of its time.
    monkeypatch.setattr("colorgan.Colorizer", SimpleNamespace(from_pretrained=lambda _: Sepia()), raising=False)
    monkeypatch.setattr("colorgan.fingerprint.model_revision", lambda _: "r1")
    names: dict[str, object] = {"print": lambda *_: None}
    for program in programs:
        exec(program, names)
    assert (tmp_path / "autumn-export" / "results.json").exists()
    store = names["store"]
    assert isinstance(store, Store)
    store.close()


def test_the_documentation_says_the_protocols_numbers() -> None:
    text = " ".join((Path(__file__).parents[2] / "docs" / "voting.md").read_text().split())
    full = protocol.PLAN
    for words in (
        f"Practises on {full.practice} pairs",
        f"Judges {full.scored + full.catch} pairs without being told: {full.scored} that are scored",
        f"mark for {protocol.FIXATION_MS} ms, the left photo for {protocol.EXPOSURE_MS} ms",
        f"nothing for {protocol.BLANK_MS} ms",
        f"({protocol.sequence_ms():,} ms after",
        f"more than {protocol.MAX_LAPSED_TRIALS} trials",
        f"at most {protocol.MAX_CATCH_MISSES} miss",
        f"under {protocol.MIN_MEDIAN_ANSWER_MS} ms",
        f"in {protocol.MAX_ONE_SIDE_PERCENT} % of the answers",
        f"more than {protocol.MAX_EXPOSURE_ERROR_MS} ms too long",
        f"Plan {results.GOAL_SESSIONS} kept sessions",
        f"under {stimuli.MIN_SIDE_PX} px",
        f"fewer than {full.trials} photos",
    ):
        assert words in text, words
