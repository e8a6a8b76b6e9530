"""Sphinx extension: pages are written side by side, one process a core.

Jupyter Book starts Sphinx with one process and has no option for more. Reading stays
with one: not every extension that Jupyter Book loads says that it may be read in
parallel, and a build reads only the pages that changed. Writing is most of the time,
because a new study stands in the contents beside every page.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def setup(app: Sphinx) -> dict[str, object]:
    """Connect to Sphinx."""
    app.connect("env-updated", _write_side_by_side)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _write_side_by_side(app: Sphinx, environment: BuildEnvironment) -> Iterable[str]:
    """Between reading and writing; the first process only hands out the pages."""
    app.parallel = (os.cpu_count() or 1) + 1
    return ()
