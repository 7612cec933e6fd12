"""A real PostgreSQL server from Debian's binaries, for tests: on a unix socket, in a folder of its own."""

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
    """A running server; `database()` gives the URL of an empty place in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, schema: str = "public") -> str:
        return f"postgresql://{USER}@/postgres?host={self.folder}&options=-csearch_path%3D{schema}"

    def database(self) -> str:
        """A schema of its own: as empty as a new database, a hundred times faster."""
        import psycopg

        schema = f"study_{uuid.uuid4().hex}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}".encode())
        return self.url(schema)


def wait_until_ready(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    give_up = time.monotonic() + START_WITHIN_S
    while True:
        try:
            psycopg.connect(server.url()).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > give_up:
                raise AssertionError(f"PostgreSQL did not start: {log.read_text()}") from None
            time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for all tests of a run. Without fsync: none of them pulls its plug."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL binaries: apt-get install postgresql")
    somebody = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path may have 107 characters
    if "user" in somebody:
        os.chown(folder, somebody["user"], somebody["group"])  # type: ignore[arg-type]
    data, log = folder / "data", folder / "log"
    common = {**somebody, "cwd": folder, "env": {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}}
    try:
        initialise = [programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
        done = subprocess.run(initialise, capture_output=True, text=True, timeout=120, **common)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stdout + done.stderr
        settings = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off", "max_connections": 150}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with log.open("wb") as output:
            process = subprocess.Popen([programs / "postgres", "-D", data, *options], stderr=output, **common)  # type: ignore[call-overload]
        try:
            server = Server(folder)
            wait_until_ready(server, process, log)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing here is kept
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind, as `Store.open` takes it."""
    if request.param == "sqlite":
        return str(tmp_path / "study.sqlite3")
    server: Server = request.getfixturevalue("postgres")
    return server.database()
