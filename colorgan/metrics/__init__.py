"""How far a colorization is from the truth, and a set of them from real photos.

per_photo.py   figures of one photo beside its truth
sets.py        distances between sets of pictures
features.py    the ImageNet features that some of these are measured on
backbones.py, inception.py, lpips.py   FID and LPIPS on their published weights
table.py       the metrics as rows: titles, which way is better, sources
"""
