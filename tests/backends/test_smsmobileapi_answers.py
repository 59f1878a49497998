"""What SMSMobileAPI answers, as it is read: a test for each cell of docs/smsmobileapi.md."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from smsbridge import (
    AuthenticationFailed,
    Client,
    NoAnswer,
    NotSent,
    OutcomeUnknown,
    ReceivedMessage,
    Rejected,
    Secret,
    SendError,
    SentMessage,
    Status,
    Submission,
    Unsupported,
)
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Request, Response

from support.each import each
from support.sending import NUMBER, fault, said

GUID = "c319d3b35e8f8712cde20dae39ac3c19f86eda25"
CORE = {"error": 0, "sent": "1", "id": GUID, "note": "sent by mobile"}
WHEN = datetime(2027, 1, 31, 9, 30, tzinfo=UTC)
SECONDS = int(WHEN.timestamp())


class Answering:
    """Answers each request with the same, and a token call as the standard says."""

    def __init__(self, response: Response, token: Response | None = None) -> None:
        self._response = response
        self._token = token or Response(status=200, body=b'{"access_token": "token-1"}')

    def send(self, request: Request, deadline: float) -> Response:
        return self._token if request.path.startswith("/oauth2") else self._response

    def close(self) -> None:
        pass


def client(protocol: str, response: Response, token: Response | None = None) -> Client:
    table = SMSMobileAPI(
        protocol=protocol, api_key=Secret("k-1"), client_id="c-1", client_secret=Secret("s-1")
    )
    return Client(table, transport=Answering(response, token))


def http(protocol: str, document: object, status: int = 200, **headers: str) -> Response:
    return Response(status=status, headers=headers, body=said(protocol, document).encode())


def end(protocol: str, response: Response, token: Response | None = None) -> Submission | SendError:
    """Return what a send came to."""
    try:
        return client(protocol, response, token).send(NUMBER, "Hello")
    except SendError as error:
        return error


def sent(protocol: str, **result: Any) -> Submission | SendError:
    return end(protocol, http(protocol, {"result": {**CORE, **result}}))


# --- an answer to sending


@each("word", [0, "0"])
def test_error_0_is_accepted(protocol: str, word: object) -> None:
    assert isinstance(sent(protocol, error=word), Submission)


@each(
    ("word", "reason"),
    [
        (1, "authentication"),
        (2, "other"),
        ("subscription_expire", "account"),
        (77, "other"),
        ("blocked", "other"),
    ],
)
def test_another_error_is_rejected(protocol: str, word: object, reason: str) -> None:
    error = sent(protocol, error=word)
    assert isinstance(error, Rejected)
    assert (error.reason, error.code) == (reason, str(word))
    assert isinstance(error, AuthenticationFailed) == (reason == "authentication")


def test_sent_1_is_queued(protocol: str) -> None:
    submission = sent(protocol, sent="1")
    assert isinstance(submission, Submission)
    assert (submission.status, submission.provider_status) == (Status.QUEUED, "1")


def test_sent_no_is_accepted_and_its_status_unknown(protocol: str) -> None:
    submission = sent(protocol, sent="no")
    assert isinstance(submission, Submission)
    assert (submission.status, submission.provider_status) == (Status.UNKNOWN, "no")


def test_id_is_the_id(protocol: str) -> None:
    submission = sent(protocol)
    assert isinstance(submission, Submission)
    assert submission.id == GUID


OPTIONAL = {
    "note": "sent by mobile",
    "datetime": "2027-01-31T09:30:00Z",
    "datetimeLocal": "2027-01-31T10:30:00+01:00",
    "port": None,
    "iac_control": "1",
    "iac_authorized": "1",
    "send_with_whatsapp": "0",
    "encrypted": {"status": "0"},
    "trial_account": {"status": "0", "sms_sent": 0},
}


@each("name", OPTIONAL)
def test_what_is_optional_is_kept_in_the_answer(protocol: str, name: str) -> None:
    with_it = sent(protocol, **{name: OPTIONAL[name]})
    assert isinstance(with_it, Submission)
    assert with_it.answer["result"][name] == OPTIONAL[name]
    core = {key: value for key, value in CORE.items() if key != name}
    assert isinstance(end(protocol, http(protocol, {"result": core})), Submission)


def test_a_200_is_no_success(protocol: str) -> None:
    assert isinstance(end(protocol, http(protocol, {"result": {}})), OutcomeUnknown)


@each(("status", "reason"), [(400, "request"), (403, "authentication")])
def test_400_and_403_are_rejected_with_the_code(protocol: str, status: int, reason: str) -> None:
    document = {"error": "E17", "message": "no"}
    error = end(protocol, http(protocol, document, status))
    assert isinstance(error, Rejected)
    assert (error.reason, error.code) == (reason, "E17")


def test_an_error_alone_with_http_200_proves_nothing(protocol: str) -> None:
    document = {"error": "E17", "message": "no"}  # as a gateway in between may say it
    assert isinstance(end(protocol, http(protocol, document)), OutcomeUnknown)


def test_429_is_not_sent_and_says_when(protocol: str) -> None:
    response = http(protocol, {"error": 429, "message": "slow"}, 429, **{"Retry-After": "7"})
    error = end(protocol, response)
    assert isinstance(error, NotSent)
    assert (error.retry, error.retry_after) == (True, 7)


def test_a_fault_that_names_the_key_is_authentication(protocol: str) -> None:
    response = Response(status=500, body=fault("Client", "Invalid API key").encode())
    error = end(protocol, response)
    assert isinstance(error, AuthenticationFailed if protocol == "soap" else OutcomeUnknown)


# --- an answer to the token call


def token(**document: Any) -> Response:
    return Response(status=200, body=json.dumps(document).encode())


def test_an_access_token_is_all_that_is_needed(protocol: str) -> None:
    good = http(protocol, {"result": CORE})
    assert isinstance(end(protocol, good, token(access_token="token-2")), Submission)
    without = end(protocol, good, token(token_type="Bearer"))
    assert isinstance(without, NotSent if protocol == "oauth" else Submission)


@each("more", [{"token_type": "Bearer"}, {"expires_in": 3600}, {"expires_in": "soon"}])
def test_type_and_lifetime_of_a_token_are_optional(protocol: str, more: dict[str, Any]) -> None:
    good = http(protocol, {"result": CORE})
    assert isinstance(end(protocol, good, token(access_token="token-2", **more)), Submission)


def test_an_invalid_client_is_authentication(protocol: str) -> None:
    response = Response(status=401, body=b'{"error": "invalid_client"}')
    error = end(protocol, http(protocol, {"result": CORE}), response)
    assert isinstance(error, AuthenticationFailed if protocol == "oauth" else Submission)


# --- an answer to anything else


@each("name", ["resend", "sent", "received", "delete"])
@each(("status", "kind"), [(400, Rejected), (403, AuthenticationFailed)])
def test_400_and_403_are_rejected_with_the_code_elsewhere(
    protocol: str, status: int, kind: type[Rejected], name: str
) -> None:
    asking = client(protocol, http(protocol, {"error": "E17", "message": "no"}, status))
    with pytest.raises(Unsupported if protocol == "soap" else kind) as caught:
        list(getattr(asking, name)(*([GUID] if name in ("resend", "delete") else [])))
    assert protocol == "soap" or getattr(caught.value, "code", None) == "E17"


# --- an answer to resend and delete


def test_a_resend_is_accepted_under_its_own_id_or_the_old(protocol: str) -> None:
    for result, known in (({"error": 0}, GUID), ({"error": 0, "id": "new"}, "new")):
        asking = client(protocol, http(protocol, {"result": result}))
        if protocol == "soap":
            with pytest.raises(Unsupported, match="rest and oauth can"):
                asking.resend(GUID)
            continue
        assert asking.resend(GUID).id == known


@each("name", ["resend", "delete"])
def test_a_refusal_has_the_code(protocol: str, name: str) -> None:
    asking = client(protocol, http(protocol, {"result": {"error": "gone"}}))
    kind = Unsupported if protocol == "soap" else Rejected
    with pytest.raises(kind, match="rest and oauth can" if protocol == "soap" else "'gone'"):
        getattr(asking, name)(GUID)


def test_a_delete_that_nothing_confirms_is_no_answer(protocol: str) -> None:
    asking = client(protocol, http(protocol, {"result": {}}))
    with pytest.raises(Unsupported if protocol == "soap" else NoAnswer):
        asking.delete(GUID)


# --- rows


def rows(protocol: str, name: str, *given: dict[str, Any], error: str = "0") -> list[Any] | None:
    """Return the rows of an answer to ``sent`` or ``received``; None where it can't be asked."""
    document = {"result": {"error": error, "sms": list(given)}}
    asking = client(protocol, http(protocol, document))
    if protocol == "soap":
        with pytest.raises(Unsupported, match="rest and oauth can"):
            list(getattr(asking, name)())
        return None
    return list(getattr(asking, name)())


