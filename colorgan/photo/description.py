"""What a picture says about itself, in its metadata."""

import datetime

from colorgan import __version__

TEXT = "Colorized by colorgan {version}, model {model}, {date}: the colours are a guess{guided}"


def description(model: str, *, hinted: bool = False, referenced: bool = False) -> str:
    """Who coloured a picture, when, and that the colours are a guess: they must not pass for a record.

    hinted: a person said some of them. referenced: some come from another photo.
    """
    today = datetime.date.today().isoformat()
    guides = [guide for guide, there in (("a person's hints", hinted), ("another photo", referenced)) if there]
    guided = f", guided by {' and '.join(guides)}" if guides else ""
    return TEXT.format(version=__version__, model=model, date=today, guided=guided)
