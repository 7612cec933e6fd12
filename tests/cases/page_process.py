"""A page's server as a program of its own: LOG DATABASE PICTURES [MODEL...]; a dot in LOG for each network run."""

import contextlib
import sys
from pathlib import Path
from typing import Any

from colorgan import DEFAULT_WEIGHTS
from colorgan.voting import Store, Study
from colorgan.web import models, server
from colorgan.web.study import Studies


def main(log: Path, database: str, pictures: Path, sources: list[str]) -> None:
    """Serve the models, without any the bundled one, and the study "pairs" until the process is told to end."""
    predict = models.Models.predict

    def counted(*arguments: Any, **named: Any) -> Any:
        with log.open("a") as file:
            file.write(".")
        return predict(*arguments, **named)

    models.Models.predict = counted  # type: ignore[method-assign]
    study = Study.open(Store.open(database), "pairs", pictures, b"s" * 32)
    with contextlib.suppress(KeyboardInterrupt):
        server.launch(sources or [DEFAULT_WEIGHTS], studies=Studies([study]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
