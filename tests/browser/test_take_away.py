"""What is taken away opens, and says what the page shows."""

import csv
import io
import struct
from xml.etree import ElementTree

import pytest

from analysis_lib.book.citation import version_name

PAGES = ("index.html", "resection-vs-resrs.html", "studies.html", "explorer.html")
SVG = "{http://www.w3.org/2000/svg}"

#: Text of the shown rows of every table, cell by cell, as a reader sees it.
SHOWN = """table => [...table.rows].filter(row => !row.hidden).map(
  row => [...row.cells].map(cell => {
  const copy = cell.cloneNode(true);
  copy.querySelectorAll('.lsr-number-card').forEach(card => card.remove());
  return copy.textContent.replace(/\\s+/g, ' ').trim();
}))"""

#: What a button stands for: the table above it, or the numbers behind the chart above it.
TABLE_OF = """button => button.closest('.lsr-table')?.querySelector('table')
  || button.closest('figure.lsr-chart').querySelector('details table')"""


def taken(page, button):
    """The bytes of the file a button gives."""
    # Chromium drops the eleventh download within a second that no hand has asked for.
    page.wait_for_timeout(110)
    with page.expect_download() as waiting:
        button.evaluate("button => button.click()")
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def rows_of(raw):
    text = raw.decode("utf-8-sig")
    return [
        [value[1:] if value.startswith("'") else value for value in row]
        for row in csv.reader(io.StringIO(text, newline=""))
    ]


@pytest.mark.parametrize("name", PAGES)
def test_every_table_is_the_file_it_gives(name, served, visit):
    reader = visit(served)
    page = reader.open(name)
    buttons = page.query_selector_all(".lsr-take button[aria-label^='CSV']")
    assert buttons
    names = []
    assert len(buttons) == len(page.query_selector_all("article table"))
    for button in buttons:
        table = button.evaluate_handle(TABLE_OF).as_element()
        file_name, raw = taken(page, button)
        names.append(file_name)
        assert rows_of(raw) == table.evaluate(SHOWN), file_name
        assert raw.endswith(b"\r\n")
    assert all(one.endswith(".csv") and one == one.lower() for one in names)
    assert not reader.faults, reader.faults


def test_a_chart_is_taken_as_vector_and_as_pixels(served, visit):
    reader = visit(served, mode="dark")
    page = reader.open("resection-vs-resrs.html")
    figure = page.query_selector("figure.lsr-chart[data-drawn]")
    title = figure.query_selector("figcaption").text_content().strip()
    name, drawing = taken(page, figure.query_selector("button[aria-label^='SVG']"))
    root = ElementTree.fromstring(drawing)  # made by the page under test
    assert name.endswith(".svg")
    assert root.tag == f"{SVG}svg"
    assert root.find(f"{SVG}title").text == title
    assert "Recurrent brain metastases" in root.find(f"{SVG}desc").text
    assert b"var(--" not in drawing
    inner = root.find(f"{SVG}svg")
    assert {"".join(one.itertext()) for one in inner.iter(f"{SVG}text")} == {
        one.text_content() for one in figure.query_selector_all(".lsr-drawing svg text")
    }
    above, below = (" ".join(one.itertext()) for one in root.findall(f"{SVG}g"))
    assert above == title
    assert below == f"{page.title()}, {version_name()}. CC BY 4.0."
    name, pixels = taken(page, figure.query_selector("button[aria-label^='PNG']"))
    assert pixels.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", pixels[16:24])
    assert width == round(3 * float(root.get("width")))
    assert height == round(3 * float(root.get("height")))
    assert not reader.faults, reader.faults


def test_a_filtered_index_gives_the_rows_that_are_shown(served, visit):
    page = visit(served).open("studies.html")
    before = rows_of(taken(page, page.query_selector(".lsr-take button"))[1])
    page.fill(".lsr-controls input", "bhatia")
    page.wait_for_timeout(300)
    after = rows_of(taken(page, page.query_selector(".lsr-take button"))[1])
    assert 1 < len(after) < len(before)
    assert all("bhatia" in " ".join(row).lower() for row in after[1:])


def test_a_cell_that_looks_like_a_formula_is_text_and_a_number_stays_one(served, visit):
    page = visit(served).open("index.html")
    page.evaluate(
        """() => { const holder = document.createElement('div');
        holder.className = 'lsr-table'; holder.innerHTML = '<table><caption>Odd</caption><tr>'
          + '<td>=1+1</td><td>@cmd</td><td>-0.4</td><td>+x</td><td>a "b", c</td></tr></table>';
        document.querySelector('article').append(holder);
        const again = document.createElement('script');
        again.src = document.querySelector('script[src*="take-away"]').src;
        document.body.append(again); }"""
    )
    button = page.wait_for_selector("button[aria-label='CSV: Odd']")
    _, raw = taken(page, button)
    assert raw.decode("utf-8-sig") == '\'=1+1,\'@cmd,-0.4,\'+x,"a ""b"", c"\r\n'
