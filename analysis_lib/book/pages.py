"""All pages that need no kernel, as MyST Markdown by path below the book's root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis_lib.book.audit_page import audit_page
from analysis_lib.book.benchmark_page import benchmark_page
from analysis_lib.book.curves_page import curves_page
from analysis_lib.book.digitising_page import digitising_page
from analysis_lib.book.dose_calculator_page import dose_calculator_page
from analysis_lib.book.dose_page import dose_page
from analysis_lib.book.downloads import downloads
from analysis_lib.book.edition_pages import cite_page, whats_new_page
from analysis_lib.book.evidence_page import evidence_page
from analysis_lib.book.explorer_page import explorer_page
from analysis_lib.book.flow_page import flow_page
from analysis_lib.book.glossary_page import glossary_page
from analysis_lib.book.guidelines_page import guidelines_page
from analysis_lib.book.harms_page import harms_page
from analysis_lib.book.impact_page import impact_page
from analysis_lib.book.landing_page import landing_page
from analysis_lib.book.methods import method_pages
from analysis_lib.book.methods_page import methods_page
from analysis_lib.book.necrosis_page import necrosis_page
from analysis_lib.book.options_page import options_page
from analysis_lib.book.overlaps_page import overlaps_page
from analysis_lib.book.plain_words_page import plain_words_page
from analysis_lib.book.pooling_page import pooling_page
from analysis_lib.book.reconstruction_pages import (
    benchmark_page as reconstruction_benchmark_page,
)
from analysis_lib.book.reconstruction_pages import example_page, quality_page
from analysis_lib.book.reporting_page import reporting_page
from analysis_lib.book.speed_page import speed_page
from analysis_lib.book.study_index import study_index_page
from analysis_lib.book.study_page import StudyContext, study_page_text
from analysis_lib.book.study_uses import (
    ComputedRatio,
    Results,
    Use,
    computed_ratios,
    uses_by_study,
)
from analysis_lib.book.take_away_page import take_away_page
from analysis_lib.comparison import compare
from analysis_lib.comparison.declarations import load_declarations
from analysis_lib.consistency import Finding, audit_records
from analysis_lib.editions import Edition, impact, load_editions, state_of
from analysis_lib.questions import (
    harms_by_treatment,
    necrosis_found,
    pathology_informed_management,
)
from analysis_lib.study_records import (
    StudyRecord,
    declared_same_series,
    load_overlaps,
    load_records,
    load_vocabulary,
)


def generate_pages(
    results: Results | None = None, *, editions: Sequence[Edition] | None = None
) -> dict[str, str]:
    """Every generated page: its path below the book's root and its Markdown.

    Parameters
    ----------
    results : mapping of comparison id to ComparisonResult, optional
        All declared comparisons in protocol order; computed when not given, which
        takes much longer than the pages.
    editions : sequence of Edition, optional
        Those that the pages tell of and compare with; all by default.

    Returns
    -------
    dict of str to str
        ``index.md`` first, then the pages on the whole evidence, then one page per
        study. The same evidence gives the same text.

    Raises
    ------
    InvalidRecordsError
        The evidence files break rules.
    ReviewError
        The measured table of the methods page is missing.
    """
    found = compute_all() if results is None else results
    records, overlaps = load_records(), load_overlaps()["overlaps"]
    findings = audit_records(records, same_series=declared_same_series())
    uses = uses_by_study(found)
    editions = load_editions() if editions is None else editions
    pages = {
        "index.md": landing_page(found),
        **_chapters(records, found),
        "studies.md": study_index_page(records, found, uses),
        "evidence-map.md": evidence_page(records),
        "explorer.md": explorer_page(records, found),
        "dose.md": dose_page(records),
        "dose-calculator.md": dose_calculator_page(),
        "flow.md": flow_page(records, found, uses, editions=editions),
        "benchmark-review.md": benchmark_page(found),
        "overlaps.md": overlaps_page(),
        "guidelines.md": guidelines_page(found),
        "other-options.md": options_page(),
        "reading-curves.md": curves_page(),
        "methods-summaries.md": methods_page(),
        "methods-pooling.md": pooling_page(),
        "glossary.md": glossary_page(),
        "audit.md": audit_page(records, findings),
        "take-away.md": take_away_page(downloads(found, records), found),
        "reporting.md": reporting_page(),
        "whats-new.md": whats_new_page(editions, found),
        "impact.md": _impact_page(found, editions),
        "living-speed.md": speed_page(),
        "cite.md": cite_page(editions),
        "reconstruction-quality.md": quality_page(records),
        "figures-to-numbers.md": digitising_page(),
        "worked-example.md": example_page(),
        "reconstruction-benchmark.md": reconstruction_benchmark_page(),
    }
    titles = {comparison: result.declaration.title for comparison, result in found.items()}
    ratios = computed_ratios(found)
    pages |= method_pages(records, findings, found)
    return pages | _study_pages(records, findings, overlaps, uses, ratios, titles)


def compute_all() -> Results:
    """Every declared comparison, in protocol order."""
    return {declared.id: compare(declared.id) for declared in load_declarations()}


def _impact_page(results: Results, editions: Sequence[Edition]) -> str:
    if not editions:
        return impact_page(None, None)
    return impact_page(impact(editions[-1].state, state_of(results)), editions[-1].number)


def _chapters(records: Sequence[StudyRecord], results: Results) -> dict[str, str]:
    """The chapters beside the comparisons."""
    rules = load_overlaps()
    share = necrosis_found(records, rules)
    management = pathology_informed_management(records, rules)
    harms = harms_by_treatment(records, rules)
    return {
        "necrosis.md": necrosis_page(share, management, records),
        "harms.md": harms_page(harms),
        "plain-words.md": plain_words_page(results, harms),
    }


def _study_pages(
    records: Sequence[StudyRecord],
    findings: Sequence[Finding],
    overlaps: Sequence[dict[str, Any]],
    uses: dict[str, tuple[Use, ...]],
    ratios: dict[str, tuple[ComputedRatio, ...]],
    titles: dict[str, str],
) -> dict[str, str]:
    pages, words = {}, load_vocabulary()
    neighbours = zip((None, *records), records, (*records[1:], None), strict=False)
    for previous, record, following in neighbours:
        context = StudyContext(
            words=words,
            findings=[found for found in findings if found.study_id == record.id],
            overlaps=[rule for rule in overlaps if record.id in rule["studies"]],
            uses=uses.get(record.id, ()),
            titles=titles,
            ratios=ratios.get(record.id, ()),
            previous=previous,
            following=following,
        )
        pages[f"studies/{record.id}.md"] = study_page_text(record, context)
    return pages
