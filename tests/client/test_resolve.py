"""An unknown outcome is resolved by the provider's log where it proves it, and never by a guess."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge import (
    Attempt,
    AuthenticationFailed,
    Client,
    InvalidMessage,
    NoAnswer,
    OutcomeUnknown,
    Rejected,
    Status,
    Submission,
    Unsupported,
    backend,
)
from smsbridge.backends.failover import Failover
from smsbridge.client.resolve import SLACK, LogReader, OtherSends, find_submission, unknown_attempt
from smsbridge.client.send_history import SendHistory
from smsbridge.http.exchange import Request, Response, drive
from smsbridge.message import fingerprint

from support.asking import (
    NUMBER,
    OK,
    OTHER,
    SILENCE,
    TEXT,
    Answer,
    Carrier,
    Gate,
    Make,
    Wire,
    World,
    attempt,
    end_of,
    page,
    pages,
    row,
    submission,
)
from support.blocks import NOW, document, json_of, session
from support.each import each

AFTER = timedelta(seconds=30)  # the timeout of a backend
FIRST, LAST = NOW - SLACK, NOW + AFTER + SLACK
SECOND = timedelta(seconds=1)


def told(
    *rows: dict[str, Any],
    of: Attempt | None = None,
    owned: Collection[str] = (),
    others: Collection[Attempt] = (),
) -> Submission:
    """Return what an attempt comes to by a log of one page."""
    sends = OtherSends(ids=owned, attempts=others)
    return look_up(Wire(*pages(rows)), of, sends)


def look_up(
    wire: Wire, of: Attempt | None = None, sends: OtherSends | None = None, **keys: Any
) -> Submission:
    """Return what an attempt comes to by the log of a gate."""
    attempted = of or attempt()
    reader = LogReader(Gate(**keys), session(), [attempted])
    course = find_submission(attempted, reader, sends or OtherSends())
    return drive(course, lambda request: wire.carry(request, 0))


def unknown(*rows: dict[str, Any], of: Attempt | None = None, **more: Any) -> str:
    """Return why an attempt stays unknown."""
    with pytest.raises(OutcomeUnknown) as caught:
        told(*rows, of=of, **more)
    assert caught.value.attempt == (of or attempt())
    return caught.value.why


# --- by the reference


def test_a_row_with_the_reference_is_the_submission() -> None:
    found = told(row("m-1", ref="r-0"), row("m-2", ref="r-1", state="DELIVERED"))
    assert (found.id, found.status, found.provider_status) == ("m-2", Status.DELIVERED, "DELIVERED")
    assert found.attempt == attempt()
    assert found.answer["ref"] == "r-1"


def test_the_reference_proves_it_whatever_the_recipient_looks_like_there() -> None:
    assert told(row("m-2", ref="r-1", to=None, text=None)).id == "m-2"


def test_the_reference_proves_it_whatever_else_was_sent() -> None:
    rivals = [attempt("r-2")]
    assert told(row("m-1", ref="r-1"), row("m-2"), others=rivals).id == "m-1"


def test_a_row_with_anothers_reference_is_another_message() -> None:
    assert "no such message" in unknown(row("m-1", ref="r-2"))
    assert told(row("m-1", ref="r-2"), row("m-2")).id == "m-2"


def test_a_row_with_the_reference_of_another_time_is_none() -> None:
    late = LAST + SECOND
    assert "no such message" in unknown(row("m-1", ref="r-1", at=late.isoformat()))


# --- by time, recipient and text


def test_the_only_row_of_its_time_recipient_and_text_is_the_submission() -> None:
    found = told(row("m-1"), row("m-2", to=OTHER), row("m-3", text="Another"))
    assert (found.id, found.status) == ("m-1", Status.SENT)


@each("number", ["12025550123", "0012025550123", "+1 202 555 0123", "+1 (202) 555-0123"])
def test_a_number_is_the_same_in_any_form_with_its_digits(number: str) -> None:
    assert told(row(to=number)).id == "m-1"


@each("number", ["2025550123", "012025550123", "+12025550124", "ACME", "X"])
def test_another_number_is_another_message(number: str) -> None:
    assert "no such message" in unknown(row(to=number))


@each("text", ["one\r\ntwo", "one\rtwo", "one\ntwo\n", "  one\ntwo"])
def test_a_text_is_the_same_with_any_line_ends_and_blanks_around(text: str) -> None:
    of = attempt(fingerprint=fingerprint(NUMBER, "one\ntwo"))
    assert told(row(text=text), of=of).id == "m-1"


@each("text", ["hello", "Hello!", "Hell", "Hel lo"])
def test_another_text_is_another_message(text: str) -> None:
    assert "no such message" in unknown(row(text=text))


def test_no_row_leaves_it_unknown() -> None:
    assert unknown() == "the log of gate has no such message"


def test_two_rows_leave_it_unknown() -> None:
    assert unknown(row("m-1"), row("m-2")) == "the log of gate has 2 messages that may be this one"


@each("word", ["to", "text"])
def test_a_row_without_recipient_or_text_never_counts(word: str) -> None:
    assert "no such message" in unknown(row(**{word: None}))
    assert told(row("m-1", **{word: None}), row("m-2")).id == "m-2"


@each("at", ["soon", None, "2030-01-01 00:00:00", "2030-01-01T05:00:00"])
def test_a_row_whose_time_is_not_sure_leaves_it_unknown(at: str | None) -> None:
    assert "but its time is uncertain" in unknown(row(at=at))
    assert "but its time is uncertain" in unknown(row("m-1", at=at), row("m-2"))


@each("at", ["1893456000", "1893456000000", "2030-01-01T01:00:00+01:00"])
def test_a_time_in_seconds_or_with_a_zone_is_sure(at: str) -> None:
    assert told(row(at=at)).id == "m-1"


def test_a_row_that_was_refused_is_no_acceptance() -> None:
    assert "as refused" in unknown(row(state="REJECTED"))
    assert "as refused" in unknown(row(state="REJECTED", ref="r-1"))


@each(
    ("at", "counts"),
    [
        (FIRST - SECOND, False),
        (FIRST, True),
        (NOW, True),
        (LAST, True),
        (LAST + SECOND, False),
    ],
)
def test_a_row_counts_from_10_minutes_before_to_10_after_the_send_may_have_ended(
    at: Any, *, counts: bool
) -> None:
    if counts:
        assert told(row(at=at.isoformat())).id == "m-1"
    else:
        assert "no such message" in unknown(row(at=at.isoformat()))


def test_the_log_is_asked_for_no_later_than_its_window() -> None:
    wire = Wire(*pages([row()]))
    look_up(wire)
    assert [json_of(request)["before"] for request in wire.requests][1:] == ["m-1"]
    assert json_of(wire.requests[0])["before"].startswith("2030-01-01")


def test_rows_are_gathered_from_all_pages() -> None:
    wire = Wire(*pages([row("m-1"), row("m-2", to=OTHER)], [row("m-3")]))
    with pytest.raises(OutcomeUnknown, match="2 messages"):
        look_up(wire)


def test_a_row_that_is_on_two_pages_is_one() -> None:
    wire = Wire(*pages([row("m-1"), row("m-2", to=OTHER)], [row("m-2", to=OTHER)]))
    assert look_up(wire).id == "m-1"


def test_an_attempt_without_reference_and_fingerprint_can_not_be_looked_for() -> None:
    with pytest.raises(InvalidMessage, match="a send can be looked up, but not a resend"):
        unknown_attempt(attempt(fingerprint=""))


def test_a_resend_is_not_proved_by_the_row_of_the_message_itself(make: Make) -> None:
    client = make(Gate(), Wire(SILENCE))
    error = end_of(lambda: client.resend("m-5"))
    with pytest.raises(InvalidMessage, match="a send can be looked up, but not a resend"):
        client.resolve(error)


def test_a_log_that_repeats_a_full_page_is_not_read_whole() -> None:
    wire = Wire(*pages([row("m-1"), row("m-2", to=OTHER)], [row("m-1"), row("m-2", to=OTHER)]))
    with pytest.raises(OutcomeUnknown, match="can't be read completely"):
        look_up(wire)


@each("since", [NOW, NOW - 2 * SLACK - AFTER])
def test_of_a_time_that_is_forgotten_nothing_is_proved_but_by_the_reference(since: Any) -> None:
    def end(*rows: dict[str, Any]) -> Any:
        history = SendHistory()
        history.forgotten = since
        sends = OtherSends(history=history)
        return end_of(lambda: look_up(Wire(*pages(rows)), None, sends))

    assert "sent too much since" in end(row()).why
    assert end(row("m-3", ref="r-1")).id == "m-3"


@each(
    ("known", "others"),
    [("m-1", ()), (b"m-1", ()), (None, ()), ([5], ()), ((), None), ((), "r"), ((), [5])],
)
def test_what_is_no_list_of_known_sends_is_refused_before_any_call(
    make: Make, known: Any, others: Any
) -> None:
    client, error = client_that_is_unsure(make)
    with pytest.raises(InvalidMessage, match=r"known: give|others: give|resolve takes"):
        client.resolve(error, known=known, others=others)


# --- what belongs to others


def test_a_row_of_a_known_submission_is_anothers() -> None:
    assert "no such message" in unknown(row("m-1"), owned={"m-1"})
    assert told(row("m-1"), row("m-2"), owned={"m-1"}).id == "m-2"


def test_a_row_without_an_id_is_nobodys() -> None:
    assert "can't be read completely" in unknown(row(None), owned={"m-1"})


@each("apart", [timedelta(0), SECOND, 2 * SLACK + AFTER])
def test_with_another_attempt_at_the_same_message_nobody_can_tell(apart: timedelta) -> None:
    rival = attempt("r-2", started=NOW + apart)
    assert "another send of the same message" in unknown(row(), others=[rival])


@each(
    "rival",
    [
        attempt(),
        attempt("r-2", started=NOW + 2 * SLACK + AFTER + SECOND),
        attempt("r-1", started=NOW + SECOND),
        attempt("r-2", fingerprint=fingerprint(NUMBER, "Another")),
        attempt("r-2", fingerprint=fingerprint(OTHER, TEXT)),
        attempt("r-2", fingerprint=""),
    ],
)
def test_an_attempt_at_another_message_is_no_rival(rival: Attempt) -> None:
    assert told(row(), others=[rival]).id == "m-1"


TIMES = [NOW.isoformat(), str(NOW.timestamp())[:10], FIRST.isoformat()]
LATE = (LAST + SECOND).isoformat()
ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(["m-1", "m-2", "m-3", "m-4", None]),
        to=st.sampled_from([NUMBER, "12025550123", OTHER, "ACME", "", None, 7]),
        text=st.sampled_from([TEXT, "Hello\r\n", "Another", None, ["x"]]),
        state=st.sampled_from(["SENT", "odd", None]),
        at=st.sampled_from([*TIMES, LATE, "soon", "", None]),
        ref=st.sampled_from(["r-1", "r-2", None, None, None]),
    ),
    max_size=6,
)


@given(rows=ROWS, owned=st.sets(st.sampled_from(["m-1", "m-2", "m-3"])), rivalled=st.booleans())
def test_whatever_rows_come_it_is_accepted_for_its_reference_or_for_one_row_only(
    rows: list[dict[str, Any]], owned: set[str], *, rivalled: bool
) -> None:
    rivals = [attempt("r-2")] if rivalled else []
    end = end_of(lambda: told(*rows, owned=owned, others=rivals))
    within = [one for one in rows if one.get("at") in TIMES]
    named = [one for one in within if one.get("ref") == "r-1"]
    alike = [
        one
        for one in within
        if one.get("to") in (NUMBER, "12025550123")
        and one.get("text") in (TEXT, "Hello\r\n")
        and "ref" not in one
        and one.get("id") not in owned
    ]
    if isinstance(end, Submission):
        proofs = named or ([] if rivals or len(alike) != 1 else alike)
        assert end.answer in proofs
    else:
        assert type(end) is OutcomeUnknown
        assert not named


# --- by a client


def client_that_is_unsure(
    make: Make, *answers: Answer, backend: Gate | None = None
) -> tuple[Client, OutcomeUnknown]:
    """Return a client whose one send is unknown, and how that ended."""
    client = make(backend or Gate(), Wire(SILENCE, *answers))
    error = end_of(lambda: client.send(NUMBER, TEXT, reference="r-1"))
    assert type(error) is OutcomeUnknown
    return client, error


def test_a_client_resolves_what_it_is_unsure_of(make: Make) -> None:
    client, error = client_that_is_unsure(make, *pages([row("m-7")]))
    assert client.resolve(error) == Submission(
        id="m-7",
        attempt=error.attempt,
        status=Status.SENT,
        provider_status="SENT",
        answer=row("m-7"),
    )


def test_an_attempt_does_as_well_as_its_error(make: Make) -> None:
    client, error = client_that_is_unsure(make, *pages([row("m-7")]))
    assert client.resolve(error.attempt).id == "m-7"


def test_what_is_no_attempt_is_refused(make: Make) -> None:
    with pytest.raises(InvalidMessage, match="OutcomeUnknown, or its attempt"):
        make(Gate(), Wire()).resolve("m-7")  # type: ignore[arg-type]  # the fault


def test_what_is_resolved_is_known_from_then_on(make: Make) -> None:
    client, error = client_that_is_unsure(make, *pages([row("m-7")]), SILENCE, *pages([row("m-7")]))
    client.resolve(error)
    again = end_of(lambda: client.send(NUMBER, TEXT, reference="r-2"))
    with pytest.raises(OutcomeUnknown, match="no such message"):
        client.resolve(again)


def test_a_row_of_what_the_client_sent_itself_is_not_the_unknown_one(make: Make) -> None:
    client = make(Gate(), Wire(OK, SILENCE, *pages([row("m-1")])))
    client.send(NUMBER, TEXT)
    error = end_of(lambda: client.send(NUMBER, TEXT))
    with pytest.raises(OutcomeUnknown, match="no such message"):
        client.resolve(error)


def test_what_was_sent_again_by_its_id_is_known_too(make: Make) -> None:
    client = make(Gate(), Wire(document(state="OK"), SILENCE, *pages([row("m-5")])))
    client.resend("m-5")
    error = end_of(lambda: client.send(NUMBER, TEXT))
    with pytest.raises(OutcomeUnknown, match="no such message"):
        client.resolve(error)


@each("known", ["m-1", submission("m-1")])
def test_a_row_of_what_another_client_sent_is_told_by_known(
    make: Make, known: Submission | str
) -> None:
    client, error = client_that_is_unsure(make, *pages([row("m-1")]))
    with pytest.raises(OutcomeUnknown, match="no such message"):
        client.resolve(error, known=[known])


def test_after_an_acceptance_without_an_id_nobody_can_tell_whose_a_row_is(make: Make) -> None:
    client = make(Gate(), Wire(document(state="OK"), SILENCE, *pages([row("m-1")])))
    assert client.send(NUMBER, TEXT).id is None
    error = end_of(lambda: client.send(NUMBER, TEXT))
    with pytest.raises(OutcomeUnknown, match="another send of the same message"):
        client.resolve(error)


def test_nor_after_one_of_another_client(make: Make) -> None:
    client, error = client_that_is_unsure(make, *pages([row("m-1")]))
    with pytest.raises(OutcomeUnknown, match="another send of the same message"):
        client.resolve(error, known=[submission(None, reference="r-9")])


def test_of_two_unknown_sends_of_one_message_neither_is_resolved_by_its_row(make: Make) -> None:
    client = make(Gate(), Wire(SILENCE, SILENCE, *pages([row("m-1")]), *pages([row("m-1")])))
    errors = [end_of(lambda: client.send(NUMBER, TEXT)) for _ in range(2)]
    for error in errors:
        with pytest.raises(OutcomeUnknown, match="another send of the same message"):
            client.resolve(error)


def test_of_two_unknown_sends_each_is_resolved_by_its_reference(make: Make) -> None:
    log = [row("m-2", ref="r-2"), row("m-1", ref="r-1")]
    client = make(Gate(), Wire(SILENCE, SILENCE, *pages(log), *pages(log)))
    errors = [end_of(partial(client.send, NUMBER, TEXT, reference=f"r-{n}")) for n in (1, 2)]
    assert [client.resolve(error).id for error in errors] == ["m-1", "m-2"]


def test_an_attempt_of_another_process_is_told_by_others(make: Make) -> None:
    client, error = client_that_is_unsure(make, *pages([row("m-1")]))
    with pytest.raises(OutcomeUnknown, match="another send of the same message"):
        client.resolve(error, others=[attempt("r-2")])


def test_an_error_of_its_own_among_the_others_is_no_rival(make: Make) -> None:
    client, error = client_that_is_unsure(make, *pages([row("m-1")]))
    assert client.resolve(error, others=[error, error.attempt]).id == "m-1"


@each("answer", [SILENCE, Response(status=500), Response(status=429)])
def test_no_answer_is_no_proof(make: Make, answer: Answer) -> None:
    client, error = client_that_is_unsure(make, answer)
    with pytest.raises(NoAnswer):
        client.resolve(error)


def test_no_answer_to_a_later_page_is_no_proof_either(make: Make) -> None:
    client, error = client_that_is_unsure(make, page(row("m-1")), Response(status=500))
    with pytest.raises(NoAnswer):
        client.resolve(error)


def test_a_refused_question_is_no_proof(make: Make) -> None:
    client, error = client_that_is_unsure(make, Response(status=401))
    with pytest.raises(Rejected):
        client.resolve(error)


def test_a_backend_without_a_log_says_what_to_configure(make: Make) -> None:
    client, error = client_that_is_unsure(make, backend=Gate(protocol="mute"))
    says = r'gate over mute has no log .* as log = "NAME" in its block'
    with pytest.raises(Unsupported, match=says):
        client.resolve(error)


def test_the_log_of_another_backend_is_asked_where_there_is_none(make: Make) -> None:
    @backend
    class Log(Gate):
        name = "log"
        url = "https://log.example"

    wire = Wire(SILENCE, *pages([row("m-3")]))
    client = make(Gate(protocol="mute", log=Log()), wire)
    error = end_of(lambda: client.send(NUMBER, TEXT))
    found = client.resolve(error)
    assert (found.id, found.backend, found.protocol) == ("m-3", "gate", "mute")
    assert wire.hosts == ["gate", "log", "log"]


def test_a_backend_with_a_log_of_its_own_asks_itself(make: Make) -> None:
    @backend
    class Log(Gate):
        name = "log"
        url = "https://log.example"

    wire = Wire(SILENCE, *pages([row("m-3")]))
    client = make(Gate(log=Log()), wire)
    assert client.resolve(end_of(lambda: client.send(NUMBER, TEXT))).id == "m-3"
    assert wire.hosts == ["gate", "gate", "gate"]


@backend
class Second(Gate):
    name = "second"
    url = "https://second.example"


def test_of_several_backends_the_one_that_may_have_taken_it_is_asked(make: Make) -> None:
    several = Failover(backends={"one": Gate(), "two": Second()})
    wire = Wire(Response(status=429), SILENCE, *pages([row("m-3")]))
    client = make(several, wire)
    error = end_of(lambda: client.send(NUMBER, TEXT))
    found = client.resolve(error)
    assert (found.id, found.backend, found.attempt.via) == ("m-3", "second", "two")
    assert wire.hosts == ["gate", "second", "second", "second"]


def test_a_member_is_asked_by_itself_too(make: Make) -> None:
    client = make(Second(), Wire(*pages([row("m-3")])))
    of = attempt(backend="second", via="two")
    assert client.resolve(of) == replace(submission("m-3"), attempt=of, **shown(row("m-3")))


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    return {"status": Status.SENT, "provider_status": "SENT", "answer": answer}


def test_the_log_of_a_backend_that_did_not_make_the_attempt_is_not_asked(make: Make) -> None:
    with pytest.raises(
        InvalidMessage, match="gate made this attempt: ask that backend, not second"
    ):
        make(Second(), Wire()).resolve(attempt())


def test_the_window_reaches_as_far_as_the_members_own_timeout(make: Make) -> None:
    several = Failover(backends={"one": Gate(timeout=3600), "two": Second()})
    late = row("m-3", at=(NOW + timedelta(hours=1)).isoformat())
    client = make(several, Wire(*pages([late])))
    assert client.resolve(attempt(via="one")).id == "m-3"


def test_the_submission_that_it_comes_to_can_be_asked_after(make: Make) -> None:
    client, error = client_that_is_unsure(
        make, *pages([row("m-7")]), document(id="m-7", state="DELIVERED")
    )
    assert client.status(client.resolve(error)).status is Status.DELIVERED


def test_another_clock_makes_another_window(make: Make) -> None:
    world = World()
    world.sleep(86_400)
    client = make(Gate(), Wire(SILENCE, *pages([row("m-1")])), world)
    error = end_of(lambda: client.send(NUMBER, TEXT))
    with pytest.raises(OutcomeUnknown, match="no such message"):
        client.resolve(error)


# --- several at once


def of_text(number: int, **more: Any) -> Attempt:
    """Return an attempt to send a text with a number."""
    return attempt(f"r-{number}", fingerprint=fingerprint(NUMBER, f"text {number}"), **more)


def test_one_reading_of_the_log_serves_all_that_are_unknown(make: Make) -> None:
    unknowns = [of_text(number, started=NOW + number * SECOND) for number in range(50)]
    first, second = (
        [row(f"m-{number}", text=f"text {number}") for number in numbers]
        for numbers in (range(40), range(40, 49))
    )
    wire = Wire(*pages(first, second))
    ends = list(make(Gate(), wire).resolve_many(unknowns))
    assert [end.attempt for end in ends] == unknowns
    assert [getattr(end, "id", None) for end in ends] == [*(f"m-{n}" for n in range(49)), None]
    assert "no such message" in str(ends[-1])
    assert len(wire.requests) == 3


def test_the_log_is_read_apart_for_times_that_are_far_from_each_other(make: Make) -> None:
    days = [timedelta(days=number) for number in (0, 10, 1)]
    unknowns = [of_text(number, started=NOW + day) for number, day in enumerate(days)]

    def rows(*numbers: int) -> list[dict[str, Any]]:
        times = {number: (NOW + days[number]).isoformat() for number in numbers}
        return [row(f"m-{n}", text=f"text {n}", at=at) for n, at in times.items()]

    wire = Wire(*pages(rows(2, 0)), *pages(rows(1)))
    found = make(Gate(), wire).resolve_many(unknowns)
    assert [getattr(end, "id", end) for end in found] == ["m-0", "m-1", "m-2"]
    assert len(wire.requests) == 4


def test_a_row_that_was_read_for_another_is_no_doubt(make: Make) -> None:
    """Its time has no zone, but is too far away in any."""
    unknowns = [of_text(1), of_text(2, started=NOW + timedelta(hours=28))]
    later = (NOW + timedelta(hours=28)).replace(tzinfo=None).isoformat(" ")
    rows = [row("m-3", text="text 1", at=later), row("m-1", text="text 1")]
    first, _ = make(Gate(), Wire(*pages(rows))).resolve_many(unknowns)
    assert getattr(first, "id", first) == "m-1"


def test_what_can_not_be_read_leaves_one_unknown_and_is_read_again_for_the_next(
    make: Make,
) -> None:
    wire = Wire(Response(status=500), *pages([row("m-2", text="text 2")]))
    first, second = make(Gate(), wire).resolve_many([of_text(1), of_text(2)])
    assert isinstance(first, OutcomeUnknown)
    assert first.why.startswith("it could not be looked up: No answer: HTTP 500")
    assert type(first.__cause__) is NoAnswer
    assert first.__cause__.__traceback__ is None
    assert getattr(second, "id", second) == "m-2"


def test_a_credential_that_is_refused_is_refused_for_all(make: Make) -> None:
    wire = Wire(Response(status=401))
    with pytest.raises(AuthenticationFailed):
        list(make(Gate(), wire).resolve_many([of_text(1), of_text(2)]))
    assert len(wire.requests) == 1


@each(
    ("odd", "says"),
    [
        (attempt(backend="second"), "second made this attempt: ask that backend, not gate"),
        (attempt(fingerprint=""), "a send can be looked up, but not a resend"),
    ],
)
def test_an_attempt_that_can_not_be_looked_up_is_no_harm_to_the_others(
    make: Make, odd: Attempt, says: str
) -> None:
    wire = Wire(*pages([row("m-2", text="text 2")]))
    first, second = make(Gate(), wire).resolve_many([odd, of_text(2)])
    assert isinstance(first, OutcomeUnknown)
    assert says in first.why
    assert getattr(second, "id", second) == "m-2"


def test_several_are_rivals_of_each_other_but_by_their_reference(make: Make) -> None:
    wire = Wire(*pages([row("m-1"), row("m-2", ref="r-2")]))
    first, second = make(Gate(), wire).resolve_many([attempt("r-1"), attempt("r-2")])
    assert isinstance(first, OutcomeUnknown)
    assert "another send of the same message" in first.why
    assert getattr(second, "id", second) == "m-2"


APART = [NOW + timedelta(minutes=minutes) for minutes in (0, 9, 20, 62, 1680, 20_000)]
UNKNOWNS = st.lists(
    st.builds(
        attempt,
        st.sampled_from(["r-1", "r-2", "r-3", ""]),
        started=st.sampled_from(APART),
        fingerprint=st.sampled_from([fingerprint(NUMBER, TEXT), fingerprint(NUMBER, "Another")]),
    ),
    min_size=1,
    max_size=4,
)
LOGS = st.lists(
    st.builds(
        row,
        st.sampled_from([f"m-{number}" for number in range(8)]),
        text=st.sampled_from([TEXT, "Another"]),
        state=st.sampled_from(["SENT", "SENT", "REJECTED"]),
        at=st.sampled_from([*(at.isoformat() for at in APART), "2030-01-02 04:00:00", None]),
        ref=st.sampled_from(["r-1", "r-2", "r-9", None, None, None]),
    ),
    max_size=8,
)


@given(
    unknowns=UNKNOWNS,
    others=UNKNOWNS,
    rows=LOGS,
    known=st.sets(st.sampled_from(["m-1", "m-2", "m-3"])),
)
def test_several_come_to_what_each_comes_to_by_itself(
    unknowns: list[Attempt], others: list[Attempt], rows: list[dict[str, Any]], known: set[str]
) -> None:
    def log(request: Request) -> Response:
        """Return all rows, and nothing after them."""
        return page(*([] if json_of(request).get("before", "").startswith("m-") else rows))

    def said(end: Any) -> str | None:
        return end.why if isinstance(end, OutcomeUnknown) else end.id

    alone = Client(Gate(), transport=Carrier(Wire(log)))
    rivals = [*others, *unknowns]
    ends = [end_of(partial(alone.resolve, one, known=known, others=rivals)) for one in unknowns]
    together = Client(Gate(), transport=Carrier(Wire(log)))
    found = together.resolve_many(unknowns, known=known, others=others)
    assert [said(end) for end in found] == [said(end) for end in ends]


# --- by a time without a zone


@each(("zone", "found"), [("Europe/Lisbon", True), ("America/New_York", False), ("", False)])
def test_a_time_without_a_zone_proves_where_the_zone_is_known(zone: str, *, found: bool) -> None:
    wall = NOW.replace(tzinfo=None).isoformat(" ")
    wire = Wire(*pages([row("m-1", at=wall)]))
    end = end_of(lambda: look_up(wire, time_zone=zone))
    assert (type(end) is Submission) is found


def test_an_hour_that_comes_twice_proves_nothing() -> None:
    first = datetime(2029, 10, 28, 0, 30, tzinfo=UTC)
    wire = Wire(*pages([row("m-1", at="2029-10-28 01:30:00")]))
    end = end_of(lambda: look_up(wire, attempt(started=first), time_zone="Europe/Lisbon"))
    assert "but its time is uncertain" in end.why
