"""A database address -> an engine that keeps what it acknowledged: SQLite in a file, or PostgreSQL."""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from platformdirs import user_data_dir
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

BUSY_TIMEOUT_S = 30
CONNECTIONS = 20  # of a process, kept open: opening another takes longer than waiting; PostgreSQL allows 100 in all
SQLITE_FILE = "studies.sqlite3"
DATABASE_VARIABLE = "COLORGAN_DATABASE"
_OLDEST_SQLITE = (3, 37)  # STRICT tables


def home() -> Path:
    """Where state lives: `COLORGAN_HOME`, or the platform's folder for users' data. Made on demand, private."""
    folder = Path(os.environ.get("COLORGAN_HOME") or user_data_dir("colorgan"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def database_url(database: str | Path | None = None) -> URL:
    """A path, `sqlite:///path` or `postgresql://...` -> the URL to open; None is `COLORGAN_DATABASE`, or the file in
    `home()`.

    Raises:
        ValueError: another kind of database, or SQLite in memory, where votes would die with the process.
    """
    database = database if database is not None else os.environ.get(DATABASE_VARIABLE) or None
    if database is None:
        return URL.create("sqlite", database=str(home() / SQLITE_FILE))
    if isinstance(database, Path) or "://" not in database:
        if not str(database) or str(database) == ":memory:":
            raise ValueError(f"votes need a file or a PostgreSQL URL, got {str(database)!r}")
        return URL.create("sqlite", database=str(Path(database).absolute()))
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):  # not quoted: it may hold a password
        raise ValueError("the database is not a URL like postgresql://user:password@host/name") from None
    if url.drivername.split("+")[0] in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername.split("+")[0] != "sqlite":
        raise ValueError(f"the database must be a file, sqlite:///FILE or postgresql://..., got {url.drivername}://...")
    if url.database in (None, "", ":memory:"):
        raise ValueError(f"votes need a file or a PostgreSQL URL, got {url}")
    return url


def open_engine(url: URL, *, power_safe: bool = True) -> Engine:
    """An engine whose commits survive the death of the process, and of the power where `power_safe`.

    Raises:
        ValueError: no driver for PostgreSQL, an SQLite too old, or a folder that does not exist.
    """
    if url.drivername == "sqlite":
        return _open_sqlite(url, power_safe)
    try:
        engine = create_engine(url, pool_size=CONNECTIONS, max_overflow=0, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise ValueError("a PostgreSQL study needs psycopg: pip install 'colorgan[postgres]'") from error
    return engine


def _open_sqlite(url: URL, power_safe: bool) -> Engine:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise ValueError(f"SQLite must be 3.37 or newer, this Python has {sqlite3.sqlite_version}")
    folder = Path(str(url.database)).parent
    if not folder.is_dir():
        raise ValueError(f"no folder {str(folder)!r} to keep the database in")
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=CONNECTIONS, max_overflow=0)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # sqlite3 must not begin transactions behind SQLAlchemy's back
        _use_wal(connection)
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer that began as a reader would fail at once, instead of waiting, when another has written since.
        options = connection.get_execution_options()
        if options.get("colorgan_reads"):
            connection.exec_driver_sql("BEGIN")
            return
        # NORMAL would do for kill -9; FULL waits for the disk, so that a power cut takes no acknowledged answer.
        full = power_safe and options.get("colorgan_flushed", True)
        connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Readers beside one writer. The switch does not wait for others that are switching, so it is tried again."""
    give_up = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            [mode] = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
            continue
        if mode != "wal":
            raise ValueError(f"SQLite cannot keep its write-ahead log here (journal mode {mode}): not a local disk?")
        return
