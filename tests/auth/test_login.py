"""A login by a table, over REST and over SOAP: without sockets."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest

from smsbridge import (
    AsyncClient,
    AuthenticationFailed,
    ConfigError,
    InvalidMessage,
    Message,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    Submission,
)
from smsbridge.http.exchange import Broken, Left, Request, Response, Session

from support.blocks import (
    MESSAGE,
    Clock,
    behind,
    call_of,
    document,
    fault,
    json_of,
    rest,
    session,
    soap,
    talk,
    words_of,
)
from support.each import each
from support.logins import AUTH, REST, SOAP, WIRES, Wire


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> Wire:
    return WIRES[request.param]


UNAUTHORIZED = Response(status=401)


# --- a login, and what goes with the calls


def test_a_login_comes_first_and_its_token_goes_with_the_call(wire: Wire, kept: Session) -> None:
    end, (login, call) = talk(wire.backend().send(MESSAGE, kept), wire.token("t-1"), wire.done())
    assert isinstance(end, Submission)
    assert end.id == "7"
    remember = True if wire.block is REST else "true"
    assert wire.fields(login) == {
        "user": "acme",
        "password": "canary-password",
        "remember": remember,
    }
    assert wire.fields(call) == {"to": "+12025550123", "body": "Hello", "session": "t-1"}
    assert login.share == "token/0"
    assert call.share is None


def test_each_has_its_own_address(kept: Session) -> None:
    rest_wire, soap_wire = WIRES["rest"], WIRES["soap"]
    _, asked = talk(
        rest_wire.backend().send(MESSAGE, kept), rest_wire.token("t-1"), rest_wire.done()
    )
    assert [one.path for one in asked] == ["/login", "/sms"]
    _, asked = talk(
        soap_wire.backend().send(MESSAGE, session()), soap_wire.token("t-1"), soap_wire.done()
    )
    assert [call_of(one) for one in asked] == ["Login", "Submit"]
    actions = ['"urn:gate:Login"', '"urn:gate:Submit"']
    assert [one.header("soapaction") for one in asked] == actions


def test_a_token_may_go_in_a_header(wire: Wire, kept: Session) -> None:
    backend = wire.backend(', session = "{token}" }', ' }\nheaders.X-Session = "Token {token}"')
    _, (login, call) = talk(backend.send(MESSAGE, kept), wire.token("t-1"), wire.done())
    assert call.header("x-session") == "Token t-1"
    assert login.header("x-session") == ""
    assert "session" not in wire.fields(call)


def test_a_token_may_go_in_a_route(kept: Session) -> None:
    text = REST.replace('"POST /sms"', '"POST /{token}/sms"').replace(', session = "{token}"', "")
    backend = rest(AUTH + text)
    _, (_, call) = talk(
        backend.send(MESSAGE, kept), document(data={"token": "t/1"}), document(code=0)
    )
    assert call.url == "https://gate.example/t%2F1/sms"
    assert "t%2F1" not in repr(call)


def test_a_token_may_go_in_a_block_of_the_envelopes_header(kept: Session) -> None:
    text = SOAP.replace("session = ", '"soap:Header.{urn:gate}Session.{urn:gate}key" = ')
    _, (_, call) = talk(
        soap(AUTH + text).send(MESSAGE, kept), WIRES["soap"].token("t-1"), WIRES["soap"].done()
    )
    assert re.search(
        rb"<(\w+):Session [^<]*<\1:key>t-1</\1:key></\1:Session></[^<]*Header>", call.body
    )


@pytest.mark.parametrize("filters", ["", "|number"])
def test_a_token_may_be_a_number(kept: Session, filters: str) -> None:
    text = REST.replace("{token}", f"{{token{filters}}}")
    _, (_, call) = talk(
        rest(AUTH + text).send(MESSAGE, kept), document(data={"token": 17}), document(code=0)
    )
    assert json_of(call)["session"] == (17 if filters else "17")
    wire = WIRES["soap"]
    text = SOAP.replace("session = ", "pin = ").replace("{token}", f"{{token{filters}}}")
    _, (call,) = talk(soap(AUTH + text).send(MESSAGE, kept), wire.done())  # it is kept
    assert words_of(call)["pin"] == "17"


def test_a_login_may_have_a_route_and_headers_with_credentials(kept: Session) -> None:
    text = REST.replace(
        'route = "POST /login"\nfields = { user = "{user}", password = "{pin}", remember = true }',
        'route = "POST /users/{user}/login"\nheaders = { X-Pin = "{pin}", X-Version = 2 }',
    )
    backend = rest(AUTH + text)
    _, (login, _) = talk(
        backend.send(MESSAGE, kept), document(data={"token": "t-1"}), document(code=0)
    )
    assert login.path == "/users/acme/login"
    assert (login.header("x-pin"), login.header("x-version")) == ("canary-password", "2")
    assert login.body == b"{}"


def test_each_call_has_its_auth_too_and_the_login_has_not(kept: Session) -> None:
    auth = 'auth = { type = "basic", username = "acme", password = "p" }\n'
    text = REST.replace("{user}", "{username}").replace("{pin}", "{password}")
    _, (login, call) = talk(
        rest(auth + text).send(MESSAGE, kept), document(data={"token": "t-1"}), document(code=0)
    )
    assert call.header("authorization") == "Basic YWNtZTpw"
    assert login.header("authorization") == ""


def test_a_message_that_can_not_be_sent_is_refused_before_the_login(kept: Session) -> None:
    backend = WIRES["soap"].backend()
    message = Message(recipient="+12025550123", text="a\x01b")
    with pytest.raises(InvalidMessage, match="can't carry it"):
        next(backend.send(message, kept))


def test_a_credential_that_no_header_can_carry_is_refused_before_the_login(kept: Session) -> None:
    text = REST.replace("fields = { user", 'headers.X-Pin = "{pin}"\nfields = { user')
    backend = rest(AUTH.replace("canary-password", "canary\\nX: y") + text)
    with pytest.raises((ConfigError, InvalidMessage), match="X-Pin") as refused:
        next(backend.send(MESSAGE, kept))
    assert "canary" not in behind(refused.value)


# --- kept and renewed


def test_a_token_is_kept_from_call_to_call_and_renewed_in_time(
    wire: Wire, kept: Session, clock: Clock
) -> None:
    backend = wire.backend()
    asked = talk(backend.send(MESSAGE, kept), wire.token("t-1"), wire.done())[1]
    clock.seconds += 79
    asked += talk(backend.send(MESSAGE, kept), wire.done())[1]
    clock.seconds += 1
    asked += talk(backend.send(MESSAGE, kept), wire.token("t-2"), wire.done())[1]
    assert wire.tokens(asked) == ["login", "t-1", "t-1", "login", "t-2"]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("60", 60), ("0", 30), ("-5", 30), ("99999999", 86_400), ("soon", 300), ("", 300)],
)
def test_an_odd_lifetime_is_kept_within_30_seconds_and_a_day(
    wire: Wire, kept: Session, clock: Clock, said: str, seconds: float
) -> None:
    talk(wire.backend().send(MESSAGE, kept), wire.token("t-1", said), wire.done())
    assert kept.kept["token"].valid_until - clock.seconds == seconds


@pytest.mark.parametrize(
    ("lifetime", "seconds"), [("lifetime = 60", 60), ("lifetime = 5", 30), ("", 300)]
)
def test_a_lifetime_may_be_written_down_or_unknown(
    wire: Wire, kept: Session, clock: Clock, lifetime: str, seconds: float
) -> None:
    path = 'lifetime = "data.seconds"' if wire.block is REST else 'lifetime = "seconds"'
    backend = wire.backend(path, lifetime)
    talk(backend.send(MESSAGE, kept), wire.token("t-1", 3600), wire.done())
    assert kept.kept["token"].valid_until - clock.seconds == seconds


def test_a_token_that_is_valid_serves_on_while_the_login_is_down(
    wire: Wire, kept: Session, clock: Clock
) -> None:
    backend = wire.backend()
    talk(backend.send(MESSAGE, kept), wire.token("t-1"), wire.done())
    clock.seconds += 90
    end, asked = talk(backend.send(MESSAGE, kept), Response(status=500), wire.done())
    assert isinstance(end, Submission)
    assert wire.tokens(asked) == ["login", "t-1"]


# --- refused tokens


def refusals(wire: Wire) -> list[Response]:
    return [UNAUTHORIZED, wire.done(401)]


def test_a_page_of_another_is_no_refusal_of_the_token_by_its_status_alone() -> None:
    block = REST.replace('refused_when = { code = "401" }', 'refused_when = { "#status" = "403" }')
    backend = replace(WIRES["rest"], block=block).backend()
    page = Response(status=403, body=b"<html>")
    end, asked = talk(backend.send(MESSAGE, session()), WIRES["rest"].token("t-1"), page)
    assert isinstance(end, OutcomeUnknown)
    assert len(asked) == 2


def test_a_401_that_is_a_page_of_another_is_unknown_and_no_call_is_repeated(wire: Wire) -> None:
    page = Response(status=401, body=b"<html>")
    end, asked = talk(wire.backend().send(MESSAGE, session()), wire.token("t-1"), page)
    assert isinstance(end, OutcomeUnknown)
    assert wire.tokens(asked) == ["login", "t-1"]


def test_a_refused_token_is_renewed_once_and_the_call_repeated_once(wire: Wire) -> None:
    for refusal in refusals(wire):
        end, asked = talk(
            wire.backend().send(MESSAGE, session()),
            *(wire.token("t-1"), refusal, wire.token("t-2"), wire.done()),
        )
        assert isinstance(end, Submission)
        assert wire.tokens(asked) == ["login", "t-1", "login", "t-2"]


def test_a_second_refusal_is_final(wire: Wire) -> None:
    for refusal in refusals(wire):
        end, asked = talk(
            wire.backend().send(MESSAGE, session()),
            *(wire.token("t-1"), refusal, wire.token("t-2"), refusal),
        )
        assert isinstance(end, AuthenticationFailed)
        assert end.reason is Reason.AUTHENTICATION
        assert wire.tokens(asked) == ["login", "t-1", "login", "t-2"]


def test_the_word_of_a_second_refusal_is_its_code(wire: Wire, kept: Session) -> None:
    end, _ = talk(
        wire.backend().send(MESSAGE, kept),
        *(wire.token("t-1"), wire.done(401), wire.token("t-2"), wire.done(401)),
    )
    assert end.code == "401"
    assert end.why == "the token was refused, and so was a new one"


def test_a_token_refused_by_a_fault_is_renewed_once(kept: Session) -> None:
    wire = WIRES["soap"]
    backend = wire.backend('{ "result.code" = "401" }', '{ "fault.string" = "/.*expired.*/" }')
    gone = fault("session canary-t-2 expired", "Server")
    end, asked = talk(
        backend.send(MESSAGE, kept),
        *(wire.token("canary-t-1"), gone, wire.token("canary-t-2"), wire.done()),
    )
    assert isinstance(end, Submission)
    end, _ = talk(backend.send(MESSAGE, kept), gone, wire.token("canary-t-3"), gone)
    assert isinstance(end, AuthenticationFailed)
    assert end.code == "••• (a text of length 26)"
    assert "canary" not in behind(end)
    assert wire.tokens(asked) == ["login", "canary-t-1", "login", "canary-t-2"]


def test_any_other_refusal_is_judged_by_the_table_and_nothing_is_repeated(
    wire: Wire, kept: Session
) -> None:
    end, asked = talk(wire.backend().send(MESSAGE, kept), wire.token("t-1"), wire.done(12))
    assert isinstance(end, Rejected)
    assert (end.reason, end.code) == (Reason.RECIPIENT, "12")
    assert wire.tokens(asked) == ["login", "t-1"]


def test_what_nobody_knows_is_unknown_and_nothing_is_repeated(wire: Wire, kept: Session) -> None:
    for answer in (wire.done(99), Response(status=500), Broken(Left.ALL, "reset")):
        end, asked = talk(wire.backend().send(MESSAGE, session()), wire.token("t-1"), answer)
        assert isinstance(end, OutcomeUnknown)
        assert wire.tokens(asked) == ["login", "t-1"]


def test_a_403_is_final(wire: Wire, kept: Session) -> None:
    end, asked = talk(wire.backend().send(MESSAGE, kept), wire.token("t-1"), Response(status=403))
    assert isinstance(end, AuthenticationFailed)
    assert wire.tokens(asked) == ["login", "t-1"]


def test_a_token_may_be_refused_by_a_false(kept: Session) -> None:
    wire = WIRES["rest"]
    backend = wire.backend('refused_when = { code = "401" }', "refused_when.session = false")
    gone = document(session=False)
    end, asked = talk(backend.send(MESSAGE, kept), wire.token("t-1"), gone, wire.token("t-2"), gone)
    assert isinstance(end, AuthenticationFailed)
    assert wire.tokens(asked) == ["login", "t-1", "login", "t-2"]


@pytest.mark.parametrize("word", ["*", "/[0-9]+/", "0"])
def test_what_was_taken_is_never_sent_again_whatever_refused_when_says(
    wire: Wire, kept: Session, word: str
) -> None:
    backend = wire.backend('= "401" }', f'= "{word}" }}')
    end, asked = talk(backend.send(MESSAGE, kept), wire.token("t-1"), wire.done())
    assert isinstance(end, Submission)
    assert wire.tokens(asked) == ["login", "t-1"]


@each(
    ("more", "answer"),
    [
        ('answer = "/OK (?P<id>.+)/"', Response(status=403, body=b"OK 7")),
        (
            'rows = "rows"\nmost = 5\nrow = { recipient = "to" }',
            Response(status=403, body=b'{"rows": [{"to": "12025550123", "id": "7"}]}'),
        ),
    ],
)
def test_nor_is_it_where_only_the_table_of_the_call_can_read_that(
    more: str, answer: Response
) -> None:
    to = "{recipients}" if "rows" in more else "{recipient}"
    backend = rest(f"""
        auth = {{ type = "none", user = "u" }}
        [token]
        route = "POST /login"
        fields = {{ user = "{{user}}" }}
        token = "token"
        refused_when = {{ "#status" = "403" }}
        [send]
        route = "POST /sms"
        fields = {{ to = "{to}", body = "{{text}}", session = "{{token}}" }}
        accepted = {{ when = {{ id = "*" }}, id = "id" }}
        {more}
    """)
    _, asked = talk(backend.send(MESSAGE, session()), document(token="t-1"), answer)
    assert len(asked) == 2


def test_without_refused_when_a_401_alone_renews(wire: Wire, kept: Session) -> None:
    path = "code" if wire.block is REST else '"result.code"'
    backend = wire.backend(f'refused_when = {{ {path} = "401" }}', "")
    end, _ = talk(backend.send(MESSAGE, kept), wire.token("t-1"), wire.done(401))
    assert isinstance(end, OutcomeUnknown)
    end, asked = talk(backend.send(MESSAGE, kept), UNAUTHORIZED, wire.token("t-2"), wire.done())
    assert isinstance(end, Submission)
    assert wire.tokens(asked) == ["t-1", "login", "t-2"]


@pytest.mark.parametrize("trouble", [Broken(Left.ALL, "reset"), Response(status=500)])
def test_when_no_new_token_can_be_had_for_a_refused_one_nothing_was_sent(
    wire: Wire, kept: Session, trouble: Broken | Response
) -> None:
    end, _ = talk(wire.backend().send(MESSAGE, kept), wire.token("t-1"), UNAUTHORIZED, trouble)
    assert isinstance(end, NotSent)
    assert end.retry


# --- refused and broken logins


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_that_is_refused_by_its_status_is_a_failed_authentication(
    wire: Wire, kept: Session, status: int
) -> None:
    end, asked = talk(wire.backend().send(MESSAGE, kept), Response(status=status))
    assert isinstance(end, AuthenticationFailed)
    assert end.code == str(status)
    assert wire.tokens(asked) == ["login"]


@pytest.mark.parametrize("status", [200, 400, 401, 422, 500])
@pytest.mark.parametrize(
    ("code", "reason"),
    [(7, Reason.AUTHENTICATION), (8, Reason.ACCOUNT), (9, Reason.AUTHENTICATION)],
)
def test_a_login_that_is_refused_by_a_word_has_the_reason_of_the_table(
    wire: Wire, kept: Session, code: int, reason: Reason, status: int
) -> None:
    said = wire.refused_login(code)
    answer = Response(status=status, headers=said.headers, body=said.body)
    end, _ = talk(wire.backend().send(MESSAGE, kept), answer)
    assert isinstance(end, Rejected)
    if status == 401 and code == 9:
        code = 401  # a status that refuses comes before any other word
    assert (end.reason, end.code) == (reason, str(code))
    assert isinstance(end, AuthenticationFailed) is (reason is Reason.AUTHENTICATION)
    assert end.why.startswith("the token call was refused: '")


def test_a_login_that_is_refused_by_a_fault_is_a_failed_authentication(kept: Session) -> None:
    wire = WIRES["soap"]
    rejected = '{ "fault.string" = { "Wrong password" = "authentication" } }'
    backend = wire.backend(
        '{ code = { 7 = "authentication", 8 = "account", "*" = "authentication" } }', rejected
    )
    end, _ = talk(backend.send(MESSAGE, kept), fault("Wrong password"))
    assert isinstance(end, AuthenticationFailed)
    assert end.code == "Wrong password"
    end, _ = talk(backend.send(MESSAGE, kept), fault("Database down", "Server"))
    assert isinstance(end, NotSent)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("NO_USER", "NO_USER"),
        ("no user acme with canary-password", "••• (a text of length 33)"),
        ("canary-password", "••• (a text of length 15)"),
    ],
)
def test_of_any_other_word_of_a_refused_login_only_a_code_is_shown(
    kept: Session, said: str, shown: str
) -> None:
    end, _ = talk(WIRES["rest"].backend().send(MESSAGE, kept), document(code=said))
    assert isinstance(end, AuthenticationFailed)
    assert (end.code, end.why) == (shown, f"the token call was refused: {shown!r}")


@pytest.mark.parametrize(
    ("answer", "retry"),
    [
        (Broken(Left.NOTHING, "refused"), True),
        (Broken(Left.NOTHING, "no such host", retry=False), False),
        (Broken(Left.PART, "reset"), True),
        (Broken(Left.ALL, "silence"), True),
        (Response(status=500), True),
        (Response(status=503), True),
        (Response(status=429), True),
        (Response(status=404), True),
        (Response(status=302), False),
        (Response(status=200), True),
        (Response(status=200, body=b"<html></html>"), True),
        (Response(status=200, body=b"{}"), True),
        (Response(status=202, body=b'{"data": {"token": "t-1"}}'), True),
    ],
    ids=lambda answer: str(getattr(answer, "why", getattr(answer, "status", answer))),
)
def test_a_broken_login_means_that_nothing_was_sent(
    wire: Wire, kept: Session, answer: Response | Broken, *, retry: bool
) -> None:
    end, asked = talk(wire.backend().send(MESSAGE, kept), answer)
    assert isinstance(end, NotSent)
    assert end.retry is retry
    assert "the token call" in end.why
    assert wire.tokens(asked) == ["login"]


@pytest.mark.parametrize("text", ["", "canary\ttoken", "canaryé", "canary\ntoken"])
def test_what_can_be_no_token_is_none_and_is_not_shown(
    wire: Wire, kept: Session, text: str
) -> None:
    backend = wire.backend(', "*" = "authentication"', "")
    end, _ = talk(backend.send(MESSAGE, kept), wire.token(text))
    assert isinstance(end, NotSent)
    assert "it has no token" in end.why
    assert "canary" not in behind(end)


def test_any_other_word_refuses_only_where_there_is_no_token(wire: Wire, kept: Session) -> None:
    end, _ = talk(wire.backend().send(MESSAGE, kept), wire.token("a\ttoken"))
    assert isinstance(end, NotSent)
    end, _ = talk(wire.backend().send(MESSAGE, kept), wire.token("t-1"), wire.done())
    assert isinstance(end, Submission)


# --- shared


def test_who_asks_at_the_same_time_shares_one_login(wire: Wire, kept: Session) -> None:
    backend = wire.backend()
    one, other = backend.send(MESSAGE, kept), backend.send(MESSAGE, kept)
    share = next(one).share
    assert next(other).share == share is not None
    answer = wire.token("t-1")
    assert wire.tokens([one.send(answer), other.send(answer)]) == ["t-1", "t-1"]


def test_of_two_whose_token_was_refused_one_logs_in(wire: Wire, kept: Session) -> None:
    backend = wire.backend()
    talk(backend.send(MESSAGE, kept), wire.token("t-1"), wire.done())
    one, other = backend.send(MESSAGE, kept), backend.send(MESSAGE, kept)
    next(one)
    next(other)
    assert wire.is_login(one.send(UNAUTHORIZED))
    assert wire.tokens([one.send(wire.token("t-2"))]) == ["t-2"]
    assert wire.tokens([other.send(UNAUTHORIZED)]) == ["t-2"]


class Many:
    """A transport that answers as a gateway does, and counts."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.logins = 0
        self.valid = "t-1"

    async def send(self, request: Request, _deadline: float) -> Response:
        await asyncio.sleep(0)
        if self.wire.is_login(request):
            self.logins += 1
            return self.wire.token(self.valid)
        held = self.wire.fields(request)["session"]
        return self.wire.done() if held == self.valid else UNAUTHORIZED

    async def close(self) -> None: ...


