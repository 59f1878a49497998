"""Tables held to their WSDL: each mistake by its line, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from smsbridge import ConfigError
from smsbridge.backends.tables.block import OPERATIONS
from smsbridge.backends.tables.check_wsdl import SAMPLE, check_tables
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.config.load import from_file
from smsbridge.mapping.call_values import value_names

from support.blocks import GATE, GATE_BLOCK, refused, sent, soap, words_of
from support.corpus import CONTRACTS
from support.each import each

INBOX = """
[backends.gate.received]
operation = "Inbox"
fields.since = "{after|iso}"
rows = "row"
row.id = "id"
row.text = "text"
"""


SEND = """
[send]
operation = "Submit"
fields = { to = "{recipient}", body = "{text}" }
accepted.when."result.code" = "0"
"""


@pytest.fixture(scope="module")
def contract() -> Port:
    return load_port(read_source(GATE))


def test_a_block_that_fits_is_taken(tmp_path: Path) -> None:
    (tmp_path / "smsbridge.toml").write_text(GATE_BLOCK)
    backend = from_file("gate", tmp_path / "smsbridge.toml")
    assert (backend.name, backend.protocol) == ("gate", "soap")


def test_the_example_fits_its_wsdl() -> None:
    example = GATE.parents[2] / "docs/examples/smsbridge.toml"
    backend = from_file("oldcorp", example, environ={"OLDCORP": "secret"})
    assert set(backend.protocols["soap"].operations()) == {"send", "status", "received"}


MISTAKES: Mapping[str, tuple[str, str, list[str]]] = {
    # operations
    "an operation": (
        'operation = "Submit"',
        'operation = "Sumbit"',
        ["send.operation: the WSDL has no operation 'Sumbit'", "mean 'Submit'"],
    ),
    "an operation in small letters": (
        'operation = "Query"',
        'operation = "query"',
        ["status.operation: the WSDL has no operation 'query'", "mean 'Query'"],
    ),
    "an operation of a login": (
        'operation = "Login"',
        'operation = "Logon"',
        ["token.operation: the WSDL has no operation 'Logon'", "mean 'Login'"],
    ),
    # fields
    "a field": ("fields.body", "fields.boddy", ["send.fields.boddy", "'body'"]),
    "a field in another": (
        "fields.origin.name",
        "fields.origin.nmae",
        ['send.fields."origin.nmae": there is no', "'origin.name'"],
    ),
    "a field above": ("fields.origin.name", "fields.orign.name", ["mean 'origin.name'"]),
    "a field below a text": ("fields.body", "fields.body.text", ['send.fields."body.text"']),
    "a field of a question": ("fields.id", "fields.ids", ["status.fields.ids", "'id'"]),
    "a field of a login": ("fields.user", "fields.username", ["token.fields.username", "'user'"]),
    "a text for a structure": (
        'fields.origin.name = "{sender}"\nfields.origin.number = "{pin}"',
        'fields.origin = "{pin}"',
        ["send.fields.origin: operation Submit: origin is not text: it holds name, number"],
    ),
    # types
    "a text for an int": ("fields.pin = 5", 'fields.pin = "x"', ["pin: 'x' is given", "int is"]),
    "a fraction for an int": ("fields.pin = 5", "fields.pin = 0.5", ["'0.5' is given", "int is"]),
    "a bool for an int": ("fields.pin = 5", "fields.pin = true", ["'true' is given", "int is"]),
    "a number beyond an int": (
        "fields.pin = 5",
        "fields.pin = 2147483648",
        ["send.fields.pin: '2147483648' is given, and in the WSDL int is expected"],
    ),
    "a text for a boolean": (
        "fields.flash = true",
        'fields.flash = "yes"',
        ["send.fields.flash: 'yes' is given, and in the WSDL boolean is expected"],
    ),
    "a text for a decimal": (
        "fields.weight = 0.5",
        'fields.weight = "0,5"',
        ["send.fields.weight: '0,5' is given, and in the WSDL decimal is expected"],
    ),
    "a word that no enumeration has": (
        'fields.priority = "high"',
        'fields.priority = "hihg"',
        ["send.fields.priority: 'hihg' is given, and in the WSDL one of low, high is expected"],
    ),
    "a message's text for an int": (
        "fields.pin = 5",
        'fields.pin = "{text}"',
        ["send.fields.pin: '{text}' gives text such as 'Hello', and in the WSDL int is expected"],
    ),
    "a time for an int": (
        "fields.pin = 5",
        'fields.pin = "{send_at}"',
        ["send.fields.pin: '{send_at}' gives text such as '2027-01-31T09:", "int is expected"],
    ),
    "a number for a boolean": (
        "fields.flash = true",
        'fields.flash = "{recipient|digits}"',
        ["send.fields.flash: '{recipient|digits}' gives text such as", "boolean is expected"],
    ),
    "a credential for an int": (
        "fields.pin = 5",
        'fields.pin = "{password}"',
        ["send.fields.pin: '{password}' is given, and in the WSDL int is expected"],
    ),
    "a hash for an int": (
        "fields.pin = 5",
        'fields.pin = { md5 = "{password}" }',
        ["send.fields.pin: {'md5': '{password}'} is given", "int is expected"],
    ),
    "one word of a choice": (
        'fields.priority = "high"',
        'fields.priority = { "{encoding}" = { "gsm-7" = "low", "*" = "hi" } }',
        ["send.fields.priority: 'hi' is given", "one of low, high"],
    ),
    "a word of a choice in a choice": (
        'fields.priority = "high"',
        'fields.priority."{encoding}".gsm-7."{channels}" = { sms = "lo" }',
        ["send.fields.priority: 'lo' is given", "one of low, high"],
    ),
    # paths into answers
    "a path of a marker": (
        'accepted.when."result.code"',
        'accepted.when."result.cod"',
        ['send.accepted.when."result.cod": there is no', "'result.code'"],
    ),
    "a marker that is a structure": (
        'accepted.when."result.code"',
        "accepted.when.result",
        ["send.accepted.when.result: 'result' is not a word: it holds code, id, state"],
    ),
    "a path of an id": (
        '"result.id"',
        '"result.ids"',
        ["send.accepted.id: there is no 'result.ids'", "'result.id'"],
    ),
    "an id that is a structure": (
        '"result.id"',
        '"result"',
        ["send.accepted.id: ", "is not a word"],
    ),
    "a path of a status": ('"result.state"', '"state"', ["send.accepted.status", "result.state"]),
    "a path of a refusal": (
        'rejected."result.code"',
        'rejected."result.error"',
        ['send.rejected."result.error": there is no', "result.code"],
    ),
    "a path of a question's marker": (
        "answered.code",
        "answered.cod",
        ["status.answered.cod: there is no 'cod'", "mean 'code'"],
    ),
    "a path of a row": (
        'row.status = "row.state"',
        'row.status = "row.stat"',
        ["status.row.status: there is no 'row.stat'", "'row.state'"],
    ),
    "a path of a token": (
        'token = "token"',
        'token = "tokn"',
        ["token.token: there is", "'token'"],
    ),
    "a path of a lifetime": ('"seconds"', '"secs"', ["token.lifetime: there is no", "seconds"]),
    "a path of a refused login": (
        "rejected.code",
        "rejected.cod",
        ["token.rejected.cod: there is no 'cod'", "mean 'code'"],
    ),
    "a path of a refused token": (
        'refused_when."result.code"',
        'refused_when."result.cod"',
        ['token.refused_when."result.cod": there is no', "'result.code'"],
    ),
    # credentials
    "a field of the auth": (
        'fields.apikey = "{key}"',
        'fields.apikee = "{key}"',
        ["auth.fields.apikee: operation Submit: there is no 'apikee'", "mean 'apikey'"],
    ),
    "a field of the auth in another operation": (
        'fields.apikey = "{key}"',
        'fields.reference = "{key}"',
        ["auth.fields.reference: operation Query: there is no 'reference'"],
    ),
}


@each(("old", "new", "says"), MISTAKES.values())
def test_a_mistake_is_named_with_its_line_its_key_and_the_nearest_right_one(
    tmp_path: Path, old: str, new: str, says: list[str]
) -> None:
    assert GATE_BLOCK.count(old) == 1
    error = refused(tmp_path, GATE_BLOCK.replace(old, new), new)
    assert [word for word in says if word not in error] == []


@each(
    ("old", "new", "says"),
    [
        (
            'fields.id = "{id}"\n',
            'fields = { session = "{token}" } # here\n',
            "status.fields: operation Query: id is missing",
        ),
        (
            'fields.user = "acme"\nfields.password = "{password}"\n',
            'fields = { user = "{password}" } # here\n',
            "token.fields: operation Login: password is missing",
        ),
        (
            'fields.session = "{token}"\n',
            'fields.session = "{token}" # here\n',
            "send.fields: operation Submit: origin.name is missing",
        ),
    ],
)
def test_a_required_element_that_is_missing_is_named_with_the_line_of_the_fields(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert GATE_BLOCK.count(old) == 1
    text = GATE_BLOCK.replace(old, new)
    text = text.replace('fields.origin.name = "{sender}"\n', "") if "origin" in says else text
    assert refused(tmp_path, text, "# here") == says


def test_a_choice_that_leaves_a_required_element_out_is_refused() -> None:
    text = GATE_BLOCK.replace('fields.id = "{id}"', 'fields.id = { "{now}" = { x = "{id}" } }')
    with pytest.raises(ConfigError, match="id is missing"):
        soap_of(text)


def soap_of(text: str) -> None:
    """Read a block as `GATE_BLOCK` is."""
    soap(text.replace("backends.gate.", "").partition("\n\n")[2])


@each(
    ("path", "says"),
    [
        ("ids", ["received.row.id: there is no 'row.ids'", "'row.id'"]),
        ("row.id", ["received.row.id: there is no 'row.row.id'"]),
    ],
)
def test_a_path_of_a_row_is_below_the_rows(tmp_path: Path, path: str, says: list[str]) -> None:
    text = GATE_BLOCK + INBOX.replace('row.id = "id"', f'row.id = "{path}" # here')
    error = refused(tmp_path, text, "# here")
    assert [word for word in says if word not in error] == []


def test_a_path_of_rows_is_one_of_the_answer(tmp_path: Path) -> None:
    text = GATE_BLOCK + INBOX.replace('rows = "row"', 'rows = "rows"')
    error = refused(tmp_path, text, 'rows = "rows"')
    assert "received.rows: there is no 'rows'" in error


def test_an_operation_without_an_answer_can_not_be_asked(tmp_path: Path) -> None:
    text = f'[backends.gate]\nbackend = "soap"\nwsdl = "{GATE}"\n{SEND}'
    text = text.replace("[send]", "[backends.gate.send]").replace('"Submit"', '"Notify"')
    error = refused(tmp_path, text, '"Notify"')
    assert error == "send.operation: operation Notify is one-way: it has no answer"


@each(
    "field",
    [
        'fields.pin = "5"',
        'fields.pin = "{segments}"',
        'fields.pin = "{reference|number}"',
        'fields.pin = "{text|number}"',
        "fields.flash = false",
        'fields.flash = "1"',
        'fields.weight = "{segments}.5"',
        "fields.weight = 1",
        'fields.after = "{send_at}"',
        'fields.after = "{send_at|iso}"',
        'fields.after = "{now|%Y-%m-%dT%H:%M:%SZ}"',
        'fields.tries = "{now|epoch}"',
        'fields.priority = { "{encoding}" = { gsm-7 = "low", ucs-2 = "high" } }',
        'fields.priority = "{sender}"',
        'fields."origin.name" = "{sender}"',
        'fields."soap:Header.{urn:gate}Session.{urn:gate}key" = "{token}"',
    ],
)
def test_what_a_message_may_fill_is_taken(tmp_path: Path, field: str) -> None:
    name = field.partition(" ")[0]
    left = [line for line in GATE_BLOCK.splitlines() if not line.startswith(f"{name} ")]
    text = "\n".join(left).replace('fields.body = "{text}"', f'fields.body = "{{text}}"\n{field}')
    if "origin" in field:
        text = text.replace('fields.origin.name = "{sender}"\n', "")
    (tmp_path / "smsbridge.toml").write_text(text)
    assert from_file("gate", tmp_path / "smsbridge.toml").name == "gate"


@each("key", ["canary{", "{text}", "{nobody}", "}{", "{recipient|digits}"])
def test_a_secret_with_braces_is_no_template(tmp_path: Path, key: str) -> None:
    text = GATE_BLOCK.replace('"canary-key"', f"'{key}'")
    (tmp_path / "smsbridge.toml").write_text(text)
    assert from_file("gate", tmp_path / "smsbridge.toml").name == "gate"


RELAY = """
json_part = "return"
auth = { type = "fields", fields.apikey = "{key}", key = "canary" }

