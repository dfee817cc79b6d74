"""Runs the commands as ``python -m vokcrawl``."""

import sys

from vokcrawl.console import main

if __name__ == "__main__":
    sys.exit(main())
