"""On paper nothing is cut; at 200 % zoom text reflows and nothing but tables scrolls sideways."""

import pytest
from browser.test_accessibility import KINDS

#: What stands between the margins of a sheet of A4, at 96 dots an inch.
ACROSS, UPRIGHT = 1045, 718

#: Right edges of everything that would fall off a sheet, by the page's own choice of sheet.
CUT = """([upright, across]) => [...document.querySelectorAll(
    'article :is(table, svg, canvas, pre, p, h1, h2, h3)')].filter(element => {
  const box = element.getBoundingClientRect();
  const sheet = element.closest('.lsr-explorer-table, .lsr-sortable') ? across : upright;
  return box.width && box.right > sheet + 2;
}).map(element => `${element.tagName} ${element.textContent.trim().slice(0, 40)}`)"""

#: Text and charts out of the window although they do not stand in a box that scrolls.
OUTSIDE = """() => [...document.querySelectorAll('article :is(p, h1, h2, h3, figure, svg, canvas)')]
  .filter(element => {
    const box = element.getBoundingClientRect();
    return box.width && box.right > document.documentElement.clientWidth + 2
      && !element.closest('.lsr-table-scroll, .lsr-drawing, pre, [class*="math"]');
  }).map(element => `${element.tagName} ${element.textContent.trim().slice(0, 40)}`)"""

#: Captions of the tables that are wider than the column they stand in.
SCROLLS = """() => [...document.querySelectorAll('article .lsr-table-scroll')]
  .filter(box => box.scrollWidth > box.clientWidth + 2)
  .map(box => box.querySelector('caption').textContent)"""


@pytest.mark.parametrize("name", [name for name in KINDS if "?" not in name])
def test_nothing_falls_off_a_sheet_of_paper(name, served, visit):
    page = visit(served).open(name)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": UPRIGHT, "height": 1040})
    assert page.evaluate(CUT, [UPRIGHT, ACROSS]) == []


@pytest.mark.parametrize("name", ["dose.html", "harms.html", "other-options.html"])
def test_no_wide_table_is_cut_off_beside_the_side_bars(name, served, visit):
    page = visit(served).open(name)
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    assert page.evaluate(SCROLLS) == []


def test_a_comparison_prints_with_its_answer_and_without_the_furniture(served, visit):
    page = visit(served).open("resection-vs-resrs.html")
    page.emulate_media(media="print")
    # The theme prints the heading from a copy of its own.
    assert page.is_visible("#jb-print-docs-body h1")
    assert page.is_visible("article .lsr-table")
    for furniture in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-footer"):
        assert not page.is_visible(furniture), furniture
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_at_twice_the_size_text_reflows(served, visit):
    reader = visit(served, size="zoomed")
    found = [f"{name}: {what}" for name in KINDS for what in reader.open(name).evaluate(OUTSIDE)]
    assert not found
