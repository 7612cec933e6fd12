"""What goes to the Hub: a trained run as a model with its card, figures and pictures; a study's export.

run.py               a run's folder -> a model repository
study.py             the export of a study -> a data set
training_photos.py   what a model's files say of the photos it was trained on
"""

from colorgan.publishing.run import publish

__all__ = ["publish"]
