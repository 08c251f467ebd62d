"""``python -m cloudmamba`` is the same program as the command ``cloudmamba``."""

import sys

from cloudmamba.cli import main

sys.exit(main())
