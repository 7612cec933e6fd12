"""The wire to the Hugging Face Hub: files of one commit, whole, or one line that says why not. Knows no subjects.

fetching.py   a model's files from the Hub
sending.py    a folder's files to it, in one commit
storage.py    a bucket or a repository as a place for files
program.py    colorgan itself, for repositories that run it
retry.py      another try at what may pass
"""
