"""The mock provider answers as the provider would, keeps what it took, and tells what differed."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from acme_sms import Acme

from smsbridge import (
    AsyncClient,
    AuthenticationFailed,
    Client,
    Reason,
    Rejected,
    Secret,
    Submission,
)
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.fixture.load import load, shipped
from smsbridge.testing.fixture.schema import BadFixture
from smsbridge.testing.mock.default import API_KEY, CLIENT_ID, CLIENT_SECRET, sample_backend
from smsbridge.testing.mock.provider import AcceptedMessage, Provider, new_id
from smsbridge.testing.mock.transport import AsyncInProcess, InProcess

from support.each import each
from support.fixture_texts import FIXTURE_HEAD
from support.mocking import (
    FIELDS,
    GRANT,
    NUMBER,
    SERVER,
    accepting,
    acme,
    call,
    document,
    fault,
    fixture,
    form,
    request,
    response_to,
    said,
    soap,
    token,
)

KEY = {"apikey": API_KEY}
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def provider() -> Provider:
    return Provider(sample_backend(), session=Session(now=lambda: NOON))


def test_a_good_message_is_accepted_and_kept(provider: Provider, protocol: str) -> None:
    answer = response_to(provider, call(provider, protocol, FIELDS))
    assert answer.status == 200
    result = said(protocol, answer)["result"]
    assert (result["error"], result["sent"]) == (0, "1")
    assert result["datetime"] == "2026-11-22T12:00:00Z"
    assert re.fullmatch("[0-9a-f]{40}", result["id"])
    assert provider.messages == [
        AcceptedMessage(recipient=NUMBER, text="Hello", channels=["sms"], protocol=protocol)
    ]
    assert not provider.notes
    assert provider.misses == []


def test_each_message_gets_an_id_of_its_own(provider: Provider, protocol: str) -> None:
    answers = [response_to(provider, call(provider, protocol, FIELDS)) for _ in range(3)]
    assert len({said(protocol, answer)["result"]["id"] for answer in answers}) == 3
    assert len(provider.messages) == 3


def test_a_new_id_is_40_lower_case_hex_digits() -> None:
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch("[0-9a-f]{40}", one) for one in ids)


def test_ids_come_from_what_is_passed_in() -> None:
    numbers = count(1)
    provider = Provider(sample_backend(), new_id=lambda: f"id-{next(numbers)}")
    answer = response_to(provider, call(provider, "rest", FIELDS))
    assert said("rest", answer)["result"]["id"] == "id-1"


@pytest.mark.parametrize("text", ["ä € 😀", "two\nlines", "a & b < c = d + e % f", "x" * 2000])
def test_a_text_arrives_as_it_was(provider: Provider, protocol: str, text: str) -> None:
    written = text
    if protocol == "soap":
        written = text.replace("&", "&amp;").replace("<", "&lt;")
    response_to(provider, call(provider, protocol, {**FIELDS, "message": written}))
    assert [taken.text for taken in provider.messages] == [text]


def test_wrong_credentials_are_refused(provider: Provider, protocol: str) -> None:
    answer = response_to(provider, call(provider, protocol, FIELDS, wrong=True))
    if protocol == "soap":
        assert answer.status == 500
        assert fault(answer) == ("Client", "Invalid API key")
    else:
        assert answer.status == (401 if protocol == "oauth" else 403)
        assert said(protocol, answer)["error"]
    assert provider.messages == []


def test_no_credentials_at_all_are_refused(provider: Provider) -> None:
    assert response_to(provider, form("/sendsms/", FIELDS)).status == 403
    assert fault(response_to(provider, soap(FIELDS)))[0] == "Client"
    assert provider.messages == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipients": ""},
        {"recipients": "12025550123"},
        {"recipients": "+1202"},
        {"recipients": "+1202555012345678"},
        {"recipients": "hello"},
        {"recipients": f"{NUMBER},+12025550124"},
        {"recipients": "++12025550123"},
        {"message": ""},
        {"message": "  "},
    ],
)
def test_a_message_that_it_would_not_take_is_refused(
    provider: Provider, protocol: str, wrong: dict[str, str]
) -> None:
    answer = response_to(provider, call(provider, protocol, {**FIELDS, **wrong}))
    if protocol == "soap":
        assert answer.status == 500
        assert fault(answer) == ("Client", "recipients or message is missing or not valid")
    else:
        assert answer.status == 400
        assert said(protocol, answer)["error"] == 400
    assert provider.messages == []


@pytest.mark.parametrize("gone", ["recipients", "message"])
def test_a_message_without_a_field_is_refused(provider: Provider, protocol: str, gone: str) -> None:
    fields = {name: value for name, value in FIELDS.items() if name != gone}
    answer = response_to(provider, call(provider, protocol, fields))
    assert answer.status == (500 if protocol == "soap" else 400)


def test_wrong_credentials_and_a_bad_message_together_are_refused_too(
    provider: Provider, protocol: str
) -> None:
    answer = response_to(provider, call(provider, protocol, {"message": "Hello"}, wrong=True))
    if protocol == "soap":
        assert fault(answer)[0] == "Client"
    else:
        assert answer.status in (400, 401, 403)
    assert provider.messages == []


CHANNELS = [
    ({}, ["sms"]),
    ({"sendsms": "1"}, ["sms"]),
    ({"sendsms": ""}, ["sms"]),
    ({"sendwa": "0"}, ["sms"]),
    ({"sendwa": "1"}, ["sms", "whatsapp"]),
    ({"sendwa": "1", "sendsms": "1"}, ["sms", "whatsapp"]),
    ({"sendwa": "1", "sendsms": ""}, ["sms", "whatsapp"]),
    ({"sendwa": "1", "sendsms": "0"}, ["whatsapp"]),
    ({"waonly": "yes"}, ["whatsapp"]),
    ({"waonly": "yes", "sendsms": "1"}, ["whatsapp"]),
    ({"waonly": "no"}, ["sms"]),
]


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
@pytest.mark.parametrize(("more", "channels"), CHANNELS)
def test_the_channels_are_those_that_the_fields_say_in_one_entry(
    provider: Provider, protocol: str, more: dict[str, str], channels: list[str]
) -> None:
    assert response_to(provider, call(provider, protocol, FIELDS | more)).status == 200
    assert [taken.channels for taken in provider.messages] == [channels]
    assert not {name for name in provider.notes if "sendwa" in name or "sendsms" in name}


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
@pytest.mark.parametrize("more", [{"sendsms": "0"}, {"sendsms": "0", "sendwa": "0"}])
def test_a_message_by_no_channel_is_refused(
    provider: Provider, protocol: str, more: dict[str, str]
) -> None:
    assert response_to(provider, call(provider, protocol, FIELDS | more)).status == 400
    assert provider.messages == []


@pytest.mark.parametrize("more", [{"sendwa": "1", "sendsms": "0"}, {"waonly": "yes"}])
def test_a_number_of_whatsapp_goes_without_its_plus(
    provider: Provider, more: dict[str, str]
) -> None:
    response_to(provider, form("/sendsms/", {**FIELDS, **KEY, **more, "recipients": NUMBER[1:]}))
    assert [taken.recipient for taken in provider.messages] == [NUMBER]


def test_the_documentations_own_numbers_are_taken(provider: Provider, protocol: str) -> None:
    sample = "+" + "".join(str(digit) for digit in range(1, 10))
    response_to(provider, call(provider, protocol, {**FIELDS, "recipients": sample}))
    assert [taken.recipient for taken in provider.messages] == [sample]


def test_a_literal_plus_in_a_query_is_taken_and_noted(provider: Provider) -> None:
    query = f"apikey={API_KEY}&recipients={NUMBER}&message=Hello"
    assert response_to(provider, request(f"/sendsms/?{query}", "GET")).status == 200
    assert [taken.recipient for taken in provider.messages] == [NUMBER]
    assert provider.notes == {"GET instead of POST": 1, "a literal + in a query": 1}


def test_an_encoded_plus_in_a_query_is_noted_as_get_alone(provider: Provider) -> None:
    response_to(provider, request(f"/sendsms/?{urlencode({**FIELDS, **KEY})}", "GET"))
    assert [taken.recipient for taken in provider.messages] == [NUMBER]
    assert provider.notes == {"GET instead of POST": 1}


def test_a_field_that_is_not_known_is_noted_and_ignored(provider: Provider, protocol: str) -> None:
    answer = response_to(provider, call(provider, protocol, {**FIELDS, "colour": "red"}))
    assert said(protocol, answer)["result"]["error"] == 0
    assert provider.notes["unknown field colour"] == 1
    assert len(provider.messages) == 1


@pytest.mark.parametrize("name", ["port", "sIdentifiant", "shorturl", "encrypt_message", "from"])
def test_a_field_of_the_table_is_known(provider: Provider, name: str) -> None:
    response_to(provider, form("/sendsms/", {**FIELDS, **KEY, name: "1"}))
    assert not provider.notes


def test_leniencies_are_counted(provider: Provider) -> None:
    for _ in range(2):
        response_to(provider, document({**FIELDS, **KEY}))
    response_to(provider, form("/sendsms", {**FIELDS, **KEY}))
    assert provider.notes == {
        "JSON instead of a form": 2,
        "a path with or without its trailing slash": 1,
    }
    assert len(provider.messages) == 3


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/other", "/sendsms/more/", "/SENDSMS/", "/_mock/other"])
def test_an_unknown_path_is_not_found(provider: Provider, method: str, path: str) -> None:
    answer = response_to(provider, request(path, method))
    assert (answer.status, said("rest", answer)["error"]) == (404, 404)
    assert provider.misses == []


def test_every_request_is_kept_but_those_of_control(provider: Provider) -> None:
    response_to(provider, request("/other"))
    response_to(provider, request("/_mock/health", "GET"))
    response_to(provider, form("/sendsms/", {**FIELDS, **KEY}))
    assert [got.path for got in provider.requests] == ["/other", "/sendsms/"]


def test_a_token_is_given_for_the_right_credentials(provider: Provider) -> None:
    answer = response_to(provider, form("/oauth2/token", GRANT))
    assert answer.status == 200
    given = said("rest", answer)
    assert given.keys() == {"access_token", "token_type", "expires_in"}
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3600)
    assert given["access_token"]


def test_every_token_that_was_given_is_taken(provider: Provider) -> None:
    tokens = [token(provider) for _ in range(2)]
    assert len(set(tokens)) == 2
    for one in tokens:
        answer = response_to(provider, form("/sendsms/", FIELDS, authorization=f"Bearer {one}"))
        assert answer.status == 200
    assert len(provider.messages) == 2


def test_a_token_is_not_given_to_get(provider: Provider) -> None:
    answer = response_to(provider, request(f"/oauth2/token?{urlencode(GRANT)}", "GET"))
    assert answer.status == 404
    assert provider.scenario.tokens == []


def test_a_token_call_that_is_no_form_is_refused(provider: Provider) -> None:
    answer = response_to(provider, request("/oauth2/token", body=b"\xff\xfe=\x00"))
    assert answer.status == 400


@pytest.mark.parametrize(
    "fields",
    [
        {"apikey": "\ud800", **FIELDS},
        {**KEY, **FIELDS, "recipients": "+1202555\ud800"},
        {**KEY, **FIELDS, "message": "\ud800"},
        {**KEY, **FIELDS, "recipients": [NUMBER]},
        {**KEY, **FIELDS, "recipients": {"a": NUMBER}},
        {**KEY, **FIELDS, "recipients": None},
        {"apikey": [API_KEY], **FIELDS},
        {"apikey": None, **FIELDS},
    ],
)
def test_json_with_what_no_form_can_say_is_refused_and_breaks_nothing(
    provider: Provider, fields: dict[str, Any]
) -> None:
    assert 400 <= response_to(provider, document(fields)).status < 500
    assert provider.messages == []


@pytest.mark.parametrize("path", ["messages", "notes", "health"])
def test_what_a_hostile_request_left_can_still_be_asked_for(provider: Provider, path: str) -> None:
    response_to(provider, document({**KEY, **FIELDS, "\ud800": 1}))
    assert response_to(provider, request(f"/_mock/{path}", "GET")).status == 200


def zipped(given: Request, encoding: str = "gzip", body: bytes | None = None) -> Request:
    packed = gzip.compress(given.body) if body is None else body
    return replace(given, headers={**given.headers, "Content-Encoding": encoding}, body=packed)


def test_a_request_in_gzip_is_read(provider: Provider, protocol: str) -> None:
    given = zipped(call(provider, protocol, FIELDS))
    assert said(protocol, response_to(provider, given))["result"]["error"] == 0
    assert provider.requests[-1].body == gzip.decompress(given.body)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"message=" + b"x" * 300_000, mtime=0)),
        ("gzip", gzip.compress(b"\0" * 50_000_000, mtime=0)),
        ("gzip", b"not gzip"),
        ("gzip", gzip.compress(b"message=Hello", mtime=0)[:-9]),
        ("br", b"message=Hello"),
        ("", b"message=" + b"x" * 300_000),
    ],
)
def test_a_body_that_does_not_unpack_or_is_too_large_is_refused(
    provider: Provider, encoding: str, body: bytes
) -> None:
    answer = response_to(provider, zipped(form("/sendsms/", KEY), encoding, body))
    assert (answer.status, said("rest", answer)["error"]) == (400, 400)
    assert provider.messages == []


def test_the_wsdl_is_served_with_the_mocks_own_address(provider: Provider) -> None:
    provider.address = "http://127.0.0.1:8765"
    for path in ("/sendsms/wsdl/sendsms.wsdl", f"{SERVER}?wsdl"):
        answer = response_to(provider, request(path, "GET"))
        assert answer.status == 200
        assert b'location="http://127.0.0.1:8765/sendsms/wsdl/server.php"' in answer.body
        assert b"api.smsmobileapi.com" not in answer.body


def test_health_names_the_scenario(provider: Provider) -> None:
    health = request("/_mock/health", "GET")
    document_ = said("rest", response_to(provider, health))
    assert document_ == {
        "status": "ok",
        "scenario": "smsmobileapi/default",
        "provenance": "ASSUMED",
    }
    provider.play("smsmobileapi/send/no-sense")
    assert said("rest", response_to(provider, health))["scenario"] == "smsmobileapi/send/no-sense"


def test_the_messages_can_be_asked_for(provider: Provider, protocol: str) -> None:
    response_to(provider, call(provider, protocol, {**FIELDS, "message": "ä 😀"}))
    answer = response_to(provider, request("/_mock/messages", "GET"))
    assert json.loads(answer.body) == [
        {
            "recipient": NUMBER,
            "text": "ä 😀",
            "channels": ["sms"],
            "protocol": protocol,
            "id": provider.scenario.minted["id"],
            "sender": "",
            "segments": 1,
            "encoding": "ucs-2",
            "forcing": ["😀"],
            "outcome": "accepted",
            "status": "sent",
            "at": "2026-11-22T12:00:00Z",
            "request": provider.request_log.requests[-1].id,
            "reports": [],
        }
    ]


def test_the_notes_can_be_asked_for(provider: Provider) -> None:
    response_to(provider, request(f"/sendsms/?{urlencode({**FIELDS, **KEY})}", "GET"))
    answer = response_to(provider, request("/_mock/notes", "GET"))
    assert json.loads(answer.body) == {"GET instead of POST": 1}


@pytest.mark.parametrize("by", ["url", "method"])
def test_a_reset_forgets_everything_and_begins_the_scenario_again(
    provider: Provider, by: str
) -> None:
    provider.play("smsmobileapi/send/token-expires")
    first = token(provider)
    response_to(provider, form("/sendsms/", FIELDS, authorization=f"Bearer {first}"))
    response_to(provider, request("/other"))
    assert provider.misses
    if by == "url":
        assert said("rest", response_to(provider, request("/_mock/reset"))) == {"status": "ok"}
    else:
        provider.reset()
    assert (provider.messages, provider.requests, provider.misses) == ([], [], [])
    assert not provider.notes
    assert provider.scenario.tokens == []
    assert provider.scenario.fixture.id == "smsmobileapi/send/token-expires"
    assert provider.unplayed() == ["token", "refused", "accepted"]


def test_to_play_is_to_begin_afresh(provider: Provider) -> None:
    response_to(provider, call(provider, "rest", FIELDS))
    provider.play("smsmobileapi/send/provider-error")
    assert provider.messages == []
    assert provider.unplayed() == ["send"]
    result = said("rest", response_to(provider, call(provider, "rest", FIELDS)))["result"]
    assert result == {"error": "subscription_expire"}
    assert provider.messages == []
    assert provider.unplayed() == []
    provider.play(None)
    response_to(provider, call(provider, "rest", FIELDS))
    assert len(provider.messages) == 1
    assert provider.unplayed() == []


def test_a_scenario_may_be_an_id_a_file_or_a_fixture(provider: Provider, tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(
        FIXTURE_HEAD + "  - {id: one, call: {operation: send}, reply: {}}\n", encoding="utf-8"
    )
    for scenario in (file, str(file), load(file)):
        provider.play(scenario)
        assert provider.scenario.fixture.id == "shop/one"
        assert provider.unplayed() == ["one"]


def test_a_scenario_that_does_not_exist_leaves_the_present_one(provider: Provider) -> None:
    provider.play("smsmobileapi/send/no-sense")
    with pytest.raises(BadFixture, match="there is no fixture"):
        provider.play("smsmobileapi/send/none")
    assert provider.scenario.fixture.id == "smsmobileapi/send/no-sense"


def test_nothing_is_unplayed_where_no_scenario_was_chosen(provider: Provider) -> None:
    assert provider.unplayed() == []


def test_a_token_call_that_no_interaction_answers_is_played_by_the_mock(
    provider: Provider,
) -> None:
    provider.play("smsmobileapi/send/provider-error")
    assert token(provider)
    assert provider.misses == []


def test_a_fault_of_a_scenario_is_given_in_place_of_an_answer_and_the_message_was_taken(
    provider: Provider, protocol: str
) -> None:
    provider.play("smsmobileapi/send/reset-after-request")
    given = call(provider, protocol, FIELDS)
    assert provider.handle(given) == Fault("reset-after-request")
    assert len(provider.messages) == 1
    assert isinstance(provider.handle(given), Response)
    assert len(provider.messages) == 2


def test_a_message_that_was_refused_is_not_taken(provider: Provider, protocol: str) -> None:
    for refusal in ("{status: 500, json: {result: {error: 0}}}", "{status: 200, text: ok}"):
        provider.play(fixture(f"{{id: it, call: {{operation: send}}, response: {refusal}}}"))
        provider.handle(call(provider, protocol, FIELDS))
        assert provider.messages == []


@each(
    ("interaction", "why"),
    [
        ("{id: it, call: {operation: sned}, reply: {}}", "operation"),
        ("{id: it, call: {operation: send, protocol: rset}, reply: {}}", "did you mean 'rest'"),
        (
            "{id: it, call: {operation: send, fields: {mesage: x}}, reply: {}}",
            "no table has the field 'mesage'; did you mean 'message'?",
        ),
        (
            "{id: it, from: late, call: {operation: send}, reply: {}}",
            "no interaction leads to late",
        ),
        (
            "{id: it, request: {path: /x, soap: {operation: sendSMS, args: {}}}, reply: {}}",
            "did you mean 'sendSms'?",
        ),
    ],
)
def test_an_interaction_that_can_never_match_is_refused_when_it_is_loaded(
    interaction: str, why: str
) -> None:
    provider = Provider(sample_backend())
    with pytest.raises(BadFixture, match=re.escape(why)):
        provider.play(fixture(interaction))
    assert not provider.strict


def test_a_route_and_a_field_that_only_another_client_has_can_be_played() -> None:
    provider = Provider(sample_backend())
    provider.play(fixture("{id: it, request: {path: /x, form: {colour: red}}, reply: {}}"))
    assert provider.strict


def test_the_default_clock_and_ids_are_real() -> None:
    provider = Provider(sample_backend())
    answer = response_to(provider, call(provider, "rest", FIELDS))
    then = datetime.fromisoformat(said("rest", answer)["result"]["datetime"])
    assert abs((datetime.now(UTC) - then).total_seconds()) < 60


def test_sixteen_threads_send_80_messages_each_with_an_id_of_its_own(protocol: str) -> None:
    backend = replace(sample_backend(), protocol=protocol)
    provider = Provider(backend)
    together = threading.Barrier(16)
    ids: list[str | None] = []
    troubles: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with Client(backend, transport=InProcess(provider)) as client:
                together.wait(30)
                ids.extend(client.send(NUMBER, f"Hello {number} {turn}").id for turn in range(5))
        except BaseException as error:  # noqa: BLE001  (looked at below)
            troubles.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert troubles == []
    assert len(provider.messages) == len(ids) == len(set(ids)) == 80
    assert len({taken.text for taken in provider.messages}) == 80
    assert provider.misses == []


def test_a_provider_with_a_key_alone_refuses_the_token_call() -> None:
    provider = Provider(SMSMobileAPI(api_key=Secret(API_KEY)))
    assert 400 <= response_to(provider, form("/oauth2/token", GRANT)).status < 500
    assert response_to(provider, call(provider, "rest", FIELDS)).status == 200


@each("given", [form("/sendsms/", {**FIELDS, **KEY}), soap({**FIELDS, **KEY})])
def test_a_provider_without_a_key_refuses_every_key(given: Request) -> None:
    backend = SMSMobileAPI(client_id=CLIENT_ID, client_secret=Secret(CLIENT_SECRET))
    provider = Provider(backend)
    assert 400 <= response_to(provider, given).status <= 500
    assert provider.messages == []
    assert response_to(provider, call(provider, "oauth", FIELDS)).status == 200


@each("protocol", ["rest", "soap"])
def test_a_backend_without_fixtures_is_played_from_its_tables_and_says_so(protocol: str) -> None:
    backend = acme(protocol)
    provider = Provider(backend)
    assert not [name for name in shipped() if name.startswith("acme")]
    assert provider.fixture.provenance.source == "ASSUMED"
    with Client(backend, transport=InProcess(provider)) as client:
        submission = client.send("+12025550123", "Hello")
    assert submission.id
    assert [taken.text for taken in provider.messages] == ["Hello"]


@each("protocol", ["rest", "soap"])
def test_a_backend_without_fixtures_refuses_wrong_credentials_in_its_own_words(
    protocol: str,
) -> None:
    provider = Provider(acme(protocol))
    wrong = replace(acme(protocol), password=Secret("another-password"))
    with (
        Client(wrong, transport=InProcess(provider)) as client,
        pytest.raises(AuthenticationFailed) as error,
    ):
        client.send("+12025550123", "Hello")
    assert error.value.code == "40"
    assert provider.messages == []


REFUSED = {
    "rest": ("{failure: {code: 12}}", Reason.RECIPIENT),
    "soap": ("{result: {state: REFUSED, code: 12}}", Reason.RECIPIENT),
}


@each("protocol", ["rest", "soap"])
def test_another_provider_is_played_from_its_own_table(protocol: str) -> None:
    provider = Provider(acme(protocol), accepting(protocol))
    with Client(provider.backend, transport=InProcess(provider)) as client:
        submission = client.send(NUMBER, "Hello")
    assert provider.misses == []
    assert isinstance(submission, Submission)
    assert (submission.protocol, submission.id) == (protocol, provider.scenario.minted["id"])
    assert provider.messages == [
        AcceptedMessage(recipient=NUMBER, text="Hello", channels=["sms"], protocol=protocol)
    ]
    assert provider.unplayed() == []
    assert not provider.notes


@each("protocol", ["rest", "soap"])
def test_another_provider_is_played_for_an_async_client(protocol: str) -> None:
    provider = Provider(acme(protocol), accepting(protocol))

    async def run() -> Submission:
        async with AsyncClient(provider.backend, transport=AsyncInProcess(provider)) as client:
            return await client.send(NUMBER, "Hello")

    assert asyncio.run(run()).id == provider.scenario.minted["id"]
    assert len(provider.messages) == 1


@each("protocol", ["rest", "soap"])
def test_another_provider_refuses_in_its_own_words(protocol: str) -> None:
    reply, reason = REFUSED[protocol]
    provider = Provider(
        acme(protocol), fixture(f"{{id: it, call: {{operation: send}}, reply: {reply}}}")
    )
    sending = Client(provider.backend, transport=InProcess(provider))
    with sending as client, pytest.raises(Rejected) as caught:
        client.send(NUMBER, "Hello")
    assert (caught.value.reason, caught.value.code) == (reason, "12")
    assert provider.messages == []


@each("protocol", ["rest", "soap"])
def test_another_provider_tells_wrong_credentials(protocol: str) -> None:
    wrong = "{id: wrong, call: {operation: send, credentials: wrong}, response: {status: 401}}"
    provider = Provider(acme(protocol), fixture(wrong))
    other = Acme(protocol=protocol, user="test-user", password=Secret("other"))
    sending = Client(other, transport=InProcess(provider))
    with sending as client, pytest.raises(AuthenticationFailed):
        client.send(NUMBER, "Hello")
    assert provider.misses == []


def test_deeply_nested_json_breaks_nothing() -> None:
    provider = Provider(acme("rest"), fixture("{id: it, call: {operation: send}, reply: {}}"))
    body = b'{"a":' * 900 + b"1" + b"}" * 900
    answer = provider.handle(
        Request(
            method="POST",
            url="https://api.acme.example/v1/messages",
            headers={"Content-Type": "application/json"},
            body=body,
        )
    )
    assert isinstance(answer, Response)
