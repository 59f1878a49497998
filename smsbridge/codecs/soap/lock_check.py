"""The WSDL of a file, held to its lock: what was changed is told in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smsbridge.codecs.soap.documents import LOCK, RELOCK, Altered, Source, read_source
from smsbridge.codecs.soap.model import BadContract
from smsbridge.codecs.soap.outline import differences, outline
from smsbridge.codecs.soap.wsdl import load_ports

_NO_PART = "no operation or part changed; the difference is in other words of the documents"


def source_of(path: Path) -> Source:
    """Return the WSDL of a file; raises `BadContract` where it isn't what was locked."""
    try:
        return read_source(path)
    except Altered as altered:
        said = changes(altered.locked, altered.source)
        why = f"{altered}: {'; '.join(said)}"
        raise BadContract(f"{why}. Restore it, or take the change with {RELOCK}") from None


def changes(locked: Mapping[str, Any], source: Source) -> list[str]:
    """Return what changed from a lock to a WSDL, a sentence each."""
    try:
        return differences(locked["contract"], outline(load_ports(source))) or [_NO_PART]
    except BadContract as error:
        return [f"the WSDL can't be used any more: {error}"]
    except (KeyError, TypeError, AttributeError):
        return [f"{LOCK} says nothing of what it was"]
