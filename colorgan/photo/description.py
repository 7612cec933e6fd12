"""What a picture says about itself, in its metadata."""

import datetime

from colorgan import __version__


def description(model: str) -> str:
    """Who coloured a picture, when, and that the colours are a guess: they must not pass for a record."""
    today = datetime.date.today().isoformat()
    return f"Colorized by colorgan {__version__}, model {model}, {today}: the colours are a guess"
