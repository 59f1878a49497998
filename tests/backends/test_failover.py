"""A backend of backends goes on only where the last is proved to have taken nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from smsbridge import (
    AuthenticationFailed,
    Backend,
    Client,
    ConfigError,
    InvalidMessage,
    Message,
    MissingExtra,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    SendError,
    Status,
    Submission,
    Unsupported,
    backend,
)
from smsbridge.backends.failover import Failover
from smsbridge.backends.memory import MemoryBackend
from smsbridge.config.load import from_file, from_mapping
from smsbridge.http.exchange import Exchange, Request, Response, Session

from support.asking import (
    BUSY,
    GARBAGE,
    NOTHING,
    NUMBER,
    OK,
    REFUSED,
    SEND,
    SILENCE,
    TEXT,
    Gate,
    Make,
    Wire,
    World,
    end_of,
    submission,
)
from support.blocks import document, json_of, refused
from support.each import each


@backend
class Second(Gate):
    name = "second"
    url = "https://second.example"


@backend
class Third(Gate):
    name = "third"
    url = "https://third.example"


def two(**more: Any) -> Failover:
    return Failover(backends={"one": Gate(), "two": Second()}, **more)


def three(**more: Any) -> Failover:
    return Failover(backends={"one": Gate(), "two": Second(), "three": Third()}, **more)


QUOTA = document(state="NO", code="20")


@backend
class Ending(Backend):
    """A backend whose sends all end in one way, and which counts them."""

    name = "ends"
    protocol = "ends"
    end: Any = None

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        ATTEMPTS.append(self.name)
        yield from ()
        attempt = self.attempt(message, session)
        kind, more = self.end
        raise kind("why", attempt, **more) if issubclass(kind, SendError) else kind("why")


ATTEMPTS: list[str] = []


# --- when it goes on


@each("answer", [NOTHING, BUSY, Response(status=308), QUOTA, Response(status=403)])
def test_it_goes_on_after_what_is_proved_not_taken(make: Make, answer: Any) -> None:
    wire = Wire(answer, OK)
    taken = make(two(), wire).send(NUMBER, TEXT, reference="r-1")
    assert (taken.backend, taken.attempt.via, taken.reference) == ("second", "two", "r-1")
    assert wire.hosts == ["gate", "second"]
    assert {json_of(request)["ref"] for request in wire.requests} == {"r-1"}


@each("answer", [SILENCE, GARBAGE, Response(status=500), Response(status=200)])
def test_it_never_goes_on_after_an_unknown_outcome(make: Make, answer: Any) -> None:
    wire = Wire(answer)
    error = end_of(lambda: make(two(), wire).send(NUMBER, TEXT))
    assert type(error) is OutcomeUnknown
    assert (error.attempt.backend, error.attempt.via) == ("gate", "one")
    assert wire.hosts == ["gate"]


@each("answer", [REFUSED, Response(status=400), Response(status=413)])
def test_it_does_not_go_on_after_what_another_would_refuse_too(make: Make, answer: Any) -> None:
    wire = Wire(answer)
    error = end_of(lambda: make(two(), wire).send(NUMBER, TEXT))
    assert type(error) is Rejected
    assert error.attempt.via == "one"
    assert wire.hosts == ["gate"]


ENDS: list[tuple[type[Exception], dict[str, Any], bool]] = [
    (NotSent, {}, True),
    (NotSent, {"retry": False}, True),
    (NotSent, {"retry_after": 7.0}, True),
    (OutcomeUnknown, {}, False),
    (Unsupported, {}, True),
    (InvalidMessage, {}, False),
    (ConfigError, {}, False),
    *((Rejected, {"reason": reason}, reason.elsewhere) for reason in Reason),
    (AuthenticationFailed, {"reason": Reason.AUTHENTICATION}, True),
    (RuntimeError, {}, False),
]


@each(("kind", "more", "goes_on"), ENDS)
def test_a_second_backend_is_asked_after_these_ends_and_no_other(
    make: Make, kind: type[Exception], more: dict[str, Any], *, goes_on: bool
) -> None:
    ATTEMPTS.clear()
    memory = MemoryBackend()
    client = make(Failover(backends={"one": Ending(end=(kind, more)), "two": memory}), Wire())
    if goes_on:
        assert client.send(NUMBER, TEXT).attempt.via == "two"
    else:
        with pytest.raises(kind):
            client.send(NUMBER, TEXT)
    assert ATTEMPTS == ["ends"]
    assert len(memory.messages) == goes_on


def test_the_reasons_that_another_backend_may_not_share_are_these() -> None:
    assert {reason for reason in Reason if reason.elsewhere} == {
        Reason.SENDER,
        Reason.AUTHENTICATION,
        Reason.ACCOUNT,
        Reason.QUOTA,
        Reason.RATE,
    }


def test_a_missing_extra_of_a_member_is_told_and_not_gone_around(make: Make) -> None:
    @backend
    class Lacks(Ending):
        def send(self, message: Message, session: Session) -> Exchange[Submission]:
            yield from ()
            raise MissingExtra("soap", "this")

    with pytest.raises(MissingExtra):
        make(Failover(backends={"one": Lacks(), "two": MemoryBackend()}), Wire()).send(NUMBER, TEXT)


# --- how it ends where none takes the message


def test_where_none_takes_it_the_first_that_may_later_is_told(make: Make) -> None:
    busy = Response(status=429, headers={"Retry-After": "7"})
    wire = Wire(QUOTA, busy, NOTHING)
    error = end_of(lambda: make(three(), wire).send(NUMBER, TEXT))
    assert type(error) is NotSent
    assert (error.retry_after, error.attempt.via) == (7, "two")
    assert error.__notes__ == ["one: the provider answered '20'", "three: refused"]


def test_where_none_may_later_the_last_is_told(make: Make) -> None:
    error = end_of(lambda: make(two(), Wire(QUOTA, QUOTA)).send(NUMBER, TEXT))
    assert (type(error), error.attempt.via) == (Rejected, "two")
    assert error.__notes__ == ["one: the provider answered '20'"]


@each("end", [SILENCE, REFUSED])
def test_the_notes_of_a_final_end_tell_of_those_before_it(make: Make, end: Any) -> None:
    error = end_of(lambda: make(two(), Wire(QUOTA, end)).send(NUMBER, TEXT))
    assert error.attempt.via == "two"
    assert error.__notes__ == ["one: the provider answered '20'"]


def test_the_notes_tell_of_those_that_can_not_too(make: Make) -> None:
    several = Failover(backends={"one": Ending(end=(Unsupported, {})), "two": Gate()})
    error = end_of(lambda: make(several, Wire(NOTHING)).send(NUMBER, TEXT))
    assert error.__notes__ == ["one: why"]


def test_where_none_can_it_is_unsupported(make: Make) -> None:
    wire = Wire()
    with pytest.raises(Unsupported, match="second over rest can't carry sender"):
        make(two(), wire).send(NUMBER, TEXT, sender="ACME")
    assert wire.requests == []


def test_what_one_can_not_do_is_no_failure_of_it(make: Make) -> None:
    @backend
    class Named(Gate):
        protocols = {
            "rest": replace(
                Gate.protocols["rest"],
                send=replace(SEND, fields={**SEND.fields, "from": "{sender}"}),
            )
        }

    wire = Wire(OK, OK)
    client = make(Failover(backends={"one": Second(), "two": Named()}), wire)
    assert client.send(NUMBER, TEXT, sender="ACME").attempt.via == "two"
    assert client.send(NUMBER, TEXT).attempt.via == "one"


def test_an_unsupported_one_does_not_hide_why_the_other_failed(make: Make) -> None:
    several = Failover(backends={"one": Gate(), "two": Ending(end=(Unsupported, {}))})
    assert type(end_of(lambda: make(several, Wire(NOTHING)).send(NUMBER, TEXT))) is NotSent


# --- who is passed over, and for how long


def test_one_that_failed_is_passed_over_until_its_time_is_up(make: Make) -> None:
    wire, world = Wire(NOTHING, OK, OK, OK, OK), World()
    client = make(two(expire=60), wire, world)
    client.send(NUMBER, "first")
    world.clock.seconds += 59.9
    client.send(NUMBER, "second")
    world.clock.seconds += 0.1
    client.send(NUMBER, "third")
    assert wire.hosts == ["gate", "second", "second", "gate"]


def test_one_that_asked_to_wait_longer_is_passed_over_as_long(make: Make) -> None:
    wire, world = Wire(Response(status=429, headers={"Retry-After": "600"}), OK, OK, OK), World()
    client = make(two(expire=60), wire, world)
    client.send(NUMBER, "first")
    world.clock.seconds += 599
    client.send(NUMBER, "second")
    world.clock.seconds += 1
    client.send(NUMBER, "third")
    assert wire.hosts == ["gate", "second", "second", "gate"]


def test_one_that_asked_to_wait_less_is_passed_over_as_long_as_any(make: Make) -> None:
    wire, world = Wire(Response(status=429, headers={"Retry-After": "1"}), OK, OK), World()
    client = make(two(expire=60), wire, world)
    client.send(NUMBER, "first")
    world.clock.seconds += 59
    client.send(NUMBER, "second")
    assert wire.hosts == ["gate", "second", "second"]


def test_with_no_time_nobody_is_passed_over(make: Make) -> None:
    wire = Wire(NOTHING, OK, NOTHING, OK)
    client = make(two(expire=0), wire)
    client.send(NUMBER, "first")
    client.send(NUMBER, "second")
    assert wire.hosts == ["gate", "second", "gate", "second"]


def test_where_all_have_failed_they_are_tried_in_their_order(make: Make) -> None:
    wire = Wire(NOTHING, NOTHING, NOTHING, OK)
    client = make(two(), wire)
    assert type(end_of(lambda: client.send(NUMBER, "first"))) is NotSent
    assert client.send(NUMBER, "second").attempt.via == "two"
    assert wire.hosts == ["gate", "second", "gate", "second"]


def test_one_that_takes_a_message_is_fresh_again(make: Make) -> None:
    wire = Wire(NOTHING, NOTHING, NOTHING, OK, OK)
    client = make(two(), wire)
    assert type(end_of(lambda: client.send(NUMBER, "first"))) is NotSent
    assert client.send(NUMBER, "second").attempt.via == "two"
    assert client.send(NUMBER, "third").attempt.via == "two"
    assert wire.hosts == ["gate", "second", "gate", "second", "second"]


def test_an_unknown_outcome_and_a_refusal_mark_nobody(make: Make) -> None:
    wire = Wire(SILENCE, REFUSED, OK)
    client = make(two(), wire)
    for text in ("first", "second", "third"):
        end_of(partial(client.send, NUMBER, text))
    assert wire.hosts == ["gate", "gate", "gate"]


# --- a retry of the whole


def test_a_retry_begins_again_when_all_have_failed(make: Make) -> None:
    wire, world = Wire(NOTHING, NOTHING, OK), World()
    taken = make(two(retry={"attempts": 2}), wire, world).send(NUMBER, TEXT, reference="r-1")
    assert taken.attempt.via == "one"
    assert {json_of(request)["ref"] for request in wire.requests} == {"r-1"}
    assert len(world.slept) == 1


# --- what comes after a send


def sent_by_two(make: Make, *answers: Any) -> tuple[Client, Submission, Wire]:
    wire = Wire(NOTHING, OK, *answers)
    client = make(two(), wire)
    return client, client.send(NUMBER, TEXT), wire


def test_the_status_is_asked_of_who_took_the_message(make: Make) -> None:
    client, taken, wire = sent_by_two(make, document(id="m-1", state="DELIVERED"))
    assert client.status(taken).status is Status.DELIVERED
    assert wire.hosts[2:] == ["second"]


def test_a_wait_asks_who_took_the_message(make: Make) -> None:
    client, taken, wire = sent_by_two(
        make, document(id="m-1", state="QUEUED"), document(id="m-1", state="DELIVERED")
    )
    assert client.wait(taken).status is Status.DELIVERED
    assert wire.hosts[2:] == ["second", "second"]


def test_the_status_is_asked_of_the_log_of_who_took_the_message(make: Make) -> None:
    several = Failover(backends={"one": Gate(protocol="mute", log=Third()), "two": Second()})
    wire = Wire(OK, document(id="m-1", state="SENT"))
    client = make(several, wire)
    assert client.status(client.send(NUMBER, TEXT)).status is Status.SENT
    assert wire.hosts == ["gate", "third"]


def test_a_resend_and_a_delete_go_to_who_took_the_message(make: Make) -> None:
    client, taken, wire = sent_by_two(make, OK, document(id="m-1", state="SENT"), OK)
    again = client.resend(taken)
    assert (again.backend, again.attempt.via, again.id) == ("second", "two", "m-1")
    assert client.status(again).status is Status.SENT
    client.delete(again)
    assert wire.hosts[2:] == ["second", "second", "second"]
    assert wire.paths[2:] == ["/resend", "/status", "/delete"]


@each("answer", [NOTHING, SILENCE, Response(status=400)])
def test_a_resend_that_fails_says_by_whom(make: Make, answer: Any) -> None:
    client, taken, wire = sent_by_two(make, answer)
    error = end_of(lambda: client.resend(taken))
    assert (error.attempt.backend, error.attempt.via) == ("second", "two")
    assert len(wire.requests) == 3


BY_ID: list[tuple[str, Any]] = [
    ("answer status", lambda client: client.status("m-1")),
    ("answer status", lambda client: client.wait("m-1")),
    ("resend", lambda client: client.resend("m-1")),
    ("delete", lambda client: client.delete("m-1")),
    ("answer sent", lambda client: list(client.sent())),
    ("answer received", lambda client: client.received()),
]


@each(("what", "call"), BY_ID)
def test_by_an_id_alone_nobody_knows_whom_to_ask(make: Make, what: str, call: Any) -> None:
    wire = Wire()
    with pytest.raises(Unsupported, match=f"failover can't {what}.*: ask one of one, two"):
        call(make(two(), wire))
    assert wire.requests == []


def test_a_submission_of_a_backend_that_is_not_among_them_is_refused(make: Make) -> None:
    with pytest.raises(
        InvalidMessage, match="third took this message: ask that backend, not failover"
    ):
        make(two(), Wire()).status(submission(backend="third", via="three"))


def test_who_took_the_message_may_be_asked_by_itself(make: Make) -> None:
    _, taken, _ = sent_by_two(make)
    client = make(Second(), Wire(document(id="m-1", state="SENT")))
    assert client.status(taken).status is Status.SENT


# --- what they don't share


def test_tokens_of_two_members_do_not_mix(make: Make) -> None:
    def answer(request: Request) -> Response:
        host = request.url.split("/")[2]
        if request.path == "/token":
            return document(access_token=f"token-of-{host}")
        authorised = request.header("authorization") == f"Bearer token-of-{host}"
        assert authorised
        return document(401) if host.startswith("gate") else OK

    wire = Wire(answer)
    several = Failover(backends={"one": Gate(protocol="oauth"), "two": Second(protocol="oauth")})
    assert make(several, wire).send(NUMBER, TEXT).attempt.via == "two"
    tokens = [r.share for r in wire.requests if r.path == "/token"]
    assert tokens == ["one/token/0", "one/token/1", "two/token/0"]


def test_a_request_says_which_member_carries_it() -> None:
    sending = two().send(Message(recipient=NUMBER, text=TEXT), Session())
    assert next(sending).backend == "one"
    assert two().by_name()["two"].name == "second"


def test_each_member_has_its_own_deadline(make: Make) -> None:
    several = Failover(backends={"one": Gate(timeout=5), "two": Second(timeout=60)})
    wire = Wire(NOTHING, OK)
    make(several, wire).send(NUMBER, TEXT)
    assert wire.deadlines == [1005, 1060]


# --- config

BLOCKS = """
[backends.both]
backend = "failover"
backends = ["first", "reserve"]
expire = 5

