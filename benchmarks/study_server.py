"""The server that study_load.py asks: DATABASE PICTURES STUDY PORT. Without limits: all who ask have one address."""

import sys
from pathlib import Path

from colorgan.voting.privacy import RateLimiter
from colorgan.voting.store import Store
from colorgan.voting.study import Study
from colorgan.web.study import study_app, study_server


def main(database: str, pictures: Path, name: str, port: int) -> None:
    """Serve one study until the process is told to end."""
    study = Study.open(Store.open(database), name, pictures)
    unlimited = RateLimiter(1e9, 10**9)
    study_server(study_app([study], limiter=unlimited, session_limiter=unlimited), "127.0.0.1", port).run()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
