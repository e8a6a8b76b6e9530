"""The book's pages in the order of its contents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis_lib.book.chapters import BOOK

TOC = BOOK / "_toc.yml"


@dataclass(frozen=True)
class Entry:
    """A page: its name below the site's root without ending, its part, its depth there."""

    name: str
    part: str | None
    depth: int


def contents(site: Path, toc: Path = TOC) -> Iterator[Entry]:
    """The pages of ``book/_toc.yml`` that the site holds, first page first."""
    listed = yaml.safe_load(toc.read_text(encoding="utf-8"))
    yield Entry(listed["root"], None, 0)
    for part in listed["parts"]:
        for item in part["chapters"]:
            yield from _entries(item, part["caption"], 0, site)


def _entries(item: dict[str, Any], part: str, depth: int, site: Path) -> Iterator[Entry]:
    names = [item["file"]] if "file" in item else _matching(item["glob"], site)
    for name in names:
        yield Entry(name, part, depth)
        for below in item.get("sections", ()):
            yield from _entries(below, part, depth + 1, site)


def _matching(pattern: str, site: Path) -> list[str]:
    found = sorted(site.glob(f"{pattern}.html"))
    return [path.relative_to(site).as_posix().removesuffix(".html") for path in found]