ROWS = ("sent", "received")
ROW: dict[str, dict[str, Any]] = {
    "id": {"guid": GUID},
    "id-guid_message": {"guid_message": GUID},
    "id-id": {"id": GUID},
    "text": {"message": "Hello"},
    "at": {"timestamp_unix": SECONDS},
    "at-milliseconds": {"time_received": SECONDS * 1000},
    "at-seconds": {"time_received": str(SECONDS)},
    "at-text": {"time_received": "2027-01-31 09:30:00"},
    "at-two": {"date": "2027-01-31", "hour": "09:30:00"},
}
MEANS = {"id": GUID, "text": "Hello", "at": WHEN}


@each("name", ROWS)
@each("what", ROW)
def test_a_field_of_a_row(protocol: str, name: str, what: str) -> None:
    found = rows(protocol, name, ROW[what])
    if found is not None:
        ours = what.partition("-")[0]
        assert [getattr(row, ours) for row in found] == [MEANS[ours]]
        assert found[0].answer == ROW[what]


def test_a_number_of_the_log_is_the_recipient(protocol: str) -> None:
    found = rows(protocol, "sent", {"number": NUMBER})
    assert found in (None, [SentMessage(recipient=NUMBER, answer={"number": NUMBER})])


@each("number", [NUMBER, "MPESA"])
def test_a_number_that_came_in_is_the_sender(protocol: str, number: str) -> None:
    found = rows(protocol, "received", {"number": number, "alias": None})
    row = ReceivedMessage(sender=number, answer={"number": number, "alias": None})
    assert found in (None, [row])


