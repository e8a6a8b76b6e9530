"""Keys and candidates in a terminal: one key at a time, and no text that it would obey."""

from __future__ import annotations

import os
import select
import shutil
import sys
import termios
import textwrap
import tty
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from analysis_lib.search import printable

#: End of input, or Ctrl-D.
END = ""


@contextmanager
def one_key_each() -> Iterator[None]:
    """Keys come without Enter while this holds; the terminal is as before afterwards."""
    if not sys.stdin.isatty():
        yield
        return
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    try:
        tty.setcbreak(handle, termios.TCSADRAIN)  # a key pressed early is not thrown away
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def read_key() -> str:
    """The next key within :func:`one_key_each`; :data:`END` at the end of input."""
    if not sys.stdin.isatty():
        while (key := sys.stdin.read(1)).isspace():
            pass
        return key
    handle = sys.stdin.fileno()
    pressed = os.read(handle, 1)
    if pressed == b"\x1b":  # an arrow key is several characters: none of them is a decision
        while select.select([handle], [], [], 0.02)[0]:
            os.read(handle, 1)
    return END if pressed in (b"", b"\x04") else pressed.decode("ascii", errors="replace")


def candidate_text(entry: Mapping[str, Any], *, heading: str, columns: int | None = None) -> str:
    """A candidate as lines to read: heading, title, where from, address, abstract."""
    width = min(columns or shutil.get_terminal_size().columns, 100)
    cited = [entry["authors"] and shortened(entry["authors"], 160), entry["journal"]]
    cited.append(str(entry["year"]) if entry["year"] else None)
    address = None
    if entry["pmid"]:
        address = f"https://pubmed.ncbi.nlm.nih.gov/{entry['pmid']}/"
    elif entry["doi"]:
        address = f"https://doi.org/{entry['doi']}"
    abstract = entry["abstract"] or "No abstract was delivered."
    blocks = [heading, entry["title"] or "Title not delivered", ". ".join(filter(None, cited))]
    blocks += [address or "No address", "", abstract]
    return "\n".join(textwrap.fill(printable(block), width) for block in blocks)


def shortened(text: str, longest: int) -> str:
    """One printable line of at most ``longest`` characters."""
    line = printable(text)
    return line if len(line) <= longest else line[: longest - 3] + "..."
