"""What a test is told of a lane: its messages, its requests, its scenario, its events."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from urllib.parse import quote

from smsbridge.http.exchange import Request, Session
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.lanes import MOST_WAITING
from smsbridge.testing.mock.provider import Provider

from support.blocks import REST_SEND, rest
from support.each import each
from support.mocking import HERE, NUMBER, ask, form, response_to, sending, tell

OTHER = "+447700900123"


def made() -> Provider:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    return Provider(sample_backend(), session=Session(now=lambda: noon))


def texts(mock: Provider, query: str) -> list[str]:
    return [one["text"] for one in ask(mock, f"messages?{query}")]


@each(
    ("query", "found"),
    [
        ("", ["Code 1234", "Bye", "Code 77"]),
        (f"recipient={quote(NUMBER)}", ["Code 1234", "Bye"]),
        (f"recipient={NUMBER}", ["Code 1234", "Bye"]),
        ("recipient=447700900123", ["Code 77"]),
        ("recipient=44770090012", []),
        (f"text={quote('[0-9]{4}')}", ["Code 1234"]),
        ("text=(?i)code", ["Code 1234", "Code 77"]),
        (f"text=Code&recipient={quote(OTHER)}&wait=5", ["Code 77"]),
        ("wait=0", ["Code 1234", "Bye", "Code 77"]),
        ("text=nothing", []),
        ("channel=sms", ["Code 1234", "Bye", "Code 77"]),
        ("channel=whatsapp", []),
        ("outcome=accepted&last=2", ["Bye", "Code 77"]),
        ("text=Code&last=1", ["Code 77"]),
        ("last=0", ["Code 1234", "Bye", "Code 77"]),
        ("last=9", ["Code 1234", "Bye", "Code 77"]),
    ],
)
def test_the_messages_that_fit_are_told_oldest_first(query: str, found: list[str]) -> None:
    mock = made()
    for recipient, text in ((NUMBER, "Code 1234"), (NUMBER, "Bye"), (OTHER, "Code 77")):
        response_to(mock, sending(recipient=recipient, text=text))
    assert texts(mock, query) == found


def test_the_messages_after_one_are_told() -> None:
    mock = made()
    for text in ("one", "two", "three"):
        response_to(mock, sending(text=text))
    known = [message.id for message in mock.messages]
    assert texts(mock, f"after={known[0]}") == ["two", "three"]
    assert texts(mock, f"after={known[2]}") == []


@each(
    ("fault", "outcome"),
    [
        ("reset-after-request", "unknown"),
        ("server-error:500", "unknown"),
        ("drip-body", "accepted"),
    ],
)
def test_a_message_whose_answer_got_lost_is_unknown_to_its_client(fault: str, outcome: str) -> None:
    mock = made()
    response_to(mock, sending(text="known"))
    tell(mock, "fault", name=fault)
    mock.handle(sending(text="broken"))
    assert [one["outcome"] for one in ask(mock, "messages")] == ["accepted", outcome]
    assert ("broken" in texts(mock, "outcome=unknown")) == (outcome == "unknown")


def test_a_message_has_the_characters_that_force_the_longer_encoding() -> None:
    mock = made()
    response_to(mock, sending(text="ą 😀 ą"))
    (found,) = ask(mock, "messages")
    assert found["forcing"] == ["ą", "😀"]


def test_what_came_in_is_told_oldest_first() -> None:
    mock = made()
    mock.receive(OTHER, "Stop", "d-1")
    assert ask(mock, "received")[1:] == [
        {
            "id": mock.history.received[1].id,
            "sender": OTHER,
            "text": "Stop",
            "device": "d-1",
            "at": "2026-11-22T12:00:00Z",
        }
    ]


def test_the_newest_requests_are_told_if_only_so_many_are_asked_for() -> None:
    mock = made()
    for _ in range(3):
        response_to(mock, sending())
    for query, ids in (("last=2", "23"), ("after=1&last=1", "3"), ("last=0", "123")):
        assert "".join(one["id"] for one in ask(mock, f"requests?{query}")["requests"]) == ids


def test_a_request_that_was_nothing_has_what_it_nearly_was() -> None:
    mock = made()
    response_to(mock, Request(method="POST", url=f"{HERE}/sendsm/"))
    (found,) = ask(mock, "requests")["requests"]
    assert found["nearest"][0]["differs"] == "its route is POST /sendsms/"


def test_what_can_be_played_is_told_and_can_be_played() -> None:
    mock = made()
    found = ask(mock, "playable")
    for name in (*found["faults"], "too-many:date"):
        assert tell(mock, "fault", name=name)[0] == 200
    assert tell(mock, "scenario", play=found["scenarios"][-1])[0] == 200
    assert "date" in found["faults"]["too-many"]["kinds"]


def test_who_waits_is_told_of_the_first_message_that_fits() -> None:
    mock = made()
    found: list[list[str]] = []
    look = threading.Thread(target=lambda: found.append(texts(mock, "text=^b&wait=60")))
    look.start()
    for text in ("a", "b", "c"):
        response_to(mock, sending(text=text))
    look.join(30)
    assert found[0][0] == "b"


def test_the_end_of_the_mock_ends_the_waiting() -> None:
    mock = made()
    found: list[list[str]] = []
    look = threading.Thread(target=lambda: found.append(texts(mock, "lane=a&wait=60")))
    look.start()
    mock.close_lanes()
    look.join(30)
    assert (found, texts(mock, "lane=new&wait=60")) == ([[]], [])


@each(
    ("query", "why"),
    [
        (
            "nuber=1",
            "no parameter 'nuber'; it has recipient, text, channel, outcome, after, last, wait, ",
        ),
        ("channel=letter", "channel: give one of sms, whatsapp"),
        ("outcome=lost", "outcome: give one of accepted, not_sent, rejected, unknown"),
        ("last=-1", "last: give a number from 0"),
        ("wait=61", "wait: give a number from 0 to 60"),
        ("text=(", "text is a regular expression"),
        ("recipient=x", "recipient: give a number"),
        ("text=a&text=b", "twice"),
        ("after=none", "no message of this lane has that id"),
    ],
)
def test_a_question_that_has_no_answer_is_refused_with_what_is_allowed(
    query: str, why: str
) -> None:
    mock = made()
    found = response_to(mock, Request(method="GET", url=f"{HERE}/_mock/messages?{query}"))
    assert found.status in (400, 404)
    assert why in json.loads(found.body)["message"]


def test_only_so_many_wait_at_once() -> None:
    mock = made()
    for _ in range(MOST_WAITING):
        mock.lanes.seats.acquire()
    found = response_to(mock, Request(method="GET", url=f"{HERE}/_mock/messages?wait=1"))
    assert found.status == 503


def test_each_request_is_told_with_what_it_was_taken_for_and_why_it_was_refused() -> None:
    mock = Provider(sample_backend())
    token = {"grant_type": "client_credentials", "client_id": "test-client"}
    wrong = form("/oauth2/token", {**token, "client_secret": "x"})
    log = f"{HERE}/log/sent/sms/?apikey=test-key"
    for request in (
        sending(),
        sending("wrong"),
        sending(recipient="12"),
        wrong,
        Request(method="GET", url=f"{HERE}/sendsms/wsdl/sendsms.wsdl"),
        Request(method="GET", url=log),
        Request(method="GET", url=f"{HERE}/elsewhere"),
        sending(recipient="+447700900500"),
    ):
        mock.handle(request)
    found = ask(mock, "requests")["requests"]
    assert [(one["taken_for"], one["status"], one["refused"][:31]) for one in found] == [
        ("send", 200, ""),
        ("send", 403, "its credentials are not those o"),
        ("send", 400, "the provider would not take the"),
        ("token", 401, "it was answered with HTTP 401"),
        ("wsdl", 200, ""),
        ("sent", 200, ""),
        ("", 404, "GET /elsewhere matches nothing;"),
        ("send", 500, ""),
    ]
    assert [one["fault"] for one in found][-1] == "server-error:500"
    assert [one["message"] for one in found if one["message"]] == [one.id for one in mock.messages]
    assert [one["id"] for one in ask(mock, "requests?after=6")["requests"]] == ["7", "8"]


def test_what_matched_nothing_is_told_with_the_nearest() -> None:
    mock = made()
    mock.play("smsmobileapi/send/accepted-rest")
    response_to(mock, sending(text="other"))
    (found,) = ask(mock, "requests")["requests"]
    assert (found["status"], "nearest is" in found["refused"]) == (599, True)
    assert ask(mock, "scenario")["misses"] == mock.misses


def test_a_request_that_is_kept_no_more_is_not_found() -> None:
    mock = made()
    for known in ("7", "x", "1/2"):
        found = response_to(mock, Request(method="GET", url=f"{HERE}/_mock/requests/{known}"))
        assert found.status == 404


def test_the_lanes_are_told_with_what_leads_to_them() -> None:
    mock = made()
    response_to(mock, sending("test-key-a"))
    first, second = ask(mock, "lanes")["lanes"]
    assert (first["lane"], first["path"], first["messages"]) == ("", "/", 0)
    assert (second["path"], second["messages"], second["requests"]) == ("/lane-a/", 1, 1)
    assert second["credentials"] == {"api_key": "test-key-a", "client_id": "test-client-a"}


def test_no_credential_of_a_config_is_told() -> None:
    auth = 'auth = { type = "basic", username = "shop", password = "s3cret" }\n'
    assert ask(Provider(rest(auth + REST_SEND)), "lanes")["lanes"][0]["credentials"] == {}


def test_a_scenario_is_told_with_how_far_it_is() -> None:
    mock = made()
    mock.play("smsmobileapi/send/token-expires")
    token = {"grant_type": "client_credentials", "client_id": "test-client"}
    response_to(mock, form("/oauth2/token", {**token, "client_secret": "test-secret"}))
    found = ask(mock, "scenario")
    assert (found["scenario"], found["chosen"]) == ("smsmobileapi/send/token-expires", True)
    assert found["state"] == "armed"
    played = {one["id"]: one["played"] for one in found["interactions"]}
    assert played == {"token": 1, "refused": 0, "accepted": 0}
    assert found["unplayed"] == ["refused", "accepted"]


def test_events_are_told_after_a_number_and_none_before_one_listens() -> None:
    mock = made()
    response_to(mock, sending())
    url = f"{HERE}/_mock/events"
    assert response_to(mock, Request(method="GET", url=url)).body == b""
    found = response_to(mock, Request(method="GET", url=url, headers={"Last-Event-ID": "1"}))
    assert found.header("content-type") == "text/event-stream"
    kinds = [line for line in found.body.decode().splitlines() if line.startswith("event")]
    assert kinds == ["event: message", "event: request"]


@each("path", ["messages", "requests", "requests/1", "lanes", "scenario", "notes", "health"])
def test_head_is_get_without_the_body(path: str) -> None:
    mock = Provider(sample_backend())
    response_to(mock, sending())
    get, head = (
        response_to(mock, Request(method=method, url=f"{HERE}/_mock/{path}"))
        for method in ("GET", "HEAD")
    )
    assert (head.status, head.body, head.header("content-length")) == (200, b"", str(len(get.body)))


def test_an_unknown_key_is_refused_with_those_that_are_known() -> None:
    mock = made()
    assert tell(mock, "delay", seconds=1) == (
        400,
        {"error": 400, "message": "'seconds' is not a key: give an object with ms: a number of "
         "milliseconds"},
    )  # fmt: skip
