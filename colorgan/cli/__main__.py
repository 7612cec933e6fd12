"""`python -m colorgan.cli`."""

import sys

from colorgan.cli import main

if __name__ == "__main__":
    sys.exit(main())
