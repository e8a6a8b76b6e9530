"""What is new, and how to cite: made from the changelog, the citation file and the reading."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from analysis_lib.book.citation import citation
from analysis_lib.book.markdown import Heading, html_block, page
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import ROOT, load_reading
from analysis_lib.tables import Cell, Html, paragraph

#: What the page of editions is made from.
CHANGELOG = ROOT / "CHANGELOG.md"


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


def whats_new_page() -> str:
    """The Markdown of "What is new": every edition's headings, as the changelog holds them.

    Raises
    ------
    ReviewError
        The changelog holds no edition.
    """
    text = CHANGELOG.read_text(encoding="utf-8")
    _, found, editions = text.partition("\n## ")
    if not found:
        raise ReviewError(f"{CHANGELOG.name}: no heading of an edition")
    reading = load_reading()
    opening = paragraph(
        "For each edition: what was read and which conclusion moved (Evidence), and what is "
        f"computed or shown differently (Software). Last reading {reading['last_reading']}. "
        f"{reading['database_search']['statement']}"
    )
    return f"# What is new\n\n{html_block(opening)}\n\n## {editions.strip()}\n"


def cite_page() -> str:
    """The Markdown of "How to cite", from ``CITATION.cff`` and the date of last reading."""
    cited, reading = citation(), load_reading()
    authors = "; ".join(author["name"] for author in cited["authors"])
    day, title, version = reading["last_reading"], cited["title"], cited["version"]
    return page(
        "How to cite",
        paragraph(
            "The first edition is not cut yet, and the review has no DOI and no lasting address. "
            "Until then, give the version and the date of last reading, and keep a copy of what "
            "you cite: figures can move."
        ),
        Heading("The review"),
        Preformatted(
            f"{authors}. {title}. Version {version}, last reading {day}; first edition not cut.",
            "Citation in words",
        ),
        Heading("BibTeX"),
        Preformatted(_bibtex(authors, title, version, day), "Citation in BibTeX"),
        Heading("RIS"),
        Preformatted(_ris(authors, title, version, day), "Citation in RIS"),
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


def _bibtex(authors: str, title: str, version: str, day: str) -> str:
    fields = {
        "author": "{" + authors + "}",
        "title": "{" + title + "}",
        "year": day[:4],
        "version": version,
        "note": f"Last reading {day}; first edition not cut",
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{recurrent-brain-metastases-review,\n{lines}\n}}"


def _ris(authors: str, title: str, version: str, day: str) -> str:
    rows = (
        ("TY", "GEN"),
        ("AU", authors),
        ("TI", title),
        ("PY", day[:4]),
        ("ET", version),
        ("N1", f"Last reading {day}; first edition not cut"),
        ("ER", ""),
    )
    return "\n".join(f"{tag}  - {value}" for tag, value in rows)
