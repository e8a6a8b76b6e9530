"""Evidence files against their JSON Schema, with messages a person can act on."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema
from jsonschema import Draft202012Validator, ValidationError

from analysis_lib.exceptions import RecordProblem

_COMPILED_AS = "http://json-schema.org/draft-07/schema#"


@cache
def _validator(path: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


@cache
def _gate(path: Path) -> Callable[[Any], Any]:
    """A compiled check, which only says whether there is a breach.

    The compiler knows drafts up to 7. They differ from 2020-12 where a ``$ref`` has neighbours,
    which they ignore; ours have none that constrain (``tests/unit/test_study_records.py``).
    """
    schema = json.loads(path.read_text(encoding="utf-8"))
    return fastjsonschema.compile(schema | {"$schema": _COMPILED_AS}, use_default=False)


def check_schema(
    data: Any, lines: dict[str, int], *, schema: Path, name: str, many: bool = False
) -> tuple[RecordProblem, ...]:
    """Every breach of the schema file ``schema`` in ``data``, with the line of each.

    Parameters
    ----------
    data : object
        Plain mappings, lists and scalars.
    lines : dict
        Line of every field, by dotted name.
    schema : Path
        The schema file.
    name : str
        The file's name in messages.
    many : bool
        Many files are held against this schema: it is compiled (a tenth of a second), and only
        files that the compiled check refuses are searched for their breaches.
    """
    if many and _passes(_gate(schema), data):
        return ()
    problems = []
    for error in _validator(schema).iter_errors(data):
        for leaf in _leaves(error):
            problems.append(_problem(leaf, lines, name))
    return tuple(problems)


def _passes(gate: Callable[[Any], Any], data: Any) -> bool:
    try:
        gate(data)
    except fastjsonschema.JsonSchemaException:
        return False
    return True


def _leaves(error: ValidationError) -> list[ValidationError]:
    """The innermost errors: of alternatives, those of the best matching one."""
    if not error.context:
        return [error]
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    typed = [b for b in branches.values() if not any(e.validator == "type" for e in b)]
    return [leaf for inner in typed[0] for leaf in _leaves(inner)] if typed else [error]


def dotted(path: Any) -> str:
    """('arms', 0, 'id') as ``arms[0].id``."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else (f".{part}" if name else str(part))
    return name


def shown(value: Any) -> str:
    """A value for a message: at most 60 characters, control characters made visible."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return text if len(text) <= 60 else text[:57] + "..."


def line_of(field: str, lines: dict[str, int]) -> int:
    """Line of a field, or of its nearest parent that stands in the file."""
    while field and field not in lines:
        cut = max(field.rfind("."), field.rfind("["))
        field = field[:cut] if cut > 0 else ""
    return lines.get(field, 0)


def _problem(error: ValidationError, lines: dict[str, int], name: str) -> RecordProblem:
    field = dotted(error.absolute_path)
    rule, value = _rule(error)
    if error.validator == "additionalProperties":
        unknown = _unknown_keys(error)
        field = ".".join(filter(None, [field, unknown[0] if unknown else ""]))
    return RecordProblem(name, line_of(field, lines), field, rule, value)


def _rule(error: ValidationError) -> tuple[str, str]:
    """What must hold, and the value that breaks it."""
    kind, limit, instance = error.validator, error.validator_value, error.instance
    if kind == "additionalProperties":
        unknown, known = _unknown_keys(error), sorted(error.schema.get("properties", {}))
        rule = f"unknown key {', '.join(unknown)}; known keys are {', '.join(known)}"
        if any(key.isdigit() for key in unknown):
            rule += " (a number needs a decimal point, not a comma)"
        return rule, ""
    if kind == "required":
        missing = [key for key in limit if key not in instance]
        rule = f"required key {', '.join(missing)} is missing"
        nullable = all(_may_be_null(error.schema, key) for key in missing)
        return rule + (" (write null when unknown)" if nullable else ""), ""
    if kind in ("minimum", "maximum") and error.schema.get("maximum") == 1:
        return "must be in 0..1 (a probability: 61.7 % is 0.617)", shown(instance)
    if kind not in _RULES:
        return error.message, shown(instance)
    return _RULES[kind](limit), shown(instance)


def _unknown_keys(error: ValidationError) -> list[str]:
    known = error.schema.get("properties", {})
    return sorted(str(key) for key in error.instance if key not in known)


def _may_be_null(schema: dict[str, Any], key: str) -> bool:
    field = schema.get("properties", {}).get(key, {})
    return "null" in field.get("type", ()) or None in field.get("enum", ())


def _types(types: Any) -> str:
    names = {"null": "null", "object": "a group of keys", "array": "a list", "string": "text"}
    names |= {"integer": "a whole number", "number": "a number", "boolean": "true or false"}
    return " or ".join(names[t] for t in ([types] if isinstance(types, str) else types))


_RULES: dict[str, Callable[[Any], str]] = {
    "type": lambda types: f"must be {_types(types)}",
    "enum": lambda values: f"must be one of {', '.join(str(value) for value in values)}",
    "const": lambda value: f"must be {value}",
    "minimum": lambda limit: f"must be at least {limit}",
    "maximum": lambda limit: f"must be at most {limit}",
    "exclusiveMinimum": lambda limit: f"must be above {limit}",
    "minLength": lambda _: "must not be empty",
    "minItems": lambda limit: f"must have at least {limit} entries",
    "maxLength": lambda limit: f"must have at most {limit} characters",
    "maxItems": lambda limit: f"must have at most {limit} entries",
    "pattern": lambda pattern: f"must match {pattern}",
    "uniqueItems": lambda _: "must not name the same entry twice",
}
