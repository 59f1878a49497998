"""A fixture claims what it pins, and nothing that it loosens."""

from __future__ import annotations

from smsbridge.http.exchange import Request
from smsbridge.testing.fixture.load import parse
from smsbridge.testing.mutants.claims import Claims, credential_spots
from smsbridge.testing.mutants.operators import mutants
from smsbridge.testing.mutants.wire import RequestParts

from support.each import each

ASKED = Request(
    method="POST",
    url="https://api.acme.example/send",
    headers={"Content-Type": "application/json", "Authorization": "Basic x"},
    body=b'{"to": "1", "key": "k"}',
)
TEXT = """\
smsbridge-fixture: 1
id: acme/x
title: One
provenance: {source: DOC, evidence: a test, date: "2026-11-22"}
interactions:
  - {id: a, ASKED, response: {}}
"""


def claimed(asked: str) -> set[str]:
    text = TEXT.replace("ASKED", asked)
    text = text.replace("response", "reply") if asked.startswith("call") else text
    (one,) = parse(text, "x").interactions
    claims = Claims(one, credential_spots(("k",), RequestParts.of(ASKED).value))
    return {str(mutant) for mutant in mutants(ASKED) if claims.has(mutant) and not mutant.reason}


PINNED = "request: {path: /send, json: {to: '1', key: k}}"


@each(
    ("asked", "has", "lacks"),
    [
        (PINNED, "drop json.to", "drop headers.Authorization"),
        (PINNED, "extra json.undeclared", "alter headers.Authorization"),
        (PINNED, "path-slash path", "drop headers.Accept"),
        (PINNED, "extra query.undeclared", "empty headers.Content-Type"),
        (PINNED.replace("path: /send, ", ""), "method-put method", "path-slash path"),
        (PINNED.replace("'1'", "{$any: true}"), "drop json.to", "alter json.to"),
        (PINNED.replace("'1'", "{$type: string}"), "retype json.to", "alter json.to"),
        (PINNED.replace("'1'", "{$optional: '1'}"), "alter json.to", "drop json.to"),
        (PINNED.replace("'1'", "'{capture:to}'"), "empty json.to", "alter json.to"),
        (PINNED.replace("{to", "{$extra: allow, to"), "alter json.to", "extra json.undeclared"),
        (PINNED.replace("json", "credentials: right, json"), "alter headers.Authorization", ""),
        (
            PINNED.replace("json", "headers: {Authorization: x}, json"),
            "drop headers.Authorization",
            "",
        ),
        ("call: {operation: send}", "alter json.key", "alter json.to"),
        ("call: {operation: send, fields: {to: '1'}}", "alter json.to", "path-slash path"),
        (
            "call: {operation: send, credentials: wrong, fields: {to: '1'}}",
            "alter json.to",
            "alter json.key",
        ),
    ],
)
def test_what_is_claimed(asked: str, has: str, lacks: str) -> None:
    found = claimed(asked)
    assert has in found
    assert lacks not in found
