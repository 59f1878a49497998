"""A login as the provider answers it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smsbridge import (
    AuthenticationFailed,
    Backend,
)
from smsbridge.auth.schemes import Login
from smsbridge.http.exchange import Session
from smsbridge.serving import provider_auth

from support.blocks import (
    MESSAGE,
    document,
    json_of,
    rest,
    talk,
)
from support.logins import AUTH, REST, WIRES, Wire


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> Wire:
    return WIRES[request.param]


# --- the provider's side


def login_of(backend: Backend) -> Login:
    auth = backend.protocols[backend.protocol].auth
    assert isinstance(auth, Login)
    return auth


def test_the_providers_side_gives_a_token_for_what_the_client_sends(
    wire: Wire, kept: Session
) -> None:
    backend = wire.backend()
    sending = backend.send(MESSAGE, kept)
    given = provider_auth(login_of(backend)).answer(
        next(sending), backend.credentials(), backend.site(), lambda _: "t-9"
    )
    assert given is not None
    call = sending.send(given)
    assert wire.tokens([call]) == ["t-9"]
    fields = wire.fields(call)
    valid = provider_auth(login_of(backend)).is_valid
    assert valid(call, fields, backend.credentials(), ["t-9"])
    assert not valid(call, fields, backend.credentials(), ["t-8"])
    assert not valid(call, fields, backend.credentials(), [])


def test_the_providers_side_refuses_another_password_in_the_words_of_the_table(
    wire: Wire, kept: Session
) -> None:
    backend = wire.backend()
    sending = backend.send(MESSAGE, kept)
    others = {**backend.credentials(), "pin": "other"}
    given = provider_auth(login_of(backend)).answer(
        next(sending), others, backend.site(), lambda _: "t-9"
    )
    assert given is not None
    with pytest.raises(AuthenticationFailed) as refused:
        sending.send(given)
    assert refused.value.code == "7"


def test_the_providers_side_refuses_another_header_too(kept: Session) -> None:
    backend = rest(
        AUTH
        + REST.replace('password = "{pin}"', "v = 2\nheaders.X-Pin = '{pin}'").replace(
            "fields = { user = \"{user}\", v = 2\nheaders.X-Pin = '{pin}', remember = true }",
            "fields = { user = \"{user}\", v = 2 }\nheaders.X-Pin = '{pin}'",
        )
    )
    login = next(backend.send(MESSAGE, kept))
    auth, site = login_of(backend), backend.site()
    given = provider_auth(auth).answer(login, backend.credentials(), site, lambda _: "t-9")
    assert given is not None
    assert b"t-9" in given.body
    refused = provider_auth(auth).answer(
        login, {**backend.credentials(), "pin": "x"}, site, lambda _: "t-9"
    )
    assert refused is not None
    assert b"t-9" not in refused.body


def test_the_providers_side_leaves_a_call_alone(wire: Wire, kept: Session) -> None:
    backend = wire.backend()
    _, (_, call) = talk(backend.send(MESSAGE, kept), wire.token("t-1"), wire.done())
    auth = login_of(backend)
    assert (
        provider_auth(auth).answer(call, backend.credentials(), backend.site(), lambda _: "t-9")
        is None
    )


def test_the_providers_side_asks_for_the_auth_of_a_call(kept: Session) -> None:
    text = REST.replace("{user}", "{username}").replace("{pin}", "{password}")
    backend = rest('auth = { type = "digest", username = "acme", password = "p" }\n' + text)
    _, (_, call) = talk(
        backend.send(MESSAGE, kept), document(data={"token": "t-1"}), document(code=0)
    )
    challenge = provider_auth(login_of(backend)).answer(
        call, backend.credentials(), backend.site(), lambda _: "n-1"
    )
    assert challenge is not None
    assert challenge.header("www-authenticate").startswith("Digest ")


def test_the_providers_side_looks_for_the_auth_of_a_call(kept: Session) -> None:
    text = REST.replace("{user}", "{username}").replace("{pin}", "{password}")
    backend = rest('auth = { type = "basic", username = "acme", password = "p" }\n' + text)
    auth = login_of(backend)
    _, (login, call) = talk(
        backend.send(MESSAGE, kept), document(data={"token": "t-1"}), document(code=0)
    )
    assert provider_auth(auth).is_used(call, {})
    assert not provider_auth(auth).is_used(login, {})
    assert provider_auth(auth).is_valid(call, json_of(call), backend.credentials(), ["t-1"])
    others = {**backend.credentials(), "password": "other"}
    assert not provider_auth(auth).is_valid(call, json_of(call), others, ["t-1"])


def test_the_providers_side_does_not_answer_what_it_can_not_read(wire: Wire, kept: Session) -> None:
    auth = login_of(wire.backend())
    login = next(wire.backend().send(MESSAGE, kept))
    odd = replace(login, body=b"<")
    backend = wire.backend()
    assert (
        provider_auth(auth).answer(odd, backend.credentials(), backend.site(), lambda _: "t-9")
        is None
    )
