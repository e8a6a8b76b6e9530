"""YAML read as data: strict, bounded, and with the line of every field.

PyYAML's safe loader builds no Python objects; on top of it aliases, duplicate
keys and explicit tags are refused, because nothing in an evidence file needs
them and each can hide or multiply content.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from analysis_lib.exceptions import RecordProblem

#: The longest real record has 21 kB; a megabyte is no study record.
MAX_BYTES = 1_000_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _RefusedError(Exception):
    """A construct that an evidence file may not use; carries line, rule and value."""

    def __init__(self, line: int, rule: str, value: str = ""):
        super().__init__(rule)
        self.line, self.rule, self.value = line, rule, value


def read_yaml(
    path: Path, name: str, *, max_bytes: int = MAX_BYTES
) -> tuple[Any, dict[str, int], tuple[RecordProblem, ...]]:
    """Read one YAML file.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        The file's name in messages, relative to the project's root.
    max_bytes : int
        A longer file is refused unread.

    Returns
    -------
    data : object or None
        Plain mappings, lists and scalars; None when the file cannot be read.
    lines : dict
        Line (from 1) of every field, by dotted name.
    problems : tuple of RecordProblem
        Empty when the file could be read.
    """
    try:
        text = _read_text(path, max_bytes)
    except _RefusedError as refused:
        return None, {}, (RecordProblem(name, refused.line, "", refused.rule, refused.value),)
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> tuple[Any, dict[str, int], tuple[RecordProblem, ...]]:
    """:func:`read_yaml` of a text that stands in no file yet."""
    try:
        return (*_parse(text), ())
    except _RefusedError as refused:
        return None, {}, (RecordProblem(name, refused.line, "", refused.rule, refused.value),)


def _read_text(path: Path, max_bytes: int) -> str:
    try:
        size = path.stat().st_size
        if size > max_bytes:
            rule = f"must be at most {max_bytes:,} bytes: an evidence file holds text only"
            raise _RefusedError(0, rule, f"{size:,} bytes")
        raw = path.read_bytes()
    except OSError as error:
        raise _RefusedError(0, f"cannot be read: {error.strerror}") from error
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        rule = "must be UTF-8 text: save the file with that encoding"
        raise _RefusedError(line, rule, f"byte 0x{raw[error.start]:02x}") from error


def _parse(text: str) -> tuple[Any, dict[str, int]]:
    for number, line in enumerate(text.splitlines(), start=1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            raise _RefusedError(number, "must be indented with spaces, not with a tab")
    try:
        _refuse_aliases(text)
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
            if node is None:
                raise _RefusedError(0, "is empty")
            lines: dict[str, int] = {}
            _walk(node, "", lines)
            return loader.construct_document(node), lines
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise _RefusedError(mark.line + 1 if mark else 0, f"is not valid YAML: {what}") from error
    except (ValueError, RecursionError) as error:
        raise _RefusedError(0, f"is not valid YAML: {type(error).__name__}") from error


def _refuse_aliases(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            rule = "must not use anchors or aliases (&, *): write the value out"
            raise _RefusedError(line, rule, str(event.anchor))
        if getattr(event, "tag", None):
            raise _RefusedError(line, "must not use tags (!): plain values only", str(event.tag))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > 20:
                raise _RefusedError(line, "is nested more than 20 levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _walk(node: yaml.Node, name: str, lines: dict[str, int]) -> None:
    """Record the line of every field below ``node`` and refuse duplicate keys."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise _RefusedError(line, "must not name a key twice", str(key.value))
            seen.add(key.value)
            child = f"{name}.{key.value}" if name else str(key.value)
            lines[child] = line
            _walk(value, child, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            child = f"{name}[{index}]"
            lines[child] = value.start_mark.line + 1
            _walk(value, child, lines)
