"""Settings and fixtures of all tests.

Property tests draw the same examples everywhere, without a deadline: how long an example
takes depends on what else the machine does. The site is built once, whoever asks first.
"""

import fcntl
import os

import pytest
from browser.visits import HOW_TO_GET_ONE, NO_BROWSER
from hypothesis import HealthCheck, settings

from analysis_lib.book.pages import compute_all, generate_pages
from analysis_lib.book.site import build_site
from analysis_lib.book.site_files import site_files

settings.register_profile(
    "review", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("review")


@pytest.fixture(scope="session")
def built_site(tmp_path_factory):
    """The folder of the book's pages, built with warnings as errors, once for all workers."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, done = shared / "site", shared / "site-done"
    with (shared / "site-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            results = compute_all()
            build_site(generate_pages(results), site_files(results), folder=folder)
            done.touch()
    return folder / "html"


def pytest_unconfigure(config):
    """Say in the last line of all that no browser looked at the pages."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if any(NO_BROWSER in str(report.longrepr) for report in skipped):
        reporter.write_line(HOW_TO_GET_ONE)
