"""The real-or-fake study: which of two pictures has the computer's colours? Knows no web framework.

protocol.py     the rules: plans, balanced sides, timing, limits of the exclusions
sources.py      what a study is made of: photos and models
stimuli.py      photo and model -> the pictures of a trial, through one pipeline, in files that tell nothing
pool.py         all pictures of a study, and their manifest
rendering.py    makes a pool
creation.py     a study from data sets and models
builtin.py      the study that comes along
privacy.py      random tokens, their keyed hash, the rate limiter
database.py     an address -> an engine, SQLite or PostgreSQL
schema.py       tables, views and migrations
statements.py   the SQL that must hold under attack, and what several modules write
records.py      rows
store.py        studies, sessions, trials and answers
study.py        what a participant's browser may ask for: the door for pages
statistics.py   votes -> figures with their intervals
results.py      a study's figures, and when they may be seen
export.py       answers, study and results as files
journal.py      raw rows as lines, and back into a new database
depository.py   where votes are kept off the server's disk
backup.py       a copy of the votes there, and back
"""

import importlib
from typing import TYPE_CHECKING, Any

from colorgan.files import naming_extra

if TYPE_CHECKING:
    from colorgan.voting.export import export_study
    from colorgan.voting.pool import Pool
    from colorgan.voting.privacy import RateLimiter, new_token, server_secret
    from colorgan.voting.records import AnswerReport, VoteOutcome
    from colorgan.voting.rendering import build_pool
    from colorgan.voting.results import progress, quick_results, study_results
    from colorgan.voting.sources import StudyModel, StudyPhoto
    from colorgan.voting.store import Store
    from colorgan.voting.study import Reply, Shown, Study, study_folder

__all__ = [
    "AnswerReport",
    "Pool",
    "RateLimiter",
    "Reply",
    "Shown",
    "Store",
    "Study",
    "StudyModel",
    "StudyPhoto",
    "VoteOutcome",
    "build_pool",
    "export_study",
    "new_token",
    "progress",
    "quick_results",
    "server_secret",
    "study_folder",
    "study_results",
]

_MODULES = {
    "export": ("export_study",),
    "pool": ("Pool",),
    "privacy": ("RateLimiter", "new_token", "server_secret"),
    "records": ("AnswerReport", "VoteOutcome"),
    "rendering": ("build_pool",),
    "results": ("progress", "quick_results", "study_results"),
    "sources": ("StudyModel", "StudyPhoto"),
    "store": ("Store",),
    "study": ("Reply", "Shown", "Study", "study_folder"),
}


def __getattr__(name: str) -> Any:
    """Import a module when its name is asked for: the store must not wait for torch, which renders pictures."""
    for module, names in _MODULES.items():
        if name in names:
            with naming_extra(__name__, "study"):
                return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
