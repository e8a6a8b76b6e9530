"""The drawing scripts that the book ships: no page loads one from elsewhere."""

from __future__ import annotations

import os
import re
import tempfile
from importlib.resources import files
from pathlib import Path

import altair
import vl_convert

#: Where the scripts stand below the book's ``_static``; git-ignored.
GENERATED = "generated"
SCRIPT_NAME = "vega.js"
LICENCES_NAME = "LICENSES.txt"


def write_scripts(static_dir: Path) -> tuple[Path, Path]:
    """Write Vega, Vega-Lite and Vega-Embed as one script, and their licences.

    The versions are those that vl-convert ships and that Altair writes for. A file
    is replaced in one step and only when its content differs, so that an unchanged
    book is not built again.

    Parameters
    ----------
    static_dir : Path
        The book's ``_static`` folder; files land in ``generated/`` below it.

    Returns
    -------
    (Path, Path)
        The script and the licences.
    """
    folder = static_dir / GENERATED
    folder.mkdir(parents=True, exist_ok=True)
    script, licences = folder / SCRIPT_NAME, folder / LICENCES_NAME
    stamp = _stamp()
    # Bundling takes two seconds; the first line says what the rest is made from, and a
    # script that stands there is whole.
    if not script.exists() or not script.read_text("utf-8").startswith(stamp):
        _replace(script, stamp + _bundle())
    text = files("analysis_lib.book").joinpath("script_licences.txt").read_text("utf-8")
    if not licences.exists() or licences.read_text("utf-8") != text:
        _replace(licences, text)
    return script, licences


def _stamp() -> str:
    return (
        f"/* Vega {vl_convert.get_vega_version()}, Vega-Lite {_vega_lite_version()}, "
        f"Vega-Embed {vl_convert.get_vega_embed_version()}, bundled by vl-convert "
        f"{vl_convert.__version__}. Licences: {LICENCES_NAME} */\n"
    )


def _vega_lite_version() -> str:
    """Altair's Vega-Lite as ``major.minor``, the form that vl-convert knows."""
    return re.match(r"v(\d+\.\d+)", altair.SCHEMA_VERSION).group(1)


def _bundle() -> str:
    # The bundle is written as a module: strict, with names of its own. In a function it
    # may be loaded as a plain script, which file:// allows and a module is denied.
    code = vl_convert.javascript_bundle(vl_version=_vega_lite_version())
    return f'(function () {{\n"use strict";\n{code}\n}})();\n'


def _replace(path: Path, text: str) -> None:
    """Write beside the target and move into place: a reader never sees half a file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
