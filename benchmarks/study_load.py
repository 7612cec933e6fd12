"""How many people a study server serves: participants in their real rhythm, over real HTTP.

    python benchmarks/study_load.py                    # 500 people for a minute on SQLite and on PostgreSQL
    python benchmarks/study_load.py --people 100 --seconds 20 --databases sqlite

Writes results/study_load.json and its part of docs/performance.md. Each participant gets a trial, gets its picture
(256 px, rendered ahead), watches the sequence (3.5 s), thinks for 1 to 2 s, answers, and goes on. The server is a
process of its own, as `colorgan study serve` starts it, on a database whose commits survive a power cut; who asks is
another process. Both share the machine's cores, so on two cores the figures are those of one core for the server.
"""

# ruff: noqa: S311  (chance here is people, not secrets)
import argparse
import asyncio
import json
import os
import pwd
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sections import put_section
from sqlalchemy import text

from colorgan.machine import machine
from colorgan.voting import protocol
from colorgan.voting.pool import Pool
from colorgan.voting.privacy import new_token
from colorgan.voting.store import Store
from colorgan.voting.study import Study

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "study_load.json"
SERVER = Path(__file__).parent / "study_server.py"
TABLE = ROOT / "docs" / "performance.md"
STUDY, SIDE_PX, PHOTOS = "load", 256, 60
SEQUENCE_S, THINK_S = 3.5, (1.0, 2.0)
PERCENTILES = (50, 99)


def render(folder: Path) -> None:
    """A pool of grainy crops of scikit-image's photos, whose files are as large as those of photos are."""
    import numpy as np
    import skimage.data
    from PIL import Image

    from colorgan.voting.rendering import build_pool
    from colorgan.voting.sources import StudyModel, StudyPhoto

    class Faded:
        """Stands in for a model: what it paints does not change what serving costs."""

        def colorize(self, image: Image.Image) -> Image.Image:
            gray = np.asarray(image).astype(float)[:, :, None]
            return Image.fromarray((gray * [1.0, 0.9, 0.75]).astype(np.uint8))

    random_generator = np.random.default_rng(0)
    sources = [skimage.data.astronaut(), skimage.data.coffee(), skimage.data.chelsea()]

    def photos() -> Iterator[StudyPhoto]:
        for number in range(PHOTOS):
            source = sources[number % len(sources)]
            top, left = (random_generator.integers(0, side - 256 + 1) for side in source.shape[:2])
            crop = source[top : top + 256, left : left + 256].astype(float)
            noisy = (crop + random_generator.normal(0, 2, (256, 256, 1))).clip(0, 255).astype(np.uint8)
            yield StudyPhoto(str(number), Image.fromarray(noisy))

    build_pool(folder, STUDY, photos(), [StudyModel("faded", Faded(), "1")], side_px=SIDE_PX)


def begin_sessions(store: Store, study: Study, people: int) -> list[str]:
    """Sessions that are somewhere between their first trial and their last, as at any moment of a busy hour."""
    tokens = [new_token() for _ in range(people)]
    rng = random.Random(0)
    for token in tokens:
        study.start(token, device_class="desktop")
    rows = store.select("SELECT session_id FROM session")
    done = [{"session_id": row["session_id"], "trials": rng.randrange(protocol.PLAN.trials)} for row in rows]
    with store.transaction() as connection:
        connection.execute(
            text("""
                UPDATE trial SET issued_at_ms = 0, deadline_ms = 600000
                WHERE session_id = :session_id AND position <= :trials
            """),
            done,
        )
        connection.execute(
            text("""
                INSERT INTO answer SELECT trial_id, 'left', 5000, 1000, 1000, 1000, 0 FROM trial
                WHERE session_id = :session_id AND position <= :trials
            """),
            done,
        )
    return tokens


class Client:
    """HTTP/1.1 on one connection, and no more than that: the load must not cost more than the server."""

    def __init__(self, port: int, token: str = ""):
        self.port, self.cookie = port, f"colorgan_participant={token}" if token else ""
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, values: object = None) -> tuple[int, bytes]:
        """One request -> status and body. Servers close idle connections, so a broken one is opened again, once."""
        for last in (False, True):
            if self.writer is None or last:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
            try:
                return await self._ask(method, path, values)
            except (asyncio.IncompleteReadError, ConnectionError):
                if last:
                    raise
        raise AssertionError

    async def _ask(self, method: str, path: str, values: object) -> tuple[int, bytes]:
        assert self.reader and self.writer
        body = b"" if values is None else json.dumps(values).encode()
        head = f"{method} /study/{STUDY}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if self.cookie:
            head += f"Cookie: {self.cookie}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(head.encode() + b"\r\n" + body)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        if found := re.search(r"(?i)^set-cookie: ([^;]+)", answer, re.MULTILINE):
            self.cookie = found[1]
        [length] = re.findall(r"(?i)^content-length: (\d+)", answer, re.MULTILINE)
        return int(answer.split(" ", 2)[1]), await self.reader.readexactly(int(length))

    def close(self) -> None:
        """Hang up."""
        if self.writer is not None:
            self.writer.close()


