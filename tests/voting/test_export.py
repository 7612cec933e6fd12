"""The export says the same as the results, in three formats, and names nobody."""

import csv
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.stimuli import SIDE_PX, Sepia, picture
from cases.voting import Clock, fill, person, play, report, right_or_wrong, start
from pyarrow import parquet

from colorgan.voting import export, results
from colorgan.voting.export import ANSWER_COLUMNS, RESULT_FIELDS, export_study
from colorgan.voting.pool import Pool
from colorgan.voting.protocol import Plan
from colorgan.voting.rendering import build_pool
from colorgan.voting.sources import StudyModel, StudyPhoto
from colorgan.voting.statistics import Votes, new_photos, these_photos
from colorgan.voting.store import Store
from colorgan.voting.study import Study

PLAN = Plan(practice=1, scored=6, catch=6)


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pool]:
    folder = tmp_path_factory.mktemp("pools")
    photos = [StudyPhoto(f"photo {seed}", picture(seed)) for seed in range(15)]
    models = [StudyModel("a", Sepia(), "r1"), StudyModel("b", Sepia(), "r2")]
    return {
        "paired": build_pool(folder / "paired", "s", photos, models, plan=PLAN, side_px=SIDE_PX),
        "quick": build_pool(folder / "quick", "q", photos[:10], models[:1], quick=True, side_px=SIDE_PX),
    }


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock, pools: dict[str, Pool]) -> Iterator[Store]:
    """A study of 20 who look, 5 who guess, and some of other kinds."""
    store = Store.open(tmp_path / "study.sqlite3", clock=clock, power_safe=False)
    Study.create(store, pools["paired"], b"s" * 32)
    rng = random.Random(4)
    judges = [right_or_wrong(rng, 0.4) for _ in range(20)] + [right_or_wrong(rng, 0.5, 0.4) for _ in range(5)]
    fill(store, judges, plan=PLAN)
    play(store, clock, start(store, 1, PLAN, timed=False), right_or_wrong(rng, 0.5))
    play(store, clock, start(store, 2, PLAN, colour_vision="deficient"), right_or_wrong(rng, 0.5))
    play(store, clock, start(store, 3, PLAN, device_class="phone"), right_or_wrong(rng, 0.5, lost_focus=True))
    play(store, clock, start(store, 4, PLAN), right_or_wrong(rng, 0.5), trials=4)
    yield store
    store.close()


