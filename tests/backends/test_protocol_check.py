"""A class and a block of config are refused for the same mistakes, in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from smsbridge import (
    Backend,
    ConfigError,
    Fields,
    Operation,
    Protocol,
    Question,
    Reason,
    Rest,
    When,
    backend,
)
from smsbridge.config.load import from_mapping

from support.blocks import SOAP_SEND, soap
from support.each import each

FIELDS = {"to": "{recipient}", "text": "{text}"}
CODE = {"5": "quota"}


def why_not_class(table: Mapping[str, Any], body: Any) -> str:
    auth = Fields(table.get("auth", {}))
    given = {"fields": FIELDS, "rejected": {}, "headers": {}, "not_sent": {}, **table["send"]}
    rejected = {p: {w: Reason(r) for w, r in said.items()} for p, said in given["rejected"].items()}
    send = Operation(
        given.get("route", "POST /messages"),
        given["fields"],
        When({"state": "QUEUED", **given.get("when", {})}),
        rejected,
        given["headers"],
        given["not_sent"],
        rows=given.get("rows", ""),
        row=given.get("row", {}),
        most=given.get("most", 1),
    )
    answer = given.get("answer", "json")
    asked: dict[str, Any] = (
        {"received": Question("GET /inbox", {}, row=table["row"])} if "row" in table else {}
    )
    with pytest.raises(ConfigError) as caught:

        @backend
        class Tiny(Backend):
            name = "tiny"
            key: str = "k"
            protocols = {"rest": Protocol(Rest(body=body, answer=answer), auth, send, **asked)}

    return str(caught.value)


def why_not_block(table: Mapping[str, Any], body: Any) -> str:
    given = {"route": "POST /messages", "fields": FIELDS, **table["send"]}
    when = {"state": "QUEUED", **given.pop("when", {})}
    block: dict[str, Any] = {
        "backend": "rest",
        "url": "https://api.tiny.example",
        "body": body,
        "send": {**given, "accepted": {"when": when}},
    }
    if "auth" in table:
        block["auth"] = {"type": "fields", "key": "k", "fields": table["auth"]}
    if "row" in table:
        block["received"] = {"route": "GET /inbox", "row": table["row"]}
    with pytest.raises(ConfigError) as caught:
        from_mapping(block)
    return str(caught.value)


@each(
    ("table", "body"),
    [
        ({"send": {"route": "POST messages"}}, "json"),
        ({"send": {"route": "FETCH /messages"}}, "json"),
        ({"send": {"route": "POST /messages/{recipent}"}}, "json"),
        ({"send": {}}, "xml"),
        ({"send": {"fields": {**FIELDS, "ref": "{referenc}"}}}, "json"),
        ({"send": {"fields": {**FIELDS, "sim": "{options.sim}"}}}, "json"),
        ({"send": {"fields": {"to": "{recipient}"}}}, "json"),
        ({"send": {"fields": {"#list[0].to": "{recipient}", "#list[0].text": "{text}"}}}, "form"),
        ({"send": {"headers": {"Content-Length": "0"}}}, "json"),
        ({"send": {"headers": {"X Key": "0"}}}, "json"),
        ({"send": {"when": {"id": ""}}}, "json"),
        ({"send": {"when": {"#answer": "Yes"}}}, "json"),
        ({"send": {"rejected": {"code": {"/1.*/": "quota"}}}}, "json"),
        ({"send": {"not_sent": {"code": []}}}, "json"),
        ({"send": {}, "auth": {"to": "{key}"}}, "json"),
        ({"send": {}, "auth": {"to.key": "{key}"}}, "json"),
        ({"send": {}, "row": {"id": "id", "status": "state"}}, "json"),
    ],
)
def test_a_class_is_refused_as_a_block_is(table: Mapping[str, Any], body: str) -> None:
    said = why_not_class(table, body)
    assert said.removeprefix("Tiny.protocols.rest.") == why_not_block(table, body)
    assert said.startswith("Tiny.protocols.rest.")


TO_EACH = {"to": "{recipients}", "text": "{text}"}
EACH: Mapping[str, Any] = {
    "fields": TO_EACH,
    "rows": "messages",
    "row": {"recipient": "to"},
    "most": 100,
}


@each(
    ("change", "why"),
    [
        (
            {"fields": {**TO_EACH, "one": "{recipient}"}},
            "send.fields: {recipients} stands for",
        ),
        (
            {"fields": {**TO_EACH, "r": "{reference}"}},
            "send.fields: {recipients} stands for",
        ),
        ({"fields": FIELDS}, "send.rows: no field has {recipients}: each call has one message"),
        ({"rows": ""}, "send.rows: give the path of the rows"),
        ({"row": {}}, "send.row: give where a row has its number"),
        ({"most": 1}, "send.most: give how many recipients a call takes, 2 to 1000"),
        ({"most": 1001}, "send.most: give how many recipients a call takes, 2 to 1000"),
        ({"answer": "text"}, "send.answer: rows are in answers that are json or xml"),
    ],
)
def test_a_call_to_several_recipients_must_say_where_the_result_of_each_stands(
    change: Mapping[str, Any], why: str
) -> None:
    table = {"send": {**EACH, **change}}
    said = why_not_class(table, "json").removeprefix("Tiny.protocols.rest.")
    assert said.startswith(why)
    block = {
        "send": {name: value for name, value in table["send"].items() if value not in ("", {})}
    }
    assert why_not_block(block, "json") == said


def test_one_status_is_no_mark_for_each_of_several_recipients() -> None:
    with pytest.raises(ConfigError, match=r"send\.accepted\.when: all rows share one status"):
        from_mapping(
            {
                "backend": "rest",
                "url": "https://api.tiny.example",
                "send": {
                    **EACH,
                    "route": "POST /messages",
                    "accepted": {"when": {"#status": "202"}},
                },
            }
        )


def test_over_soap_a_call_has_one_message() -> None:
    block = SOAP_SEND.replace("{recipient}", "{recipients}")
    with pytest.raises(ConfigError, match="over SOAP each call has one message"):
        soap(block)
