"""Ideas 1 to 4: the question, finding studies, reading them, reading them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from analysis_lib.book.answers import outcome_label
from analysis_lib.book.markdown import Facts, Quotation
from analysis_lib.book.methods.idea import Idea, Material
from analysis_lib.book.places import (
    block_anchor,
    field_link,
    place_read,
    source_hint,
    study_link,
    study_page,
)
from analysis_lib.book.printed_figures import printed_words
from analysis_lib.book.study_words import field_words, message_words
from analysis_lib.comparison.arms import study_label
from analysis_lib.consistency import RULES
from analysis_lib.study_records import load_reading, load_vocabulary
from analysis_lib.tables import Cell, Html, count, html_table, paragraph

#: The record that the examples of reading and reconstruction follow.
READ = "hessler-2022"

_DECISIONS = {
    "include": "Included",
    "indirect": "Indirect: shown, never pooled with the others",
    "exclude": "Not used, reason given",
}


def _question(material: Material) -> Sequence[Html]:
    declared = material.first.declaration
    sides = [side.label for side in declared.sides]
    outcomes = [outcome_label(outcome.outcome).lower() for outcome in declared.outcomes]
    scenarios = [scenario for scenario in declared.scenarios if scenario.kind == "declared"]
    return (
        paragraph("The first of the five comparisons, as it was declared: "),
        Facts(
            (
                ("Question", declared.question),
                ("Sides", " against ".join(sides)),
                ("Outcomes", ", ".join(outcomes)),
                ("Variations declared beforehand", count(len(scenarios))),
                ("What it cannot answer", declared.cannot_answer),
                ("Page", (Cell(declared.title, href=f"{declared.id}.html"),)),
            )
        ),
    )


def _finding(material: Material) -> Sequence[Html]:
    reading = load_reading()
    counted = Counter(record.eligibility.decision for record in material.records)
    rows = [
        {"Decision": words, "Records": Cell(count(counted[code]), href="flow.html")}
        for code, words in _DECISIONS.items()
    ]
    return (
        paragraph(
            f"State of {reading['last_reading']}: {count(len(material.records))} records. "
            f"{reading['database_search']['statement']}"
        ),
        html_table(pd.DataFrame(rows), caption="What became of the records"),
    )


def _reading(material: Material) -> Sequence[Html]:
    record = material.record(READ)
    arm, outcome = record.arms[0], record.arms[0].outcomes[0]
    field, words = "arms[0].outcomes[0]", load_vocabulary()
    figure = field_link(
        record.id, field, printed_words(outcome), source_hint(record.id, outcome.source)
    )
    return (
        paragraph("One figure of ", study_link(record.id, study_label(record)), ":"),
        Facts(
            (
                ("Arm", arm.label),
                ("Treatment", words["treatment"][arm.treatment].label),
                ("Outcome", outcome_label(outcome.outcome)),
                ("Counted from", words["time_zero"][outcome.time_zero_kind].label),
                ("Number behind it", count(outcome.n_analysed.value)),
                ("Figure", (figure,)),
                ("Role", _role(outcome)),
            )
        ),
        Quotation(outcome.source.seen, (outcome.source.locator, ". Read at: ", _place(outcome))),
    )


def _role(outcome) -> str:
    label = load_vocabulary()["role"][outcome.role].label
    return f"{label}: {outcome.role_reason}" if outcome.role_reason else label


def _place(outcome) -> Cell:
    return place_read(outcome.source.url)


def _second_reading(material: Material) -> Sequence[Html]:
    again = load_reading()["second_reading"]
    rows = [
        {"Second reading": words, "Values": Cell(count(again[key]), href="studies.html")}
        for key, words in (
            ("agreed", "the same value"),
            ("corrected", "another value: settled with the text open"),
            ("not_found_again", "not found again"),
        )
    ]
    serious = [found for found in material.findings if found.severity == "error"]
    one = serious[0]
    record = material.record(one.study_id)
    return (
        html_table(
            pd.DataFrame(rows),
            caption=f"{count(again['figures'])} values of {count(again['studies'])} studies",
        ),
        paragraph(
            f"The audit runs {count(len(RULES))} rules over every record and found "
            f"{count(len(material.findings))} places, {count(len(serious))} of them "
            "contradictions. The first: "
        ),
        paragraph(
            study_link(record.id, study_label(record)),
            f", {field_words(record, one.field)}: ",
            Cell(
                message_words(record, one.message),
                href=f"{study_page(record.id)}#{block_anchor(one.field)}",
            ),
        ),
    )


EVIDENCE = (
    Idea(
        "question",
        "The question",
        "Who, which treatments, which outcome, counted from when: fixed before any number is seen.",
        (
            "A vague question can be answered by any number. So each comparison says which "
            "patients count, what stands on each side, which outcome leads, and from which day "
            "time runs.",
            "It also says what it cannot answer. Nobody drew lots: doctors chose who was operated, "
            "and no arithmetic undoes that.",
        ),
        _question,
        (
            "The comparator is changed after the results are seen. Here every other comparator is "
            "a declared variation on its own line.",
            "Groups counted from different days are set side by side: who is counted from later "
            "has lived until then.",
        ),
        ((Cell("Protocol", href="protocol.html"),),),
    ),
    Idea(
        "finding",
        "Finding the studies",
        "Every record that was read is counted, and every one left out has its reason.",
        (
            "A review is as good as its search. This one has not run a database search yet: it "
            "read what public indexes led to, and says so on every first page.",
            "Records are included, indirect (other patients, shown beside) or not used. None "
            "disappears.",
        ),
        _finding,
        (
            "Studies with poor results are published less often, and later.",
            "One series is printed twice and counts twice. Rules on shared patients prevent it.",
        ),
        (
            (Cell("From records read to records used", href="flow.html"),),
            (Cell("Cohorts that share patients", href="overlaps.html"),),
        ),
    ),
    Idea(
        "reading",
        "Reading a number",
        "No number without the sentence it was read in, the place of that sentence, and its role.",
        (
            "A record holds one study: its arms, their outcomes, and for each figure the paper's "
            "own words. Unknown stays empty; it is never guessed.",
            "Each figure has a role. Primary figures may enter a pool; others only a declared "
            "variation; some are shown and never pooled, with the reason.",
        ),
        _reading,
        (
            "A median follow-up is read as a median survival.",
            "Patients, lesions and cavities are mixed up. Each figure names its unit.",
        ),
        ((Cell("How a study is read", href="add-a-study.html"),),),
    ),
    Idea(
        "second-reading",
        "Second reading and audit",
        "A second reader looks for each value without trusting the first, and a machine looks for "
        "contradictions.",
        (
            "The second reading starts from the list of fields, not from the values. What differs "
            "is settled with the text open and counted.",
            "The audit asks whether all figures of a paper can be true together: counts against "
            "percentages, medians against survival at fixed times, intervals against numbers.",
        ),
        _second_reading,
        (
            "A contradiction is corrected in silence. Here the printed value stays, beside the one "
            "used and the reason.",
            "A second reading by the same eyes finds the same errors.",
        ),
        ((Cell("Contradictions found in papers", href="audit.html"),),),
    ),
)
