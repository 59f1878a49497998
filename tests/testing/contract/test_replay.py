"""Every fixture holds over every protocol; whatever leaves in another shape is reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from smsbridge import (
    Backend,
    Fields,
    Operation,
    Protocol,
    Question,
    Rest,
    Secret,
    When,
    backend,
)
from smsbridge.http.exchange import Exchange, Session
from smsbridge.testing.contract.replay import cases, check, unpinned
from smsbridge.testing.fixture.load import Fixture, load, parse, shipped
from smsbridge.testing.mock.default import sample_backend

from support.each import each
from support.shipped import fixtures

SEND = "smsmobileapi/send/"


def every() -> list[Fixture]:
    return fixtures("smsmobileapi/")


def each_case() -> list[tuple[Fixture, str]]:
    return list(cases(sample_backend(), every()))


@pytest.mark.full
@each(("fixture", "protocol"), each_case)
def test_each_fixture_holds_over_each_protocol_that_it_is_for(
    fixture: Fixture, protocol: str
) -> None:
    assert check(sample_backend(), fixture, protocol) == []


@pytest.mark.full
def test_each_fixture_that_ships_is_played_by_the_contract_but_the_default_and_webhooks() -> None:
    played = {fixture.id for fixture, _ in each_case()} | set(shipped("smsmobileapi/webhooks/"))
    assert set(shipped("smsmobileapi/")) == played | {"smsmobileapi/default"}


def test_a_fixture_without_protocols_is_for_each_of_the_backend() -> None:
    fixture = load(f"{SEND}no-sense")
    assert fixture.protocols == ()
    assert list(cases(sample_backend(), [fixture])) == [
        (fixture, "rest"),
        (fixture, "soap"),
        (fixture, "oauth"),
    ]


def test_a_fixture_with_protocols_is_for_those_alone() -> None:
    fixture = load(f"{SEND}moved")
    assert [name for _, name in cases(sample_backend(), [fixture])] == ["rest", "oauth"]


def test_a_fixture_without_protocols_is_for_those_that_have_its_operation() -> None:
    fixture = replace(load("smsmobileapi/sent/no-rows"), protocols=())
    assert [name for _, name in cases(sample_backend(), [fixture])] == ["rest", "oauth"]


def test_a_fixture_that_asks_for_nothing_is_no_case_and_can_not_be_checked() -> None:
    fixture = load("smsmobileapi/default")
    assert list(cases(sample_backend(), [fixture])) == []
    with pytest.raises(ValueError, match="smsmobileapi/default has neither message nor do"):
        check(sample_backend(), fixture, "rest")


OPERATIONS = ("send", "status", "received", "sent", "resend", "delete")
EVERYTHING = [
    *(f"{operation} over rest" for operation in OPERATIONS),
    "send over soap",
    *(f"{operation} over oauth" for operation in OPERATIONS),
]
PINNED = {
    "send": "send/accepted-",
    "status": "status/sent-",
    "received": "received/one-",
    "sent": "sent/page-",
    "resend": "resend/accepted-",
    "delete": "delete/message-",
}


@pytest.mark.full
def test_every_operation_of_smsmobileapi_is_pinned_over_every_protocol() -> None:
    assert unpinned(sample_backend(), every()) == []


@each("protocol", ["rest", "soap", "oauth"])
def test_an_operation_that_no_fixture_pins_is_named(protocol: str) -> None:
    left = [
        replace(fixture, protocols=tuple(others))
        for fixture in every()
        if (others := set(fixture.protocols) - {protocol})
    ]
    missing = [one for one in EVERYTHING if one.endswith(f" over {protocol}")]
    assert unpinned(sample_backend(), left) == missing


@each("operation", OPERATIONS)
def test_each_operation_is_pinned_by_a_fixture_for_each_protocol(operation: str) -> None:
    name = f"smsmobileapi/{PINNED[operation]}"
    pinning = [fixture for fixture in every() if fixture.id.startswith(name)]
    others = [one for one in EVERYTHING if not one.startswith(f"{operation} ")]
    assert unpinned(sample_backend(), pinning) == others
    for fixture in pinning:
        left = [other for other in pinning if other is not fixture]
        missing = f"{operation} over {fixture.id.rpartition('-')[2]}"
        assert set(unpinned(sample_backend(), left)) == {*others, missing}


def test_nothing_is_pinned_by_no_fixture_or_by_meaning_alone() -> None:
    assert unpinned(sample_backend(), []) == EVERYTHING
    by_meaning = [load(f"{SEND}{name}") for name in ("no-sense", "provider-error")]
    assert unpinned(sample_backend(), by_meaning) == EVERYTHING


def test_a_request_without_a_body_pins_nothing() -> None:
    text = HEAD.replace("message:", "protocols: [rest]\nmessage:")
    fixture = parse(f"{text}  - {{id: x, request: {{path: /sendsms/}}, response: {{}}}}\n", "x")
    assert "send over rest" in unpinned(sample_backend(), [fixture])


ASKED = """\
smsbridge-fixture: 1
id: shop/asked
title: Asked
provenance: {source: ASSUMED, evidence: made up for a test, date: "2026-11-23"}
protocols: [rest]
do: {operation: status, id: g-1}
expect: {outcome: answered}
interactions:
  - {id: x, request: REQUEST, response: {}}
