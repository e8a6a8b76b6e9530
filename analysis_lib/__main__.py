"""``python -m analysis_lib`` is ``lsr``."""

import sys

from analysis_lib.cli import main

sys.exit(main())
