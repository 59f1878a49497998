"""A request is taken apart and put together again without a change of its meaning."""

from __future__ import annotations

from smsbridge.http.exchange import Request
from smsbridge.testing.mutants.wire import RequestParts

from support.each import each

URL = "https://api.acme.example/v1/send?a=1&b=%2B2"
ENVELOPE = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><w:Username '
    b'xmlns:w="urn:w">u</w:Username></e:Header><e:Body><c:send xmlns:c="urn:c"><to><n>1</n>'
    b"<n>2</n></to></c:send></e:Body></e:Envelope>"
)


@each(
    ("kind", "body", "spots"),
    [
        ("", b"", []),
        ("text/plain", b"raw", []),
        ("application/x-www-form-urlencoded", b"to=%2B1&text=a+b", ["form.to", "form.text"]),
        (
            "application/json",
            b'{"to": [{"n": 1}], "x": null}',
            ["json.to", "json.to[0]", "json.to[0].n", "json.x"],
        ),
        (
            "text/xml; charset=utf-8",
            ENVELOPE,
            ["operation", "soap.to", "soap.to.n[0]", "soap.to.n[1]", "security.Username"],
        ),
    ],
)
def test_each_place_has_a_name(kind: str, body: bytes, spots: list[str]) -> None:
    headers = {"Content-Type": kind} if kind else {}
    wire = RequestParts.of(Request(method="POST", url=URL, headers=headers, body=body))
    line = ["method", "path", "query.a", "query.b", *(["headers.Content-Type"] if kind else [])]
    assert [str(spot) for spot in wire.spots()] == line + spots
    assert RequestParts.of(wire.together()).spots is not None
    assert [wire.value(spot) for spot in RequestParts.of(wire.together()).spots()] == [
        wire.value(spot) for spot in wire.spots()
    ]