class Load:
    """People who take part, and how long each kind of request took while it counted."""

    def __init__(self, port: int, tokens: list[str], ramp_s: float, seconds: float):
        self.port, self.tokens, self.ramp_s = port, tokens, ramp_s
        self.begin = time.perf_counter() + ramp_s
        self.end = self.begin + seconds
        self.times: dict[str, list[float]] = {what: [] for what in ("session", "trial", "image", "answer", "score")}
        self.image_bytes: list[int] = []
        self.errors: dict[str, int] = {}

    async def run(self) -> None:
        """Everybody connects at a random moment of the ramp, and is then somewhere in a trial."""
        await asyncio.gather(*(self._person(token, random.Random(token)) for token in self.tokens))

    async def _person(self, token: str, rng: random.Random) -> None:
        """One who goes on where they were, and when that session is over somebody new in their place."""
        await asyncio.sleep(rng.random() * self.ramp_s)
        while time.perf_counter() < self.end:
            client = Client(self.port, token)
            try:
                await self._session(client, rng)
                token = ""
            except OSError as error:
                self.errors[type(error).__name__] = self.errors.get(type(error).__name__, 0) + 1
                await asyncio.sleep(1)
            finally:
                client.close()

    async def _session(self, client: Client, rng: random.Random) -> None:
        consent = {"consent_version": "1", "device_class": "desktop", "colour_vision": None, "timed": True}
        if not client.cookie:
            await self._timed("session", client, "POST", "/session", consent)
        while time.perf_counter() < self.end:
            reply = await self._timed("trial", client, "GET", "/trial")
            trial = json.loads(reply)["trial"] if reply else None
            if trial is None:
                await self._timed("score", client, "GET", "/score")
                return
            picture = await self._timed("image", client, "GET", f"/image/{trial['trial_id']}")
            self.image_bytes.append(len(picture))
            await asyncio.sleep(SEQUENCE_S + rng.uniform(*THINK_S))
            report = {"trial_id": trial["trial_id"], "chosen_side": rng.choice(("left", "right")), "response_ms": 1000}
            report |= {"shown_left_ms": 1000, "shown_right_ms": 1000, "lost_focus": False}
            await self._timed("answer", client, "POST", "/answer", report)

    async def _timed(self, what: str, client: Client, method: str, path: str, values: object = None) -> bytes:
        begun = time.perf_counter()
        status, body = await client.ask(method, path, values)
        if status != 200:
            self.errors[f"{what} {status}"] = self.errors.get(f"{what} {status}", 0) + 1
            return b""
        if self.begin <= begun < self.end:
            self.times[what].append(time.perf_counter() - begun)
        return body


