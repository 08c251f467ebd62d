"""``python -m cloudmamba`` is the same program as the command ``cloudmamba``."""

import sys

from cloudmamba.startup import forget_current_folder

forget_current_folder()

from cloudmamba.cli import main  # only now: nothing comes from that folder

sys.exit(main())
