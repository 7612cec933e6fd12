"""How far a colorization is from the truth, and a set of them from real photos.

table.py       the metrics, a row each: how to measure, write and explain it
metric.py      what a row says
pictures.py    what is measured: RGB and L*a*b* of the same pixels
per_photo.py   values of one photo beside its truth
sets.py        distances between sets of pictures
features.py    the ImageNet features that some of these are measured on
backbones.py, inception.py, lpips.py   FID and LPIPS on their published weights
"""
