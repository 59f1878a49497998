"""A fixture file is YAML with JSON's scalars; what is wrong in it is refused by name and line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from smsbridge import Channel, Message
from smsbridge.testing.faults.table import WORDS, fault
from smsbridge.testing.fixture.check import BadFixture
from smsbridge.testing.fixture.do import ENDS
from smsbridge.testing.fixture.load import SOURCES, Fixture, load, parse, shipped
from smsbridge.testing.fixture.yaml_subset import read_yaml

GOOD = """\
smsbridge-fixture: 1
id: shop/one
title: One message
provenance: {source: DOC, evidence: made up for a test, date: "2026-11-22"}
message: {recipient: "+12025550123", text: Hello}
expect: {outcome: accepted}
interactions:
  - id: called
    call: {operation: send}
    reply: {result: {error: 0}}
  - id: sent
    request: {path: /sendsms/, soap: {operation: sendSms, args: {message: Hello}}}
    response: {status: 200, json: {result: {error: 0}}}
"""
ROOT = files("smsbridge.testing")
SCHEMA = json.loads(ROOT.joinpath("fixture.schema.json").read_text(encoding="utf-8"))
RESERVED = re.compile(r"\+?(120255501[0-9]{2}|447700900[0-9]{3})")
EPOCH = re.compile(
    r'(timestamp_unix|time_received|before): "?1[0-9]{9}([0-9]{3})?(?![0-9])'  # a time
)
CREDENTIAL = re.compile(r"api_?key|client_?(id|secret)|token|authorization|password", re.IGNORECASE)
PLACEHOLDER = re.compile(r"(Bearer )?\{(secret|mint|minted):[a-z_]+\}")
RESPONSE = "response: {status: 200, json: {result: {error: 0}}}"


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def refused(text: str) -> str:
    with pytest.raises(BadFixture) as caught:
        parse(text, "shop/one")
    return str(caught.value)


def scalar(text: str) -> Any:
    fixture = parse(changed("reply: {result: {error: 0}}", f"reply:\n      value: {text}"), "x")
    assert fixture.interactions[0].reply is not None
    return fixture.interactions[0].reply["value"]


def plain(text: str) -> Any:
    """Return a file as the loader reads it, before it looks at any key."""
    return read_yaml(text)


def text_of(fixture_id: str) -> str:
    return ROOT.joinpath("fixtures", f"{fixture_id}.yaml").read_text(encoding="utf-8")


def valid(document: object) -> bool:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return bool(validator.is_valid(document))


@pytest.mark.parametrize(
    "text",
    [
        *("+12025550123", "yes", "no", "on", "off", "0x10", "0o17", "0b1", "1_000", "012", "-012"),
        *("2026-11-22", "2026-11-22T22:11:18Z", "12:30:45", "~", ".5", "5.", "+1", "1e"),
        *(".inf", ".nan", "-.inf", "True", "FALSE", "Null", "NULL", "=", "--1", "1.5.2", "NaN"),
    ],
)
def test_what_is_no_scalar_of_json_stays_text(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1", -1),
        ("0", 0),
        ("1.5", 1.5),
        ("-0.25", -0.25),
        ("1e3", 1000.0),
        ("1E+2", 100.0),
        ("true", True),
        ("false", False),
        ("null", None),
    ],
)
def test_a_scalar_of_json_is_what_it_is_in_json(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)
    assert scalar(text) == json.loads(text)


@pytest.mark.parametrize("quoted", ['"{}"', "'{}'", "|-\n        {}", ">-\n        {}"])
@pytest.mark.parametrize("text", ["1", "true", "null", "1.5"])
def test_what_is_quoted_stays_text(quoted: str, text: str) -> None:
    assert scalar(quoted.format(text)) == text


def test_a_key_without_a_value_is_empty_text() -> None:
    assert scalar("") == ""


def test_keys_are_text_whatever_they_look_like() -> None:
    assert scalar("{1: a, true: b, null: c}") == {"1": "a", "true": "b", "null": "c"}


def test_a_fixture_is_read_whole() -> None:
    fixture = parse(GOOD, "shop/one")
    assert (fixture.id, fixture.title) == ("shop/one", "One message")
    assert fixture.provenance.source == "DOC"
    assert fixture.provenance.evidence == "made up for a test"
    assert fixture.provenance.date == "2026-11-22"
    assert fixture.provenance.verified is None
    assert fixture.protocols == ()
    assert isinstance(fixture.message, Message)
    assert (fixture.do, fixture.operation) == (None, "send")
    assert fixture.message.recipient == "+12025550123"
    assert fixture.expect == {"outcome": "accepted"}
    called, sent = fixture.interactions
    assert (called.id, called.sources, called.to) == ("called", (), None)
    assert (called.times, called.optional) == (None, False)
    assert called.call == {"operation": "send"}
    assert called.reply == {"result": {"error": 0}}
    assert called.request is None
    assert called.response is None
    assert sent.request is not None
    assert sent.request["path"] == "/sendsms/"
    assert sent.response == {"status": 200, "json": {"result": {"error": 0}}}


def test_a_fixture_without_message_and_expect_sends_nothing() -> None:
    text = "".join(
        line for line in GOOD.splitlines(keepends=True) if not line.startswith(("message", "expe"))
    )
    fixture = parse(text, "shop/one")
    assert fixture.message is None
    assert fixture.expect == {}
    assert fixture.operation == ""


@pytest.mark.parametrize(
    ("lines", "sources"),
    [
        ("", ()),
        ("to: next", ("start",)),
        ("from: here", ("here",)),
        ("from: [a, b]\n    to: c", ("a", "b")),
    ],
)
def test_an_interaction_answers_in_the_states_that_it_names(
    lines: str, sources: tuple[str, ...]
) -> None:
    fixture = parse(changed("  - id: sent", f"  - id: sent\n    {lines}"), "x")
    assert fixture.interactions[1].sources == sources


def test_channels_of_the_message_are_read() -> None:
    text = changed("text: Hello}\ne", "text: Hello, channels: [sms, whatsapp]}\ne")
    message = parse(text, "x").message
    assert message is not None
    assert message.channels == {Channel.SMS, Channel.WHATSAPP}


@pytest.mark.parametrize(
    "tagged",
    [
        *("!custom 1", "!!str 1", '!!int "1"', "!!python/name:os.system x", "!!binary aGk="),
        *("!!map {a: 1}", "!!seq [1]", "!!set {a}", "!custom {a: 1}", "!custom [1]"),
    ],
)
def test_a_tag_is_refused_with_file_and_line(tagged: str) -> None:
    why = refused(changed("{result: {error: 0}}\n  - id", f"\n      a: {tagged}\n  - id"))
    assert why == "fixture shop/one, line 11: tags, anchors and aliases are not taken"


def test_a_merge_key_is_refused_with_file_and_line() -> None:
    why = refused(changed("reply: {result: {error: 0}}", "reply:\n      <<: {a: 1}"))
    assert why.startswith("fixture shop/one, line 11: ")
    assert "'<<'" in why


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ("title: One message", "title: One message\ntitle: Two", 4, "title"),
        ("{operation: send}", "{operation: send, operation: send}", 9, "operation"),
        ("reply: {result: {error: 0}}", "reply:\n      a: 1\n      b: 2\n      a: 3", 13, "a"),
    ],
)
def test_a_key_that_is_given_twice_is_refused_with_file_and_line(
    old: str, new: str, line: int, key: str
) -> None:
    why = refused(changed(old, new))
    assert why.startswith(f"fixture shop/one, line {line}: the key {key!r} is given twice")


def test_a_key_that_is_no_word_is_refused_with_file_and_line() -> None:
    why = refused(changed("reply: {result: {error: 0}}", "reply: {? [a, b] : c}"))
    assert why.startswith("fixture shop/one, line 10: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("smsbridge-fixture: [1", 1),
        ("smsbridge-fixture: 1\n\tid: x", 2),
        ("smsbridge-fixture: 1\nid: [", 2),
        ("smsbridge-fixture: 1\n---\nsmsbridge-fixture: 1\n", 2),
        ("smsbridge-fixture: 1\nid: x: y", 2),
    ],
)
def test_what_is_no_yaml_is_refused_with_file_and_line(text: str, line: int) -> None:
    assert refused(text).startswith(f"fixture shop/one, line {line}: no valid YAML: ")


def test_a_control_character_is_refused_with_its_file() -> None:
    assert refused(changed("One message", "One\0message")).startswith("fixture shop/one, line ")


def test_an_alias_of_what_it_stands_in_is_refused_with_its_line() -> None:
    why = refused(changed("reply: {result: {error: 0}}", "reply: &all {again: *all}"))
    assert why.startswith("fixture shop/one, line 10: ")


@pytest.mark.parametrize("text", ["", "# nothing\n", "- 1\n", "text", "id: x\n"])
def test_a_file_that_does_not_say_what_it_is_is_refused(text: str) -> None:
    assert refused(text).startswith("fixture shop/one, line 1: ")


LEVELS = [
    ("title: One", "odd: 1\ntitle: One", 3, "interactions"),
    ("source: DOC", "odd: 1, source: DOC", 4, "evidence"),
    ("text: Hello}\ne", "text: Hello, odd: 1}\ne", 5, "recipient"),
    ("outcome: accepted", "outcome: accepted, odd: 1", 6, "reason"),
    ("    reply:", "    odd: 1\n    reply:", 10, "optional"),
    ("operation: send}", "operation: send, odd: 1}", 9, "credentials"),
    ("path: /sendsms/", "path: /sendsms/, odd: 1", 12, "headers"),
    ("status: 200", "status: 200, odd: 1", 13, "fault"),
    ("{operation: sendSms", "{odd: 1, operation: sendSms", 12, "args"),
    (RESPONSE, "response: {soap: {result: x, odd: 1}}", 13, "fault"),
    (RESPONSE, "response: {soap: {fault: {code: Client, string: no, odd: 1}}}", 13, "string"),
]


@pytest.mark.parametrize(("old", "new", "line", "allowed"), LEVELS)
def test_an_unknown_key_is_refused_by_name_with_its_line_and_what_is_allowed(
    old: str, new: str, line: int, allowed: str
) -> None:
    why = refused(changed(old, new))
    assert why.startswith(f"fixture shop/one, line {line}: ")
    assert "'odd'" in why
    assert allowed in why


MISSING = [
    ("id: shop/one\n", "id"),
    ("title: One message\n", "title"),
    (
        'provenance: {source: DOC, evidence: made up for a test, date: "2026-11-22"}\n',
        "provenance",
    ),
    ("source: DOC, ", "source"),
    ("evidence: made up for a test, ", "evidence"),
    (', date: "2026-11-22"', "date"),
    ("id: sent\n    ", "id"),
    (GOOD[GOOD.index("interactions") :], "interactions"),
]


@pytest.mark.parametrize(("gone", "key"), MISSING)
def test_a_missing_key_is_refused_by_name_with_a_line(gone: str, key: str) -> None:
    why = refused(changed(gone, ""))
    assert re.fullmatch(rf"fixture shop/one, line [0-9]+: {key} is missing", why)


def test_an_expectation_names_its_outcome() -> None:
    why = refused(changed("{outcome: accepted}", "{id: x}"))
    assert why == "fixture shop/one, line 6: outcome is missing"


ENUMS = [
    ("source: DOC", "source: HEARSAY", 4, SOURCES),
    ("source: DOC", "source: doc", 4, SOURCES),
    ("outcome: accepted", "outcome: perhaps", 6, ENDS["send"]),
    ("outcome: accepted", "outcome: answered", 6, ENDS["send"]),
]


@pytest.mark.parametrize(("old", "new", "line", "allowed"), ENUMS)
def test_a_name_of_no_closed_set_is_refused_with_its_line_and_the_set(
    old: str, new: str, line: int, allowed: tuple[str, ...]
) -> None:
    why = refused(changed(old, new))
    assert why.startswith(f"fixture shop/one, line {line}: ")
    assert why.endswith(f" is one of {', '.join(allowed)}")


@pytest.mark.parametrize("word", [word for word in WORDS if fault(word).entry.answers])
def test_each_fault_in_place_of_an_answer_can_be_named(word: str) -> None:
    fixture = parse(changed(RESPONSE, f"response: {{fault: {word}}}"), "x")
    assert fixture.interactions[1].response == {"fault": word}


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("refused", "fault: refused is done before there is a connection"),
        ("never-reads", "fault: never-reads is done before the request is read"),
        ("token-race", "fault: token-race is done to the token call"),
        ("wsdl-gone:page", "fault: wsdl-gone is done to the fetching of the WSDL"),
        ("reset", "there is no fault 'reset': did you mean"),
        ("refusals:499", "there is no fault 'refusals:499': "),
    ],
)
def test_a_fault_that_is_none_or_comes_before_the_answer_is_refused(word: str, says: str) -> None:
    why = refused(changed(RESPONSE, f"response: {{fault: {word}}}"))
    assert why.startswith(f"fixture shop/one, line 13: {says}")


SETS = [
    ("call: {operation: send}", "call: {operation: send, credentials: worng}", "right, wrong"),
    ("expect: {outcome: accepted}", "expect: {outcome: rejected, reason: nope}", "recipient"),
    ("expect: {outcome: accepted}", "expect: {outcome: accepted, status: huh}", "queued"),
    ("  - id: sent", "  - id: called", "same id"),
    ("  - id: sent", "  - id: sent\n    times: 0", "1 or more"),
]


@pytest.mark.parametrize(("old", "new", "says"), SETS)
def test_what_no_scenario_could_mean_is_refused(old: str, new: str, says: str) -> None:
    assert says in refused(changed(old, new))


PAIRS = [
    ("    call: {operation: send}\n", "", 8, "request and call"),
    ("    reply: ", "    request: {path: /}\n    reply: ", 8, "request and call"),
    ("    reply: {result: {error: 0}}\n", "", 8, "response and reply"),
    ("    reply: ", "    response: {status: 200}\n    reply: ", 8, "response and reply"),
]


@pytest.mark.parametrize(("old", "new", "line", "both"), PAIRS)
def test_one_of_each_pair_is_given_and_not_both(old: str, new: str, line: int, both: str) -> None:
    assert refused(changed(old, new)) == f"fixture shop/one, line {line}: give one of {both}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("path: /sendsms/", "path: /sendsms/, form: {a: b}"),
        ("status: 200", "status: 200, text: hello"),
        ("status: 200", "fault: silence"),
    ],
)
def test_a_request_and_an_answer_have_one_body(old: str, new: str) -> None:
    text = changed(old, new)
    assert refused(text).startswith(f"fixture shop/one, line {12 if 'form' in new else 13}: ")


MESSAGES = [
    ('recipient: "+12025550123"', 'recipient: "2025550123"', "recipient"),
    ('recipient: "+12025550123", ', "", "recipient"),
    ("text: Hello}\ne", 'text: " "}\ne', "text"),
    ("text: Hello}\ne", "text: Hello, channels: [fax]}\ne", "channels"),
    ("text: Hello}\ne", "text: Hello, channels: []}\ne", "channels"),
    ("text: Hello}\ne", "text: Hello, channels: 5}\ne", "give a list"),
    ("text: Hello}\ne", 'text: Hello, send_at: "2027-01-31"}\ne', "send_at"),
    ('{recipient: "+12025550123", text: Hello}', "Hello", "mapping"),
]


@pytest.mark.parametrize(("old", "new", "says"), MESSAGES)
def test_a_bad_message_is_refused_with_its_line(old: str, new: str, says: str) -> None:
    why = refused(changed(old, new))
    assert why.startswith("fixture shop/one, line 5: ")
    assert says in why


KINDS = [
    ("smsbridge-fixture: 1", "smsbridge-fixture: 2"),
    ("smsbridge-fixture: 1", 'smsbridge-fixture: "1"'),
    ("smsbridge-fixture: 1", "smsbridge-fixture: true"),
    ("id: shop/one", "id: 5"),
    ("title: One message", "title: null"),
    ("title: One message", "title: One message\nprotocols: rest"),
    ("expect: {outcome: accepted}", "expect: accepted"),
    ("expect: {outcome: accepted}", "expect: {outcome: rejected, code: 403}"),
    ('{source: DOC, evidence: made up for a test, date: "2026-11-22"}', "DOC"),
    (GOOD[GOOD.index("interactions") :], "interactions: 5\n"),
    (GOOD[GOOD.index("interactions") :], "interactions: null\n"),
    (GOOD[GOOD.index("interactions") :], "interactions: {id: x}\n"),
    (GOOD[GOOD.index("interactions") :], "interactions: [x]\n"),
    ("  - id: sent", "  - id: 5"),
    ("  - id: sent", "  - id: sent\n    from: 5"),
    ("  - id: sent", '  - id: sent\n    times: "1"'),
    ("  - id: sent", '  - id: sent\n    optional: "yes"'),
    ("call: {operation: send}", "call: send"),
    ("reply: {result: {error: 0}}", "reply: 0"),
    (RESPONSE, "response: 200"),
    (RESPONSE, "response: {fault: [silence]}"),
    (RESPONSE, 'response: {status: "200"}'),
]


@pytest.mark.parametrize(("old", "new"), KINDS)
def test_a_value_of_another_kind_is_refused_with_file_and_line(old: str, new: str) -> None:
    assert re.match("fixture shop/one, line [0-9]+: ", refused(changed(old, new)))


def test_a_fixture_that_does_not_ship_is_refused_and_those_that_do_are_named() -> None:
    with pytest.raises(BadFixture, match="there is no fixture 'shop/one'") as caught:
        load("shop/one")
    assert all(name in str(caught.value) for name in shipped())


@pytest.mark.parametrize("kind", [str, Path])
def test_a_fixture_of_ones_own_is_loaded_by_its_path(
    kind: Callable[[object], str | Path], tmp_path: Path
) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(GOOD, encoding="utf-8")
    fixture = load(kind(file))
    assert fixture.id == "shop/one"
    assert fixture.interactions == parse(GOOD, "x").interactions


def test_a_file_of_ones_own_is_named_where_it_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(changed("source: DOC", "source: doc"), encoding="utf-8")
    with pytest.raises(BadFixture, match=f"^fixture {re.escape(str(file))}, line 4: "):
        load(file)


@pytest.mark.parametrize("name", ["none.yaml", "folder.yaml"])
def test_a_file_that_is_not_there_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(BadFixture, match="there is no fixture"):
        load(tmp_path / name)


@pytest.mark.parametrize("fixture_id", ["../fixture", "smsmobileapi", "", "SMSMOBILEAPI/default"])
def test_what_is_no_id_is_refused(fixture_id: str) -> None:
    with pytest.raises(BadFixture, match="there is no fixture"):
        load(fixture_id)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_bytes(changed("One message", "Une journée").encode("latin-1"))
    with pytest.raises(BadFixture, match=re.escape(str(file))):
        load(file)


def test_fixtures_are_listed_below_a_folder() -> None:
    ours = set(shipped("smsmobileapi/"))
    folders = ("send", "resend", "delete", "status", "received", "sent")
    found = {name for folder in folders for name in shipped(f"smsmobileapi/{folder}/")}
    assert found == ours - {"smsmobileapi/default"}
    assert ours | set(shipped("parlayx/")) == set(shipped())
    assert shipped("nobody/") == []
    assert shipped() == sorted(shipped())


@pytest.mark.parametrize("fixture_id", shipped())
def test_each_fixture_that_ships_loads_and_is_named_by_its_path(fixture_id: str) -> None:
    fixture = load(fixture_id)
    assert isinstance(fixture, Fixture)
    assert fixture.id == fixture_id
    assert fixture.interactions
    assert (fixture.operation == "") == (not fixture.expect)


def walk(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield each scalar with the name of the nearest key that it stands below."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from walk(part, name if str(key).startswith("$") else str(key))
    elif isinstance(value, list):
        for part in value:
            yield from walk(part, name)
    else:
        yield name, value


@pytest.mark.parametrize("fixture_id", shipped())
def test_each_fixture_that_ships_has_reserved_numbers_only(fixture_id: str) -> None:
    numbers = re.findall(r"\+?[0-9]{7,}", EPOCH.sub("", text_of(fixture_id)))
    assert [number for number in numbers if not RESERVED.fullmatch(number)] == []


@pytest.mark.parametrize("fixture_id", shipped())
def test_each_fixture_that_ships_has_placeholders_for_secrets(fixture_id: str) -> None:
    interactions = plain(text_of(fixture_id))["interactions"]
    found = [value for name, value in walk(interactions) if CREDENTIAL.search(name)]
    shown = [value for value in found if not PLACEHOLDER.fullmatch(str(value))]
    assert [value for value in shown if value != "Bearer"] == []
    assert not re.search(r"[0-9a-f]{32}", text_of(fixture_id))
    assert not re.search(r"test-(key|client|secret)", text_of(fixture_id))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("fixture_id", shipped())
def test_each_fixture_that_ships_is_valid_by_the_schema(fixture_id: str) -> None:
    jsonschema.validate(plain(text_of(fixture_id)), SCHEMA, jsonschema.Draft202012Validator)


def test_what_the_loader_takes_is_valid_by_the_schema() -> None:
    assert valid(plain(GOOD))


REFUSED = [
    *((old, new) for old, new, *_ in (*LEVELS, *ENUMS, *PAIRS, *MESSAGES, *KINDS)),
    *((gone, "") for gone, _ in MISSING),
    ("{outcome: accepted}", "{id: x}"),
]


@pytest.mark.parametrize(("old", "new"), REFUSED)
def test_what_the_loader_refuses_is_refused_by_the_schema(old: str, new: str) -> None:
    assert not valid(plain(changed(old, new)))
