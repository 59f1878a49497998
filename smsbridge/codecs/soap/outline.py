"""A port in words: for a person to read, to lock, and to tell two versions apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.soap.envelope import SOAP11
from smsbridge.codecs.soap.model import BadWSDL, Content, Part, PartPath, XSDType
from smsbridge.text.masking import public_address
from smsbridge.text.toml_quotes import toml_text

if TYPE_CHECKING:
    from smsbridge.codecs.soap.port import Port

Outline = dict[str, Any]


def outline(
    ports: Mapping[str, Port], refused: Mapping[str, tuple[str, str]] | None = None
) -> Outline:
    """Return every port, operation and part of a WSDL as nested words.

    ``refused``: the ports that can't be used, each with its service and the reason.
    """
    unusable = {name: {"unusable": why} for name, (_, why) in (refused or {}).items()}
    return unusable | {
        name: {
            "service": port.service,
            "address": public_address(port.address),
            "soap": "1.1" if port.version == SOAP11 else "1.2",
            "operations": dict(_operations(port)),
        }
        for name, port in ports.items()
    }


def _operations(port: Port) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in port.operations:
        try:
            declared = port.operation(name)
        except BadWSDL as error:
            yield name, {"unusable": str(error)}
            continue
        use = "encoded" if declared.input.encoded else "literal"
        output = declared.output
        yield (
            name,
            {
                "action": declared.action,
                "style": f"{declared.style}/{use}",
                "input": _paths(declared.input),
                "output": _paths(output) if output is not None else None,
                "faults": dict(_faults(declared.faults)),
            },
        )


def _paths(content: Content) -> dict[str, str]:
    return {line.path: line_in_words(line) for line in content.paths()}


def _faults(faults: list[Part]) -> Iterator[tuple[str, str]]:
    for fault in faults:
        yield fault.name, in_words(fault.type)
        for path, said in _paths(Content(body=fault)).items():
            yield f"{fault.name}.{path}", said


def line_in_words(line: PartPath) -> str:
    """Return what is at a path: ``string, required``."""
    part = line.part
    need = "required" if part.required else "optional"
    return f"{in_words(part.type)}, {need}{', repeated' if part.repeated else ''}"


def in_words(kind: XSDType, most: int | None = None) -> str:
    """Return a type as a person reads it: ``string (maxLength 40)``, ``low | high``.

    ``most``: how many words of a list are shown.
    """
    if kind.words:
        more = " | …" if most is not None and len(kind.words) > most else ""
        return " | ".join(map(_shown_word, kind.words[:most])) + more
    limits = f" ({', '.join(kind.limits)})" if kind.limits else ""
    made = kind.listed is not None or bool(kind.members)
    name = kind.base if kind.simple and not made else kind.shown
    return name + (" (abstract)" if kind.abstract else "") + limits


def _shown_word(word: str) -> str:
    """Return a word of a list, in quotes where it would not be seen whole."""
    seen = word == " ".join(word.split()) and word.isprintable()
    return word if seen and word else toml_text(word)