def test_sidentifiantphone_is_the_device(protocol: str) -> None:
    found = rows(protocol, "received", {"sIdentifiantPhone": "phone-7"})
    assert found is None or found[0].device == "phone-7"


@each(
    ("row", "status", "error"),
    [
        ({"send_from_mobile": "1"}, "sent", None),
        ({"send_from_mobile": "0"}, "queued", None),
        ({"send_from_mobile": "7"}, "unknown", None),
        ({"send_from_mobile": "0", "send_from_mobile_erreur": "no SIM"}, "undelivered", "no SIM"),
        ({"send_from_mobile": "0", "error_api": "E17"}, "rejected", "E17"),
        ({"send_from_mobile": "1", "send_from_mobile_erreur": "0"}, "sent", None),
        ({"send_from_mobile": "1", "send_from_mobile_erreur": "no SIM"}, "unknown", "no SIM"),
    ],
)
def test_where_a_message_stands(
    protocol: str, row: dict[str, str], status: str, error: str | None
) -> None:
    found = rows(protocol, "sent", row)
    if found is not None:
        assert [(one.status, one.error) for one in found] == [(status, error)]


def test_an_entry_that_is_not_there_yet_is_no_failure(protocol: str) -> None:
    assert rows(protocol, "sent", error="no entry") in (None, [])
    if protocol != "soap":
        document = {"result": {"error": "no entry", "sms": []}}
        assert client(protocol, http(protocol, document)).status(GUID) == SentMessage(id=GUID)


def test_a_wrong_key_may_answer_200_and_no_rows(protocol: str) -> None:
    assert rows(protocol, "received") in (None, [])
    asking = client(protocol, http(protocol, {"result": {"error": "1"}}))
    with pytest.raises(Unsupported if protocol == "soap" else AuthenticationFailed):
        asking.received()
