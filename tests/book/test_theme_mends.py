"""The theme's pages lose what no reader needs, and what is nameless gets a name."""

from analysis_lib.book.theme_mends import mend_page, mend_sheet

PAGE = """<head>
  <link rel="stylesheet" type="text/css" href="_static/sphinx-design.min.css?v=1" />
  <link rel="stylesheet" type="text/css" href="_static/lsr.css?v=2" />
  <script defer src="_static/scripts/fontawesome.js?digest=3"></script>
    <script src="_static/searchtools.js"></script>
    <script src="_static/language_data.js"></script>
    <script src="searchindex.js"></script>
    <script data-sd-tabs-storage-prefix="tab-" src="_static/design-tabs.js?v=4"></script>
    <script src="_static/charts.js?v=5"></script>
</head>
<div id="pst-primary-sidebar" class="bd-sidebar-primary bd-sidebar">
<li><a class="current reference internal" href="#">
  Evidence map </a><details open="open"><summary><span class="toctree-toggle"></span></summary>
</div>
<div class="math notranslate nohighlight" id="km"></div>
"""


def test_a_page_keeps_only_what_it_uses():
    mended = mend_page(PAGE, "index.html")
    for gone in ("fontawesome", "searchindex", "searchtools", "sphinx-design", "design-tabs"):
        assert gone not in mended
    assert "lsr.css" in mended
    assert "charts.js" in mended


def test_the_search_page_keeps_the_search():
    mended = mend_page(PAGE, "search.html")
    assert mended.count("searchindex.js") == 1
    assert "fontawesome" not in mended


def test_a_page_with_a_card_keeps_the_cards_sheet():
    assert "sphinx-design.min.css" in mend_page(PAGE + '<div class="x sd-card">', "index.html")


def test_folds_and_regions_have_names():
    mended = mend_page(PAGE, "index.html")
    assert '<summary aria-label="Pages below: Evidence map">' in mended
    assert 'bd-sidebar" role="region" aria-label="This book">' in mended
    assert 'nohighlight pst-scrollable-table-container" id="km"' in mended


def test_mending_twice_changes_nothing():
    once = mend_page(PAGE, "index.html")
    assert mend_page(once, "index.html") == once


def test_the_sheet_loses_icons_and_fonts_and_nothing_else():
    sheet = (
        ".fa-lg{font-size:1.25em}@font-face{font-family:Font Awesome\\ 6 Free;src:url(a.woff2)}"
        '.fa-x:before,.fa-y-z:before{content:"\\f00d"}p:before{content:"-"}'
    )
    assert mend_sheet(sheet) == '.fa-lg{font-size:1.25em}p:before{content:"-"}'
