"""The studies that a server shows; one that is still being rendered comes in when it is ready."""

import threading
from collections.abc import Iterable, Iterator

from colorgan.voting.study import Study


class Studies:
    """Studies by name, in the order they came. Safe to share between threads, and may grow while it is served.

    preparing: whether another is on its way; a page without a study then says so and looks again.
    """

    def __init__(self, studies: Iterable[Study] = (), *, preparing: bool = False):
        self._lock = threading.Lock()
        self._studies = {study.row.study_id: study for study in studies}
        self.preparing = preparing

    def add(self, study: Study) -> None:
        """Serve this one too, from now on."""
        with self._lock:
            self._studies[study.row.study_id] = study

    def get(self, study_id: str) -> Study | None:
        """The study of this name, if it is served."""
        return self._studies.get(study_id)

    def choose(self, *, quick: bool) -> Study | None:
        """What a page shows when nobody asked for one by name: the first open study of its kind, else the first."""
        of_kind = [study for study in self if study.quick == quick]
        return next((study for study in of_kind if study.is_open()), of_kind[0] if of_kind else None)

    def __iter__(self) -> Iterator[Study]:
        with self._lock:
            return iter(list(self._studies.values()))

    def __len__(self) -> int:
        return len(self._studies)
