"""What is new, and how to cite: made from the changelog, the citation file and the reading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from analysis_lib.book.citation import citation
from analysis_lib.book.edition_charts import answers_table, cumulative_charts, edition_charts
from analysis_lib.book.feed import FEED, atom_feed, edition_anchor
from analysis_lib.book.impact_page import TITLE as CHANGES
from analysis_lib.book.impact_page import figures_table
from analysis_lib.book.impact_words import beside_sentence, evidence_lines, title_of
from analysis_lib.book.markdown import Anchor, Heading, Items, page
from analysis_lib.comparison import ComparisonResult
from analysis_lib.editions import Edition, edition_name, impact
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import ROOT, load_reading, load_records
from analysis_lib.tables import Cell, Html, callout, count, paragraph

#: What the page of editions is made from.
CHANGELOG = ROOT / "CHANGELOG.md"

#: After an edition is cut nothing stands under these headings.
_EMPTY_UNRELEASED = re.compile(r"\A## Unreleased\s+### Evidence\s+### Software\s+(?=## )")


@dataclass(frozen=True)
class Preformatted(Html):
    """Text to be copied as it stands."""

    text: str
    label: str

    def to_html(self) -> str:
        label = escape(self.label)
        return (
            f'<pre class="lsr-copy" tabindex="0" role="region" aria-label="{label}">'
            f"{escape(self.text)}</pre>"
        )

    def to_text(self) -> str:
        return self.text


def whats_new_page(
    editions: Sequence[Edition] = (),
    results: Mapping[str, ComparisonResult] | None = None,
) -> str:
    """The Markdown of "What is new": what each edition changed, charts, the changelog.

    Parameters
    ----------
    editions : sequence of Edition
        The oldest first; none before the first is cut.
    results : mapping of comparison id to ComparisonResult, optional
        Of this tree, for the pooled figures along the years; left out when not given.

    Raises
    ------
    ReviewError
        The changelog holds no edition.
    """
    text = CHANGELOG.read_text(encoding="utf-8")
    _, found, log = text.partition("\n## ")
    if not found:
        raise ReviewError(f"{CHANGELOG.name}: no heading of an edition")
    reading = load_reading()
    opening = paragraph(
        "For each edition: what was read and which conclusion moved (Evidence), and what is "
        f"computed or shown differently (Software). Last reading {reading['last_reading']}. "
        f"{reading['database_search']['statement']} ",
        Cell(CHANGES, href="impact.html"),
        ". ",
        Cell("Feed of editions (Atom)", href=FEED),
        ".",
    )
    parts = [
        page("What is new", opening, *_editions(editions), *_along_years(results)),
        _EMPTY_UNRELEASED.sub("", f"## {log.strip()}\n"),
    ]
    return "\n".join(parts)


def _editions(editions: Sequence[Edition]) -> Iterator[Html]:
    """Every edition against the one before it, the newest first, then their charts."""
    for before, edition in reversed(list(zip((None, *editions), editions, strict=False))):
        yield Anchor(edition_anchor(edition.number))
        yield Heading(f"What edition {edition.number} changed")
        studies = f"{count(len(edition.state.study_hashes))} studies"
        yield paragraph(f"{edition.date}, {studies}. {edition.evidence_statement}")
        if before is None:
            yield paragraph("The first edition: no earlier one, so nothing has moved.")
            yield answers_table(edition)
            continue
        found = impact(before.state, edition.state)
        yield Items(tuple(evidence_lines(found)) or ("No evidence file and no method differs.",))
        for one in found.comparisons:
            yield paragraph(f"{title_of(one.id)}: {one.change.value}. {beside_sentence(one)}")
            if one.answers:
                caption = f"{title_of(one.id)}: edition {before.number} and {edition.number}"
                yield figures_table(one.answers, one, caption)
    charts = list(edition_charts(editions)) if len(editions) > 1 else []
    if charts:
        yield Heading("Answers along the editions")
        yield from charts


def _along_years(results: Mapping[str, ComparisonResult] | None) -> Iterator[Html]:
    charts = list(cumulative_charts(results, load_records())) if results else []
    if charts:
        yield Heading("Pooled figures along the years of publication")
        yield paragraph(
            "Not what anybody concluded then: today's records, rules and methods, with the "
            "studies that had appeared by each year; a study whose year is not printed is left "
            "out. A side that stands in several comparisons is drawn once."
        )
        yield from charts


def cite_page(editions: Sequence[Edition] = ()) -> str:
    """The Markdown of "How to cite": the newest edition, then every earlier one.

    Before the first edition, the version of ``CITATION.cff`` and the date of last reading.
    """
    cited = citation()
    newest = _reference(cited, editions[-1] if editions else None)
    opening = (
        "Cite an edition by its number: it can be rebuilt from its tag, and figures move between "
        "editions. The review has no DOI and no lasting address yet, so keep a copy of what you "
        "cite."
        if editions
        else "The first edition is not cut yet, and the review has no DOI and no lasting address. "
        "Until then, give the version and the date of last reading, and keep a copy of what "
        "you cite: figures can move."
    )
    earlier = [_reference(cited, edition) for edition in reversed(editions[:-1])]
    return page(
        "How to cite",
        paragraph(opening),
        *_newer_than(editions),
        Heading("The review"),
        Preformatted(newest.words, "Citation in words"),
        Heading("BibTeX"),
        Preformatted(newest.bibtex, "Citation in BibTeX"),
        Heading("RIS"),
        Preformatted(newest.ris, "Citation in RIS"),
        *((Heading("Earlier editions"),) if earlier else ()),
        *(Preformatted(one.words, f"Citation of {one.version}") for one in earlier),
        Heading("The studies"),
        paragraph(
            "A figure of one study is that study's: cite the paper. Each ",
            Cell("study page", href="evidence-map.html"),
            " gives its reference and, where it has one, its DOI.",
        ),
        Heading("Licence"),
        paragraph(
            f"Code under the {cited['license']} licence, text and data under CC BY 4.0: both may "
            "be used and changed, with the source named."
        ),
    )


def _newer_than(editions: Sequence[Edition]) -> list[Html]:
    """That these pages are not the edition named below, where its evidence has changed since."""
    named = edition_name()
    if not editions or named == f"Edition {editions[-1].number}":
        return []
    return [
        callout(
            "caution",
            f"{named}: numbers on these pages may differ from those of the edition cited below. "
            "Who cites these pages says so, with the date of last reading, "
            f"{load_reading()['last_reading']}.",
        )
    ]


def feed_text(editions: Sequence[Edition]) -> str:
    """The Atom feed of the editions."""
    cited = citation()
    return atom_feed(
        editions,
        title=cited["title"],
        author=_authors(cited),
        changelog=CHANGELOG.read_text(encoding="utf-8"),
        before_first=load_reading()["last_reading"],
    )


@dataclass(frozen=True)
class _Reference:
    """One edition, or the version before the first, as references name it."""

    authors: str
    title: str
    version: str
    year: str
    note: str
    key: str

    @property
    def words(self) -> str:
        """The reference as a sentence."""
        return f"{self.authors}. {self.title}. {self.version}, {self.note}."

    @property
    def bibtex(self) -> str:
        """The reference as a BibTeX entry."""
        fields = {
            "author": "{" + self.authors + "}",
            "title": "{" + self.title + "}",
            "year": self.year,
            "version": self.version,
            "note": self.note[0].upper() + self.note[1:],
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        return f"@misc{{{self.key},\n{lines}\n}}"

    @property
    def ris(self) -> str:
        """The reference as RIS."""
        rows = (
            ("TY", "GEN"),
            ("AU", self.authors),
            ("TI", self.title),
            ("PY", self.year),
            ("ET", self.version),
            ("N1", self.note[0].upper() + self.note[1:]),
            ("ER", ""),
        )
        return "\n".join(f"{tag}  - {value}" for tag, value in rows)


def _reference(cited: dict, edition: Edition | None) -> _Reference:
    key = "recurrent-brain-metastases-review"
    if edition is None:
        day = load_reading()["last_reading"]
        note = f"last reading {day}; first edition not cut"
        version = f"Version {cited['version']}"
        return _Reference(_authors(cited), cited["title"], version, day[:4], note, key)
    note = f"{edition.date}; evidence to {edition.evidence_date}"
    version = f"Edition {edition.number}"
    key = f"{key}-{edition.number}"
    return _Reference(_authors(cited), cited["title"], version, edition.date[:4], note, key)


def _authors(cited: dict) -> str:
    return "; ".join(author["name"] for author in cited["authors"])
