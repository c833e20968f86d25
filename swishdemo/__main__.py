"""``python -m swishdemo``: what is done without a browser."""

import sys

from swishdemo.command import main

sys.exit(main())
