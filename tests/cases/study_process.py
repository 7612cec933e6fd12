"""A study's server as a program of its own: its settings are JSON, its port is the first line that it prints."""

import contextlib
import json
import random
import socket
import sys
import time
from pathlib import Path
from typing import Any

from colorgan.voting.privacy import RateLimiter
from colorgan.voting.store import Store
from colorgan.voting.study import Study
from colorgan.web.study import connections, study_app, study_server


def listening_socket(port: int) -> socket.socket:
    """A socket on this port, or, for 0, on one below those that clients get: one could take a dead server's."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    while not listening.getsockname()[1]:
        with contextlib.suppress(OSError):
            listening.bind(("127.0.0.1", port or random.randrange(20_000, 30_000)))
    listening.listen(512)
    return listening


def main(settings: dict[str, Any]) -> None:
    """Serve the studies of a database, by the clock of `study_client.Clock`."""
    jumps, epoch, speed = Path(settings["jumps"]), settings["epoch"], settings["speed"]
    listening = listening_socket(settings["port"])
    store = Store.open(
        settings["database"], clock=lambda: epoch + (time.time() - epoch) * speed + float(jumps.read_text())
    )
    studies = [Study.open(store, name, Path(folder)) for name, folder in settings["studies"].items()]
    connections.CHECK_S = settings["check_s"]
    app = study_app(
        studies,
        limiter=RateLimiter(settings["per_minute"], settings["burst"]),
        session_limiter=RateLimiter(settings["per_minute"], settings["sessions_at_once"]),
    )
    server = study_server(app, "127.0.0.1", 0, behind_proxy=settings["behind_proxy"])
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run([listening])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
