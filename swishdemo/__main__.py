"""``python -m swishdemo``: what is done without a browser."""

import sys

from swishdemo.cli import main

sys.exit(main())
