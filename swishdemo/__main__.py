"""``python -m swishdemo``: measuring without a browser."""

import sys

from swishdemo.command import main

sys.exit(main())
