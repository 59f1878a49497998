"""What an operation asks, of whom, what is kept of it, and what is refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from smsbridge import (
    Client,
    ConfigError,
    InvalidMessage,
    Message,
    NoAnswer,
    OutcomeUnknown,
    Retry,
    SendError,
    Status,
    Submission,
    backend,
)
from smsbridge.backends.console import Console
from smsbridge.http.exchange import Broken, Left, Request, Response

from support.asking import (
    NOTHING,
    NUMBER,
    OK,
    REFUSED,
    SILENCE,
    TEXT,
    Answer,
    Carrier,
    Gate,
    Make,
    Wire,
    World,
    end_of,
    page,
    pages,
    row,
    submission,
)
from support.blocks import document, json_of
from support.each import each

# --- numbers as they are dialled


@each("given", ["07700 900123", "(07700) 900-123", "+447700900123"])
def test_a_number_may_be_given_as_it_is_dialled_in_the_default_region(
    make: Make, given: str
) -> None:
    wire = Wire(OK)
    make(Gate(default_region="GB"), wire).send(given, TEXT)
    assert json_of(wire.requests[0])["to"] == "+447700900123"


def test_a_number_of_another_country_stays_as_it_is(make: Make) -> None:
    wire = Wire(OK)
    make(Gate(default_region="GB"), wire).send(NUMBER, TEXT)
    assert json_of(wire.requests[0])["to"] == NUMBER


def test_without_a_region_it_is_refused_as_ever(make: Make) -> None:
    wire = Wire()
    with pytest.raises(InvalidMessage, match=r"recipient '077•••23': give \+ and 5 to 15 digits"):
        make(Gate(), wire).send("07700900123", TEXT)
    assert wire.requests == []


@each("given", ["123", "0", "0770090012345678", "MPESA", "", 7])
def test_a_number_that_the_region_can_not_have_is_refused(make: Make, given: Any) -> None:
    wire = Wire()
    with pytest.raises(InvalidMessage, match="number "):
        make(Gate(default_region="GB"), wire).send(given, TEXT)
    assert wire.requests == []


def test_a_recipient_without_a_text_is_refused_before_any_io(make: Make) -> None:
    wire = Wire()
    with pytest.raises(InvalidMessage, match="text"):
        make(Gate(), wire).send(NUMBER)
    assert wire.requests == []


def test_a_message_is_taken_as_it_is_and_says_so_itself(make: Make) -> None:
    with pytest.raises(InvalidMessage, match="recipient"):
        make(Gate(default_region="GB"), Wire()).send(Message(recipient="07700900123", text=TEXT))


def test_the_log_is_asked_for_a_number_as_it_is_dialled(make: Make) -> None:
    wire = Wire(page(row("a", to="447700900123"), row("b")))
    log = make(Gate(default_region="GB"), wire).sent(recipient="07700 900123")
    assert next(log).id == "a"


@each("number", ["123", "MPESA", "", "+1", "0", "no number at all"])
def test_what_comes_from_outside_is_never_validated(make: Make, number: str) -> None:
    wire = Wire(page({"id": "m-1", "from": number}), document(**row(to=number)))
    client = make(Gate(default_region="GB"), wire)
    assert (client.received()[0].sender or "") == number
    assert (client.status("m-1").recipient or "") == number


# --- where a message stands


def test_a_message_that_the_provider_does_not_know_is_unknown(make: Make) -> None:
    found = make(Gate(), Wire(document(id="m-2", state="DELIVERED"))).status("m-1")
    assert (found.id, found.status) == ("m-1", Status.UNKNOWN)


@each("known", ["", " ", "a\nb", 7, None, submission(None)])
@each("operation", ["status", "resend"])
def test_a_message_without_an_id_can_not_be_asked_after(
    make: Make, operation: str, known: Any
) -> None:
    wire = Wire()
    with pytest.raises(InvalidMessage, match=f"{operation} needs the provider's id of a message"):
        getattr(make(Gate(), wire), operation)(known)
    assert wire.requests == []


@each("operation", ["status", "resend", "delete", "wait"])
def test_a_submission_of_another_backend_is_refused(make: Make, operation: str) -> None:
    wire = Wire()
    with pytest.raises(InvalidMessage, match="acme took this message: ask that backend, not gate"):
        getattr(make(Gate(), wire), operation)(submission(backend="acme"))
    assert wire.requests == []


def test_the_log_of_another_backend_answers_for_one_that_has_none(make: Make) -> None:
    @backend
    class Log(Gate):
        name = "log"
        url = "https://log.example"

    wire = Wire(OK, document(**row()), page(row()))
    client = make(Gate(protocol="mute", log=Log(timeout=5)), wire)
    assert client.status(client.send(NUMBER, TEXT)).status is Status.SENT
    assert next(client.sent()).id == "m-1"
    assert wire.hosts == ["gate", "log", "log"]


def test_a_log_is_not_asked_for_what_came_in(make: Make) -> None:
    client = make(Gate(protocol="mute", log=Gate()), Wire())
    assert "gate over mute can't answer received" in str(end_of(client.received))


# --- a resend


def test_a_resend_is_a_send_of_its_own_with_the_reference_of_the_first(make: Make) -> None:
    wire = Wire(document(state="OK", id="m-2"))
    again = make(Gate(), wire).resend(submission("m-1", reference="r-7"))
    assert (again.id, again.reference) == ("m-2", "r-7")
    assert json_of(wire.requests[0])["id"] == "m-1"


def test_a_resend_by_an_id_has_no_reference(make: Make) -> None:
    again = make(Gate(), Wire(document(state="OK"))).resend("m-1")
    assert (again.id, again.reference) == ("m-1", "")


# --- what a client keeps


@each("answer", [NOTHING, REFUSED])
def test_what_was_proved_not_taken_is_nobodys_rival(make: Make, answer: Answer) -> None:
    client = make(Gate(), Wire(answer, SILENCE, *pages([row()])))
    assert isinstance(end_of(lambda: client.send(NUMBER, TEXT)), SendError)
    assert client.resolve(end_of(lambda: client.send(NUMBER, TEXT))).id == "m-1"


@backend
class Bug(Gate):
    """A gate whose plug-in breaks down after the message has left."""

    def send(self, message: Message, session: Any) -> Any:
        if "bug" in message.reference:
            yield Request(method="POST", url="https://gate.example/send")
            raise KeyError("a bug")
        return (yield from super().send(message, session))


def test_what_ended_in_a_bug_may_have_been_taken(make: Make) -> None:
    client = make(Bug(), Wire(OK, SILENCE, *pages([row()])))
    with pytest.raises(KeyError):
        client.send(NUMBER, TEXT, reference="bug")
    error = end_of(lambda: client.send(NUMBER, TEXT, reference="r-2"))
    with pytest.raises(OutcomeUnknown, match="another send of the same message"):
        client.resolve(error)


def test_threads_that_share_a_client_keep_what_each_of_them_sent() -> None:
    log = [row(f"id of text {n}", text=f"text {n}") for n in range(64)]

    def answer(request: Request) -> Response:
        if request.path == "/sent":
            return page() if json_of(request)["before"].startswith("id of") else page(*log)
        return document(state="OK", id=f"id of {json_of(request)['text']}")

    client = Client(Gate(), transport=Carrier(Wire(answer)), session=World().session)
    together = threading.Barrier(32)

    def send(number: int) -> Submission:
        if number < 32:
            together.wait(20)
        return client.send(NUMBER, f"text {number}", reference=f"r-{number}")

    with ThreadPoolExecutor(32) as pool:
        sent = list(pool.map(send, range(64)))
    assert {one.id for one in sent} == {f"id of text {n}" for n in range(64)}
    for one in sent[:3]:
        assert client.resolve(one.attempt).id == one.id


def test_a_send_that_was_found_is_found_again_and_is_still_no_other_message(make: Make) -> None:
    wire = Wire(*pages([row("m-1")]), *pages([row("m-1")]), *pages([row("m-1")]))
    client = make(Gate(), wire)
    first, second = submission().attempt, replace(submission().attempt, reference="another")
    assert [client.resolve(first).id, client.resolve(first).id] == ["m-1", "m-1"]
    with pytest.raises(OutcomeUnknown, match="no such message"):
        client.resolve(second)


# --- arguments


def test_what_is_accepted_without_an_id_is_accepted(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(Console(), Wire()).send(NUMBER, TEXT).id is None
    assert TEXT in capsys.readouterr().err


# --- what happens between


def test_unread_messages_are_asked_for_once_since_an_answer_that_got_lost_was_read(
    make: Make,
) -> None:
    wire = Wire(Response(status=500))
    with pytest.raises(NoAnswer):
        make(Gate(retry=Retry(attempts=3)), wire).received(unread=True)
    assert len(wire.requests) == 1


def test_a_config_that_shows_its_fault_while_sending_leaves_no_doubt_behind() -> None:
    sends = iter([ConfigError("ca: the PEM file can't be read"), SILENCE])

    def answer(request: Request) -> Response:
        if request.path == "/sent":
            return page() if b"m-1" in request.body else page(row())
        raise next(sends)

    client = Client(Gate(), transport=Carrier(Wire(answer)), session=World().session)
    with pytest.raises(ConfigError):
        client.send(NUMBER, TEXT)
    error = end_of(lambda: client.send(NUMBER, TEXT))
    assert client.resolve(error).id == "m-1"


def test_an_unknown_send_starts_no_earlier_than_its_deadline_allows() -> None:
    world = World()
    sending = Gate().send(Message(recipient=NUMBER, text=TEXT), world.session)
    next(sending)
    asked = world.now()
    world.sleep(1_000)  # for its turn
    with pytest.raises(OutcomeUnknown) as caught:
        sending.throw(Broken(Left.ALL, "no answer"))
    assert caught.value.attempt.started - asked == timedelta(seconds=1_000 - 30)
