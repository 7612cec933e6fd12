"""A page's server as a program of its own: LOG DATABASE PICTURES [MODEL...]; a dot in LOG for each network run.

LAUNCH in the environment has arguments of `launch` as JSON, and "limits" those of `Limits`. A file "later" beside LOG
says how many seconds later it is for visits than for the world, a file "pace" how many each frame of a film takes at
least.
"""

import contextlib
import functools
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from colorgan import DEFAULT_WEIGHTS
from colorgan.voting import Store, Study
from colorgan.web import filming, models, server, visits
from colorgan.web.limits import Limits
from colorgan.web.study import Studies


def main(log: Path, database: str, pictures: Path, sources: list[str]) -> None:
    """Serve the models, without any the bundled one, and the study "pairs" until the process is told to end."""
    predict = models.Models.predict

    def counted(*arguments: Any, **named: Any) -> Any:
        with log.open("a") as file:
            file.write(".")
        return predict(*arguments, **named)

    models.Models.predict = counted  # type: ignore[method-assign]
    check, pace = filming.Filming._check, log.with_name("pace")

    def paced(*arguments: Any, **named: Any) -> None:
        time.sleep(float(pace.read_text() or 0) if pace.exists() else 0)
        check(*arguments, **named)

    filming.Filming._check = paced  # type: ignore[method-assign]
    study = Study.open(Store.open(database), "pairs", pictures, b"s" * 32)
    how = json.loads(os.environ.get("LAUNCH", "{}"))
    later = log.with_name("later")
    visits.LOOK_S = 0.2

    def clock() -> float:
        return time.monotonic() + (float(later.read_text() or 0) if later.exists() else 0.0)

    server.Visits = functools.partial(visits.Visits, clock=clock)  # type: ignore[misc,assignment]
    if "limits" in how:
        how["limits"] = Limits(**how["limits"])
    if "keep" in how:
        how["keep"] = Path(how["keep"])
    with contextlib.suppress(KeyboardInterrupt):
        server.launch(sources or [DEFAULT_WEIGHTS], studies=Studies([study]), **how)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
