"""Archives: photos by the million, at any address that fsspec opens, on one machine, a job array or a Ray cluster.

listing.py     inputs -> photos, folder by folder
planning.py    photos -> jobs in parts of a few dozen, which are files beside the pictures
claims.py      one job at a time on one target
table.py       the table of outcomes: parts as work goes on, one file at the end
working.py     parts of the jobs done, by the pipeline of folders
delivering.py  pictures put in their places, and on record
running.py     the whole run on this machine
cluster.py     the same, shared out by Ray Data
"""

from colorgan.files import naming_extra

with naming_extra(__name__, "archive"):
    import pyarrow  # noqa: F401  (for all that is here)
