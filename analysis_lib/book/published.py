"""What is published: the newest edition at the root, every edition under its own number.

An edition's site comes from the archive stored with its release, or is built from its
tag in an environment of its own: a page of a past edition is what that edition showed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePosixPath

from analysis_lib.exceptions import InvalidInputError, ReviewError
from analysis_lib.files import write_text

_TAG = re.compile(r"edition-(\d{4})\.([1-9]\d*)")

#: A site has about 20 MB; what claims to be fifty times as large is no site of ours.
_MOST_BYTES = 1_000_000_000

#: The first moment a zip file can name: the same site gives the same archive.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Edition:
    """A published edition by its number, ``2026.1``, and the tag that holds it."""

    number: str
    tag: str

    @property
    def archive(self) -> str:
        """Name of the file that its site is stored in."""
        return f"site-{self.number}.zip"


def editions_of(repository: Path) -> tuple[Edition, ...]:
    """The tagged editions, the newest first: 2026.10 is newer than 2026.9.

    Raises
    ------
    ReviewError
        The folder is no repository of git.
    """
    tags = _run(["git", "tag", "--list", "edition-*"], repository).split()
    found = [match for tag in tags if (match := _TAG.fullmatch(tag))]
    found.sort(key=lambda match: (int(match[1]), int(match[2])), reverse=True)
    return tuple(Edition(f"{match[1]}.{match[2]}", match[0]) for match in found)


def build_from_tag(edition: Edition, repository: Path, work: Path) -> Path:
    """Build an edition's site from its tag, in its own environment; returns its folder.

    Raises
    ------
    ReviewError
        ``make book`` failed there, or made no first page.
    """
    folder = work / edition.tag
    if folder.exists():
        _run(["git", "worktree", "remove", "--force", str(folder)], repository)
    command = ["git", "worktree", "add", "--force", "--detach", str(folder), edition.tag]
    _run(command, repository)
    _run(["make", "book"], folder)
    return folder / "_build" / "html"


def fetch_archive(edition: Edition, repository: Path, archives: Path) -> bool:
    """Download an edition's stored site with GitHub's ``gh``; False when there is none."""
    if shutil.which("gh") is None:
        return False
    archives.mkdir(parents=True, exist_ok=True)
    command = ["gh", "release", "download", edition.tag, "--pattern", edition.archive]
    command += ["--dir", str(archives), "--clobber"]
    done = subprocess.run(command, cwd=repository, capture_output=True, check=False)
    return done.returncode == 0 and (archives / edition.archive).is_file()


def store_site(site: Path, archive: Path) -> None:
    """A site as one file; the same pages give the same bytes."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    part = archive.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as stored:
        for path in sorted(path for path in site.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(site).as_posix(), _NO_TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            stored.writestr(entry, path.read_bytes())
    part.replace(archive)


def unpack_site(archive: Path, folder: Path) -> None:
    """Write a stored site into an empty folder.

    Raises
    ------
    ReviewError
        The file is no archive, names a place outside the folder, or is far too large.
    """
    try:
        with zipfile.ZipFile(archive) as stored:
            entries = stored.infolist()
            for entry in entries:
                place = PurePosixPath(entry.filename)
                if place.is_absolute() or ".." in place.parts or "\\" in entry.filename:
                    raise ReviewError(f"{archive.name} names a place outside: {entry.filename!r}")
            if sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise ReviewError(f"{archive.name} is no site: more than {_MOST_BYTES:,} bytes")
            stored.extractall(folder)
    except zipfile.BadZipFile as error:
        raise ReviewError(
            f"{archive.name} is damaged: {error}; delete it to build again"
        ) from error


def assemble(
    out: Path,
    editions: Sequence[Edition],
    *,
    archives: Path,
    build: Callable[[Edition], Path],
    draft: Callable[[], Path],
) -> Path:
    """Put the published site together, whole or not at all; returns its folder.

    Parameters
    ----------
    out : Path
        Replaced in one step once everything is there.
    editions : sequence of Edition
        The newest first. Without one, the draft is published.
    archives : Path
        Stored sites; what is built from a tag is stored here.
    build : callable
        Makes the site of an edition that is not stored; returns its folder.
    draft : callable
        Makes the site of the working tree; returns its folder.

    Raises
    ------
    ReviewError
        A site could not be had, or has no first page.
    InvalidInputError
        ``out`` is a folder that was not made here.
    """
    marker = "editions/editions.json"
    if out.exists() and not (out / marker).is_file():
        raise InvalidInputError(f"{out} holds something else; name another folder")
    fresh = out.with_name(f"{out.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for edition in editions:
        _place(edition, fresh / "editions" / edition.number, archives, build)
    if editions:
        newest = fresh / "editions" / editions[0].number
        for path in sorted(newest.iterdir()):
            copy = shutil.copytree if path.is_dir() else shutil.copyfile
            copy(path, fresh / path.name)
    else:
        shutil.copytree(draft(), fresh)
    _require_first_page(fresh, "the draft")
    for edition in editions[1:]:
        _mark_as_past(fresh / "editions" / edition.number, edition)
    if editions:
        _lead_to_past(fresh)
    _list_editions(fresh / "editions", editions)
    shutil.rmtree(out, ignore_errors=True)
    fresh.rename(out)
    return out


def _place(
    edition: Edition, folder: Path, archives: Path, build: Callable[[Edition], Path]
) -> None:
    archive = archives / edition.archive
    if not archive.is_file():
        site = build(edition)
        _require_first_page(site, f"edition {edition.number}")
        store_site(site, archive)
    unpack_site(archive, folder)
    _require_first_page(folder, f"edition {edition.number}")


def _require_first_page(site: Path, name: str) -> None:
    if not (site / "index.html").is_file():
        raise ReviewError(f"{name} has no first page; nothing was assembled")


def _mark_as_past(folder: Path, edition: Edition) -> None:
    """Say on every page of a past edition that it is one, and where the newest is."""
    for path in sorted(folder.rglob("*.html")):
        up = "../" * (len(path.relative_to(folder).parts) + 1)
        _note(
            path,
            f"This is edition {escape(edition.number)}, kept as it was. "
            f'<a href="{up}index.html">The newest edition</a>, '
            f'<a href="{up}editions/index.html">all editions</a>',
        )


def _lead_to_past(site: Path) -> None:
    """Say where every edition is on the page that tells what each changed.

    The page itself cannot: a site that is built on its own holds no other edition.
    """
    path = site / "whats-new.html"
    if path.is_file():
        _note(path, 'Each stays as it was: <a href="editions/index.html">all editions</a>')


def _note(path: Path, words: str) -> None:
    """A line above everything else on a page."""
    note = (
        '<aside class="lsr-past-edition" aria-label="Edition" style="padding:0.6rem 1rem;'
        f'border-bottom:3px solid;text-align:center">{words}</aside>'
    )
    html = path.read_text("utf-8")
    path.write_text(re.sub(r"<body\b[^>]*>", lambda m: m[0] + note, html, count=1), "utf-8")


def _list_editions(folder: Path, editions: Sequence[Edition]) -> None:
    """A page and a data file that name every edition."""
    numbers = [edition.number for edition in editions]
    write_text(folder / "editions.json", json.dumps({"editions": numbers}, indent=1) + "\n")
    items = "".join(f'<li><a href="{n}/index.html">Edition {n}</a></li>\n' for n in numbers)
    listed = f"<ul>\n{items}</ul>" if items else "<p>No edition was cut yet.</p>"
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>Editions</title>\n</head>\n<body>\n<main>\n<h1>Editions</h1>\n"
        f'{listed}\n<p><a href="../index.html">The newest edition</a></p>\n</main>\n'
        "</body>\n</html>\n"
    )
    write_text(folder / "index.html", page)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise ReviewError(f"{' '.join(command[:3])} failed in {folder.name}:\n{tail}")
    return done.stdout
