"""A request of the provider is written as its table says: a query, a form, JSON or XML."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from smsbridge import Status
from smsbridge.http.exchange import Request
from smsbridge.mapping.words import When
from smsbridge.serving.webhook_request import add_signatures
from smsbridge.serving.webhooks import event_of, outgoing
from smsbridge.text.secrets import Secret
from smsbridge.webhooks import Signature, Webhook, WebhookKind

from support.each import each

NOW = datetime(2027, 1, 31, 9, 30, tzinfo=UTC)
SAID = {"id": "7", "sender": "+12025550123", "text": "a < b & c", "key": "KEY"}
FORM: dict[str, Any] = {"sender": "from", "text": ["a.b", "c"]}
LIST: dict[str, Any] = {"rows": "#list", "row": {"sender": "from", "text": "t"}}
ROW: dict[str, Any] = {"id": "m.@id", "sender": "m.from", "text": "m.#text"}


def written(type_: str = "arrived", said: str = SAID["text"], **table: Any) -> Request:
    made = Webhook(**{"kind": WebhookKind.ARRIVED, "row": ROW, **table})
    event = event_of([made], type_, {**SAID, "text": said}, now=NOW, event_id=None)
    credentials = {"key": "KEY"}
    return outgoing([made], event, "https://app.example/x?y=1", credentials=credentials, now=NOW)


@each(
    ("table", "body"),
    [
        ({"body": "xml"}, b'<m id="7">a &lt; b &amp; c<from>+12025550123</from></m>'),
        (
            {"body": "form", "row": FORM, "also": {"k": "{key}"}},
            b"from=%2B12025550123&a.b=a+%3C+b+%26+c&k=KEY",
        ),
        (
            {**LIST, "when": When({"#list[0].k": "1"})},
            b'[{"k":"1","from":"+12025550123","t":"a < b & c"}]',
        ),
        (
            {"rows": "all", "row": {"sender": "#request.w.from", "text": "t"}, "also": {"n": None}},
            b'{"w":{"from":"+12025550123"},"n":null,"all":[{"t":"a < b & c"}]}',
        ),
    ],
)
def test_a_body_is_what_its_table_reads(table: dict[str, Any], body: bytes) -> None:
    assert written(**table).body == body


def test_what_xml_can_t_hold_is_left_out_of_it() -> None:
    assert b">a\xc3\xa9b&#10;<from" in written(said="\fa\x1b\u00e9\ufffeb\n", body="xml").body


def test_a_get_has_all_in_its_query_beside_what_was_there() -> None:
    row = {"id": "id", "status": "s"}
    request = written(
        "delivered",
        kind=WebhookKind.REPORTED,
        takes=["GET"],
        row=row,
        statuses={"10-12": Status.DELIVERED},
    )
    assert (request.method, request.body) == ("GET", b"")
    assert request.url == "https://app.example/x?y=1&id=7&s=10"


def test_a_header_that_holds_both_signatures_of_a_rotation_has_them_apart() -> None:
    signed = Signature(header="X-Sign", value="{secret}", rotating="X-Sign")
    table = Webhook(kind=WebhookKind.ARRIVED, row=ROW, signed=signed)
    plain = Request(method="POST", url="/")
    for given in ([], ["old"], ["old", "new"]):
        request = add_signatures(table, plain, [*map(Secret, given)], {}, NOW)
        assert request.header("x-sign") == " ".join(given)


def test_a_signature_is_written_where_what_it_is_made_with_is_known() -> None:
    for key, has in (("{key}", True), ("{secret}", False), ("{other}", False)):
        by = Signature(header="X-Sign", value=f"v1={key}", timestamp="X-Time", nonce="X-Nonce")
        headers = written(signed=by).headers
        assert (headers.get("X-Sign") == "v1=KEY", "X-Time" in headers) == (has, True)