def read_all(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The three formats of answers, with csv's strings made values again."""
    kinds = {"bool": {"true": True, "false": False, "": None}.__getitem__, "int64": lambda s: int(s) if s else None}
    from_csv = []
    for row in csv.DictReader(io.StringIO((folder / "answers.csv").read_text())):
        from_csv.append({name: kinds.get(ANSWER_COLUMNS[name][0], str)(text) for name, text in row.items()})
        from_csv[-1]["colour_vision"] = from_csv[-1]["colour_vision"] or None
    return {
        "jsonl": [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()],
        "parquet": parquet.read_table(folder / "answers.parquet").to_pylist(),
        "csv": from_csv,
    }


def test_the_headline_can_be_computed_from_the_export(store: Store, pools: dict[str, Pool], tmp_path: Path) -> None:
    """From each of the files, by the rules in the data dictionary alone, the page's headline comes out."""
    store.close_study("s")
    export_study(store, pools["paired"], tmp_path / "out")
    shown = json.loads((tmp_path / "out" / "results.json").read_text())["results"]["headline"]
    files = read_all(tmp_path / "out")
    assert files["jsonl"] == files["parquet"] == files["csv"]
    for rows in files.values():
        kept = [
            row
            for row in rows
            if row["kind"] == "scored" and not row["session_excluded"] and not row["trial_excluded"]
            and row["timed"] and row["colour_vision"] != "deficient"
        ]  # fmt: skip
        assert len(kept) == shown["votes"] > 0
        assert sum(row["fooled"] for row in kept) == shown["fooled"]
        assert len({row["person"] for row in kept}) == shown["people"]
        names = sorted({row["photo_id"] for row in kept})
        votes = Votes(
            np.array([row["person"] for row in kept]),
            np.array([names.index(row["photo_id"]) for row in kept]),
            np.array([row["fooled"] for row in kept]),
        )
        for name, interval in (("these_photos", these_photos(votes)), ("new_photos", new_photos(votes))):
            assert vars(interval) == pytest.approx(shown[name])
    headline = results.study_results(store, "s").headline
    assert shown["these_photos"]["value"] == headline.these_photos.value


def test_excluded_rows_are_there_with_their_reasons(store: Store, pools: dict[str, Pool], tmp_path: Path) -> None:
    store.close_study("s")
    export_study(store, pools["paired"], tmp_path / "out")
    rows = read_all(tmp_path / "out")["jsonl"]
    assert len(rows) == store.select("SELECT COUNT(*) AS n FROM answer")[0]["n"]
    study = json.loads((tmp_path / "out" / "study.json").read_text())
    for reason, count in study["exclusions"]["sessions_by_reason"].items():
        people = {row["person"] for row in rows if reason in row["session_excluded"].split("; ")}
        assert len(people) == count, reason
    assert study["exclusions"]["sessions_by_reason"]["unfinished"] == 1
    assert "catch" in study["exclusions"]["sessions_by_reason"]
    assert sum("lost focus" in row["trial_excluded"] for row in rows) == PLAN.trials


def test_nothing_points_to_a_person_or_a_moment(store: Store, pools: dict[str, Pool], tmp_path: Path) -> None:
    store.close_study("s")
    export_study(store, pools["paired"], tmp_path / "out")
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    for table, column in (("session", "session_id"), ("session", "participant_hash"), ("trial", "trial_id")):
        for row in store.select(f"SELECT {column} AS secret FROM {table}"):
            assert row["secret"].encode() not in everything
    for row in store.select("SELECT received_at_ms, opened_at_s FROM answer, study"):
        assert str(row["received_at_ms"]).encode() not in everything
        assert str(row["opened_at_s"]).encode() not in everything
    rows = read_all(tmp_path / "out")["parquet"]
    assert {row["day"] for row in rows} == {"2027-01-15"}  # START_S in UTC


def test_every_column_and_every_field_is_explained(store: Store, pools: dict[str, Pool], tmp_path: Path) -> None:
    store.close_study("s")
    export_study(store, pools["paired"], tmp_path / "out")
    for rows in read_all(tmp_path / "out").values():
        assert list(rows[0]) == list(ANSWER_COLUMNS)
    schema = parquet.read_schema(tmp_path / "out" / "answers.parquet")
    for field in schema:
        assert (str(field.type), field.metadata[b"meaning"].decode()) == ANSWER_COLUMNS[field.name]

    def names(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(names, value)) if value else set()
        if not isinstance(value, dict):
            return set()
        by_reason = {name for name in value if name.endswith("_by_reason")}
        return set(value).union(*(names(one) for name, one in value.items() if name not in by_reason))

    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["dictionary"] == RESULT_FIELDS
    assert names(found["results"]) <= set(RESULT_FIELDS)


def test_an_open_study_exports_answers_but_no_results(store: Store, pools: dict[str, Pool], tmp_path: Path) -> None:
    files = export_study(store, pools["paired"], tmp_path / "out")
    assert [path.name for path in files] == ["answers.jsonl", "answers.csv", "answers.parquet", "study.json"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in files)
    study = json.loads((tmp_path / "out" / "study.json").read_text())
    assert study["closed"] is None
    assert study["manifest"] == pools["paired"].manifest
    assert study["manifest_sha256"] == pools["paired"].manifest_sha256
    assert study["code"] == {"colorgan": study["manifest"]["colorgan"], "revision": export.code_revision()}


def test_a_quick_study_exports_its_own_figures(
    store: Store, pools: dict[str, Pool], clock: Clock, tmp_path: Path
) -> None:
    Study.create(store, pools["quick"], b"s" * 32)
    session = start(store, 9, None, "q")
    store.extend_quick_session(session)
    while (trial := store.issue(session.session_id)) is not None:
        clock.now += 2
        store.answer(trial.trial_id, person(9), report("whole"))
    export_study(store, pools["quick"], tmp_path / "out")
    found = json.loads((tmp_path / "out" / "results.json").read_text())["results"]
    assert found["figures"]["hit_rate"]["value"] == 1
    rows = read_all(tmp_path / "out")
    assert len(rows["csv"]) == 10
    assert {row["fooled"] for row in rows["parquet"]} == {None}


def test_a_study_without_votes_exports_nulls_not_nans(tmp_path: Path, pools: dict[str, Pool]) -> None:
    store = Store.open(tmp_path / "empty.sqlite3", power_safe=False)
    Study.create(store, pools["paired"], b"s" * 32)
    store.close_study("s")
    export_study(store, pools["paired"], tmp_path / "out")
    text = (tmp_path / "out" / "results.json").read_text()
    assert json.loads(text)["results"]["headline"]["these_photos"]["value"] is None
    assert "NaN" not in text
    assert (tmp_path / "out" / "answers.jsonl").read_text() == ""
    assert parquet.read_table(tmp_path / "out" / "answers.parquet").num_rows == 0
    store.close()


def test_bad_exports_leave_nothing(
    store: Store, pools: dict[str, Pool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(ValueError, match="exists already"):
        export_study(store, pools["paired"], tmp_path / "taken")
    with pytest.raises(ValueError, match="no study named 'q'"):
        export_study(store, pools["quick"], tmp_path / "out")
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match="pip install pyarrow"):
        export_study(store, pools["paired"], tmp_path / "out")
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]
