"""Cohorts that share patients or a source, and what a pool does about it."""

from __future__ import annotations

from typing import Any

from analysis_lib.book.markdown import Facts, Heading, Inline, Items, Section, page
from analysis_lib.book.places import paper_link, study_link
from analysis_lib.comparison.arms import study_label
from analysis_lib.study_records import load_overlaps, load_records, load_vocabulary
from analysis_lib.study_records.model import Citation
from analysis_lib.tables import Cell, Html, count, mid_sentence, paragraph

#: What a pool does under each rule.
RULE_WORDS = {
    "same_patients": "printed overlap: only one of them stays in a pool",
    "never_together": "suspected overlap: only one of them stays in a pool",
    "leave_out_check": "all may stay; a pool is run again without those named",
    "one_cluster": "all may stay; they count as one cluster",
    "no_action": "recorded only",
}

_SECTIONS = {
    "A": "The same paper or the same series twice",
    "B": "Cohorts of one centre or one registry",
    "C": "Figures from one table, identical figures, benchmark only",
}

#: Studies named in a rule's heading.
_NAMED = 3

_BASIS = {"seen": "printed in what was read", "inferred": "inferred by the readers"}


def overlaps_page() -> str:
    """The Markdown of the page on shared patients."""
    overlaps = load_overlaps()
    labels = {record.id: study_label(record) for record in load_records()}
    labels |= {
        code: mid_sentence(term.label) for code, term in load_vocabulary()["outcome"].items()
    }
    blocks: list[Html] = []
    for section in dict.fromkeys(rule["section"] for rule in overlaps["overlaps"]):
        blocks.append(Heading(_SECTIONS[section]))
        blocks += [
            _rule(rule, labels) for rule in overlaps["overlaps"] if rule["section"] == section
        ]
    return page(
        "Cohorts that share patients",
        paragraph(
            f"{count(len(overlaps['overlaps']))} rules. A pool is one side of one comparison for "
            "one outcome or harm; rules apply in the order of the data file. An arm and its own "
            "part never stand in one pool; their records say so and need no rule."
        ),
        *blocks,
        Heading("Reports seen without a record"),
        Items(tuple(_seen(report) for report in overlaps["seen_without_record"])),
    )


def _rule(rule: dict[str, Any], labels: dict[str, str]) -> Section:
    """One rule; ``labels`` are the names of studies and outcomes by id and code."""
    facts = Facts(
        (
            ("Studies", _links(rule["studies"], labels)),
            ("Rule", RULE_WORDS[rule["rule"]]),
            ("Basis", _BASIS[rule["basis"]]),
            ("Reason", rule["reason"].strip()),
            ("Only these arms", _arms(rule.get("arms"))),
            ("Only these outcomes", _codes(rule.get("outcomes"), labels)),
            ("Only these harms", _codes(rule.get("harms"), labels)),
            ("Which one stays", "; ".join(_use(line, labels) for line in rule.get("use", ()))),
            ("Left out in the check", _links(rule.get("leave_out", ()), labels)),
            ("In no pool at all", _links(rule.get("keep_out", ()), labels)),
            ("Without a record", " ".join(t.strip() for t in rule.get("without_record", ()))),
        )
    )
    return Section(rule["id"], _heading(rule["studies"], labels), (facts,), level=3)


def _heading(studies: list[str], labels: dict[str, str]) -> str:
    named = ", ".join(labels[study] for study in studies[:_NAMED])
    more = len(studies) - _NAMED
    return f"{named} and {count(more)} more" if more > 0 else named


def _links(studies: list[str] | tuple, labels: dict[str, str]) -> Inline:
    parts: list[str | Cell] = []
    for position, study in enumerate(studies):
        parts += [", "] if position else []
        parts.append(study_link(study, labels[study]))
    return tuple(parts)


def _arms(arms: dict[str, list[str]] | None) -> str:
    return "; ".join(f"{study}: {', '.join(names)}" for study, names in (arms or {}).items())


def _codes(codes: list[str] | None, labels: dict[str, str]) -> str:
    return ", ".join(labels.get(code, code) for code in codes or ())


def _use(line: dict[str, Any], labels: dict[str, str]) -> str:
    """``overall survival: Doe 2020, else Roe 2019``."""
    what = line.get("outcome") or line["harm"]
    if what == "any":
        what = "any other outcome" if "outcome" in line else "any other harm"
    again = line.get("rerun_with")
    then = f", and the pool is run again with {labels[again]}" if again else ""
    return (
        f"{labels.get(what, what)}: {', else '.join(labels[study] for study in line['keep'])}{then}"
    )


def _seen(report: dict[str, Any]) -> Inline:
    link = paper_link(Citation(doi=report.get("doi"), pmid=report.get("pmid")))
    said: list[str | Cell] = [f"{report['text'].strip()} {report['state'].strip()}"]
    said += [" ", link] if link else []
    for study in report["recorded_as"]:
        said += [" ", study_link(study, study)]
    return tuple(said)
