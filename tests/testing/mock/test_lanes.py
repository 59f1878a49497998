"""A mock that many share: each lane has all of its own, and none sees another."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from smsbridge import Backend, Client, Rejected, SendError, Submission
from smsbridge.http.exchange import Request, Session
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.lanes import MOST_LANES, NAME_RULE, BadLane, is_lane_name
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.blocks import REST_SEND, SOAP_SEND, rest, soap
from support.each import each
from support.mocking import HERE, NUMBER, ask, form, response_to, sending, tell

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def mock() -> Provider:
    return Provider(sample_backend(), session=Session(now=lambda: NOON))


def client(mock: Provider, lane: str, protocol: str = "rest") -> Client:
    backend = mock.lanes.lane(lane).backend
    return Client(replace(backend, protocol=protocol), transport=InProcess(mock))


def texts(mock: Provider) -> dict[str, list[str]]:
    return {one.lane: [message.text for message in one.messages] for one in mock.lanes.all()}


def test_each_credential_has_a_mailbox_of_its_own(mock: Provider, protocol: str) -> None:
    for lane in ("", "a", "b/2", "ä-ö"):
        key = f"-{lane}" if lane else ""
        own: dict[str, Any] = {"api_key": f"test-key{key}"}
        own |= {"client_id": f"test-client{key}"} if protocol == "oauth" else {}
        made = replace(sample_backend(), protocol=protocol, **own)
        with Client(made, transport=InProcess(mock)) as sms:
            if is_lane_name(lane) or not lane:
                assert isinstance(sms.send(NUMBER, lane or "first"), Submission)
            else:
                with pytest.raises(Rejected):
                    sms.send(NUMBER, lane)
    assert texts(mock) == {"": ["first"], "a": ["a"], "ä-ö": ["ä-ö"]}


@each("key", ["wrong", "test-key-", "test-keys", "test-key-a b", f"test-key-{'x' * 65}", ""])
def test_any_other_credential_is_refused_as_ever_and_makes_no_lane(key: str) -> None:
    mock = Provider(sample_backend())
    assert response_to(mock, sending(key)).status == 403
    assert texts(mock) == {"": []}
    assert "credentials" in mock.request_log.requests[0].refused


def test_all_that_control_does_is_done_to_one_lane(mock: Provider) -> None:
    for lane in ("a", "b"):
        response_to(mock, sending(f"test-key-{lane}", text=lane))
    tell(mock, "scenario?lane=a", play="smsmobileapi/send/provider-error")
    tell(mock, "fault?lane=a", name="server-error:500")
    tell(mock, "clock?lane=a", advance=60)
    tell(mock, "delay?lane=a", ms=5)
    tell(mock, "receive?lane=a", sender="MPESA", text="Hi")
    response_to(mock, form("/sendsms", {"apikey": "test-key-a"}))
    a, b = mock.lanes.lane("a"), mock.lanes.lane("b")
    assert (a.fixture.id, a.fault, a.clock.ahead, a.delay) == (
        *("smsmobileapi/send/provider-error", "server-error:500", 60, 0.005),
    )
    assert (len(a.history.received), len(a.notes), texts(mock)["a"]) == (2, 1, [])
    assert (b.fixture.id, b.fault, b.clock.ahead, b.delay) == ("smsmobileapi/default", None, 0, 0)
    assert (len(b.history.received), len(b.notes), texts(mock)["b"]) == (1, 0, ["b"])
    tell(mock, "reset?lane=b")
    assert (a.fault, b.messages, len(a.request_log.requests)) == ("server-error:500", [], 1)


def test_a_token_leads_to_its_lane_even_when_the_lane_has_forgotten_it(mock: Provider) -> None:
    with client(mock, "a", "oauth") as sms:
        sms.send(NUMBER, "one")
        tell(mock, "reset?lane=a")
        sms.send(NUMBER, "two")
    log = mock.lanes.lane("a").request_log
    assert [one.taken_for for one in log.requests] == ["send", "token", "send"]
    assert (texts(mock), mock.request_log.requests) == ({"": [], "a": ["two"]}, [])


def test_the_token_of_one_lane_is_nothing_in_another(mock: Provider) -> None:
    fields = {
        "grant_type": "client_credentials",
        "client_id": "test-client-a",
        "client_secret": "test-secret",
    }
    token = json.loads(response_to(mock, form("/oauth2/token", fields)).body)["access_token"]
    message = {"recipients": NUMBER, "message": "Hello"}
    prefixed = form("/lane-b/sendsms/", message, authorization=f"Bearer {token}")
    assert response_to(mock, prefixed).status == 401
    assert texts(mock) == {"": [], "a": [], "b": []}


def test_the_client_s_id_may_come_as_http_basic() -> None:
    keys = 'client_id = "test-client", client_secret = "test-secret", basic = true'
    auth = f'auth = {{ type = "oauth2", token_url = "/token", {keys} }}'
    mock = Provider(rest(auth + REST_SEND))
    both = base64.b64encode(b"test-client-a:test-secret").decode()
    asked = form("/token", {"grant_type": "client_credentials"}, authorization=f"Basic {both}")
    assert response_to(mock, asked).status == 200
    assert mock.lanes.lane("a").scenario.tokens


def test_what_can_t_be_read_is_refused_in_the_lane_that_it_names(mock: Provider) -> None:
    broken = replace(sending("test-key-a"), headers={"Content-Type": "application/json"})
    packed = replace(sending("test-key-b"), headers={"Content-Encoding": "br"})
    assert [response_to(mock, broken).status, response_to(mock, packed).status] == [400, 400]
    refused = {one.lane: len(one.request_log.requests) for one in mock.lanes.all()}
    assert refused == {"": 0, "a": 1, "b": 1}


LOGIN = """
[token]
route = "POST /login"
fields = { user = "{user}", word = "{word}" }
token = "token"
"""
BASIC = 'auth = { type = "basic", username = "shop", password = "s3cret" }'
DIGEST = 'auth = { type = "digest", username = "shop", password = "s3cret" }'
WSSE = 'auth = { type = "wsse", username = "shop", password = "s3cret", digest = true }'
FIELDS = 'auth = { type = "fields", user = "shop", word = "s3cret" }'
WITH_TOKEN = REST_SEND.replace("fields = {", 'fields = { session = "{token}",')


@each(
    ("make", "text", "path"),
    [
        (rest, BASIC + REST_SEND, ""),
        (rest, DIGEST + REST_SEND, ""),
        (rest, FIELDS + LOGIN + WITH_TOKEN, ""),
        (rest, REST_SEND, ""),
        (soap, WSSE + SOAP_SEND, "/soap"),
    ],
)
def test_a_path_names_the_lane_where_no_credential_does(
    make: Callable[[str], Backend], text: str, path: str
) -> None:
    mock = Provider(make(text))
    for lane in ("", "a", "b c"):
        prefix = f"/lane-{quote(lane)}" if lane else ""
        own = replace(mock.backend, url=f"{HERE}{prefix}{path}")
        with Client(own, transport=InProcess(mock)) as sms:
            if lane == "b c":
                with pytest.raises(SendError):
                    sms.send(NUMBER, "Hello")
            else:
                sms.send(NUMBER, lane or "first")
    assert texts(mock) == {"": ["first"], "a": ["a"]}


def test_under_a_lane_s_path_its_own_key_and_the_first_one_s_are_taken(mock: Provider) -> None:
    for key, status in (("test-key", 200), ("test-key-a", 200), ("test-key-b", 403)):
        request = sending(key, text=key)
        assert response_to(mock, replace(request, url=f"{HERE}/lane-a/sendsms/")).status == status
    assert texts(mock) == {"": [], "a": ["test-key", "test-key-a"]}


def test_a_scenario_knows_the_key_of_its_lane(mock: Provider) -> None:
    tell(mock, "scenario?lane=a", play="smsmobileapi/send/accepted-rest")
    assert response_to(mock, sending("test-key-a")).status == 200
    assert ask(mock, "scenario?lane=a")["unplayed"] == []


def test_the_wsdl_below_a_lane_s_path_leads_to_the_lane(mock: Provider) -> None:
    mock.address = "http://sms-mock:8765"
    path = "sendsms/wsdl/sendsms.wsdl"
    for lane in ("lane-a/", ""):
        wsdl = response_to(mock, Request(method="GET", url=f"{HERE}/{lane}{path}")).body.decode()
        at = f'location="http://sms-mock:8765/{lane}sendsms/wsdl/server.php"'
        assert at in wsdl
    assert [one.taken_for for one in mock.lanes.lane("a").request_log.requests] == ["wsdl"]


def test_control_below_a_lane_s_path_is_the_lane_s(mock: Provider) -> None:
    response_to(mock, sending("test-key-a"))
    found = response_to(mock, Request(method="GET", url=f"{HERE}/lane-a/_mock/messages"))
    assert len(json.loads(found.body)) == 1
    assert ask(mock, "messages") == []


@each("name", ["a%20b", "a/b", "x" * 65, "%00"])
def test_a_name_that_no_lane_can_have_is_refused(name: str) -> None:
    mock = Provider(sample_backend())
    found = response_to(mock, Request(method="GET", url=f"{HERE}/_mock/messages?lane={name}"))
    assert (found.status, json.loads(found.body)["message"]) == (400, NAME_RULE)


@each(
    "path", ["lane-a/_mock/messages?lane=b", "lane-a/_mock/reset?lane=", "lane-a%20b/_mock/notes"]
)
def test_control_is_for_one_lane(path: str) -> None:
    mock = Provider(sample_backend())
    found = response_to(mock, Request(method="GET", url=f"{HERE}/{path}"))
    assert (found.status, NAME_RULE in json.loads(found.body)["message"]) == (400, True)
    assert (mock.verdict().passed, len(mock.lanes.all())) == (True, 1)


def test_a_lane_begins_as_the_mock_did_whatever_the_first_one_plays_now() -> None:
    mock = Provider(sample_backend(), "smsmobileapi/send/provider-error")
    mock.fault = "silence"
    mock.open_lanes()
    mock.play(None)
    lane = mock.lanes.lane("a")
    assert (lane.fixture.id, lane.fault) == ("smsmobileapi/send/provider-error", "silence")


def test_only_so_many_lanes_are_kept_those_that_were_used_last(mock: Provider) -> None:
    for number in range(MOST_LANES):
        mock.lanes.lane(str(number))
    mock.lanes.lane("0")
    mock.lanes.lane("one-more")
    names = [one.lane for one in mock.lanes.all()]
    assert (len(names), names[0], "0" in names, "1" in names) == (MOST_LANES + 1, "", True, False)
    assert mock.lanes.dropped == 1


def test_two_lanes_at_once_never_see_each_other(mock: Provider) -> None:
    troubles: list[object] = []

    def work(lane: str) -> None:
        try:
            for turn in range(25):
                tell(mock, f"reset?lane={lane}")
                response_to(mock, sending(f"test-key-{lane}", text=f"{lane} {turn}"))
                told = [one["text"] for one in ask(mock, f"messages?lane={lane}")]
                assert told == [f"{lane} {turn}"]
        except BaseException as error:  # noqa: BLE001  (looked at below)
            troubles.append(error)

    threads = [threading.Thread(target=work, args=(lane,)) for lane in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert troubles == []


def test_a_new_lane_is_found_by_its_name_until_all_are_dropped(mock: Provider) -> None:
    lane = mock.lanes.lane("a")
    assert mock.lanes.lane("a") is lane
    mock.lanes.clear()
    assert [one.lane for one in mock.lanes.all()] == [""]
    with pytest.raises(BadLane):
        mock.lanes.lane("a b")


def test_a_fault_before_the_body_is_read_is_for_the_lane_that_has_it(mock: Provider) -> None:
    head = replace(sending(), body=b"")
    assert mock.lanes.early(head, lambda: b"apikey=test-key-a&") is None
    tell(mock, "fault?lane=a", name="never-reads")
    found = mock.lanes.early(head, lambda: b"apikey=test-key-a&")
    assert found is not None
    assert found.word == "never-reads"
    assert mock.lanes.early(head, lambda: b"apikey=test-key&") is None
    prefixed = replace(head, url=f"{HERE}/lane-a/sendsms/")
    assert mock.lanes.early(prefixed, lambda: b"") is not None
    assert len(mock.lanes.lane("a").request_log.requests) == 2
