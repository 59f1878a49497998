"""An operation is made when it is first used, and one that can't be says which one it is."""

from __future__ import annotations

import pytest

from smsbridge.codecs.soap.model import BadWSDL, Content, Part, WSDLOperation, XSDType
from smsbridge.codecs.soap.port_operations import PortOperations

EMPTY = Content(body=Part(name="", type=XSDType()))


def make(name: str) -> WSDLOperation:
    if name == "Deep":
        raise RecursionError
    if name == "Bad":
        raise BadWSDL("its types are odd", "a.b")
    return WSDLOperation(name=name, action="", style="rpc", input=EMPTY, output=None)


def test_an_operation_is_made_once() -> None:
    operations = PortOperations(["Send", "Bad"], make)
    assert [*operations] == ["Send", "Bad"]
    assert len(operations) == 2
    assert operations["Send"] is operations["Send"]


def test_one_that_cant_be_made_is_there_and_says_why() -> None:
    operations = PortOperations(["Bad", "Deep"], make)
    assert "Bad" in operations
    for _ in range(2):
        with pytest.raises(BadWSDL, match=r"^operation Bad: its types are odd$") as refused:
            operations["Bad"]
        assert refused.value.path == "a.b"
    with pytest.raises(BadWSDL, match=r"^operation Deep: its types are nested too deeply$"):
        operations["Deep"]
    with pytest.raises(KeyError):
        operations["Other"]
