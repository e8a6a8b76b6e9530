"""Chromium looks at the built site: from its folder, and from a server on this machine.

No test downloads a browser and none reaches the network: every request to another origin
is aborted and noted.
"""

import functools
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from browser.visits import HOW_TO_GET_ONE, NO_BROWSER, Visit

#: Zooming a window of 1280 x 900 to 200 % leaves half of its points each way.
SIZES = {
    "wide": (1280, 900),
    "phone": (390, 844),
    "zoomed": (640, 450),
    "narrow": (320, 640),
}


@pytest.fixture(scope="session")
def chromium_path():
    """Where Debian's chromium is; without it the tests are skipped, and fail where CI is set."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None and os.environ.get("CI"):
        pytest.fail(HOW_TO_GET_ONE)
    if found is None:
        pytest.skip(NO_BROWSER)
    return found


@pytest.fixture(scope="module")
def browser(chromium_path):
    """A browser for one file of tests: its event loop must not outlive them."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--disable-gpu", "--disable-quic"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            flags.append("--no-sandbox")
        browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
        yield browser
        browser.close()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder and keeps silent."""

    def log_message(self, format, *args):
        """A test's output is no place for an access log."""


@pytest.fixture(scope="session")
def served(built_site):
    """Address of the site on a server of this machine."""
    handler = functools.partial(QuietHandler, directory=str(built_site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def page_names(built_site):
    """Every page of the book, relative to its root."""
    return sorted(
        path.relative_to(built_site).as_posix()
        for path in built_site.rglob("*.html")
        if "_static" not in path.parts
    )


@pytest.fixture
def visit(browser):
    """Open pages in a window of a given size and colour mode; see ``Visit``."""
    contexts = []

    def start(root, *, mode="light", size="wide"):
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height})
        context.add_init_script(
            f"localStorage.setItem('mode', '{mode}'); localStorage.setItem('theme', '{mode}')"
        )
        contexts.append(context)
        return Visit(context, root)

    yield start
    for context in contexts:
        context.close()
