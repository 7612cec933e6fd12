"""Films among the jobs, one after the other: each keeps all cores at work by itself."""

import errno
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from colorgan.film import FilmProgress, colorize_film
from colorgan.film.formats import DEFAULT_CODEC
from colorgan.folder.pipeline import DiskFullError, PhotoOutcome, Settings, failure_of, is_disk_full
from colorgan.folder.plan import Job
from colorgan.hints import read_film_hints

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer


def colorize_films(
    colorizer: "Colorizer",
    jobs: Sequence[Job],
    settings: Settings,
    report: Callable[[PhotoOutcome], None],
    *,
    codec: str = DEFAULT_CODEC,
    crf: int | None = None,
    progress: Callable[[Job, FilmProgress], None] | None = None,
) -> None:
    """Do the jobs that are films'; `report` gets the outcome of each, `progress` each frame.

    A film that cannot be read, coloured or written does not stop the others. Parts of an earlier run are gone on with,
    unless all is to be written anew.

    Raises:
        DiskFullError: the disk is full; the jobs not reported are not done.
        FilmInterrupted: Ctrl-C; what is done of the film at hand is kept.
    """
    for job in jobs:
        [(_, output)] = job.pictures
        try:
            hints = None if job.film_hints is None else read_film_hints(job.film_hints)
            output.parent.mkdir(parents=True, exist_ok=True)
            outcome = colorize_film(
                job.source,
                output,
                colorizer,
                codec=codec,
                crf=crf,
                vividness=1.0 if settings.vividness is None else settings.vividness,
                reference=settings.reference,
                hints=hints,
                resume=True,
                overwrite=settings.overwrite,
                describe=settings.model_name is not None,
                max_megapixels=settings.max_megapixels,
                report=None if progress is None else lambda done, job=job: progress(job, done),  # type: ignore[misc]
            )
        except Exception as error:
            if is_disk_full(error):
                raise DiskFullError(errno.ENOSPC, "the disk is full", str(output)) from error
            report(failure_of(job, error))
        else:
            report(PhotoOutcome(job, notes=outcome.notes))
