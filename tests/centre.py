"""A synthetic centre for tests: evidence of nothing, about nobody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

HEADER = "id,treatment,extent,adjuvant,outcome,time_months,event"
DECLARATION = (
    "recurrence: local\npathology: unknown\ntime_zero: start_of_salvage\nshares_patients_with: []\n"
)

#: Treatment, extent, adjuvant and how many patients of each.
GROUPS = (
    ("re_resection", "gtr", "none", 7),
    ("re_resection", "str", "none", 6),
    ("re_resection", "gtr", "re_srs", 6),
    ("re_resection", "str", "re_srs", 2),
    ("re_srs", "none", "none", 9),
    ("re_wbrt", "none", "none", 3),
)


def rows(groups: Sequence[tuple[str, str, str, int]] = GROUPS) -> list[str]:
    """Two lines for each synthetic patient; times are arithmetic, not survival."""
    lines, number = [], 0
    for treatment, extent, adjuvant, n in groups:
        for place in range(n):
            number += 1
            death, event = 2.0 + 2.5 * place + 0.1 * (number % 7), int(place % 4 != 3)
            failure = death * 0.6
            start = f"P{number:03d},{treatment},{extent},{adjuvant}"
            lines.append(f"{start},os,{death:.1f},{event}")
            lines.append(f"{start},local_control,{failure:.1f},{int(place % 3 == 0)}")
    return lines


def write_centre(
    folder: Path,
    lines: Sequence[str] | None = None,
    *,
    header: str = HEADER,
    declaration: str | None = DECLARATION,
) -> Path:
    """Write the synthetic centre into ``folder``; returns the CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "patients.csv"
    body = rows() if lines is None else lines
    path.write_text("\n".join([header, *body]) + "\n", encoding="utf-8")
    if declaration is not None:
        (folder / "centre.yaml").write_text(declaration, encoding="utf-8")
    return path