[send]
operation = "Relay"
fields = { to = "{recipient}", body = "{text}" }
accepted.when.whatever = "0"
"""


@each("key", ["json_part", "xml_part"])
def test_what_a_document_in_a_part_holds_no_contract_knows(key: str) -> None:
    assert soap(RELAY.replace("json_part", key)).name == "gate"


@each(
    ("old", "new", "says", "key"),
    [
        ('"Relay"', '"Relais"', "has no operation 'Relais'", ("send", "operation")),
        ("body =", "text =", "there is no 'text'", ("send", "fields", "text")),
        ('"return"', '"retrun"', "there is no 'retrun'", ("json_part",)),
        ('json_part = "return"', 'xml_part = "retrun"', "there is no 'retrun'", ("xml_part",)),
        ('"return"', '"a..b"', "'a..b' is not a path", ("json_part",)),
        ("json_part =", 'xml_part = "x"\njson_part =', "not both", ("xml_part",)),
    ],
)
def test_the_rest_of_a_call_whose_answer_holds_a_document_is_held_to_the_wsdl(
    old: str, new: str, says: str, key: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError) as caught:
        soap(RELAY.replace(old, new))
    assert says in str(caught.value)
    assert caught.value.key == key


def test_a_refused_token_may_be_told_by_one_call_of_several(tmp_path: Path) -> None:
    text = GATE_BLOCK.replace('refused_when."result.code"', "refused_when.code")
    (tmp_path / "smsbridge.toml").write_text(text)
    assert from_file("gate", tmp_path / "smsbridge.toml").name == "gate"


def test_the_sample_has_a_value_for_each_name_that_a_table_may_use() -> None:
    names = {name for operation in OPERATIONS for name in value_names(operation)}
    assert names | {"token"} == SAMPLE.keys()


def test_tables_of_a_class_are_held_in_the_same_way(contract: Port) -> None:
    protocol = soap(SEND).protocols["soap"]
    check_tables(contract, protocol, {})
    other = load_port(GATE.read_bytes().replace(b'"body"', b'"words"'))
    with pytest.raises(ConfigError) as caught:
        check_tables(other, protocol, {})
    assert caught.value.key == ("send", "fields", "body")
    assert not isinstance(caught.value, BadWSDL)


SUBTYPE = f"""
[backends.gate]
backend = "soap"
wsdl = "{CONTRACTS / "extension.wsdl"}"

