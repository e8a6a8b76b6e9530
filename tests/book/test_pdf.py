"""Printed pages become one file: an outline, links that arrive, no trace of the machine."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    TextStringObject,
)

from analysis_lib.book import pdf
from analysis_lib.book.book_contents import Entry, contents
from analysis_lib.book.pdf import write_pdfs
from analysis_lib.book.pdf_merge import PrintedPage, merged, tidied
from analysis_lib.cli import main
from analysis_lib.comparison import load_declarations
from analysis_lib.exceptions import InvalidInputError, ReviewError
from analysis_lib.study_records import load_records

ROOT = "file:///machine/site/"
ADDRESS = "https://example.org/review/"


def places(uri):
    """A link of the synthetic machine, as page and place."""
    if not uri.startswith(ROOT):
        return None
    name, _, anchor = uri.removeprefix(ROOT).partition("#")
    return name, anchor


def link(**target):
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Link"),
            NameObject("/Rect"): ArrayObject([FloatObject(x) for x in (0, 0, 9, 9)]),
            **{NameObject(f"/{key}"): value for key, value in target.items()},
        }
    )


def to(uri):
    return link(
        A=DictionaryObject(
            {NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject(uri)}
        )
    )


def printed(title, links, sheets=2):
    """What a browser would print: sheets, a named place on the last one, links on the first."""
    writer = PdfWriter()
    for _ in range(sheets):
        writer.add_blank_page(595, 842)
    writer.add_named_destination("/below", sheets - 1)
    first = writer.pages[0]
    first[NameObject("/Annots")] = ArrayObject([writer._add_object(one) for one in links])
    writer.metadata = {"/Title": f"{title} — The review", "/CreationDate": "D:20260101000000Z"}
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


@pytest.fixture
def pages():
    outward = [to(f"{ROOT}b.html#below"), to(f"{ROOT}data/x.csv"), to("https://doi.org/10.1/x")]
    within = [link(Dest=NameObject("/below")), to(f"{ROOT}a.html#nowhere")]
    return [
        PrintedPage(Entry("a", None, 0), printed("First", outward)),
        PrintedPage(Entry("b", "Answers", 0), printed("Second", within)),
        PrintedPage(Entry("c", "Answers", 1), printed("Third", [])),
    ]


def links_of(reader, sheet):
    return [one.get_object() for one in reader.pages[sheet].get("/Annots", ())]


def leads_to(reader, found):
    return reader.get_page_number(found["/Dest"][0].get_object())


def test_links_between_pages_lead_to_their_sheets(pages):
    reader = PdfReader(io.BytesIO(merged(pages, places, ADDRESS, "The review")))
    assert len(reader.pages) == 6
    across, out, paper = links_of(reader, 0)
    assert leads_to(reader, across) == 3
    assert out["/A"]["/URI"] == f"{ADDRESS}data/x.csv"
    assert paper["/A"]["/URI"] == "https://doi.org/10.1/x"
    below, unknown = links_of(reader, 2)
    assert leads_to(reader, below) == 3
    assert leads_to(reader, unknown) == 0


def test_without_an_address_links_out_of_the_file_are_taken_off(pages):
    content = merged(pages, places, None, "The review")
    reader = PdfReader(io.BytesIO(content))
    assert len(links_of(reader, 0)) == 2
    assert b"machine" not in content
    assert b"CreationDate" not in content
    assert reader.metadata.title == "The review"
    assert merged(pages, places, None, "The review") == content


def test_the_outline_follows_parts_and_depth(pages):
    reader = PdfReader(io.BytesIO(merged(pages, places, None, "The review")))

    def titles(items):
        return [titles(one) if isinstance(one, list) else one.title for one in items]

    assert titles(reader.outline) == ["First", "Answers", ["Second", ["Third"]]]


def test_one_page_alone_keeps_links_to_papers_only():
    content = printed("Sheet — of one", [to(f"{ROOT}b.html#x"), to("https://doi.org/10.1/x")], 1)
    alone = tidied(content, places, None)
    (paper,) = links_of(PdfReader(io.BytesIO(alone)), 0)
    assert paper["/A"]["/URI"] == "https://doi.org/10.1/x"
    assert b"machine" not in alone
    led = PdfReader(io.BytesIO(tidied(content, places, ADDRESS)))
    assert links_of(led, 0)[0]["/A"]["/URI"] == f"{ADDRESS}b.html#x"


def test_contents_are_in_the_order_of_the_book(built_site):
    found = list(contents(built_site))
    names = [entry.name for entry in found]
    assert names[0] == "index"
    assert names[1:6] == [declared.id for declared in load_declarations()]
    assert {f"studies/{record.id}" for record in load_records()} < set(names)
    assert len(set(names)) == len(names)
    assert all((built_site / f"{name}.html").is_file() for name in names)
    assert {entry.depth for entry in found if entry.name.startswith("studies/")} == {1}


def test_who_has_no_browser_is_told_so(monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(ReviewError, match="apt-get install chromium"):
        pdf.chromium()


def test_an_unknown_comparison_and_a_missing_site_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="no comparison nonsense; known are progression"):
        write_pdfs(tmp_path, tmp_path, ["progression"], only=["nonsense"])
    with pytest.raises(ReviewError, match="make book"):
        write_pdfs(tmp_path, tmp_path, ["progression"])
    assert main(["pdf", "--only", "nonsense"]) == 2
