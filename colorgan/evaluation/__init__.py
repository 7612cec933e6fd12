"""How good is a colorizer: metrics with confidence intervals, and the report that compares models.

metrics.py      one value per photo, each with its paper
inception.py    FID's network, and lpips.py LPIPS; backbones.py reads their weights
sets.py         distances between the set of colorized photos and that of real ones
intervals.py    95 % intervals over photos; paired differences
photos.py       which photos, and at what size: the protocol
contestants.py  who is judged: baselines, models, folders of pictures
measure.py      every photo past every contestant, once, in little memory
summary.py      figures, differences and curves
report.py       report.json, report.md, photos.csv; page.py and charts.py make report.html
run.py          all of them together: `evaluate`
"""

from colorgan.evaluation.run import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
