"""A new study record that guides whoever fills it in.

Every field stands under what it means, which values it may have and an example, all from
the schema. Entries of lists stand as a commented pattern: without its first ``# `` a line
of the pattern is a line of the record.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.files import write_text
from analysis_lib.study_records.identity import held_already, normal_doi, normal_pmid
from analysis_lib.study_records.loader import DATA, RECORD_FILE
from analysis_lib.study_records.model import Citation

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_WIDTH = 98

#: Fields that start as a list, a group or a fixed value, not as null.
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
    "recurrence": "unknown",
    "second_reading.agreed": "0",
    "second_reading.corrected": "0",
    "second_reading.not_found_again": "0",
    "eligibility.decision": "exclude",
}

#: Groups that stand open. ``read_in`` and ``histology`` are null until they are known.
_OPEN = ("citation", "enrolment", "eligibility", "second_reading")

_OPENING = (
    "# yaml-language-server: $schema=../../study.schema.json",
    "#",
    "# Only figures read in a text stand here. Unknown is null, never a guess.",
    "# Times in months, probabilities 0..1. An editor that knows the schema completes.",
    "# How far it is: lsr study check {id}",
)


def scaffold(study_id: str, *, citation: Citation | None = None, data: Path = DATA) -> Path:
    """Write an empty record with every field explained; returns its path.

    Parameters
    ----------
    study_id : str
        First author and year, ``doe-2026``.
    citation : Citation, optional
        What is known of the paper; DOI and PubMed number may have any usual form.
    data : Path
        The folder that holds ``studies/``.

    Raises
    ------
    InvalidInputError
        The id is not of the form ``author-year``, the folder exists (a record that was
        begun is never overwritten), or a study with this DOI, PubMed number or title
        does; the message names it.
    """
    if not _ID.fullmatch(study_id) or len(study_id) > 60:
        rule = "lower-case letters, digits and hyphens, such as doe-2026"
        raise InvalidInputError(f"study id must be {rule}, was {study_id!r}")
    path = data / "studies" / study_id / RECORD_FILE
    if path.exists():
        raise InvalidInputError(f"{study_id} exists already; edit {path.name} in its folder")
    cited = _normal(citation or Citation())
    held = held_already(cited, data=data)
    if held:
        known = ", ".join(f"{study} (same {what})" for study, what in held)
        raise InvalidInputError(f"the paper is in the review already: {known}; nothing was written")
    write_text(path, _text(study_id, cited))
    return path


def _normal(citation: Citation) -> Citation:
    """The citation as the schema wants it, without characters that no file should hold."""
    found = {key: value for key, value in vars(citation).items() if value not in (None, "")}
    for key, value in found.items():
        if isinstance(value, str):
            found[key] = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    for key, reader in (("doi", normal_doi), ("pmid", normal_pmid)):
        if key in found:
            found[key] = reader(found[key])
    return Citation(**found)


def _text(study_id: str, citation: Citation) -> str:
    schema = json.loads((DATA / "study.schema.json").read_text(encoding="utf-8"))
    starts = _STARTS | {"id": study_id}
    for key, value in vars(citation).items():
        starts[f"citation.{key}"] = "null" if value is None else _scalar(value)
    lines = [line.format(id=study_id) for line in _OPENING]
    for key, field in schema["properties"].items():
        lines += ["", *_explained(schema, field, indent="")]
        if key in _OPEN:
            lines.append(f"{key}:")
            for name, inner in field["properties"].items():
                lines += _explained(schema, inner, indent="  ")
                lines.append(f"  {name}: {starts.get(f'{key}.{name}', 'null')}")
            continue
        lines.append(f"{key}: {starts.get(key, 'null')}")
        lines += [f"# {line}" for line in _pattern(schema, key, field)]
    return "\n".join(lines) + "\n"


def _scalar(value: Any) -> str:
    """A value as YAML in one line: JSON is YAML, whatever a title holds."""
    return json.dumps(value, ensure_ascii=False)


def _pattern(schema: dict, key: str, field: dict) -> list[str]:
    """What a group, or one entry of a list, looks like once it is filled in."""
    if "properties" in field:
        return [f"{key}:", *_flat(_keys(schema, field, "  "))]
    if "$ref" in field.get("items", {}):
        return [f"{key}:", *_entry(schema, _resolved(schema, field["items"]), "  ")]
    return []


def _entry(schema: dict, node: dict, indent: str) -> list[str]:
    """A list entry's keys, those of groups and lists within it too."""
    (*comments, key), *rest = _keys(schema, node, indent + "  ")
    return [*comments, f"{indent}- {key.lstrip()}", *_flat(rest)]


def _keys(schema: dict, node: dict, indent: str) -> list[list[str]]:
    """The lines of each key of a group."""
    found = []
    for name, raw in node["properties"].items():
        field = _resolved(schema, raw)
        lines = _explained(schema, field, indent)
        if "properties" in field:
            lines += [f"{indent}{name}:", *_flat(_keys(schema, field, indent + "  "))]
        elif "$ref" in field.get("items", {}):
            item = _resolved(schema, field["items"])
            lines += [f"{indent}{name}:", *_entry(schema, item, indent + "  ")]
        else:
            lines.append(f"{indent}{name}: null")
        found.append(lines)
    return found


def _flat(blocks: list[list[str]]) -> list[str]:
    return [line for block in blocks for line in block]


def _resolved(schema: dict, field: dict) -> dict:
    return schema["$defs"][field["$ref"].split("/")[-1]] if "$ref" in field else field


def _explained(schema: dict, field: dict, indent: str) -> list[str]:
    """Meaning, allowed values and an example, as comment lines."""
    said = field["description"]
    values = _resolved(schema, field.get("items", field)).get("enum", ())
    if values:
        said += f" One of: {', '.join('null' if v is None else str(v) for v in values)}."
    elif field.get("examples") and "const" not in field:
        said += f" Example: {_scalar(field['examples'][0])}"
    if "properties" in field and "null" in field["type"]:
        said += " Write null in its place when there is none."
    if "$ref" in field.get("items", {}):
        said += " Write [] when there is none."
    lead = f"{indent}# "
    return textwrap.wrap(
        said,
        _WIDTH,
        initial_indent=lead,
        subsequent_indent=lead,
        break_long_words=False,
        break_on_hyphens=False,
    )
