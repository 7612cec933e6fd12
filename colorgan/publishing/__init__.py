"""What goes to the Hub: a trained run as a model with its card, figures and pictures; a study's export.

run.py              a run's folder -> its card, and a model repository
record.py           what training left in the folder
report.py           what `colorgan evaluate` found
study.py            what a study found; its export -> a data set
training_photos.py  what a model's files say of the photos it was trained on
reading.py          files of other rooms, as the types of those rooms
"""

from colorgan.files import naming_extra

with naming_extra(__name__, "evaluate"):
    from colorgan.publishing.run import publish

__all__ = ["publish"]
