"""How much the pages weigh and how soon their first chart stands there, from a local server.

Needs a built site (``make book``) and Debian's chromium; each page is opened in a fresh
window without a cache. Times are this machine's: compare their ratios to the limits.
"""

from __future__ import annotations

import argparse
import functools
import shutil
import statistics
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Browser, sync_playwright

from analysis_lib.book.site import SITE

PAGES = ("index.html", "resection-vs-resrs.html", "evidence-map.html", "flow.html")
WEIGHT_LIMIT_MB = 1.5
TIME_LIMIT_S = 1.5

#: Milliseconds from the start of the visit until a chart is drawn; null where there is none.
FIRST_CHART = """() => document.querySelector('figure.lsr-chart [class*=drawing], .lsr-picture')
  ? new Promise(done => {
      const look = () => document.querySelector('figure.lsr-chart svg, .lsr-picture svg')
        ? done(performance.now()) : requestAnimationFrame(look);
      look();
    })
  : null"""


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder and keeps silent."""

    def log_message(self, format, *args):
        """Only the figures are printed."""


def visit(browser: Browser, address: str) -> tuple[float, float | None]:
    """Megabytes a page loads, and seconds until its first chart is drawn."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    sizes: list[int] = []
    page.on("requestfinished", lambda done: sizes.append(done.sizes()["responseBodySize"]))
    page.goto(address, wait_until="commit")
    page.wait_for_load_state("domcontentloaded")
    drawn = page.evaluate(FIRST_CHART)
    page.wait_for_load_state("networkidle")
    context.close()
    return sum(sizes) / 1e6, None if drawn is None else drawn / 1000


def main() -> None:
    """Print one line per page: weight and time, each with its share of the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    handler = functools.partial(QuietHandler, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as driver:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in PAGES:
            address = f"http://127.0.0.1:{server.server_port}/{name}"
            visits = [visit(browser, address) for _ in range(repeats)]
            megabytes = visits[0][0]
            line = f"{name}: {megabytes:.2f} MB ({megabytes / WEIGHT_LIMIT_MB:.0%} of the limit)"
            if visits[0][1] is not None:
                seconds = statistics.median(time for _, time in visits)
                line += f", first chart {seconds:.2f} s ({seconds / TIME_LIMIT_S:.0%} of the limit)"
            print(line)
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
