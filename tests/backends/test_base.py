"""A table becomes a backend: its keys, its checks, and its requests, without any I/O."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from datetime import timedelta
from typing import Any

import pytest

from smsbridge import (
    AuthenticationFailed,
    Backend,
    ClientCredentials,
    ConfigError,
    Fields,
    InvalidMessage,
    Message,
    NoAnswer,
    Operation,
    Options,
    OutcomeUnknown,
    Protocol,
    Reason,
    Rejected,
    Rest,
    Secret,
    Status,
    Unsupported,
    When,
)
from smsbridge.backends.console import Console
from smsbridge.backends.memory import Memory
from smsbridge.backends.smsmobileapi import SMSMobileAPI, SMSMobileAPIOptions
from smsbridge.http.exchange import Broken, Left, Request, Response, Session
from smsbridge.mapping.operation import Question
from smsbridge.message import SentMessage

from support.blocks import NOW, behind, document, json_of, session, talk


class Ten(Backend):
    """The ten lines that a backend takes."""

    name = "ten"
    url = "https://api.ten.example"
    token: Secret

    protocols = {
        "rest": Protocol(
            Rest(body="json"),
            Fields({"token": "{token}"}),
            send=Operation(
                "POST /v1/messages",
                fields={"to": "{recipient}", "text": "{text}", "ref": "{reference}"},
                accepted=When({"state": "QUEUED"}, id="id"),
            ),
        ),
        "none": Protocol(Rest(), Fields({"token": "{token}"})),
    }


def request(backend: Backend, **fields_of_message: Any) -> Request:
    message = Message(**{"recipient": "+12025550123", "text": "Hello", **fields_of_message})
    return next(backend.send(message, Session(now=lambda: NOW)))


def test_ten_lines_make_a_backend() -> None:
    sent = request(Ten(token=Secret("t-1")), reference="r-1")
    assert sent.url == "https://api.ten.example/v1/messages"
    assert sent.body == b'{"to": "+12025550123", "text": "Hello", "ref": "r-1", "token": "t-1"}'


def test_a_plain_class_attribute_is_the_default_of_an_inherited_key() -> None:
    assert Ten(token=Secret("t")).url == "https://api.ten.example"
    assert Ten(token=Secret("t"), url="https://other.example").url == "https://other.example"


def test_the_keys_are_the_base_classs_and_its_own() -> None:
    assert [key.name for key in fields(Ten)] == [
        "url",
        "protocol",
        "timeout",
        "ca",
        "client_cert",
        "client_cert_password",
        "proxy",
        "cleartext_hosts",
        "wsdl",
        "wsdl_sha256",
        "default_region",
        "time_zone",
        "retry",
        "limit",
        "log",
        "token",
    ]


def test_a_backend_is_frozen_and_masks_its_secrets() -> None:
    backend = Ten(token=Secret("canary"), proxy=Secret("http://u:canary@proxy.example"))
    assert "canary" not in repr(backend)
    with pytest.raises(FrozenInstanceError):
        backend.timeout = 1.0


def test_text_for_a_secret_becomes_one() -> None:
    assert Ten(token="t-1").token == Secret("t-1")  # type: ignore[arg-type]  # as config gives it


@pytest.mark.parametrize("timeout", [0, -1, 3601, "5", None, True])
def test_a_timeout_is_seconds_up_to_an_hour(timeout: Any) -> None:
    with pytest.raises(ConfigError, match="timeout"):
        Ten(token=Secret("t"), timeout=timeout)


def test_a_protocol_that_is_not_offered_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match="ten offers rest, none"):
        Ten(token=Secret("t"), protocol="soap")


def test_the_first_protocol_whose_credentials_are_there_is_the_default() -> None:
    assert SMSMobileAPI(api_key=Secret("k")).protocol == "rest"
    assert SMSMobileAPI(client_id="i", client_secret=Secret("s")).protocol == "oauth"


@pytest.mark.parametrize(
    ("keys", "missing"),
    [
        ({}, "rest needs api_key"),
        ({"protocol": "oauth"}, "oauth needs client_id and client_secret"),
        ({"protocol": "soap", "client_id": "i"}, "soap needs api_key"),
    ],
)
def test_missing_credentials_are_named(keys: dict[str, Any], missing: str) -> None:
    with pytest.raises(ConfigError, match=missing):
        SMSMobileAPI(**keys)


def test_an_operation_that_a_protocol_has_not_is_unsupported_with_those_that_have() -> None:
    with pytest.raises(Unsupported, match="ten over none can't send; rest can"):
        request(Ten(token=Secret("t"), protocol="none"))


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"channels": "whatsapp"}, "send by whatsapp; rest and oauth can"),
        ({"channels": ["sms", "whatsapp"]}, r"send by sms\+whatsapp; rest and oauth can"),
        ({"send_at": NOW + timedelta(hours=1)}, "carry send_at by sms; rest and oauth can"),
        ({"options": SMSMobileAPIOptions(sim=2)}, "carry options.sim by sms; rest and oauth can"),
        ({"sender": "ACME"}, "carry sender by sms; no protocol of it can"),
    ],
)
def test_what_soap_cannot_carry_is_refused_before_any_io(more: dict[str, Any], what: str) -> None:
    with pytest.raises(Unsupported, match=f"smsmobileapi over soap can't {what}"):
        request(SMSMobileAPI(api_key=Secret("k"), protocol="soap"), **more)


def test_options_of_another_backend_are_refused() -> None:
    class Other(Options):
        pass

    with pytest.raises(Unsupported, match="smsmobileapi takes SMSMobileAPIOptions, not Other"):
        request(SMSMobileAPI(api_key=Secret("k")), options=Other())


def test_options_where_a_backend_has_none_are_refused() -> None:
    with pytest.raises(Unsupported, match="options"):
        request(Ten(token=Secret("t")), options=SMSMobileAPIOptions(sim=1))


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=-1)])
def test_a_schedule_in_the_past_is_refused(late: timedelta) -> None:
    with pytest.raises(InvalidMessage, match="give a time in the future"):
        request(SMSMobileAPI(api_key=Secret("k")), send_at=NOW + late)


def test_a_backend_without_tls_to_a_distant_host_is_refused() -> None:
    with pytest.raises(ConfigError, match="without TLS"):
        SMSMobileAPI(api_key=Secret("k"), url="http://sms.example")


class Breaks(Rest):
    """A codec of a plug-in that has a bug in reading answers."""

    def decode(self, *_: Any) -> dict[str, Any]:
        raise KeyError("no such key")


class Buggy(Ten):
    protocols = {
        "rest": Protocol(Breaks(), Fields({"token": "{token}"}), send=Ten.protocols["rest"].send)
    }


def test_a_bug_in_reading_an_answer_is_an_unknown_outcome_and_not_a_lost_one() -> None:
    sending = Buggy(token=Secret("t")).send(
        Message(recipient="+12025550123", text="Hello"), Session(now=lambda: NOW)
    )
    next(sending)
    with pytest.raises(OutcomeUnknown, match="the answer can't be read: KeyError"):
        sending.send(Response(status=200, body=b"{}"))


def test_a_backend_without_a_name_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="Nameless has protocols, but no name"):

        class Nameless(Backend):
            protocols = Ten.protocols


@pytest.mark.parametrize("secret", [5, ["x"], {"env": "X"}])
def test_a_secret_that_is_no_text_is_refused_and_not_shown(secret: Any) -> None:
    with pytest.raises(ConfigError, match="token: give text, or a Secret") as refused:
        Ten(token=secret)
    assert str(secret) not in str(refused.value)


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:1", "socks4://h", "garbage", " ", "http://", "http://h/path"]
)
def test_a_proxy_is_an_http_or_https_address(proxy: str) -> None:
    with pytest.raises(ConfigError, match="proxy: give http:// or https://"):
        Ten(token=Secret("t"), proxy=Secret(proxy))


def test_media_by_sms_name_the_channel_as_the_trouble() -> None:
    options = SMSMobileAPIOptions(media_url="https://media.example/a.png")
    with pytest.raises(Unsupported, match=r"options.media_url by sms; by another channel it can"):
        request(SMSMobileAPI(api_key=Secret("k")), options=options)


def test_a_backend_takes_a_block_as_it_is_and_has_nothing_to_check() -> None:
    made, left = Ten.of_block("any", {"token": "t"})
    assert made is Ten
    assert left == {"token": "t"}
    made(token=Secret("t")).check()


# --- questions

STATUS = Question("GET /v1/messages/{id}", {}, {"id": "id", "status": "state", "text": "text"})
LIST = Question(
    "POST /v1/list",
    {"since": "{after|iso}", "trace": "{uuid}"},
    {"id": "id", "at": "at"},
    "rows",
    rejected={"code": {"12": Reason.RATE, "*": Reason.OTHER}},
)


class Asked(Ten):
    """A backend that can be asked, in one way of three."""

    client_id: str = ""
    client_secret: Secret | None = None
    statuses = {"DONE": Status.DELIVERED}
    protocols = {
        "rest": Protocol(Rest(body="json"), Fields({"token": "{token}"}), status=STATUS, sent=LIST),
        "oauth": Protocol(
            Rest(body="json"),
            ClientCredentials("POST /token", "client_id", "client_secret"),
            status=STATUS,
        ),
        "none": Protocol(Rest(), Fields({"token": "{token}"})),
    }


ASKED = Asked(token=Secret("canary-token"), client_id="i", client_secret=Secret("canary-secret"))


def ask(
    question: str,
    values: dict[str, Any],
    *answers: Response | Broken,
    protocol: str = "rest",
) -> Any:
    end, _ = talk(replace(ASKED, protocol=protocol).ask(question, values, session()), *answers)
    return end


def test_a_question_is_one_request_with_its_auth() -> None:
    request = next(ASKED.ask("sent", {"after": NOW}, session()))
    assert request.url == "https://api.ten.example/v1/list"
    assert json_of(request) == {
        "since": "2030-01-01T00:00:00Z",
        "trace": "00000000-0000-4000-8000-000000000000",
        "token": "canary-token",
    }


def test_an_answer_without_rows_is_one_row_by_itself() -> None:
    (row,) = ask("status", {"id": "7"}, document(id=7, state="DONE", text="Hi"))
    assert row == SentMessage(
        id="7",
        status=Status.DELIVERED,
        provider_status="DONE",
        text="Hi",
        answer={"id": 7, "state": "DONE", "text": "Hi"},
    )


def test_rows_are_read_one_by_one() -> None:
    rows = ask("sent", {}, document(rows=[{"id": 1, "at": "2030-01-01"}, {"id": 2, "at": "soon"}]))
    assert [(row.id, row.at) for row in rows] == [("1", NOW), ("2", None)]
    assert ask("sent", {}, document(rows=[])) == []


def test_a_word_that_the_table_does_not_know_is_unknown_and_is_kept() -> None:
    (row,) = ask("status", {"id": "7"}, document(state="done"))
    assert (row.status, row.provider_status) == (Status.UNKNOWN, "done")


@pytest.mark.parametrize(
    ("question", "values", "says"),
    [
        ("received", {}, "ten over rest can't answer received; no protocol of it can"),
        ("status", {"id": "1", "after": NOW}, "ten can't ask status by after"),
        ("sent", {"recipient": "+1"}, "ten can't ask sent by recipient"),
        ("send", {}, "ten over rest can't answer send"),
        ("nothing", {}, "ten over rest can't answer nothing"),
    ],
)
def test_what_can_not_be_asked_is_unsupported(
    question: str, values: dict[str, Any], says: str
) -> None:
    with pytest.raises(Unsupported, match=says):
        next(ASKED.ask(question, values, session()))


def test_a_protocol_that_can_be_asked_is_named() -> None:
    with pytest.raises(Unsupported, match="ten over none can't answer status; rest and oauth can"):
        next(replace(ASKED, protocol="none").ask("status", {"id": "1"}, session()))


@pytest.mark.parametrize("backend", [Memory(), Console()])
def test_a_backend_without_a_provider_has_no_answers(backend: Backend) -> None:
    with pytest.raises(Unsupported, match=f"{backend.name} can't answer status"):
        next(backend.ask("status", {"id": "1"}, session()))


def test_a_refused_question_has_reason_and_code_and_no_secret() -> None:
    error = ask("sent", {}, document(code=12))
    assert type(error) is Rejected
    assert (error.reason, error.code, error.attempt.reference) == (Reason.RATE, "12", "")
    error = ask("sent", {}, document(400, code="no canary-token here"))
    assert (error.reason, error.code) == (Reason.REQUEST, "••• (a text of length 20)")
    assert "canary" not in behind(error)


@pytest.mark.parametrize("code", [0, "0", "00", None, "", False, "none", "null"])
def test_without_a_word_of_success_nothing_like_zero_is_a_refusal(code: object) -> None:
    assert [row.id for row in ask("sent", {}, document(code=code, rows=[{"id": 1}]))] == ["1"]


@pytest.mark.parametrize("code", [7, "broken", "-1"])
def test_without_a_word_of_success_any_other_is_a_refusal_and_no_empty_log(code: object) -> None:
    error = ask("sent", {}, document(code=code, rows=[]))
    assert (type(error), error.reason) == (Rejected, Reason.OTHER)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("invalid_guid", "invalid_guid"),
        ("E-12:3.4", "E-12:3.4"),
        ("no message to +12025550123", "••• (a text of length 26)"),
        ("12025550123", "••• (a text of length 11)"),
        ("Hello", "Hello"),
    ],
)
def test_of_a_question_only_a_code_is_shown_for_number_and_text_are_not_known(
    said: str, shown: str
) -> None:
    error = ask("sent", {}, document(400, code=said))
    assert error.code == shown


def test_a_401_is_a_failed_authentication() -> None:
    error = ask("status", {"id": "7"}, Response(status=401))
    assert type(error) is AuthenticationFailed


@pytest.mark.parametrize(
    ("answer", "retry", "after", "why"),
    [
        (Broken(Left.NOTHING, "refused"), True, None, "refused"),
        (Broken(Left.PART, "reset"), True, None, "reset"),
        (Broken(Left.ALL, "silence"), True, None, "silence"),
        (Broken(Left.NOTHING, "no host", retry=False), False, None, "no host"),
        (Response(status=429, headers={"Retry-After": "7"}), True, 7, "HTTP 429"),
        (Response(status=429), True, None, "HTTP 429"),
        (Response(status=503, headers={"Retry-After": "5000"}), True, 3600, "HTTP 503"),
        (Response(status=500), True, None, "HTTP 500"),
        (Response(status=308), False, None, "a redirect"),
        (Response(status=200, body=b"canary-token"), True, None, "it is not JSON"),
    ],
)
def test_any_other_end_is_no_answer_and_says_whether_to_ask_again(
    answer: Response | Broken, why: str, *, retry: bool, after: float | None
) -> None:
    error = ask("status", {"id": "7"}, answer)
    assert type(error) is NoAnswer
    assert (error.backend, error.retry, error.retry_after) == ("ten", retry, after)
    assert why in str(error)
    assert "canary" not in behind(error)


def test_a_question_takes_a_token_and_renews_it_once() -> None:
    first, second = (document(access_token=f"t-{number}") for number in (1, 2))
    gone = Response(status=401)
    (row,) = ask("status", {"id": "7"}, first, gone, second, document(id=7), protocol="oauth")
    assert row.id == "7"
    error = ask("status", {"id": "7"}, first, gone, second, gone, protocol="oauth")
    assert type(error) is AuthenticationFailed


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (document(401, error="invalid_client"), AuthenticationFailed),
        (document(500), NoAnswer),
        (Broken(Left.ALL, "silence"), NoAnswer),
        (document(), NoAnswer),
    ],
)
def test_a_token_call_of_a_question_is_refused_or_no_answer(
    answer: Response | Broken, kind: type
) -> None:
    assert type(ask("status", {"id": "7"}, answer, protocol="oauth")) is kind


def test_a_bug_in_reading_an_answer_is_no_answer() -> None:
    class Bug(Ten):
        protocols = {"rest": Protocol(Breaks(), Fields({"token": "{token}"}), status=STATUS)}

    end, _ = talk(Bug(token=Secret("t")).ask("status", {"id": "7"}, session()), document())
    assert type(end) is NoAnswer
    assert "KeyError" in end.why
