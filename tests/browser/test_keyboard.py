"""Whoever has no mouse reaches search, theme switch, links, folds and scrolling tables."""

import pytest

#: What holds the focus, in words a test can ask for.
FOCUSED = """() => {
  const held = document.activeElement;
  if (!held || held === document.body) return null;
  const box = held.getBoundingClientRect();
  return {tag: held.tagName, classes: held.className, inArticle: !!held.closest('article'),
    scrolls: held.scrollWidth > held.clientWidth, shown: box.width > 0 && box.height > 0,
    outline: getComputedStyle(held).outlineStyle !== 'none'
      || getComputedStyle(held).boxShadow !== 'none'};
}"""

#: Elements of the article that scroll sideways and hold nothing a key would reach.
OUT_OF_REACH = """() => [...document.querySelectorAll('article *')].filter(element => {
  const style = getComputedStyle(element);
  return ['auto', 'scroll'].includes(style.overflowX) && element.clientWidth > 0
    && element.scrollWidth > element.clientWidth + 1 && element.tabIndex < 0
    && !element.querySelector('a[href], button, summary, [tabindex="0"]');
}).map(element => element.outerHTML.slice(0, 90))"""


def tab_stops(page, most):
    """What each press of the Tab key reaches, until the page is left or ``most`` presses."""
    stops = []
    for _ in range(most):
        page.keyboard.press("Tab")
        held = page.evaluate(FOCUSED)
        if held is None:
            break
        stops.append(held)
    return stops


@pytest.mark.parametrize("name", ["index.html", "resection-vs-resrs.html", "methods-pooling.html"])
def test_the_tab_key_reaches_what_a_reader_uses(name, served, visit):
    page = visit(served).open(name)
    stops = tab_stops(page, 400)
    classes = " ".join(stop["classes"] for stop in stops)
    assert "Skip to main content" in page.inner_text("#pst-skip-link")
    assert "search-button" in classes
    assert "theme-switch-button" in classes
    article = [stop for stop in stops if stop["inArticle"]]
    if page.locator("article p a[href]:visible").count():
        assert "A" in {stop["tag"] for stop in article}
    folds = page.locator("article summary:visible").count()
    if folds and len(stops) < 400:
        assert sum(stop["tag"] == "SUMMARY" for stop in article) >= folds
    unseen = [stop for stop in article if not (stop["shown"] and stop["outline"])]
    assert not unseen, unseen[:5]


def test_the_first_stop_skips_to_the_text(served, visit):
    page = visit(served).open("index.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**#main-content")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')")


def test_a_fold_opens_and_closes_by_key(served, visit):
    page = visit(served).open("resection-vs-resrs.html")
    fold = page.locator("article details:has(> summary:visible)").first
    fold.locator("> summary").focus()
    before = fold.evaluate("fold => fold.open")
    page.keyboard.press("Enter")
    assert fold.evaluate("fold => fold.open") is not before


def test_search_opens_and_closes_by_key(served, visit):
    page = visit(served).open("index.html")
    page.keyboard.press("Control+k")
    assert page.evaluate("document.querySelector('#pst-search-dialog').open")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.press("Escape")
    assert not page.evaluate("document.querySelector('#pst-search-dialog').open")


def test_whatever_scrolls_on_a_phone_is_reached(served, visit, page_names):
    reader = visit(served, size="phone")
    missed = {}
    for name in page_names:
        if not name.startswith("studies/"):
            page = reader.open(name)
            page.wait_for_timeout(400)
            if found := page.evaluate(OUT_OF_REACH):
                missed[name] = found[:3]
    assert not missed


def test_the_contents_open_on_a_phone_by_key(served, visit):
    page = visit(served, size="phone").open("index.html")
    page.locator(".primary-toggle").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#pst-primary-sidebar-modal[open] a:visible")
    page.keyboard.press("Escape")
    page.wait_for_selector("#pst-primary-sidebar-modal", state="hidden")
