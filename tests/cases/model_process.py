"""The pages' server as a program of its own, with one model and without a study: MODEL."""

import contextlib
import sys

from colorgan.web import server

if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        server.launch([sys.argv[1]])
