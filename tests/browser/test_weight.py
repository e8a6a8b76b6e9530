"""What a reader downloads, in bytes as they stand in the site: no server need compress."""

from urllib.parse import unquote, urlparse

LIMIT = 1_500_000


def loaded(reader, site, name):
    """Bytes of every file that opening a page asks for, by name."""
    sizes = {}

    def note(request):
        path = site / unquote(urlparse(request.url).path).lstrip("/")
        if urlparse(request.url).scheme == "http":
            sizes[path.relative_to(site).as_posix()] = path.stat().st_size

    reader.page.on("request", note)
    reader.open(name)
    reader.page.wait_for_load_state("networkidle")
    return sizes


def test_the_landing_page_is_light(built_site, served, visit):
    sizes = loaded(visit(served), built_site, "index.html")
    assert "index.html" in sizes
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:6]
    assert sum(sizes.values()) <= LIMIT, heaviest


def test_no_page_but_the_search_loads_the_index_of_words(built_site, served, visit):
    assert "searchindex.js" not in loaded(visit(served), built_site, "index.html")
    assert "searchindex.js" in loaded(visit(served), built_site, "search.html")


def test_icons_are_drawn_without_a_font_or_script(built_site, served, visit):
    reader = visit(served)
    sizes = loaded(reader, built_site, "index.html")
    assert not [name for name in sizes if "fontawesome" in name or name.endswith(("woff2", "ttf"))]
    nameless = reader.page.evaluate(
        """() => [...document.querySelectorAll('.fa-solid')].filter(icon =>
          !getComputedStyle(icon, '::before').maskImage.startsWith('url("data:image/svg'))
          .map(icon => icon.className)"""
    )
    assert not nameless
