"""Limits that users meet, on the command line, in the page and in Python."""

MAX_MEGAPIXELS = 120.0  # of a photo, unless told otherwise: refused before a pixel is decoded
MAX_VIVIDNESS = 3.0  # chroma scale: 0 is gray, 1 as predicted
MAX_HINTS = 1000  # for one photo: each is compared with every place of it
MAX_LASSOS = 50  # among them: each is a picture of its own, of which the inside is taken