def measure(database: str, folder: Path, people: int, seconds: float) -> dict[str, object]:
    """One server, one crowd -> rates, percentiles, and what the server's process used."""
    store = Store.open(database)
    tokens = begin_sessions(store, Study.create(store, Pool.open(folder)), people)
    prepared = store.select("SELECT COUNT(*) AS n FROM answer")[0]["n"]
    port = random.randrange(20_000, 30_000)  # below those that clients get
    command = [sys.executable, str(SERVER), database, str(folder), STUDY, str(port)]
    process = subprocess.Popen(command)
    try:
        wait_for(port, process)
        load = Load(port, tokens, ramp_s=SEQUENCE_S + THINK_S[1], seconds=seconds)
        server, own = psutil.Process(process.pid), psutil.Process()

        async def watched() -> tuple[float, float, float]:
            running = asyncio.create_task(load.run())
            await asyncio.sleep(load.begin - time.perf_counter())
            before = [sum(one.cpu_times()[:2]) for one in (server, own)]
            psutil.cpu_percent()
            await asyncio.sleep(load.end - time.perf_counter())
            used = [sum(one.cpu_times()[:2]) - was for one, was in zip((server, own), before, strict=True)]
            machine = psutil.cpu_percent()
            await running
            return used[0] / seconds, used[1] / seconds, machine

        server_cores, client_cores, machine_percent = asyncio.run(watched())
        memory = server.memory_info().rss / 1e6
    finally:
        process.kill()
        process.wait()
    votes = store.select("SELECT COUNT(*) AS n FROM answer")[0]["n"] - prepared
    store.close()
    results: dict[str, object] = {
        "people": people,
        "seconds": seconds,
        "trials_per_s_offered": people / (SEQUENCE_S + statistics.mean(THINK_S)),
        "trials_per_s": len(load.times["answer"]) / seconds,
        "answers_in_database": votes,
        "image_kb": statistics.mean(load.image_bytes) / 1e3,
        "server_cores": server_cores,
        "client_cores": client_cores,
        "machine_percent": machine_percent,
        "server_mb": memory,
        "errors": load.errors,
    }
    for what, times in load.times.items():
        cuts = statistics.quantiles(times, n=100) if len(times) > 1 else [float("nan")] * 99
        results |= {f"{what}_p{p}_ms": 1e3 * cuts[p - 1] for p in PERCENTILES}
    return results


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Until the server answers."""
    client, give_up = Client(port), time.monotonic() + 60
    while True:
        try:
            asyncio.run(client.ask("GET", "/progress"))
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > give_up:
                raise
            time.sleep(0.05)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a new PostgreSQL server with its own settings, commits flushed to the disk."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parents[1].name))
    if not found:
        raise SystemExit("no PostgreSQL binaries: apt-get install postgresql, or --databases sqlite")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path may have 107 characters
    who: dict = {"cwd": folder, "env": {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}}
    if os.geteuid() == 0:  # which it refuses to run as
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        who |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    programs = found[-1].parent
    try:
        initialise: list[str | Path] = [
            programs / "initdb",
            "-D",
            folder / "data",
            "-U",
            "colorgan",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        subprocess.run(initialise, check=True, stdout=subprocess.DEVNULL, **who)
        start: list[str | Path] = [
            programs / "postgres",
            "-D",
            folder / "data",
            "-c",
            "listen_addresses=",
            "-k",
            folder,
        ]
        process = subprocess.Popen(start, stderr=subprocess.DEVNULL, **who)
        try:
            while not (folder / ".s.PGSQL.5432").exists():
                time.sleep(0.1)
            time.sleep(1)
            yield f"postgresql://colorgan@/postgres?host={folder}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    finally:
        shutil.rmtree(folder)


def section(results: dict) -> str:
    """The part of docs/performance.md, from the JSON."""
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    rows = []
    for name, title in names.items():
        if name not in results:
            continue
        r = results[name]
        rows.append(
            f"| {title} | {r['people']} | {r['trials_per_s']:.0f} | "
            + " | ".join(f"{r[f'{what}_p50_ms']:.0f} / {r[f'{what}_p99_ms']:.0f} ms" for what in ("image", "answer"))
            + f" | {r['server_cores']:.2f} cores, {r['server_mb']:.0f} MB | {sum(r['errors'].values())} |"
        )
    m = results["machine"]
    lines = "\n".join(rows)
    return (
        f"## The study's server\n\nMeasured on {m['date']} by `python benchmarks/study_load.py`, {m['cores']} cores of "
        f"{m['processor']} that the server shares with its clients{busy(m)}, Python {m['python']}; participants in "
        f"their real rhythm, pictures of 2 x {SIDE_PX} px. The raw figures are in "
        "benchmarks/results/study_load.json.\n\n"
        "| database | participants at once | trials/s | a picture, p50 / p99 | recording a vote, p50 / p99 "
        f"| the server | errors |\n|---|---|---|---|---|---|---|\n{lines}\n"
    )


def busy(machine: dict) -> str:
    """What is said of other work on the machine."""
    return f", load average {machine['load_before']:.1f} before"


def main() -> None:
    """Run it on each database, write the JSON and the table."""
    parser = argparse.ArgumentParser(description="participants of a study in their real rhythm, against a real server")
    parser.add_argument("--people", type=int, default=500, help="at the same time (default 500)")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each database (default 60)")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], help="sqlite, postgresql (both)")
    args = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    results["machine"] = machine() | {"cores": os.cpu_count(), "load_before": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "pictures"
        render(folder)
        for name in args.databases:
            if name == "sqlite":
                results[name] = measure(str(Path(place) / "votes.sqlite3"), folder, args.people, args.seconds)
            elif name == "postgresql":
                with postgresql() as url:
                    results[name] = measure(url, folder, args.people, args.seconds)
            else:
                parser.error(f"there is no database {name!r}: choose from sqlite, postgresql")
            print(name, json.dumps(results[name], indent=1), flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    put_section(TABLE, "study's load: written by benchmarks/study_load.py", section(results))


if __name__ == "__main__":
    os.environ.setdefault("COLORGAN_STUDY_SECRET", "a secret for a benchmark, which anybody may know")
    main()
