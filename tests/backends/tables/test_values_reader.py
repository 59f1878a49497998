"""The constants of a block, and the default of a sender."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smsbridge import ConfigError

from support.blocks import MESSAGE, json_of, rest, sent
from support.each import each

SEND = """
[send]
route = "POST /accounts/{account}/sms"
fields = { from = "{sender}", to = "{recipient}", body = "{text}", test = "{test}" }
accepted = { when = { code = "0" } }
"""


def test_a_value_is_in_every_template_and_a_message_has_its_own_sender() -> None:
    backend = rest('values = { account = "42", sender = "SHOP", test = true }\n' + SEND)
    request = sent(backend)
    assert request.path == "/accounts/42/sms"
    assert json_of(request)["from"] == "SHOP"
    assert json_of(request)["test"] == "true"
    assert json_of(sent(backend, replace(MESSAGE, sender="+12025550100")))["from"] == "+12025550100"


@each(
    ("values", "why"),
    [
        (
            "text = 'Hello'",
            "values.text: every call has this value; only sender may have a default",
        ),
        ("Account = '1'", "values.Account: a value's name has a-z"),
        ("class = '1'", "values.class: a value's name has a-z"),
        ("account = ''", "values.account: give text, a number, true or false"),
        ("account = ['1']", "values.account: give text, a number, true or false"),
        ("key = '1'", "values.key: already a credential of auth"),
        ("acount = '1'", "values.acount: no field, header or route has {acount}; did you mean"),
    ],
)
def test_a_value_that_can_not_be_used_is_refused(values: str, why: str) -> None:
    auth = 'auth = { key = "k", headers = { X-Key = "{key}" } }'
    good = "" if values.startswith("account") else 'account = "1", '
    with pytest.raises(ConfigError) as refused:
        rest(f"values = {{ {good}sender = 'A', test = 1, {values} }}\n{auth}\n{SEND}")
    assert str(refused.value).startswith(why)
