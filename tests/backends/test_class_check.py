"""What only a class can have wrong is refused when the class is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import pytest
from acme_sms import Acme

from smsbridge import (
    Backend,
    Basic,
    ConfigError,
    Fields,
    Operation,
    Options,
    Protocol,
    Question,
    Reason,
    Rest,
    Secret,
    Status,
    When,
    backend,
)
from smsbridge.auth.schemes import Login

from support.each import each

FIELDS = {"to": "{recipient}", "text": "{text}"}
YES = When({"state": "QUEUED"}, id="id")
SEND: Any = Operation("POST /messages", FIELDS, YES)  # also where none is allowed
NO_REASON: Any = {"c": {"1": "rate"}}
REST = Rest(body="json")
WITH_SIM = Operation("POST /messages", {**FIELDS, "sim": "{options.sim}"}, YES)
BY_TOKEN = Operation("POST /messages", {**FIELDS, "session": "{token}"}, YES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots(Options):
    slot: int | None = None
    sim: int | None = None


class Bare(Options):
    slot: int | None = None


def why_not(**tables: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        backend(cast("type[Backend]", type("Tiny", (Backend,), {"name": "tiny", **tables})))
    return str(caught.value)


def over(protocol: Protocol, **tables: Any) -> dict[str, Any]:
    return {"protocols": {"rest": protocol}, **tables}


def login(call: str = "POST /login", **fields: str) -> Login:
    return Login(REST, call, fields or {"user": "{url}"}, "token")


@each(
    ("tables", "why"),
    [
        (
            over(
                Protocol(REST, Basic("user", "passwort"), SEND),
                __annotations__={"user": str, "password": str},
            ),
            "protocols.rest.auth: there is no config key 'passwort'; did you mean 'password'?",
        ),
        (over(Protocol(REST, Fields(), WITH_SIM)), "there is no value {options.sim}"),
        (
            over(
                Protocol(
                    REST, Fields(), Operation("POST /m", {**FIELDS, "s": "{options.slt}"}, YES)
                ),
                options=Slots,
            ),
            "send.fields.s: there is no value {options.slt}; did you mean 'options.slot'?",
        ),
        ({"options": dict}, "options: <class 'dict'> is not a subclass of smsbridge.Options"),
        ({"options": Bare}, "options: Bare has no decorator: write @dataclass(frozen=True, "),
        (
            {"statuses": {"SENT": "sent"}},
            "statuses.SENT: 'sent' is not a Status; did you mean 'SENT'? ",
        ),
        (
            over(Protocol(REST, Fields(), Operation("POST /m", FIELDS, YES, NO_REASON))),
            "protocols.rest.send.rejected.c.1: 'rate' is not a Reason; ",
        ),
        ({"protocols": {"rest": SEND}}, "protocols.rest: give a Protocol"),
        (over(Protocol(REST, Fields(), status=SEND)), "protocols.rest.status: give a Question"),
        (
            over(Protocol(REST, login(), SEND)),
            "token: no field and no header of a call has {token}",
        ),
        (
            over(Protocol(REST, login("login"), BY_TOKEN)),
            "rest.auth.route: 'login': give a method ",
        ),
        (over(Protocol(REST, login(user="{usr}"), BY_TOKEN)), "auth: there is no config key 'usr'"),
        (over(Protocol(REST, Fields(), BY_TOKEN)), "there is no value {token}"),
    ],
)
def test_a_class_with_it_is_refused(tables: dict[str, Any], why: str) -> None:
    said = why_not(**tables)
    assert said.startswith("Tiny.")
    assert why in said


def test_a_class_whose_tables_name_what_is_there_is_made() -> None:
    @backend
    class Tiny(Backend):
        name = "tiny"
        url = "https://api.tiny.example"
        user: str = ""
        password: str = ""
        options = Slots
        statuses = {"QUEUED": Status.QUEUED}
        protocols = {
            "rest": Protocol(REST, Basic("user", "password"), WITH_SIM),
            "login": Protocol(
                REST,
                Login(REST, "POST /login", {"user": "{user}", "key": "{password}"}, "token"),
                BY_TOKEN,
                Question("GET /messages/{id}", {"session": "{token}"}, row={"status": "state"}),
            ),
        }

    assert list(Tiny.protocols) == ["rest", "login"]


def test_a_class_that_says_its_credentials_itself_may_use_any_key() -> None:
    keyed = Operation("POST /messages", {**FIELDS, "key": "{key}"}, YES, {"c": {"1": Reason.RATE}})

    @backend
    class Tiny(Backend):
        name = "tiny"
        key: str = "k"
        protocols = {"rest": Protocol(REST, Fields(), keyed)}

        def credentials(self) -> dict[str, str]:
            return {"key": self.key}

    assert "there is no value {key}" in why_not(**over(Protocol(REST, Fields(), keyed), key="k"))
    assert Tiny().credentials() == {"key": "k"}


def test_tables_over_soap_fit_their_wsdl_before_anything_is_sent(tmp_path: Path) -> None:
    older = tmp_path / "older.wsdl"
    text = files("acme_sms").joinpath("acme.wsdl").read_text(encoding="utf-8")
    older.write_text(text.replace('"content"', '"contents"'), encoding="utf-8")
    acme = Acme(user="u-1", password=Secret("p-1"), protocol="soap")
    acme.check()
    with pytest.raises(ConfigError, match=r"^Acme\.protocols\.soap\.send\.fields\..*contents"):
        replace(acme, wsdl=str(older)).check()
    replace(acme, wsdl="https://soap.acme.example/sms?wsdl").check()
