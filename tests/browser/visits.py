"""One reader's window on the site, and what went wrong in it."""

from __future__ import annotations

from urllib.parse import urlparse

NO_BROWSER = "no chromium on this machine"
HOW_TO_GET_ONE = "BROWSER TESTS DID NOT RUN: apt-get install chromium, then make test again"

#: Every chart has drawn, has said that it cannot, or waits in a closed fold.
CHARTS_ARE_DONE = """() => [...document.querySelectorAll('figure.lsr-chart')].every(figure => {
  const drawing = figure.querySelector('.lsr-drawing');
  return figure.dataset.drawn || !drawing || !drawing.clientWidth
    || drawing.classList.contains('lsr-failed');
})"""

#: Labels of the charts without a single mark in their drawing.
EMPTY_CHARTS = """() => [...document.querySelectorAll('figure.lsr-chart')].filter(figure => {
  const drawing = figure.querySelector('.lsr-drawing');
  if (drawing && !drawing.clientWidth) return false;
  const marks = 'svg .mark-symbol path, svg .mark-line path, svg .mark-rule line, '
    + 'svg .mark-rect path, svg .mark-area path, svg .mark-text text, '
    + 'svg circle, svg line, svg rect, svg path, canvas';
  return ![...figure.querySelectorAll(marks)].some(mark => mark.getBoundingClientRect().width
    || mark.getBoundingClientRect().height);
}).map(figure => figure.querySelector('figcaption')?.textContent || figure.outerHTML.slice(0, 90))
"""


class Visit:
    """A window whose network is cut at the site's own origin, with a record of every fault."""

    def __init__(self, context, root: str):
        self.root = root
        self.faults: list[str] = []
        self._own = urlparse(root)
        self._address = ""
        context.route("**/*", self._route)
        self.page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self._note(f"script: {error}"))
        self.page.on("requestfailed", lambda request: self._note(f"failed: {request.url}"))
        self.page.on("response", self._response)

    def open(self, name: str):
        """Load a page and wait for its charts; returns Playwright's page."""
        self._address = name
        self.page.goto(f"{self.root}/{name}", wait_until="load")
        self.page.wait_for_function(CHARTS_ARE_DONE, timeout=30_000)
        return self.page

    def check_charts(self) -> None:
        """Note every chart of the open page that drew nothing."""
        for caption in self.page.evaluate(EMPTY_CHARTS):
            self._note(f"nothing drawn: {caption}")

    def _note(self, fault: str) -> None:
        self.faults.append(f"{self._address}: {fault}")

    def _route(self, route) -> None:
        wanted = urlparse(route.request.url)
        if wanted.scheme in ("data", "blob") or wanted[:2] == self._own[:2]:
            route.continue_()
        else:
            self._note(f"asks another origin: {route.request.url}")
            route.abort()

    def _console(self, message) -> None:
        if message.type in ("error", "warning"):
            self._note(f"console: {message.text}")

    def _response(self, response) -> None:
        if response.status >= 400:
            self._note(f"{response.status}: {response.url}")
