"""How good is a colorizer: metrics with confidence intervals, and the report that compares models.

candidates.py     whose colours are judged: models, folders of pictures
baselines.py      what they are compared with: gray, and the mean chroma of training photos
measurements.py   every photo past every candidate, once, in little memory
simulated.py      what is said of photos in a person's place
hinting.py        what models that take hints make of it
album.py          the pictures that a report shows
summary.py        means, distances, differences and curves, with their intervals
findings.py       what came out, as plain data
words.py          what a report says in sentences
page.py           report.html, from templates/
report.py         report.json, report.md and photos.csv
run.py            all of them together: `evaluate`
"""

from colorgan.files import naming_extra

with naming_extra(__name__, "evaluate"):
    from colorgan.evaluation.run import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
