"""``data/README.md``: what stands in the folder, and a generated table of the studies."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis_lib.book.evidence_page import DECISIONS, outcomes_of
from analysis_lib.book.study_figures import Words, level_words, record_level
from analysis_lib.comparison.arms import study_label
from analysis_lib.study_records import StudyRecord, load_records, load_vocabulary, risk_of_bias
from analysis_lib.tables import count

_TEXT = """# What was read from papers

This folder is the only thing an updater edits. This file is generated from it: change the
records, not this table.

| file | what it holds |
| --- | --- |
| `studies/<id>/study.yaml` | one record per study, under `study.schema.json` |
| `vocabulary.yaml` | the closed lists: treatments, outcomes, roles, levels of evidence |
| `overlaps.yaml` | which cohorts share patients, and what a pool does about it |
| `guidelines.yaml` | what guidelines say, seen and not seen |
| `benchmark_review.yaml` | the published pooled results that are compared with |
| `reading.yaml` | what was read, when, and whether databases were searched |
| `searches/` | the search strategy, each search with its candidates, who screened what |
| `judgements/` | risk of bias and certainty: JBI items, ROBINS-I, GRADE, each with its reason |
| `second_readings/` | forms of independent second readings, as they were filled in |
| `second_reading.csv` | each value that was looked for a second time |
| `checklists/` | reporting checklists: what each item asks for, whether it is met, and where |

## Studies ({count})

| study | decision | design | arms | n | outcomes | level of evidence | risk of bias |
| --- | --- | --- | ---: | ---: | --- | --- | --- |
"""

#: Characters that Markdown could read as markup within a table's cell.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#$~])")


def data_readme(records: Sequence[StudyRecord] | None = None) -> str:
    """The text of ``data/README.md``; of the records in ``data/`` by default."""
    used = load_records() if records is None else records
    words = load_vocabulary()
    rows = "\n".join(_row(record, words) for record in used)
    return _TEXT.replace("{count}", count(len(used))) + rows + "\n"


def _row(record: StudyRecord, words: Words) -> str:
    cells = (
        f"[{_cell(study_label(record))}](studies/{record.id}/study.yaml)",
        DECISIONS[record.eligibility.decision],
        _cell(record.design),
        count(len(record.arms)),
        count(record.n_patients),
        outcomes_of(record),
        level_words(record_level(record), words).lower(),
        risk_of_bias(record.id),
    )
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