def test_of_64_tasks_one_logs_in_and_when_the_token_is_gone_one_renews_it(wire: Wire) -> None:
    async def run() -> None:
        gate = Many(wire)
        async with AsyncClient(wire.backend(), transport=gate) as client:

            async def all_send() -> list[Submission]:
                return await asyncio.gather(
                    *(client.send("+12025550123", f"Hello {number}") for number in range(64))
                )

            assert len(await all_send()) == 64
            assert gate.logins == 1
            gate.valid = "t-2"
            assert len(await all_send()) == 64
            assert gate.logins == 2

    asyncio.run(run())


# --- what nobody may see


def test_a_token_is_in_no_repr(wire: Wire, kept: Session) -> None:
    backend = wire.backend()
    _, asked = talk(backend.send(MESSAGE, kept), wire.token("canary-token"), wire.done())
    assert "canary" not in repr([backend, kept.kept["token"], asked, backend.protocols])


def test_a_token_that_an_answer_repeats_is_not_in_the_error(kept: Session) -> None:
    backend = rest(AUTH + REST.replace('12 = "recipient"', '12 = "recipient", "*" = "other"'))
    answers = document(data={"token": "canary-token"}), document(code="bad canary-token!")
    end, _ = talk(backend.send(MESSAGE, kept), *answers)
    assert isinstance(end, Rejected)
    assert end.code == "••• (a text of length 17)"
    assert "canary" not in behind(end)


