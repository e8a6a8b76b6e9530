"""The whole build: check the evidence, run what changed, write the book."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from analysis_lib.book.chapters import chapter_key, library_files, notebook_path, run_chapter
from analysis_lib.book.citation import CITATION
from analysis_lib.book.data_readme import data_readme
from analysis_lib.book.edition_pages import CHANGELOG
from analysis_lib.book.pages import generate_pages
from analysis_lib.book.site import BUILD, SITE, build_site, recover
from analysis_lib.book.site_address import site_address
from analysis_lib.book.site_files import site_files
from analysis_lib.comparison import compare, load_declarations
from analysis_lib.comparison.declarations import Declaration
from analysis_lib.comparison.kept import FOLDER
from analysis_lib.editions import headline_numbers
from analysis_lib.exceptions import ReviewError
from analysis_lib.files import fingerprint, write_text
from analysis_lib.study_records import DATA, ROOT, load_records

GOLDEN = ROOT / "tests" / "golden"

_STATE = BUILD / "state.json"


@dataclass(frozen=True)
class BuildReport:
    """What a build did: chapters run, chapters left, whether pages were rebuilt."""

    ran: tuple[str, ...]
    unchanged: tuple[str, ...]
    site: Path
    rebuilt: bool


def build(*, only: Sequence[str] = (), force: bool = False, quiet: bool = False) -> BuildReport:
    """Build the book; run only the chapters whose evidence, code or versions changed.

    Parameters
    ----------
    only : sequence of str
        Comparison ids to look at; all by default.
    force : bool
        Run them whether or not anything changed.
    quiet : bool
        No progress bar.

    Raises
    ------
    InvalidRecordsError
        The evidence breaks rules; nothing is run.
    SiteBuildError
        Jupyter Book refused a page; the last good book stays in place.
    ReviewError
        Another build holds the folder.
    """
    with alone(), _kept_results():
        return _build(tuple(only), force, quiet)


def _build(only: Sequence[str], force: bool, quiet: bool) -> BuildReport:
    recover()
    records = load_records()
    declarations = load_declarations()
    keys = {d.id: chapter_key(d, records) for d in declarations}
    state = _read_state()
    stale = [d for d in declarations if _is_stale(d, keys, state, only, force)]
    for comparison_id in run_chapters(stale, quiet):
        state["chapters"][comparison_id] = keys[comparison_id]
        _write_state(state)
    write_text(DATA / "README.md", data_readme(records))
    site_key = _site_key()
    whole = state.get("files") == _site_files() != {}
    rebuilt = site_key != state.get("site") or not whole or force
    if rebuilt:
        results = {d.id: compare(d.id) for d in declarations}
        for comparison_id, result in results.items():
            _write_golden(comparison_id, headline_numbers(result))
        build_site(generate_pages(results), site_files(results))
        # Writing golden files and notebooks does not change what the site is made of.
        state["site"], state["files"] = site_key, _site_files()
        _write_state(state)
    ran = tuple(d.id for d in stale)
    left = tuple(d.id for d in declarations if d.id not in ran)
    return BuildReport(ran, left, SITE / "index.html", rebuilt)


@contextmanager
def alone() -> Iterator[None]:
    """Hold the build's lock; a second build in the same folder is refused, not mixed in."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ReviewError("another build is running in this folder; wait for it") from error
        yield


@contextmanager
def _kept_results() -> Iterator[None]:
    """Let the chapters and the pages of this build share each computed comparison."""
    before = os.environ.get(FOLDER)
    os.environ[FOLDER] = str(BUILD / "results")
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(FOLDER)
        else:
            os.environ[FOLDER] = before


def _site_files() -> dict[str, int]:
    """Every file of the site with its size: a site that lost a page is built again."""
    return {
        path.relative_to(SITE).as_posix(): path.stat().st_size
        for path in sorted(SITE.rglob("*"))
        if path.is_file()
    }


def _is_stale(
    declaration: Declaration, keys: dict, state: dict, only: Sequence[str], force: bool
) -> bool:
    if only and declaration.id not in only:
        return False
    changed = state["chapters"].get(declaration.id) != keys[declaration.id]
    return force or changed or not notebook_path(declaration.id).is_file()


def run_chapters(
    stale: Sequence[Declaration], quiet: bool, run: Callable[[str], str] = run_chapter
) -> list[str]:
    """Run chapters side by side, one process a core; ``run`` takes and returns an id."""
    if not stale:
        return []
    done = []
    workers = min(len(stale), os.cpu_count() or 1)
    # Spawned, not forked: a notebook client brings threads and an event loop.
    with (
        ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=_quiet_kernels
        ) as pool,
        tqdm(total=len(stale), desc="chapters", unit="chapter", disable=quiet) as bar,
    ):
        jobs = {pool.submit(run, d.id): d.id for d in stale}
        for job in as_completed(jobs):
            done.append(job.result())
            bar.set_postfix_str(jobs[job])
            bar.update()
    return done


def _quiet_kernels() -> None:
    """Send what kernels say on their own (not what cells say) to a log file."""
    BUILD.mkdir(exist_ok=True)
    log = os.open(BUILD / "kernels.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 2)
    os.close(log)


def _write_golden(comparison_id: str, numbers: dict) -> None:
    text = json.dumps(numbers, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_text(GOLDEN / f"{comparison_id}.json", text)


def _site_key() -> str:
    """Hash of everything the site is made of."""
    folders = [DATA, ROOT / "chapters", ROOT / "book"]
    folders += [ROOT / "benchmarks" / name for name in ("results", "data")]
    files = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    files = [p for p in files if "institutional" not in p.parts and "__pycache__" not in p.parts]
    files += [ROOT / "_config.yml", CHANGELOG, CITATION, *library_files()]
    return fingerprint(files, root=ROOT, extra=(site_address() or "",))


def _read_state() -> dict:
    try:
        state = json.loads(_STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        state = {}
    chapters = state.get("chapters")
    kept = chapters if isinstance(chapters, dict) else {}
    return {"chapters": kept, "site": state.get("site"), "files": state.get("files")}


def _write_state(state: dict) -> None:
    write_text(_STATE, json.dumps(state, indent=1, sort_keys=True) + "\n")
