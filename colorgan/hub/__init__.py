"""The wire to the Hugging Face Hub: files of one commit, whole, or one line that says why not. Knows no subjects.

fetching.py   a model's files from the Hub
sending.py    a folder's files to it, in one commit
retry.py      another try at what may pass
"""
