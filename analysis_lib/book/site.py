"""The site: pages staged, built by Jupyter Book beside the last good one, then swapped in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from analysis_lib.book.chapters import BOOK
from analysis_lib.book.digitising_page import write_pictures
from analysis_lib.book.scripts import GENERATED, write_scripts
from analysis_lib.exceptions import ReviewError
from analysis_lib.files import write_text
from analysis_lib.study_records import ROOT

BUILD = ROOT / "_build"
SITE = BUILD / "html"

#: The jupyter-book command of this very environment, whatever is first on the path.
_JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"


class SiteBuildError(ReviewError):
    """Jupyter Book refused the pages; the last good site is untouched."""


def build_site(
    pages: Mapping[str, str],
    files: Mapping[str, bytes] | None = None,
    *,
    folder: Path = BUILD,
    finish: Callable[[Path], None] | None = None,
) -> Path:
    """Build the site from the book's own files and the generated ``pages``.

    Parameters
    ----------
    pages : mapping
        Path relative to the book's root -> MyST Markdown.
    files : mapping, optional
        Path relative to the site's root -> content of what stands beside the pages.
    folder : Path
        Where the build works; the site is ``html`` below it.
    finish : callable, optional
        Changes the new site's files in their folder before it takes the old one's place.

    Returns
    -------
    Path
        The site's first page. Sphinx rebuilds only pages whose text changed.

    Raises
    ------
    SiteBuildError
        A warning or an error; the message ends with the log's last lines.
    """
    source, work = folder / "source", folder / "work"
    _stage(pages, source)
    command = [
        sys.executable, "-c", _JUPYTER_BOOK, "build", str(source),
        "--path-output", str(work), "--config", str(ROOT / "_config.yml"),
        "-W", "--keep-going",
    ]  # fmt: skip
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    output = finished.stdout + finished.stderr
    write_text(folder / "jupyter-book.log", output)
    built = work / "_build" / "html"
    if finished.returncode != 0 or not (built / "index.html").is_file():
        tail = "\n".join(output.splitlines()[-25:])
        raise SiteBuildError(f"Jupyter Book failed; the last good book stays.\n{tail}")
    # Sphinx leaves the static files alone when no page changed.
    shutil.copytree(source / "_static", built / "_static", dirs_exist_ok=True)
    _write_files(files or {}, built)
    _swap(built, folder / "html", finish)
    return folder / "html" / "index.html"


def _write_files(files: Mapping[str, bytes], built: Path) -> None:
    """Bring the folders of ``files`` to exactly these: what is no longer made goes."""
    for folder in {name.partition("/")[0] for name in files if "/" in name}:
        shutil.rmtree(built / folder, ignore_errors=True)
    for name, content in files.items():
        path = built / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _stage(pages: Mapping[str, str], source: Path) -> None:
    """Bring the staging folder to exactly the book's files and ``pages``.

    A file that did not change keeps its time, so that Sphinx leaves its page alone.
    """
    wanted = set(pages)
    for path in BOOK.rglob("*"):
        if path.is_file() and "_build" not in path.parts and not path.name.startswith("."):
            name = path.relative_to(BOOK).as_posix()
            wanted.add(name)
            _copy(path, source / name)
    for name, text in pages.items():
        write_text(source / name, text)
    write_scripts(source / "_static")
    write_pictures(source / "_static" / GENERATED)
    for path in sorted(source.rglob("*"), reverse=True):
        name = path.relative_to(source).as_posix()
        if path.is_file() and name not in wanted and "_static/generated" not in name:
            path.unlink()


def _copy(source: Path, target: Path) -> None:
    if target.is_file() and target.read_bytes() == source.read_bytes():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _swap(built: Path, site: Path, finish: Callable[[Path], None] | None = None) -> None:
    """Put the new site in the old one's place by two renames."""
    fresh, old = site.with_name("html.new"), site.with_name("html.old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(built, fresh)
    if finish is not None:
        finish(fresh)
    if site.exists():
        site.rename(old)
    fresh.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def recover(site: Path = SITE) -> None:
    """Bring back the last good site after an interruption between the two renames."""
    old = site.with_name("html.old")
    if old.is_dir() and not site.exists():
        old.rename(site)
