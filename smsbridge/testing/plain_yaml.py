"""YAML with JSON's own scalars and nothing more: everything else is text, with its line.

``+12025550123`` keeps its plus, which YAML's own rules would drop. No tags, anchors or merge keys.
"""

from __future__ import annotations

import re
from typing import Any

from smsbridge.errors import MissingExtra

try:
    import yaml
except ImportError as missing:
    raise MissingExtra("testing", "the mock provider") from missing

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}


class BadYAML(ValueError):
    """A text that is not taken, with the ``line`` at fault, from 1."""

    def __init__(self, line: int, why: str) -> None:
        """``why`` is for readers."""
        super().__init__(why)
        self.line = line


class Block(dict[str, Any]):
    """A mapping that knows the line of each of its keys."""

    def __init__(self) -> None:
        """Create an empty mapping."""
        super().__init__()
        self.lines: dict[str, int] = {}


def read_yaml(text: str) -> Any:
    """Return the value of a text, its mappings as `Block`; raises `BadYAML`."""
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if getattr(event, "tag", None) or getattr(event, "anchor", None):
                line = event.start_mark.line + 1  # type: ignore[union-attr]  # all are marked
                raise BadYAML(line, "tags, anchors and aliases are not taken")
        return _value(yaml.compose(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadYAML(line, f"no valid YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadYAML(line, f"no valid YAML: {error.reason}") from None


def _value(node: Any) -> Any:
    match node:
        case yaml.MappingNode():
            return _mapping(node)
        case yaml.SequenceNode():
            return [_value(item) for item in node.value]
        case yaml.ScalarNode():
            return _scalar(node)
    return None


def _mapping(node: Any) -> Block:
    block = Block()
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value
        if not isinstance(key_node, yaml.ScalarNode) or key in ("<<", *block):
            raise BadYAML(line, f"the key {key!r} is given twice, or is no plain word")
        block[key] = _value(value_node)
        block.lines[key] = line
    return block


def _scalar(node: Any) -> Any:
    text = node.value
    if node.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if set(text) & set(".eE") else int(text)
