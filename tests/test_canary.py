"""What nobody may see: one canary of each class goes through everything, and is found nowhere."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from inspect import isawaitable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from smsbridge import AsyncClient, Attempt, Client, Message, Secret, SmsbridgeError
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.message import fingerprint

from support.each import each
from support.error_reports import below_the_caller, by_itself, by_pickle, by_traceback
from support.fault_server import FaultServer, answer
from support.pairs import pairwise
from support.sending import PROTOCOLS, fault, said

KEY, SECRET, TOKEN = "canary-key-93f1", "canary-secret-77aa", "canary-token-51bc"
NUMBER, TEXT = "+447700900123", "canary text 0c1d"
ATTEMPT = Attempt(
    backend="smsmobileapi",
    protocol="rest",
    reference="r-1",
    started=datetime.now(UTC),
    fingerprint=fingerprint(NUMBER, TEXT),
)
CANARIES = (KEY, SECRET, TOKEN, NUMBER, NUMBER[1:], TEXT, quote(TEXT), TEXT.replace(" ", "+"))


def echo(protocol: str) -> str:
    """Return a word of the provider that holds all that it was told."""
    return f"{KEY} {SECRET} {NUMBER} {TEXT}" + f" {TOKEN}" * (protocol == "oauth")


ANSWERS: dict[str, Any] = {
    "accepted": lambda protocol: answer(200, said(protocol, {"result": {"error": 0, "id": "7"}})),
    "provider error": lambda protocol: answer(
        200, said(protocol, {"result": {"error": echo(protocol)}})
    ),
    "refused": lambda protocol: answer(400, json.dumps({"error": echo(protocol)})),
    "no sense": lambda protocol: answer(200, echo(protocol)),
    "redirect": lambda _: answer(301, location=f"https://elsewhere.example/?k={KEY}"),
    "fault": lambda protocol: answer(500, fault("Client", echo(protocol))),
    "server error": lambda protocol: answer(500, echo(protocol)),
    "unauthorized": lambda protocol: answer(401, echo(protocol)),
    "headers that are none": lambda protocol: (
        f"HTTP/1.1 200 OK\r\nX-Odd: a\r{echo(protocol)}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    ),
    "reset": lambda _: "reset-after-request",
    "half headers": lambda _: "half-headers",
    "garbage": lambda _: "garbage",
}


def shown(error: BaseException) -> str:
    """Return all that a log or a traceback would show of an error, with the values of frames."""
    return by_itself(error) + by_traceback(below_the_caller(error)) + by_pickle(error)


OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "send": ("send", {"message": Message(recipient=NUMBER, text=TEXT)}),
    "send_many": ("send_many", {"messages": [Message(recipient=NUMBER, text=TEXT)]}),
    "resend": ("resend", {"submission": "7"}),
    "status": ("status", {"submission": "7"}),
    "wait": ("wait", {"submission": "7", "timeout": 0}),
    "sent": ("sent", {"recipient": NUMBER, "before": datetime.now(UTC)}),
    "keyword": ("sent", {"keyword": TEXT}),
    "received": ("received", {"unread": True}),
    "wait_received": ("wait_received", {"sender": NUMBER, "match": TEXT, "timeout": 0}),
    "delete": ("delete", {"submission": "7"}),
    "resolve": ("resolve", {"unknown": ATTEMPT}),
}
CASES = pairwise(
    list(ANSWERS),
    list(OPERATIONS),
    PROTOCOLS,
    ["sync", "async", "curl", "loop"],
    allowed=lambda _, operation, protocol, __: (
        protocol != "soap" or operation in ("send", "send_many")
    ),
)
"""Each answer meets each operation, each protocol and each client, and these each other."""


@each(("name", "operation", "protocol", "way"), CASES)
def test_no_canary_is_logged_warned_of_or_in_an_error(
    name: str, operation: str, protocol: str, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.NOTSET)
    for library in ("requests", "urllib3", "aiohttp", "zeep", "asyncio", "smsbridge"):
        caplog.set_level(logging.DEBUG, logger=library)
    token = answer(200, f'{{"access_token": "{TOKEN}"}}')
    told: list[str] = []
    with FaultServer([ANSWERS[name](protocol)], token=token) as server:
        table = SMSMobileAPI(
            url=server.url,
            protocol=protocol,
            api_key=Secret(KEY),
            client_id="client",
            client_secret=Secret(SECRET),
            timeout=5.0,
            transport="curl" if way == "curl" else "",
        )
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                result = call(table, operation, way)
                told.append(f"{result!r}")
            except SmsbridgeError as error:
                told.append(shown(error))
        assert server.sends
    told += [record.getMessage() + repr(vars(record)) for record in caplog.records]
    told += [str(one.message) for one in warned]
    told.append(f"{table!r} {Client(table)!r}")
    found = [canary for canary in CANARIES for text in told if canary in text]
    assert found == []


def call(table: SMSMobileAPI, operation: str, way: str) -> object:
    """Return what an operation gave, its rows and results too; raises what it raises."""
    method, given = OPERATIONS[operation]

    async def run() -> object:
        async with AsyncClient(table, sleep=at_once) as client:
            made = getattr(client, method)(**given)
            return await made if isawaitable(made) else [one async for one in made]

    async def at_once(_: float) -> None:
        """Wait no time at all."""

    if way == "async":
        return asyncio.run(run())
    in_loop = way in ("curl", "loop")  # else many are sent in threads
    with Client(table) if in_loop else Client(table, sleep=lambda _: None) as client:
        made = getattr(client, method)(**given)
        return list(made) if isinstance(made, Iterator) else made


ROOT = Path(__file__).parent.parent
CACHES = {".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"}
SKIPPED = {".git", ".venv", "build", "dist", "node_modules", *CACHES}


def files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder; never look into one that somebody may be clearing."""
    for path in sorted(folder.iterdir()):
        if path.name in SKIPPED:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from files(path)
        elif path.is_file():
            yield path


TEXTS = list(files(ROOT))


def test_the_files_of_the_project_are_looked_at_and_no_cache_is() -> None:
    names = {file.relative_to(ROOT).as_posix() for file in TEXTS}
    assert {"README.md", "smsbridge/__init__.py", "tests/test_canary.py"} <= names
    assert not [name for name in names if SKIPPED & set(name.split("/"))]


def test_no_file_of_the_project_holds_a_canary_but_this_one() -> None:
    holders = {
        file.relative_to(ROOT).as_posix()
        for file in TEXTS
        if any(canary.encode() in file.read_bytes() for canary in (KEY, SECRET, TOKEN, TEXT))
    }
    assert holders <= {"tests/test_canary.py"}


PHONE = re.compile(r"(?<![0-9a-zA-Z.#-])\+[1-9][0-9]{8,14}(?![0-9a-zA-Z])")
RESERVED = re.compile(r"\+1202555?01[0-9]{2}|\+447700900[0-9]{3}")


def test_every_number_in_a_fixture_or_a_page_is_a_reserved_one() -> None:
    kinds = {".yaml", ".md"}
    numbers = {
        number
        for file in TEXTS
        if file.suffix in kinds
        for number in PHONE.findall(file.read_text(encoding="utf-8"))
    }
    assert numbers
    assert [number for number in numbers if not RESERVED.fullmatch(number)] == []