[backends.gate.send]
operation = "SendAny"
fields."message.@xsi:type" = "TextMessage"
fields."message.@reference" = "{{reference}}"
fields."message.to" = "{{recipient|digits}}"
fields."message.text" = "{{text}}"
accepted.when.messageId = "*"
"""


def test_a_field_may_be_of_the_type_that_a_field_names(tmp_path: Path) -> None:
    (tmp_path / "smsbridge.toml").write_text(SUBTYPE)
    backend = from_file("gate", tmp_path / "smsbridge.toml")
    assert b"TextMessage" in sent(backend).body
    assert words_of(sent(backend))["message.text"] == "Hello"


@each(
    ("old", "new", "says"),
    [
        ('"TextMessage"', '"TxtMessage"', "the WSDL has no type 'TxtMessage'"),
        ('"message.text"', '"message.txet"', "there is no 'txet'; did you mean 'text'?"),
    ],
)
def test_a_type_that_the_wsdl_has_not_and_what_it_does_not_hold_are_refused(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert says in refused(tmp_path, SUBTYPE.replace(old, new), new)


def test_a_credential_that_its_field_can_not_take_is_refused_and_not_shown(tmp_path: Path) -> None:
    text = GATE_BLOCK.replace('fields.apikey = "{key}"', 'fields.tries = "{key}"')
    text = text[: text.index("[backends.gate.status]")]
    error = refused(tmp_path, text, "fields.tries")
    assert error == "auth.fields.tries: in the WSDL int is expected"
