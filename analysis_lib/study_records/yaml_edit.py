"""Single values of a YAML file changed in place: comments, order and layout stay.

The parser says where each value begins and ends; only those characters are replaced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records.schema import dotted


def replace_values(text: str, values: Mapping[str, Any]) -> str:
    """``text`` with other values in some fields.

    Parameters
    ----------
    text : str
        A YAML document.
    values : mapping of str to scalar
        New value by dotted name of the field (``arms[0].n_patients``). A key that its
        group does not have yet is added after the group's last value.

    Raises
    ------
    InvalidInputError
        A field does not exist, or holds a group or list.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    changes = [_change(text, root, field, value) for field, value in values.items()]
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _change(text: str, root: yaml.Node, field: str, value: Any) -> tuple[int, int, str]:
    """Where the characters of one field stand, and what replaces them."""
    node = _find(root, "", field)
    if isinstance(node, yaml.ScalarNode):
        return node.start_mark.index, node.end_mark.index, _scalar(value, node)
    group, _, key = field.rpartition(".")
    parent = _find(root, "", group) if group else root
    addable = node is None and isinstance(parent, yaml.MappingNode) and parent.value
    if not addable or not key.isidentifier():
        raise InvalidInputError(f"{field} is no single value of the file")
    first, last = parent.value[0][0], parent.value[-1][1]
    between = ", " if parent.flow_style else "\n" + " " * first.start_mark.column
    end = last.start_mark.index + len(text[last.start_mark.index : last.end_mark.index].rstrip())
    return end, end, f"{between}{key}: {_scalar(value, None)}"


def _find(node: yaml.Node, name: str, field: str) -> yaml.Node | None:
    if name == field:
        return node
    if isinstance(node, yaml.MappingNode):
        inner = [(f"{name}.{key.value}" if name else key.value, v) for key, v in node.value]
    elif isinstance(node, yaml.SequenceNode):
        inner = [(name + dotted([index]), v) for index, v in enumerate(node.value)]
    else:
        return None
    below = (found for place, v in inner if (found := _find(v, place, field)) is not None)
    return next(below, None)


def _scalar(value: Any, before: yaml.ScalarNode | None) -> str:
    """JSON, which is YAML: text always quoted, so that no date or number is made of it."""
    written = json.dumps(value, ensure_ascii=False)
    # A folded text ends with its line; what comes next must not move up.
    block = before is not None and before.style in ("|", ">")
    return written + "\n" if block else written