"""


@each(
    ("request_", "pins"),
    [
        ("{method: GET, path: /log/sent/sms/, query: {guid_message: g-1}}", True),
        ("{method: GET, path: /log/sent/sms/}", False),
        ("{method: GET, path: /log/sent/sms/, form: {guid_message: g-1}}", False),
        ("{method: GET, path: /log/sent/sms, query: {guid_message: g-1}}", False),
        ("{method: GET, path: /getsms/, query: {guid_message: g-1}}", False),
        ("{method: GET, path: {$any: true}, query: {guid_message: g-1}}", False),
        ("{method: GET, query: {guid_message: g-1}}", False),
        ("{method: POST, path: /log/sent/sms/, query: {guid_message: g-1}}", False),
        ("{path: /log/sent/sms/, query: {guid_message: g-1}}", False),
    ],
)
def test_a_question_is_pinned_by_method_path_and_query(request_: str, *, pins: bool) -> None:
    fixture = parse(ASKED.replace("REQUEST", request_), "x")
    assert ("status over rest" not in unpinned(sample_backend(), [fixture])) is pins


def test_a_fixture_pins_the_operation_that_it_asks_for_and_no_other_of_its_route() -> None:
    left = unpinned(sample_backend(), [load("smsmobileapi/status/sent-rest")])
    assert "status over rest" not in left
    assert "sent over rest" in left


@each(
    ("do", "expect", "call", "reply"),
    [
        (
            "{operation: status, id: g-1}",
            "{outcome: answered, rows: [{status: sent}]}",
            "{operation: status, fields: {guid_message: g-1}}",
            '{result: {sms: [{guid: g-1, send_from_mobile: "1"}]}}',
        ),
        (
            "{operation: received, unread: true}",
            "{outcome: answered, rows: [{sender: MPESA}]}",
            '{operation: received, fields: {onlyunread: "yes"}}',
            "{result: {sms: [{number: MPESA}]}}",
        ),
        (
            "{operation: sent, failed: phone}",
            "{outcome: answered, rows: []}",
            '{operation: sent, fields: {error_mobile: "1"}}',
            "{result: {sms: []}}",
        ),
        (
            "{operation: resend, id: g-1}",
            "{outcome: accepted, id: g-2}",
            "{operation: resend, fields: {guid: g-1}}",
            "{result: {error: 0, id: g-2}}",
        ),
        (
            "{operation: delete, id: g-1}",
            "{outcome: accepted}",
            "{operation: delete, fields: {guid_message: g-1}}",
            "{result: {error: 0}}",
        ),
    ],
)
def test_each_operation_may_be_answered_by_meaning_which_pins_nothing(
    do: str, expect: str, call: str, reply: str
) -> None:
    text = ASKED.replace("{operation: status, id: g-1}", do).replace("protocols: [rest]\n", "")
    text = text.replace("{outcome: answered}", expect).replace("request: REQUEST", f"call: {call}")
    fixture = parse(text.replace("response: {}", f"reply: {reply}"), "x")
    found = list(cases(sample_backend(), [fixture]))
    assert [name for _, name in found] == ["rest", "oauth"]
    assert [check(sample_backend(), one, name) for one, name in found] == [[], []]
    assert unpinned(sample_backend(), [fixture]) == EVERYTHING


@backend
class ByPath(Backend):
    """A provider with the id of a message in its path."""

    name = "by-path"
    url = "https://api.single.example/api"
    protocols = {
        "rest": Protocol(
            Rest(body="json"),
            Fields({}),
            status=Question("GET /messages/{id}", {}, {"status": "state"}),
            resend=Operation("POST /messages/{id}/again", {}, When({"ok": "yes"})),
        )
    }


@each(
    ("do", "request_", "response", "expect"),
    [
        (
            "{operation: status, id: m/1}",
            "{method: GET, path: /api/messages/m%2F1}",
            "{state: x}",
            "answered",
        ),
        (
            "{operation: resend, id: m-1}",
            "{path: /api/messages/m-1/again, json: {}}",
            '{ok: "yes"}',
            "accepted",
        ),
    ],
)
def test_a_route_with_a_value_in_its_path_is_pinned_by_its_path(
    do: str, request_: str, response: str, expect: str
) -> None:
    text = ASKED.replace("{operation: status, id: g-1}", do).replace("answered", expect)
    text = text.replace("REQUEST", request_).replace(
        "response: {}", f"response: {{json: {response}}}"
    )
    fixture = parse(text, "x")
    assert check(ByPath(), fixture, "rest") == []
    assert f"{fixture.operation} over rest" not in unpinned(ByPath(), [fixture])


@backend
class Single(Backend):
    name = "single"
    url = "https://api.single.example"
    key: Secret
    protocols = {
        "rest": Protocol(
            Rest(body="json"),
            Fields({"key": "{key}"}),
            send=Operation(
                "POST /send",
                fields={"to": "{recipient}", "text": "{text}"},
                accepted=When({"ok": "yes"}, id="id"),
            ),
        )
    }


HEAD = """\
smsbridge-fixture: 1
id: shop/one
title: One
provenance: {source: ASSUMED, evidence: made up for a test, date: "2026-11-22"}
message: {recipient: "+12025550123", text: Hello}
expect: {outcome: accepted}
interactions:
"""
SINGLE = """\
  - id: it
    request:
      path: /send
      json: {key: "{secret:key}", to: "+12025550123", text: Hello}
    response: {json: {ok: "yes"}}
