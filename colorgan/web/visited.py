"""What a page of photos is made with, whichever it is."""

from pathlib import Path

from colorgan.web.examples import Example
from colorgan.web.limits import Limits
from colorgan.web.models import Models
from colorgan.web.visits import Visits


class VisitedPage:
    """A page that visitors bring photos to.

    Args:
        models: to choose from; the first is the default.
        folder: where photos are kept, in a folder for each session.
        examples: offered on an empty page.
        limits: what one person may bring.
        privacy: what becomes of photos, a sentence or two.
        visits: who looks after the sessions; without, one of its own.
    """

    def __init__(
        self,
        models: Models,
        folder: Path,
        examples: list[Example],
        limits: Limits,
        privacy: str,
        visits: Visits | None = None,
    ):
        self.models, self.folder, self.examples, self.limits, self.privacy = models, folder, examples, limits, privacy
        self.visits = visits or Visits(folder, limits)
