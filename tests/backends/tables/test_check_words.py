"""Words that a table looks for are ones that an answer can have, by the types of its WSDL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smsbridge import ConfigError
from smsbridge.config.load import from_file, from_mapping

from support.each import each
from support.wsdls import element, holding, restricted, schema, sequence, wsdl

STATE = restricted("xs:string", ("enumeration", "queued"), ("enumeration", "failed"), name="State")
SHORT = restricted("xs:string", ("maxLength", "4"), name="Short")
CODE = restricted("xs:string", ("pattern", "[A-Z]{2}[0-9]+"), name="Code")
SEND = holding("Send", sequence(element("to"), element("text")))
RESULT = holding(
    "SendResponse",
    sequence(
        element("state", "t:State"),
        element("count", "xs:int"),
        element("taken", "xs:boolean"),
        element("short", "t:Short"),
        element("code", "t:Code"),
        element("kind", fixed="sms"),
        element("text"),
    ),
)
WSDL = wsdl(schema(STATE, SHORT, CODE, SEND, RESULT))


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "t.wsdl"
    path.write_bytes(WSDL)
    return str(path)


def load(file: str, statuses: Any = None, **send: Any) -> None:
    fields = {"to": "{recipient}", "text": "{text}"}
    table = {"operation": "Send", "fields": fields, "accepted": {"when": {"text": "*"}}, **send}
    more = {"statuses": statuses} if statuses else {}
    from_mapping({"backend": "soap", "wsdl": file, "send": table, **more}, name="gate")


@each(
    ("path", "word"),
    [
        ("state", "queued"),
        ("state", "*"),
        ("state", "/qu.*/"),
        ("count", "00"),
        ("count", "0.0"),
        ("count", "/[0-9]+/"),
        ("taken", "1"),
        ("taken", "true"),
        ("short", "fine"),
        ("code", "AB1"),
        ("kind", "sms"),
        ("text", "anything at all"),
    ],
)
def test_a_word_that_an_answer_can_have_is_taken(path: str, word: str, file: str) -> None:
    load(file, accepted={"when": {path: word}})


NEVER = [
    ("state", "Queued", r"did you mean 'queued'\? known: failed, queued"),
    ("state", "/Q.*/", "matches none of its words; known: queued, failed"),
    ("count", "OK", "'OK' is never there: in the WSDL int is expected"),
    ("taken", "yes", "known: false, true"),
    ("short", "longer", "it has maxLength 4"),
    ("code", "ok", "it has pattern"),
    ("kind", "mms", "known: sms"),
]


@each(("path", "word", "why"), NEVER)
def test_a_word_that_no_answer_can_have_is_refused(
    path: str, word: str, why: str, file: str
) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        load(file, accepted={"when": {path: word}})
    assert caught.value.key == ("send", "accepted", "when", path)


@each(
    ("tables", "key"),
    [
        ({"rejected": {"state": {"lost": "other"}}}, ("send", "rejected", "state", "lost")),
        ({"not_sent": {"state": ["later"]}}, ("send", "not_sent", "state")),
        (
            {
                "accepted": {"when": {"text": "*"}, "status": "state"},
                "statuses": {"queued": "queued", "lost": "undelivered"},
            },
            ("statuses", "lost"),
        ),
        ({"rejected": {"fault.coed": {"7": "other"}}}, ("send", "rejected", "fault.coed")),
    ],
)
def test_each_place_for_words_is_held_to_its_list(
    tables: dict[str, Any], key: tuple[str, ...], file: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(file, **tables)
    assert caught.value.key == key


def test_the_error_has_the_line_of_the_word(file: str, tmp_path: Path) -> None:
    (tmp_path / "smsbridge.toml").write_text(
        f"""[backends.gate]
backend = "soap"
wsdl = '{file}'
[backends.gate.send]
operation = "Send"
fields = {{ to = "{{recipient}}", text = "{{text}}" }}
accepted.when.state = "taken"
"""
    )
    with pytest.raises(ConfigError, match=r"line 7.*known: failed, queued"):
        from_file("gate", tmp_path / "smsbridge.toml")


@each(
    ("send", "why"),
    [
        ({"accepted": {"when": {"#answer": "SendResponse"}}}, "is not empty: name a word of state"),
        ({"rejected": {"#answer": {"SendResponse": "other"}}}, "a mark of success, and no other"),
    ],
)
def test_an_empty_answer_is_a_mark_only_where_it_is_declared(
    send: dict[str, Any], why: str, file: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        load(file, **send)


def test_no_json_answer_is_declared_empty() -> None:
    send = {
        "route": "POST /s",
        "fields": {"to": "{recipient}", "text": "{text}"},
        "accepted": {"when": {"#answer": "x"}},
    }
    with pytest.raises(ConfigError, match="only a WSDL declares an empty answer"):
        from_mapping({"backend": "rest", "url": "https://g.example", "send": send}, name="gate")
