"""A summary is one sheet of A4 whose text can be taken; a page of the book is a file with links."""

import io

import pytest
from pypdf import PdfReader

from analysis_lib.book.pdf import write_pdfs
from analysis_lib.book.places import sheet_path
from analysis_lib.comparison import load_declarations

A4 = pytest.approx((595, 842), abs=1)
IDS = [declared.id for declared in load_declarations()]


def test_every_summary_is_one_sheet_with_its_text(chromium_path, built_site, tmp_path):
    report = write_pdfs(built_site, tmp_path, IDS, summaries_only=True)
    assert report.book is None
    assert [path.name for path in report.summaries] == [f"{name}-summary.pdf" for name in IDS]
    for path, declared in zip(report.summaries, load_declarations(), strict=True):
        content = path.read_bytes()
        assert built_site.as_uri().encode() not in content
        (sheet,) = PdfReader(io.BytesIO(content)).pages
        assert (float(sheet.mediabox.width), float(sheet.mediabox.height)) == A4
        text = " ".join(sheet.extract_text().split())
        assert declared.title in text
        assert "not advice for one patient" in text
        assert "Not known" in text


def test_a_comparison_is_printed_with_places_that_links_reach(chromium_path, built_site, tmp_path):
    report = write_pdfs(built_site, tmp_path, IDS, only=["gross-vs-subtotal"])
    content = report.book.read_bytes()
    reader = PdfReader(io.BytesIO(content))
    assert report.book.name == "gross-vs-subtotal.pdf"
    assert reader.outline[0].title == "Answers"
    assert reader.outline[1][0].title == "Gross total or subtotal re-resection"
    links = [one.get_object() for page in reader.pages for one in page.get("/Annots", ())]
    within = [one for one in links if "/Dest" in one]
    assert within
    for one in within:
        assert 0 <= reader.get_page_number(one["/Dest"][0].get_object()) < len(reader.pages)
    assert b"file:" not in content
    # A chart is drawn, not left out: its axis is text.
    assert "Provenance" in "".join(page.extract_text() for page in reader.pages)


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_a_sheet_is_read_on_a_screen_too(size, served, visit):
    reader = visit(served, size=size)
    for name in IDS:
        page = reader.open(sheet_path(name))
        assert page.is_visible("h1")
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), name
        # Nothing of a table is out of sight beyond an edge.
        assert page.evaluate(
            "[...document.querySelectorAll('.lsr-table-scroll')]"
            ".every(one => one.scrollWidth <= one.clientWidth)"
        ), name
    assert not reader.faults, reader.faults
