"""A film in, the same film in colour out.

colours.py    the colours of frames in their order: what the engine asks of whoever knows colours
"""
