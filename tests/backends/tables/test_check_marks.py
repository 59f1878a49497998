"""A mark of success that a refusal has too is refused or warned of; so is what isn't checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smsbridge import ConfigError
from smsbridge.backends.base import Backend
from smsbridge.backends.tables.check_marks import doubts
from smsbridge.codecs.soap.codec import Soap
from smsbridge.config.load import from_mapping

from support.each import each
from support.wsdls import element, holding, restricted, schema, sequence, wsdl

ANSWER = holding(
    "SendResponse",
    sequence(
        element("code"),
        element("taken", "xs:boolean"),
        element("state", "t:State"),
        element("id", minOccurs="0"),
        "<xs:choice>" + element("ticket") + element("error") + "</xs:choice>",
    ),
)
STATE = restricted("xs:string", ("enumeration", "OK"), ("enumeration", "KO"), name="State")
SEND = holding("Send", sequence(element("to"), element("text")))
FIELDS = {"to": "{recipient}", "text": "{text}"}


def load(folder: Path, document: bytes, **send: Any) -> Backend:
    (folder / "t.wsdl").write_bytes(document)
    table = {"operation": "Send", "fields": FIELDS, **send}
    given = {"backend": "soap", "wsdl": str(folder / "t.wsdl"), "send": table}
    return from_mapping(given, name="gate")


def said(backend: Backend) -> list[tuple[str, str]]:
    protocol = backend.protocols["soap"]
    assert isinstance(protocol.codec, Soap)
    return list(doubts(protocol.codec.read_port(backend.site()), protocol))


@each(
    ("accepted", "more", "about"),
    [
        ({"code": "*"}, {}, ["mark"]),
        ({"state": "*"}, {}, ["mark"]),
        ({"code": "*", "state": "*"}, {}, ["mark"]),
        ({"code": "0"}, {}, []),
        ({"code": "/[0-9]+/"}, {}, []),
        ({"code": "*", "state": "OK"}, {}, []),
        ({"code": "*"}, {"rejected": {"code": {"12": "recipient"}}}, []),
        ({"code": "*"}, {"not_sent": {"code": ["busy"]}}, []),
        ({"id": "*"}, {}, []),
        ({"ticket": "*"}, {}, []),
        ({"taken": "*", "id": "*"}, {}, []),
        ({"taken": "*"}, {"rejected": {"taken": {"false": "other"}}}, []),
    ],
)
def test_any_word_is_warned_of_where_each_answer_has_one(
    accepted: dict[str, str], more: dict[str, Any], about: list[str], tmp_path: Path
) -> None:
    document = wsdl(schema(SEND, ANSWER, STATE))
    backend = load(tmp_path, document, accepted={"when": accepted}, **more)
    assert [what for what, _ in said(backend)] == about
    assert all("send.accepted.when" in why for _, why in said(backend))


def test_any_word_of_a_boolean_is_refused_for_false_is_one(tmp_path: Path) -> None:
    document = wsdl(schema(SEND, ANSWER, STATE))
    with pytest.raises(ConfigError, match=r'^send\.accepted\.when\.taken: "\*" takes false too'):
        load(tmp_path, document, accepted={"when": {"taken": "*"}})


def test_that_no_schema_describes_what_is_encoded_is_said(tmp_path: Path) -> None:
    parts = "".join(f'<part name="{name}" type="xs:string"/>' for name in FIELDS)
    result = '<part name="code" type="xs:string"/>'
    document = wsdl(style="rpc", use="encoded", parts=parts, result=result)
    ((about, why),) = said(load(tmp_path, document, accepted={"when": {"code": "0"}}))
    assert about == "schemas"
    assert "SOAP-encoded (Send)" in why
    assert "lengths, ranges and patterns are not" in why


@each(
    ("inside", "why"),
    [
        (element("more", minOccurs="2", maxOccurs="2"), "more is missing"),
        ('<xs:any namespace="##other"/>', "Missing child element"),
        ('</xs:sequence><xs:attribute name="kind" use="required"/><xs:sequence>', "kind"),
    ],
)
def test_what_each_call_would_lack_is_found_when_the_config_is_read(
    inside: str, why: str, tmp_path: Path
) -> None:
    body = sequence(element("to"), element("text"), inside).replace(
        "<xs:sequence></xs:sequence>", ""
    )
    document = wsdl(schema(holding("Send", body), ANSWER, STATE))
    with pytest.raises(ConfigError, match=rf"^send\.fields: .*{why}"):
        load(tmp_path, document, accepted={"when": {"code": "0"}})
