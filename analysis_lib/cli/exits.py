"""Exit codes of every command, and how problems are listed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

GOOD, FOUND, USAGE = 0, 1, 2


def print_problems(problems: Sequence[object], *, then: str = "nothing was run") -> None:
    """List every problem on standard error, how many there are, and what follows."""
    for problem in problems:
        print(problem, file=sys.stderr)
    noun = "problem" if len(problems) == 1 else "problems"
    print(f"{len(problems)} {noun}; {then}", file=sys.stderr)
