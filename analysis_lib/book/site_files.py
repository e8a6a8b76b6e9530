"""What stands in the site beside its pages: downloads, comparisons' sheets, the feed."""

from __future__ import annotations

from analysis_lib.book.downloads.files import FOLDER, PACKAGE_FILE, downloads, whole_package
from analysis_lib.book.edition_pages import feed_text
from analysis_lib.book.feed import FEED
from analysis_lib.book.places import sheet_path
from analysis_lib.book.study_uses import Results
from analysis_lib.book.summary_sheet import summary_sheet
from analysis_lib.editions import load_editions
from analysis_lib.study_records import load_records


def site_files(results: Results) -> dict[str, bytes]:
    """Path below the site's root -> content; the same evidence gives the same bytes."""
    single = downloads(results, load_records())
    files = {f"{FOLDER}/{one.name}": one.content for one in single}
    files[f"{FOLDER}/{PACKAGE_FILE}"] = whole_package(single)
    sheets = {sheet_path(name): summary_sheet(found).encode() for name, found in results.items()}
    return files | sheets | {FEED: feed_text(load_editions()).encode()}
