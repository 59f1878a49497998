"""docs/reference.md: what it says of the arguments of ``send`` is what the code takes."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields

from smsbridge import AsyncClient, Client, Message
from smsbridge.backends.capabilities import Capability
from smsbridge.backends.registry import installed_capabilities
from smsbridge.backends.smsmobileapi import SMSMobileAPIOptions
from smsbridge.message import MessageFields

from support.terminal import DOCS

CHAPTER = (
    (DOCS / "reference.md")
    .read_text(encoding="utf-8")
    .partition("## What `send` takes\n")[2]
    .partition("\n## ")[0]
)
KEYWORDS = ("send_at", "sender", "reference")


def table(first: str) -> list[list[str]]:
    """Return the rows of the table whose first header is a word, each as its cells."""
    text = CHAPTER.partition(f"| {first} |")[2].partition("\n\n")[0]
    return [line.strip("| ").split(" | ") for line in text.splitlines()[2:]]


def words(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_each_argument_of_send_is_in_its_table_and_no_other() -> None:
    named = [words(row[0])[0] for row in table("argument")]
    for client in (Client, AsyncClient):
        own = [name for name in inspect.signature(client.send).parameters if name != "self"]
        assert own == ["message", "text", "more"]
        assert named == [*own[:-1], *MessageFields.__annotations__]
    assert {one.name for one in fields(Message)} == {"recipient", *named[1:]}


def row_of(can: Capability) -> list[str]:
    """Return what the page must say of a backend over a protocol."""
    named = [f"`{one}`" for one in can.channels if "+" not in one]
    channels = ", ".join([*named, *["both"] * ("sms+whatsapp" in can.channels)])
    if "all" in can.options:
        return [channels, "yes", "yes", "yes", "any"]
    marks = ["yes" if name in can.options else "no" for name in KEYWORDS]
    options = {one.removeprefix("options.") for one in can.options} - set(KEYWORDS)
    whole = options == {one.name for one in fields(SMSMobileAPIOptions)}
    assert whole or not options
    return [channels, *marks, "all of `SMSMobileAPIOptions`" if whole else "no"]


def test_the_table_of_backends_says_what_each_carries() -> None:
    shown = {
        (words(backend)[0], protocol): cells
        for backend, over, *cells in table("backend")
        for protocol in words(over)
    }
    found = [one for one in installed_capabilities() if one.origin == "smsbridge"]
    assert shown == {
        (one.backend, one.protocol): row_of(one) for one in found if one.protocol != "-"
    }


def test_each_option_of_smsmobileapi_is_in_its_table() -> None:
    assert [words(row[0])[0] for row in table("keyword")] == [
        one.name for one in fields(SMSMobileAPIOptions)
    ]
    types = {"text": "str", "bool": "bool", "whole number": "int"}
    for row, one in zip(table("keyword"), fields(SMSMobileAPIOptions), strict=True):
        assert str(one.type).removesuffix(" | None") == types[row[1]], one.name
