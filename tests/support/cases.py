"""The small WSDLs of `tests/contracts/cases`, and what a test does with one."""

from __future__ import annotations

import tomllib
from typing import Any

import zeep
from lxml import etree

from smsbridge import Client, Message, Submission
from smsbridge.config.load import from_mapping
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer
from smsbridge.testing.mock.transport import InProcess

from support.blocks import session
from support.commands import run
from support.corpus import CONTRACTS
from support.sending import NUMBER, TEXT

CASES = CONTRACTS / "cases"
FIELDS = {"number": "{recipient}", "text": "{text}"}
CODE = {"when": {"code": "*"}}


def wsdl(case: str) -> str:
    (file,) = (CASES / case).rglob("gate.wsdl")
    return str(file)


def show(case: str) -> str:
    """Return what `wsdl show` prints, which must be all that a person sees."""
    done = run("wsdl", "show", wsdl(case))
    assert (done.code, done.err) == (0, "")
    return done.out


def proposal(case: str, operation: str = "Send") -> dict[str, Any]:
    """Return the block that `wsdl show --toml` writes, as a mapping."""
    done = run("wsdl", "show", wsdl(case), "--toml", operation)
    assert (done.code, done.err) == (0, "")
    (block,) = tomllib.loads(done.out)["backends"].values()
    found: dict[str, Any] = block
    return found


def block(case: str, operation: str = "Send", **send: Any) -> dict[str, Any]:
    send = {"fields": FIELDS, "accepted": CODE, **send}
    return {"backend": "soap", "wsdl": wsdl(case), "send": {"operation": operation, **send}}


def send(given: dict[str, Any], text: str = TEXT) -> tuple[Submission, Provider]:
    """Send by a block to the mock of it, which holds the request to the schemas."""
    backend = from_mapping(given, name="gate", environ={})
    provider = Provider(backend)
    return Client(backend, transport=InProcess(provider)).send(NUMBER, text), provider


def request_of(given: dict[str, Any]) -> etree._Element:
    """Return the call in the envelope that a block sends."""
    backend = from_mapping(given, name="gate", environ={})
    request = next(backend.send(Message(recipient=NUMBER, text=TEXT), session()))
    return etree.fromstring(request.body)[-1][0]


def texts(element: etree._Element) -> dict[str, str]:
    return {etree.QName(one).localname: one.text or "" for one in element.iter() if not len(one)}


def zeep_reads(case: str, operation: str, given: dict[str, Any], **words: Any) -> Any:
    """Return what zeep's client reads from the mock of a block."""
    provider = Provider(from_mapping(given, name="gate", environ={}))
    with MockServer(provider) as server:
        client: Any = zeep.Client(wsdl(case))  # type: ignore[no-untyped-call]  # zeep has no types
        service = client.create_service("{urn:gate}GateBinding", server.url_for("/soap"))
        return service[operation](**words)
