"""A scenario finds the interaction for a request, keeps its state and fills placeholders."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest

from smsbridge.codecs.rest import FORM
from smsbridge.http.exchange import Request
from smsbridge.testing.fixture.load import Interaction, parse
from smsbridge.testing.fixture.scenario import Scenario
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.request import Heard, hear

HEAD = """\
smsbridge-fixture: 1
id: shop/one
title: One
provenance: {source: DOC, evidence: made up for a test, date: "2026-11-22"}
interactions:
"""
SECRETS = {"api_key": "test-key", "client_id": "test-client"}
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
URL = "https://api.smsmobileapi.com"
FIELDS = {"apikey": "test-key", "recipients": "+12025550123", "message": "Hello"}


def scenario(*interactions: str, now: datetime = NOON) -> Scenario:
    numbers = count(1)
    text = HEAD + "".join(f"  - {interaction}\n" for interaction in interactions)
    return Scenario(parse(text, "x"), SECRETS, lambda: f"id-{next(numbers)}", lambda: now)


def request(path: str = "/sendsms/", **more: Any) -> Request:
    return Request(**{"method": "POST", "url": URL + path, **more})


def form(path: str = "/sendsms/", **fields: str) -> Request:
    headers = {"Content-Type": FORM}
    return request(path, headers=headers, body=urlencode(fields).encode())


def document(value: object, kind: str = "application/json") -> Request:
    return request(headers={"Content-Type": kind}, body=json.dumps(value).encode())


def heard(given: Request) -> Heard:
    found = hear(sample_backend(), given, [], lambda _: None)
    assert isinstance(found, Heard)
    return found


def found(played: Scenario, given: Request, *, read: bool = False) -> str:
    """Return the id of the interaction that answers, or how the nearest one differs."""
    answer = played.find(given, heard(given) if read else None)
    return answer.id if isinstance(answer, Interaction) else answer


def one(pattern: str) -> Scenario:
    return scenario(f"{{id: it, request: {pattern}, response: {{}}}}")


def call(pattern: str = "") -> Scenario:
    return scenario(f"{{id: it, call: {{operation: send{pattern}}}, reply: {{}}}}")


def test_the_first_interaction_that_matches_answers() -> None:
    played = scenario(
        "{id: other, request: {path: /other}, response: {}}",
        "{id: first, request: {path: /sendsms/}, response: {}}",
        "{id: second, request: {path: /sendsms/}, response: {}}",
    )
    assert [found(played, request()) for _ in range(3)] == ["first"] * 3


def test_an_interaction_answers_as_often_as_its_times_say_and_then_the_next_one_does() -> None:
    played = scenario(
        "{id: twice, times: 2, request: {path: /sendsms/}, response: {}}",
        "{id: then, request: {path: /sendsms/}, response: {}}",
    )
    assert [found(played, request()) for _ in range(4)] == ["twice", "twice", "then", "then"]


def test_an_interaction_that_was_played_often_enough_says_so() -> None:
    played = scenario("{id: once, times: 1, request: {path: /sendsms/}, response: {}}")
    found(played, request())
    assert found(played, request()) == "nearest is once: it was played 1 times already"


def test_a_request_that_does_not_match_counts_for_no_times() -> None:
    played = scenario("{id: once, times: 1, request: {path: /sendsms/}, response: {}}")
    found(played, request("/other"))
    assert found(played, request()) == "once"


def test_a_scenario_begins_in_start_and_goes_where_to_says() -> None:
    played = scenario(
        "{id: open, from: start, to: opened, request: {path: /}, response: {}}",
        "{id: close, from: opened, to: closed, request: {path: /}, response: {}}",
        "{id: again, from: [closed, never], to: start, request: {path: /}, response: {}}",
    )
    order = [found(played, request("/")) for _ in range(4)]
    assert order == ["open", "close", "again", "open"]


def test_an_interaction_with_to_alone_answers_in_start_only() -> None:
    played = scenario("{id: open, to: opened, request: {path: /}, response: {}}")
    assert found(played, request("/")) == "open"
    assert found(played, request("/")) == "nearest is open: the scenario is in the state opened"


def test_an_interaction_without_from_answers_in_any_state_and_keeps_it() -> None:
    played = scenario(
        "{id: open, to: opened, request: {path: /open}, response: {}}",
        "{id: any, request: {path: /any}, response: {}}",
        "{id: shut, from: opened, request: {path: /shut}, response: {}}",
    )
    paths = ["/any", "/open", "/any", "/shut", "/shut"]
    order = [found(played, request(path)) for path in paths]
    assert order == ["any", "open", "any", "shut", "shut"]


def test_a_state_is_left_only_by_a_request_that_matches() -> None:
    played = scenario("{id: open, to: opened, request: {path: /open}, response: {}}")
    found(played, request("/other"))
    assert found(played, request("/open")) == "open"


def test_what_nobody_asked_for_is_unplayed_and_what_is_optional_is_not() -> None:
    played = scenario(
        "{id: asked, request: {path: /a}, response: {}}",
        "{id: forgotten, request: {path: /b}, response: {}}",
        "{id: spare, optional: true, request: {path: /c}, response: {}}",
    )
    assert played.unplayed() == ["asked", "forgotten"]
    found(played, request("/a"))
    assert played.unplayed() == ["forgotten"]


def test_a_scenario_without_interactions_matches_nothing() -> None:
    text = HEAD.replace("interactions:", "interactions: []")
    played = Scenario(parse(text, "x"), {}, lambda: "", lambda: NOON)
    assert played.find(request(), None) == "the scenario has no interaction"


def test_the_nearest_interaction_is_the_one_that_agrees_the_furthest_whatever_their_order() -> None:
    send = "{id: send, request: {path: /sendsms/, form: {message: Hello}}, response: {}}"
    other = "{id: other, request: {path: /other/}, response: {}}"
    for order in ((other, send), (send, other)):
        why = found(scenario(*order), form(message="Hi"))
        assert why == "nearest is send: form.message is not 'Hello'"


def test_an_interaction_of_the_present_state_is_nearer_than_one_of_another_state() -> None:
    played = scenario(
        "{id: token, to: armed, request: {path: /token, form: {a: b}}, response: {}}",
        "{id: send, from: armed, request: {path: /sendsms/}, response: {}}",
    )
    assert found(played, form("/token", a="c")) == "nearest is token: form.a is not 'b'"


@pytest.mark.parametrize(
    ("pattern", "given", "why"),
    [
        ("{}", request(method="GET"), "method is not 'POST'"),
        ("{method: GET}", request(), "method is not 'GET'"),
        ("{path: /a}", request("/a/"), "path is not '/a'"),
        ("{path: /a}", request("/A"), "path is not '/a'"),
        ("{}", request("/?a=b"), "query.a is not declared"),
        ("{query: {a: b}}", request("/"), "query.a is not 'b'"),
        ("{query: {a: b}}", request("/?a=c"), "query.a is not 'b'"),
        ("{query: {a: 1}}", request("/?a=1"), "query.a is not 1"),
        ("{headers: {x-a: b}}", request(), "headers.x-a is not 'b'"),
        ("{headers: {X-A: b}}", request(headers={"x-a": "c"}), "headers.x-a is not 'b'"),
        ("{}", form(a="b"), "form is not declared"),
        ("{form: {a: b}}", form(a="b", c="d"), "form.c is not declared"),
        ("{form: {a: b}}", form(), "form is no mapping"),
        ("{form: {a: b}}", document({"a": "b"}), "form is no mapping"),
        ("{json: {a: b}}", form(a="b"), "json is no mapping"),
        ("{json: {a: 1}}", document({"a": "1"}), "json.a is not 1"),
        ("{json: {a: {b: 1}}}", document({"a": {"b": 2}}), "json.a.b is not 1"),
        ("{json: {}}", document({"a": 1}), "json.a is not declared"),
        ("{soap: {operation: sendSms, args: {}}}", form(a="b"), "soap is no mapping"),
        (
            "{json: {}}",
            request(headers={"content-type": "application/json"}, body=b"{"),
            "json is no mapping",
        ),
        ("{form: {}}", request(body=b"\xff"), "form is no mapping"),
    ],
)
def test_a_request_differs_in_its_wire(pattern: str, given: Request, why: str) -> None:
    assert found(one(pattern), given) == f"nearest is it: {why}"


@pytest.mark.parametrize(
    ("pattern", "given"),
    [
        ("{}", request("/any/path")),
        ("{method: GET, path: /a, query: {b: c}}", request("/a?b=c", method="GET")),
        ("{query: {a: b}}", request("/?a=b")),
        ("{query: {$extra: allow}}", request("/?a=b&c=d")),
        ("{headers: {X-A: b}}", request(headers={"x-a": "b", "x-other": "c"})),
        ("{headers: {x-a: b}}", request(headers={"X-A": "b"})),
        ("{form: {a: b}}", form(a="b")),
        ('{form: {a: ""}}', form(a="")),
        ("{form: {a: {$regex: b+}}}", form(a="bb")),
        ('{form: {a: "ä 😀 & + = %"}}', form(a="ä 😀 & + = %")),
        ("{json: {a: [1, null, true]}}", document({"a": [1, None, True]})),
        ("{json: {a: b}}", document({"a": "b"}, "application/json; charset=utf-8")),
        ("{json: {a: b}}", document({"a": "b"}, "Application/JSON")),
    ],
)
def test_a_request_matches_by_its_wire(pattern: str, given: Request) -> None:
    assert found(one(pattern), given) == "it"


@pytest.mark.parametrize(
    ("matcher", "absent", "present"),
    [
        ("{$any: true}", False, True),
        ("{$absent: true}", True, False),
        ("{$optional: b}", True, True),
        ('{$regex: ".*"}', False, True),
        ("{$type: string}", False, True),
    ],
)
def test_a_matcher_tells_a_header_that_is_there_from_one_that_is_not(
    matcher: str, *, absent: bool, present: bool
) -> None:
    played = one(f"{{headers: {{x-a: {matcher}}}}}")
    assert (found(played, request(headers={"x-a": "b"})) == "it") is present
    assert (found(played, request()) == "it") is absent


ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<n:sendSms xmlns:n="urn:sendsms"><recipients>+12025550123</recipients>'
    "<message>Hello</message><apikey>test-key</apikey></n:sendSms></s:Body></s:Envelope>"
)


def soap() -> Request:
    headers = {"Content-Type": "text/xml; charset=utf-8"}
    return request("/sendsms/wsdl/server.php", headers=headers, body=ENVELOPE.encode())


def test_a_call_of_soap_matches_by_operation_and_arguments() -> None:
    args = 'recipients: "+12025550123", message: Hello, apikey: "{secret:api_key}"'
    assert found(one(f"{{soap: {{operation: sendSms, args: {{{args}}}}}}}"), soap(), read=True) == (
        "it"
    )


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("operation: sendSms, args: {message: Hello, $extra: deny}", "soap.args.apikey is not"),
        ("operation: sendsms, args: {$extra: allow}", "soap.operation is not 'sendsms'"),
        ("operation: sendSms, args: {message: Hi, $extra: allow}", "soap.args.message is not 'Hi'"),
    ],
)
def test_a_call_of_soap_differs_by_operation_or_arguments(pattern: str, why: str) -> None:
    answer = found(one(f"{{soap: {{{pattern}}}}}"), soap(), read=True)
    assert answer.startswith(f"nearest is it: {why}")


def test_a_call_of_rest_is_no_call_of_soap() -> None:
    answer = found(one("{soap: {operation: sendSms, args: {}}}"), form(**FIELDS), read=True)
    assert answer.startswith("nearest is it: ")


@pytest.mark.parametrize("given", [form(**FIELDS), soap()], ids=["rest", "soap"])
def test_a_call_by_meaning_matches_over_every_protocol(given: Request) -> None:
    fields = ', fields: {recipients: "+12025550123", message: Hello}'
    assert found(call(), given, read=True) == "it"
    assert found(call(fields), given, read=True) == "it"
    assert found(call(", credentials: right, valid: true"), given, read=True) == "it"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (", protocol: soap", "it is over rest"),
        (", credentials: wrong", "the credentials are others"),
        (", valid: false", "the message is valid, or is not"),
        (", fields: {}", "message is not declared"),
        (', fields: {recipients: "+12025550124", $extra: allow}', "recipients is not"),
    ],
)
def test_a_call_by_meaning_differs(pattern: str, why: str) -> None:
    answer = found(call(pattern), form(**FIELDS), read=True)
    assert answer.startswith(f"nearest is it: {why}")


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        (", credentials: wrong", {"apikey": "other-key"}),
        (", valid: false", {"message": ""}),
        (", valid: false, credentials: wrong", {"apikey": "other-key", "message": ""}),
    ],
)
def test_a_call_may_be_for_what_is_wrong(pattern: str, wrong: dict[str, str]) -> None:
    assert found(call(pattern), form(**FIELDS | wrong), read=True) == "it"
    assert found(call(), form(**FIELDS | wrong), read=True) != "it"


def test_a_request_that_is_no_call_matches_no_call() -> None:
    assert found(call(), request("/other")) == "nearest is it: it is no call of send"


def test_an_operation_that_the_call_does_not_name_is_another() -> None:
    played = scenario("{id: it, call: {operation: resend}, reply: {}}")
    assert found(played, form(**FIELDS), read=True) == "nearest is it: it is no call of resend"


def test_a_secret_is_filled_by_its_key() -> None:
    assert scenario("{id: x, call: {operation: send}, reply: {}}").fill("<{secret:api_key}>") == (
        "<test-key>"
    )


def test_minting_gives_a_new_value_each_time_and_minted_is_the_last() -> None:
    played = call()
    assert played.fill("{mint:id} {mint:id} {minted:id}") == "id-1 id-2 id-2"
    assert played.fill("{minted:id}") == "id-2"
    assert played.fill("{mint:other}") == "id-3"
    assert played.fill("{minted:id} {minted:other}") == "id-2 id-3"


def test_a_token_that_was_minted_is_accepted_from_then_on_and_so_are_those_before_it() -> None:
    played = call()
    played.fill("{mint:id}")
    assert played.tokens == []
    played.fill("{mint:token} {mint:token}")
    assert played.tokens == ["id-2", "id-3"]


def test_now_is_the_clock_that_was_given_in_utc() -> None:
    played = call()
    assert played.fill("{now}") == "2026-11-22T12:00:00Z"
    assert played.fill("{now+3600}") == "2026-11-22T13:00:00Z"
    assert played.fill("{now+86400}") == "2026-11-23T12:00:00Z"


def test_now_is_utc_whatever_the_zone_of_the_clock() -> None:
    zone = datetime.fromisoformat("2026-11-22T13:00:00+01:00")
    played = scenario("{id: x, call: {operation: send}, reply: {}}", now=zone)
    assert played.fill("{now}") == "2026-11-22T12:00:00Z"


@pytest.mark.parametrize("text", ["{}", "{other}", "{secret}", "{now-1}", "{now+}", "{MINT:id}"])
def test_what_is_no_placeholder_stays(text: str) -> None:
    assert call().fill(text) == text


def test_every_text_of_an_answer_is_filled_and_nothing_else_is_touched() -> None:
    given = {"a": ["{mint:id}", {"b": "{minted:id}"}], "c": 1, "d": None, "e": True, "{now}": 1.5}
    assert call().filled(given) == {
        "a": ["id-1", {"b": "id-1"}],
        "c": 1,
        "d": None,
        "e": True,
        "{now}": 1.5,
    }


def test_a_request_matches_by_what_its_placeholders_stand_for() -> None:
    played = one('{headers: {authorization: "Bearer {minted:token}"}, form: {at: "{now+60}"}}')
    token = played.mint("token")
    given = form(at="2026-11-22T12:01:00Z")
    bearing = request(headers={**given.headers, "Authorization": f"Bearer {token}"})
    assert found(played, request(headers=bearing.headers, body=given.body)) == "it"
    played.mint("token")
    answer = found(played, request(headers=bearing.headers, body=given.body))
    assert answer == "nearest is it: headers.authorization is not 'Bearer {minted:token}'"


def test_a_value_that_was_never_minted_is_matched_by_nothing() -> None:
    played = one('{headers: {authorization: "Bearer {minted:token}"}}')
    assert found(played, request(headers={"Authorization": "Bearer "})) != "it"


def test_looking_for_a_match_mints_nothing() -> None:
    played = one('{form: {a: "{mint:token}"}}')
    found(played, form(a="b"))
    assert played.minted == {}
    assert played.tokens == []
