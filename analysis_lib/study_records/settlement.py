"""Several files of ``data/`` changed as one: all of them, or none.

The new texts are complete in one journal before the first file changes. Whoever finds a
journal after an interruption finishes it; without one, nothing had begun.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from analysis_lib.exceptions import ReviewError
from analysis_lib.files import write_text
from analysis_lib.study_records.loader import DATA

JOURNAL = ".settlement.json"


def settle_files(texts: Mapping[str, str], *, data: Path = DATA) -> None:
    """Write several files of ``data/``, by their path below it.

    Raises
    ------
    ReviewError
        An earlier settlement was interrupted and cannot be finished.
    """
    finish_settlement(data)
    steps = {name: {"before": _digest(data / name), "text": text} for name, text in texts.items()}
    write_text(data / JOURNAL, json.dumps(steps, ensure_ascii=False, indent=1) + "\n")
    finish_settlement(data)


def interrupted(data: Path = DATA) -> bool:
    """True when a settlement began and did not end."""
    return (data / JOURNAL).is_file()


def finish_settlement(data: Path = DATA) -> bool:
    """Finish what an interrupted settlement began; False when there is nothing to finish.

    Raises
    ------
    ReviewError
        Somebody changed one of its files since: nothing is overwritten.
    """
    journal = data / JOURNAL
    if not journal.is_file():
        return False
    steps = json.loads(journal.read_text(encoding="utf-8"))
    for name, step in steps.items():
        after = hashlib.sha256(step["text"].encode("utf-8")).hexdigest()
        if _digest(data / name) not in (step["before"], after):
            raise ReviewError(
                f"{data.name}/{name} was changed after a settlement was interrupted: look at "
                f"{data.name}/{JOURNAL}, which holds what was to be written, then delete it"
            )
    for name, step in steps.items():
        write_text(data / name, step["text"])
    journal.unlink()
    return True


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