"""


def test_a_fixture_for_all_protocols_pins_its_operation_over_each_of_them() -> None:
    backend, fixture = Single(key=Secret("test-key")), parse(HEAD + SINGLE, "shop/one")
    assert [name for _, name in cases(backend, [fixture])] == ["rest"]
    assert check(backend, fixture, "rest") == []
    assert unpinned(backend, [fixture]) == []


# What the contract reports


def changed(fixture_id: str, expect: Mapping[str, Any] | None = None, **more: Any) -> Fixture:
    fixture = load(f"{SEND}{fixture_id}")
    return replace(fixture, expect=fixture.expect if expect is None else expect, **more)


@each(
    ("fixture_id", "protocol", "expect", "says"),
    [
        ("accepted-rest", "rest", {"outcome": "rejected"}, "not rejected"),
        ("accepted-rest", "rest", {"outcome": "unknown"}, "not unknown"),
        ("accepted-rest", "rest", {"outcome": "not_sent"}, "not not_sent"),
        ("no-sense", "soap", {"outcome": "accepted"}, "not accepted"),
        ("moved", "oauth", {"outcome": "not_sent"}, "not not_sent"),
        ("accepted-soap", "soap", {"outcome": "accepted", "id": "other"}, "id is "),
        ("accepted-oauth", "oauth", {"outcome": "accepted", "id": "{minted:token}"}, "id is "),
        ("accepted-rest", "rest", {"outcome": "accepted", "status": "sent"}, "status is "),
        ("provider-error", "rest", {"outcome": "rejected", "reason": "quota"}, "reason is "),
        ("provider-error", "soap", {"outcome": "rejected", "code": "other"}, "code is "),
        ("token-refused", "oauth", {"outcome": "rejected", "code": "other"}, "code is "),
    ],
)
def test_another_end_than_expected_is_reported(
    fixture_id: str, protocol: str, expect: Mapping[str, Any], says: str
) -> None:
    wrong = check(sample_backend(), changed(fixture_id, expect), protocol)
    assert len(wrong) == 1
    assert says in wrong[0]


def test_each_difference_is_reported() -> None:
    expect = {"outcome": "rejected", "reason": "quota", "code": "other"}
    wrong = check(sample_backend(), changed("provider-error", expect), "rest")
    assert [line.partition(" ")[0] for line in wrong] == ["reason", "code"]


def test_an_id_that_must_not_be_there_is_reported() -> None:
    expect = {"outcome": "accepted", "id": None}
    wrong = check(sample_backend(), changed("accepted-rest", expect), "rest")
    assert [line.partition(" ")[0] for line in wrong] == ["id"]


def test_no_id_may_be_expected() -> None:
    fixture = replace(parse(HEAD + SINGLE, "x"), expect={"outcome": "accepted", "id": None})
    assert check(Single(key=Secret("test-key")), fixture, "rest") == []


def test_a_word_that_the_outcome_has_not_is_reported() -> None:
    expect = {"outcome": "unknown", "code": "301"}
    wrong = check(sample_backend(), changed("moved", expect), "rest")
    assert [line.partition(" ")[0] for line in wrong] == ["code"]


def asked_of(fixture_id: str, expect: Mapping[str, Any]) -> list[str]:
    fixture = load(f"smsmobileapi/{fixture_id}")
    return check(sample_backend(), replace(fixture, expect=expect), fixture.protocols[0])


@each(
    ("fixture_id", "outcome"),
    [
        ("status/sent-rest", "no_answer"),
        ("status/sent-rest", "rejected"),
        ("status/another-shape", "answered"),
        ("received/another-shape", "rejected"),
        ("received/wrong-key-in-200", "answered"),
        ("received/no-sense", "answered"),
        ("sent/second-page-fails", "answered"),
        ("delete/day", "no_answer"),
        ("delete/no-sense", "accepted"),
        ("delete/refused", "accepted"),
        ("resend/reset-after-request", "accepted"),
        ("resend/too-many", "unknown"),
    ],
)
def test_another_end_of_what_was_asked_is_reported(fixture_id: str, outcome: str) -> None:
    (said,) = asked_of(fixture_id, {"outcome": outcome})
    assert said.startswith("the outcome is ")
    assert said.endswith(f", not {outcome}")


@each(
    ("row", "says"),
    [
        ({"id": "g-2"}, "rows[0].id is 'g-1', not 'g-2'"),
        ({"status": "queued"}, "rows[0].status is <Status.SENT: 'sent'>, not 'queued'"),
        ({"text": None}, "rows[0].text is 'Hello', not None"),
        ({"error": "0"}, "rows[0].error is None, not '0'"),
        ({"reference": "r-1"}, "rows[0].reference is None, not 'r-1'"),
        ({"at": "2026-11-22T22:11:19Z"}, "rows[0].at is "),
        ({"at": None}, "rows[0].at is "),
        ({"answer": {"guid": "g-1"}}, "rows[0].answer.error_api is not declared"),
        ({"answer": {"$extra": "allow", "guid": "g-2"}}, "rows[0].answer.guid is not 'g-2'"),
    ],
)
def test_another_row_is_reported(row: Mapping[str, Any], says: str) -> None:
    (said,) = asked_of("status/sent-rest", {"outcome": "answered", "rows": [row]})
    assert said.startswith(says)


def test_the_number_and_the_order_of_rows_are_compared() -> None:
    rows = [{"id": "g-3"}, {"id": "g-2"}, {"id": "g-1"}]
    assert asked_of("sent/page-rest", {"outcome": "answered", "rows": rows}) == []
    (said,) = asked_of("sent/page-rest", {"outcome": "answered", "rows": rows[:2]})
    assert said == "there are 3 rows, not 2"
    swapped = asked_of("sent/page-rest", {"outcome": "answered", "rows": rows[::-1]})
    assert [line.partition(" ")[0] for line in swapped] == ["rows[0].id", "rows[2].id"]


def test_a_row_is_compared_on_the_keys_that_are_given_alone() -> None:
    assert asked_of("status/sent-rest", {"outcome": "answered", "rows": [{}]}) == []
    assert asked_of("status/sent-rest", {"outcome": "answered"}) == []


def test_placeholders_of_a_row_are_filled() -> None:
    text = ASKED.replace("answered}", 'answered, rows: [{text: "{minted:x}", at: "{now}"}]}')
    text = text.replace("REQUEST", "{method: GET, query: {$extra: allow}}")
    row = '{guid: g-1, message: "{mint:x}", time_received: "{now}"}'
    text = text.replace("response: {}", f"response: {{json: {{result: {{sms: [{row}]}}}}}}")
    assert check(sample_backend(), parse(text, "x"), "rest") == []
    later = text.replace('at: "{now}"', 'at: "{now+1}"')
    (said,) = check(sample_backend(), parse(later, "x"), "rest")
    assert said.startswith("rows[0].at is ")


def test_a_time_of_a_row_may_be_said_in_another_zone() -> None:
    rows = [{"at": "2026-11-22T23:11:18+01:00"}]
    assert asked_of("status/sent-rest", {"outcome": "answered", "rows": rows}) == []


SPARE = "  - {id: spare, request: {path: /spare}, response: {}}\n"


def test_an_interaction_that_is_never_played_is_reported() -> None:
    fixture = parse(HEAD + SINGLE + SPARE, "x")
    wrong = check(Single(key=Secret("test-key")), fixture, "rest")
    assert wrong == ["the interaction spare was never played"]


def test_an_optional_interaction_need_not_be_played() -> None:
    fixture = parse(HEAD + SINGLE + SPARE.replace("id: spare", "id: spare, optional: true"), "x")
    assert check(Single(key=Secret("test-key")), fixture, "rest") == []


def test_a_request_that_matches_nothing_is_reported_and_not_only_its_outcome() -> None:
    fixture = parse(HEAD.replace("accepted}", "unknown}") + SINGLE.replace("Hello", "Hi"), "x")
    wrong = check(Single(key=Secret("test-key")), fixture, "rest")
    assert wrong == [
        "POST /send matches nothing; nearest is it: json.text is not 'Hi'",
        "the interaction it was never played",
    ]


def test_a_second_send_is_reported() -> None:
    @backend
    class Twice(Single):
        def send(self, message: Any, session: Session) -> Exchange[Any]:
            yield from super().send(message, session)
            return (yield from super().send(message, session))

    once = SINGLE.replace("id: it", "id: it\n    times: 1")
    wrong = check(Twice(key=Secret("test-key")), parse(HEAD + once, "x"), "rest")
    assert any("it was played 1 times already" in line for line in wrong)
