"""Every page opens without a network, from the folder and from a server; search answers."""

from urllib.parse import quote

import pytest

#: A study whose name holds the longest word of any.
LONGEST_WORD = "studies/pmc3693888.html"


@pytest.fixture(params=["folder", "server"])
def root(request, built_site, served):
    return built_site.as_uri() if request.param == "folder" else served


def test_every_page_opens_and_draws(root, visit, page_names):
    reader = visit(root)
    assert len(page_names) > 100
    for name in page_names:
        reader.open(name)
        reader.check_charts()
    assert not reader.faults, reader.faults[:20]


@pytest.mark.parametrize("size", ["wide", "phone", "narrow"])
def test_no_page_is_wider_than_its_window(size, served, visit, page_names):
    reader = visit(served, size=size)
    wider = [
        name
        for name in page_names
        if (not name.startswith("studies/") or name == LONGEST_WORD)
        and reader.open(name).evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
    ]
    assert not wider


def test_search_finds_a_study_by_a_word(root, visit):
    reader = visit(root)
    page = reader.open(f"search.html?q={quote('GammaTile')}")
    page.wait_for_selector("#search-results ul.search li a")
    page.click("#search-results ul.search li a")
    page.wait_for_load_state()
    assert "gammatile" in page.inner_text("article").lower()
    assert not reader.faults, reader.faults


def test_the_search_window_leads_to_the_results(root, visit):
    reader = visit(root)
    page = reader.open("index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("radiosurgery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=radiosurgery")
    # Results are listed one after the other.
    page.wait_for_selector("#search-results ul.search li:nth-child(6) a")
    assert not reader.faults, reader.faults


def test_the_theme_switch_changes_and_stays(root, visit, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{root}/index.html")
    themes = []
    for _ in range(3):
        page.click("button.theme-switch-button")
        themes.append(page.evaluate("document.documentElement.dataset.mode"))
    assert set(themes) == {"auto", "light", "dark"}
    while page.evaluate("document.documentElement.dataset.mode") != "dark":
        page.click("button.theme-switch-button")
    page.goto(f"{root}/flow.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    context.close()
