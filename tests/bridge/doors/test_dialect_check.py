"""What a door refuses at its start: a dialect whose calls it couldn't take."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from smsbridge.bridge.serve_bridge import serve_bridge
from smsbridge.errors import ConfigError

from support.bridges import CALLERS, NEW, config_text, read, running
from support.each import each

READ = """
[backends.old]
backend = "rest"
url = "https://old.example"
auth = { type = "fields", fields = { key = "{api_key}" }, api_key = "none" }
[backends.old.send]
route = "POST /send"
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { ok = "yes" }, id = "id" }
"""
GIVEN = 'to = "{recipient}", text = "{text}"'
IN_FIELDS = 'type = "fields", fields = { key = "{api_key}" }'


def speaking(block: str, door: str = "") -> str:
    """Return a config with a door that speaks a block."""
    text = config_text(door, backends=block + NEW)
    return text.replace(CALLERS, '{ shop = { api_key = "k" } }')


def reading(fields: str) -> str:
    """Return a config with a door whose sends have these fields."""
    return speaking(READ.replace(GIVEN, fields))


def test_a_signature_that_no_door_could_check_is_refused(tmp_path: Path) -> None:
    signed = GIVEN + ', mac = { md5 = "{now|epoch}{text}{api_key}" }'
    text = reading(signed).replace(IN_FIELDS, 'type = "none"')
    with (
        pytest.raises(ConfigError, match="POST /send signs now, which the call"),
        running(tmp_path, text),
    ):
        pass


def test_a_dialect_with_a_call_without_credentials_is_refused(tmp_path: Path) -> None:
    asked = READ + '[backends.old.status]\nroute = "GET /messages/{id}"\n'
    asked += 'row = { id = "id", status = "state" }\n'
    keyed = asked.replace(GIVEN, GIVEN + ', key = "{api_key}"').replace(IN_FIELDS, 'type = "none"')
    why = r"door shop: GET /messages/\{id\} has no credentials, so anyone could call it"
    with pytest.raises(ConfigError, match=why), running(tmp_path, speaking(keyed)):
        pass
    with running(tmp_path, speaking(keyed.replace("/{id}", "/{id}?key={api_key}"))):
        pass


@each(
    ("fields", "why"),
    [
        (
            'to = "{recipient}", text = "{text|md5}"',
            'the text can\'t be read back from text = "{text|md5}": it needs a field of its own',
        ),
        (
            'to = "{recipient|sha1}", text = "{text}"',
            'the recipient can\'t be read back from to = "{recipient|sha1}"',
        ),
        (
            'all = "{recipient} {text}"',
            'the recipient can\'t be read back from all = "{recipient} {text}"',
        ),
        (
            'to = "{recipient}", text = { lower = { base64 = "{text}" } }',
            'the text can\'t be read back from text = {"lower": {"base64": "{text}"}}',
        ),
        (
            'to = "{recipient}" }\nheaders = { Text = "{text|md5}"',
            'the text can\'t be read back from header:Text = "{text|md5}"',
        ),
        (
            'to = "{recipient}" }\nheaders = { Text = "{text}{body}"',
            "the text can't be read back from any field",
        ),
    ],
)
def test_a_dialect_whose_messages_can_never_be_read_is_refused(
    tmp_path: Path, fields: str, why: str
) -> None:
    said = re.escape(f"door shop: every call of POST /send would be refused, since {why}")
    end = "as {(text|recipient)} or with filters that can be read back: text, digits, e164, "
    with (
        pytest.raises(ConfigError, match=f"{said}.*{end}"),
        running(tmp_path, reading(fields)),
    ):
        pass


@each(
    "fields",
    [
        'to = "{recipient}", text = { "{encoding}" = { ucs-2 = "{text|md5}", "*" = "{text}" } }',
        'to = "{recipient|national}", text = "{text|hex-ucs2|lower}"',
        "all = \"<m to='{recipient}'><t>{text|xml}</t></m>\"",
        'to = "{recipient|e164}", mac = "{text|md5}", body = "{text}"',
        'kind = "sms" }\nheaders = { To = "{recipient}", Text = "{text|url}"',
    ],
)
def test_a_dialect_whose_messages_can_be_read_in_some_form_is_served(
    tmp_path: Path, fields: str
) -> None:
    with running(tmp_path, reading(fields)) as run:
        assert len(run.bridge.doors) == 1


@each("address", ["http://0.0.0.0:8780", "http://[::]:8780"])
def test_a_wsdl_needs_an_address_that_callers_can_use(tmp_path: Path, address: str) -> None:
    for text, is_refused in ((config_text(), True), (config_text(backends=NEW), False)):
        rest = text if is_refused else text.replace('speaks = "old"', 'speaks = "new"')
        callers = rest[rest.index("callers") : rest.index("[backends.")]
        rest = rest if is_refused else rest.replace(callers, 'callers = { a = { key = "k" } }\n')
        with ExitStack() as stack:
            if is_refused:
                stack.enter_context(pytest.raises(ConfigError, match=r"set bridge\.address"))
            stack.enter_context(serve_bridge(read(tmp_path, rest), address))


def test_an_answer_can_not_wait_for_the_outcomes_of_several_recipients(tmp_path: Path) -> None:
    rows = 'most = 10\nrows = "results"\nrow = { recipient = "number" }\n'
    block = READ.replace("{recipient}", "{recipients}") + rows
    with (
        pytest.raises(ConfigError, match="may have several recipients"),
        running(tmp_path, speaking(block, 'answer = "outcome"')),
    ):
        pass