def test_digest_and_a_token_are_two_conversations(kept: Session) -> None:
    text = REST.replace("{user}", "{username}").replace("{pin}", "{password}")
    backend = rest('auth = { type = "digest", username = "acme", password = "p" }\n' + text)
    challenge = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
    end, asked = talk(
        backend.send(MESSAGE, kept),
        *(document(data={"token": "t-1"}), Response(status=401, headers=challenge)),
        document(code=0),
    )
    assert isinstance(end, Submission)
    assert WIRES["rest"].tokens(asked) == ["login", "t-1", "t-1"]
    assert asked[2].header("authorization").startswith("Digest ")


@pytest.mark.parametrize("status", [302, 303, 500, 502, 503, 504])
def test_the_words_of_a_gateways_error_refuse_no_token(kept: Session, status: int) -> None:
    backend = WIRES["rest"].backend()
    answer = document(status, code=401)
    end, asked = talk(backend.send(MESSAGE, kept), WIRES["rest"].token("t-1"), answer)
    assert isinstance(end, OutcomeUnknown)
    assert WIRES["rest"].tokens(asked) == ["login", "t-1"]


def test_what_was_half_taken_is_never_sent_again(kept: Session) -> None:
    wire = WIRES["rest"]
    backend = wire.backend('when = { code = "0" }', 'when = { code = "0", state = "OK" }')
    answer = document(code=401, state="OK")
    end, asked = talk(backend.send(MESSAGE, kept), wire.token("t-1"), answer)
    assert not isinstance(end, Submission)
    assert wire.tokens(asked) == ["login", "t-1"]


def test_the_word_of_a_refused_token_shows_nothing_of_the_message(kept: Session) -> None:
    wire = WIRES["rest"]
    backend = wire.backend('refused_when = { code = "401" }', 'refused_when = { note = "/bad.*/" }')
    gone = document(note=f"bad session for {MESSAGE.recipient} {MESSAGE.text}")
    end, _ = talk(backend.send(MESSAGE, kept), wire.token("t-1"), gone, wire.token("t-2"), gone)
    assert isinstance(end, AuthenticationFailed)
    assert MESSAGE.recipient not in f"{end} {end.code}"
    assert MESSAGE.text not in f"{end} {end.code}"