[backends.first]
backend = "smsmobileapi"
api_key = "canary-first"

[backends.reserve]
backend = "smsmobileapi"
api_key = "canary-reserve"
protocol = "soap"
"""


def test_a_block_names_the_blocks_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "smsbridge.toml").write_text(BLOCKS)
    backend = from_file("both", folder=tmp_path, environ={})
    assert isinstance(backend, Failover)
    assert [(name, one.protocol) for name, one in backend.backends.items()] == [
        ("first", "rest"),
        ("reserve", "soap"),
    ]
    assert backend.expire == 5
    assert "canary" not in repr(backend)


@each(
    ("old", "new", "where", "says"),
    [
        (
            '"reserve"]',
            '"reserv"]',
            "backends = ",
            "backends: there is no [backends.reserv]; did you mean",
        ),
        (', "reserve"', "", "backends = ", "backends: give two or more"),
        ('["first", "reserve"]', '"first"', "backends = ", "backends: give the names of other"),
        ('["first", "reserve"]', "[1, 2]", "backends = ", "backends: give the names of other"),
        ('"reserve"]', '"both"]', "backends = ", "it refers to itself: both → both"),
        ("expire = 5", "expire = -1", "expire", "expire: give seconds, from 0 to 3600"),
        ("expire = 5", "expire = true", "expire", "expire: give a number"),
        ("expire = 5", "expires = 5", "expires", "did you mean 'expire'?"),
        ("expire = 5", 'log = "first"', "log", "log: give it to each of the backends instead"),
        ("expire = 5", "limit.in_flight = 1", "limit", "limit: give it to each of the backends"),
        ("expire = 5", "timeout = 5", "timeout", "timeout: give it to each of the backends"),
        ("expire = 5", 'url = "https://a.example"', "url", "url: give it to each of the backends"),
    ],
)
def test_a_block_that_can_not_be_used_is_refused_at_its_line(
    tmp_path: Path, old: str, new: str, where: str, says: str
) -> None:
    assert BLOCKS.count(old) == 1
    assert says in refused(tmp_path, BLOCKS.replace(old, new), where, "both")


def test_a_circle_through_another_block_is_refused(tmp_path: Path) -> None:
    text = BLOCKS + '\n[backends.more]\nbackend = "failover"\nbackends = ["both", "first"]\n'
    text = text.replace('["first", "reserve"]', '["first", "more"]')
    why = refused(tmp_path, text, 'backends = ["first", "more"]', "both")
    assert "it refers to itself: both → more → both" in why


def test_an_error_of_a_block_is_told_with_its_name_and_no_secret(tmp_path: Path) -> None:
    text = BLOCKS.replace('protocol = "soap"', 'protocol = "telex"')
    why = refused(tmp_path, text, "backends = ", "both")
    assert why.startswith("backends, [backends.reserve]: protocol 'telex'")


def test_names_are_those_of_a_config_file() -> None:
    with pytest.raises(ConfigError, match="give the Backend itself"):
        from_mapping({"backend": "failover", "backends": ["first", "reserve"]})


def test_a_mapping_may_hold_the_backends_themselves() -> None:
    given: Mapping[str, Any] = {"backend": "failover", "backends": {"a": Gate(), "b": Second()}}
    made = from_mapping(given)
    assert list(made.members()) == ["a", "b"]


@each(
    ("given", "says"),
    [
        ({}, "give two or more"),
        ({"backends": {}}, "give two or more"),
        ({"backends": {"a": MemoryBackend()}}, "give two or more"),
        ({"backends": [MemoryBackend(), MemoryBackend()]}, "give each by its name"),
        ({"backends": {"a": MemoryBackend(), "b": "memory"}}, "give each by its name"),
        ({"backends": {"": MemoryBackend(), "b": MemoryBackend()}}, "give each by its name"),
        (
            {"backends": {"a": Gate(log=Second()), "a/log": MemoryBackend()}},
            "a/log is the log of another: rename it",
        ),
        ({"backends": {1: MemoryBackend(), "b": MemoryBackend()}}, "give each by its name"),
        ({"backends": None}, "give each by its name"),
        *(
            (
                {"backends": {"a": MemoryBackend(), "b": MemoryBackend()}, "expire": bad},
                "expire: give seconds",
            )
            for bad in (-1, 3601, True, "60", None, float("nan"))
        ),
    ],
)
def test_what_can_not_be_a_failover_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Failover(**given)


def test_a_failover_of_failovers_is_refused() -> None:
    inner = Failover(backends={"first": MemoryBackend(), "second": MemoryBackend()})
    with pytest.raises(ConfigError, match="inner is a failover itself: name its backends instead"):
        Failover(backends={"inner": inner, "third": MemoryBackend()})
