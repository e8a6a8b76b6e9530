"""A new study record that guides whoever fills it in."""

from __future__ import annotations

import json
import re
from pathlib import Path

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.files import write_text
from analysis_lib.study_records.loader import DATA, RECORD_FILE

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

#: Top-level fields that start as a list, a group or a fixed value, not as null.
_STARTS = {
    "schema_version": "1",
    "prior_treatment": "[]",
    "centres": "[]",
    "arms": "[]",
    "contrasts": "[]",
    "schedules": "[]",
    "secondary_source": "false",
    "discrepancies": "[]",
    "notes": "[]",
    "corrections": "[]",
    "second_reading": "{agreed: 0, corrected: 0, not_found_again: 0}",
    "recurrence": "unknown",
}
#: Lists whose first entry is shown as a comment: the schema's name of one entry.
_ENTRIES = {"arms": "arm", "contrasts": "contrast", "schedules": "schedule"}
_GROUPS = ("citation", "enrolment", "eligibility")


def scaffold(study_id: str, *, data: Path = DATA) -> Path:
    """Write an empty record with every field explained; returns its path.

    Raises
    ------
    InvalidInputError
        The id is not of the form ``author-year``, or the study exists: a record
        that was begun is never overwritten.
    """
    if not _ID.fullmatch(study_id) or len(study_id) > 60:
        rule = "lower-case letters, digits and hyphens, such as doe-2026"
        raise InvalidInputError(f"study id must be {rule}, was {study_id!r}")
    path = data / "studies" / study_id / RECORD_FILE
    if path.exists():
        raise InvalidInputError(f"{study_id} exists already; edit {path.name} in its folder")
    write_text(path, _text(study_id))
    return path


def _text(study_id: str) -> str:
    schema = json.loads((DATA / "study.schema.json").read_text(encoding="utf-8"))
    lines = [
        "# yaml-language-server: $schema=../../study.schema.json",
        "# Only figures read in a text stand here. Unknown is null, never a guess.",
        "# Times in months, probabilities 0..1. An editor that knows the schema completes.",
    ]
    for key, field in schema["properties"].items():
        lines.append(f"# {field['description']}")
        if key in _GROUPS:
            lines.append(f"{key}:")
            for name, inner in field["properties"].items():
                start = "exclude" if name == "decision" else "null"
                lines.append(f"  {name}: {start}  # {inner['description']}")
        else:
            start = study_id if key == "id" else _STARTS.get(key, "null")
            lines.append(f"{key}: {start}")
        if key in _ENTRIES:
            lines += [f"#   {line}" for line in _example(schema, key)]
    return "\n".join(lines) + "\n"


def _example(schema: dict, key: str) -> list[str]:
    """What one entry of a list looks like, as comment lines."""
    return ["one entry:", *_entry(schema, schema["$defs"][_ENTRIES[key]], indent="")]


def _entry(schema: dict, node: dict, indent: str) -> list[str]:
    """A list entry's keys, those of groups and lists within it too."""
    lines = _keys(schema, node, indent + "  ")
    return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]


def _keys(schema: dict, node: dict, indent: str) -> list[str]:
    lines = []
    for name, field in node["properties"].items():
        inner = schema["$defs"][field["$ref"].split("/")[-1]] if "$ref" in field else field
        if "properties" in inner:
            lines.append(f"{indent}{name}:  # {inner['description']}")
            lines += _keys(schema, inner, indent + "  ")
        elif inner.get("type") == "array" and "$ref" in inner.get("items", {}):
            item = schema["$defs"][inner["items"]["$ref"].split("/")[-1]]
            lines.append(f"{indent}{name}:  # {inner['description']} [] when there is none")
            lines += _entry(schema, item, indent + "  ")
        else:
            lines.append(f"{indent}{name}: null  # {inner['description']}")
    return lines
