"""A real PostgreSQL server from Debian's binaries, for tests: on a unix socket, in a folder of its own."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

USER = "colorgan"
START_WITHIN_S = 60


def binaries() -> Path | None:
    """The folder with initdb and postgres of the newest version installed."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parent.parent.name))
    places = [Path(on_path).resolve()] if on_path else found[-1:]
    return places[0].parent if places else None


def unprivileged() -> dict[str, object]:
    """How to start a program that refuses root: as `postgres`, or `nobody`."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL refuses root, and there is neither a user postgres nor nobody")


class Server:
    """PostgreSQL in a folder; `database()` gives the URL of an empty place in it."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs, self.process = folder, programs, None
        self.somebody = unprivileged()
        if "user" in self.somebody:
            os.chown(folder, self.somebody["user"], self.somebody["group"])  # type: ignore[arg-type]
        self._run([programs / "initdb", "-D", folder / "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"])

    def start(self, **settings: object) -> None:
        """Start it, and wait until it answers; after a crash, until it has recovered."""
        settings = {"listen_addresses": "", "unix_socket_directories": self.folder, "max_connections": 150, **settings}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [self.programs / "postgres", "-D", self.folder / "data", *options]
        with (self.folder / "log").open("ab") as output:
            self.process = subprocess.Popen(command, stderr=output, **self._common)  # type: ignore[call-overload]
        self._wait_until_ready()

    def kill(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT: at once, without tidying up. SIGKILL: the parent dies, and its children when they see it."""
        assert self.process
        self.process.send_signal(how)
        self.process.wait(30)

    def url(self, schema: str = "public") -> str:
        return f"postgresql://{USER}@/postgres?host={self.folder}&options=-csearch_path%3D{schema}"

    def database(self) -> str:
        """A schema of its own: as empty as a new database, a hundred times faster."""
        import psycopg

        schema = f"study_{uuid.uuid4().hex}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}".encode())
        return self.url(schema)

    @property
    def _common(self) -> dict[str, object]:
        return {**self.somebody, "cwd": self.folder, "env": {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}}

    def _run(self, command: list[object]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, **self._common)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stdout + done.stderr

    def _wait_until_ready(self) -> None:
        import psycopg

        give_up = time.monotonic() + START_WITHIN_S
        while True:
            try:
                psycopg.connect(self.url()).close()
                return
            except psycopg.OperationalError:
                assert self.process
                if self.process.poll() is not None or time.monotonic() > give_up:
                    raise AssertionError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}") from None
                time.sleep(0.05)


@contextlib.contextmanager
def running(**settings: object) -> Iterator[Server]:
    """A new server with these settings, in a folder that goes with it."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL binaries: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path may have 107 characters
    try:
        server = Server(folder, programs)
        server.start(**settings)
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for all tests of a run. Without fsync: none of them pulls its plug."""
    with running(fsync="off") as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind, as `Store.open` takes it."""
    if request.param == "sqlite":
        return str(tmp_path / "study.sqlite3")
    server: Server = request.getfixturevalue("postgres")
    return server.database()
