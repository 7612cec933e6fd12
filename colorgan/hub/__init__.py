"""To the Hub: a trained run as a model with its card, figures and pictures; the page as a Space."""

from colorgan.hub.publishing import publish
from colorgan.hub.space import upload_space, write_space

__all__ = ["publish", "upload_space", "write_space"]
