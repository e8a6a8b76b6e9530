"""Files written whole or not at all, and fingerprints of files."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

#: Ending of a file that is being written.
UNFINISHED = ".unfinished"


def write_text(path: Path, text: str) -> bool:
    """Write ``text`` in UTF-8 as :func:`write_bytes` does."""
    return write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> bool:
    """Write ``data`` atomically; False when the file already held exactly that.

    The new content is complete on disk before it takes the old one's name, so
    that an interruption leaves one or the other, never half.
    """
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # A killed process leaves this file behind: by its ending git passes over it.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def remove_unfinished(path: Path) -> None:
    """Take away what killed writes of a file left beside it: it never took the file's name."""
    for left in path.parent.glob(f".{path.name}.*{UNFINISHED}"):
        left.unlink()


def fingerprint(paths: Iterable[Path], *, root: Path, extra: Iterable[str] = ()) -> str:
    """SHA-256 over names (relative to ``root``) and contents of files, and further texts."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for text in extra:
        digest.update(text.encode())
        digest.update(b"\0")
    return digest.hexdigest()
