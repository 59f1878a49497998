"""A backend as the contract judges it: with canaries for credentials, over one protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime
from typing import Any

from smsbridge.auth.json_web_token import stand_in
from smsbridge.backends.base import Backend
from smsbridge.backends.config_fields import has_part
from smsbridge.codecs.soap.codec import Soap
from smsbridge.errors import ConfigError, Outcome
from smsbridge.mapping.operation import Operation, Protocol
from smsbridge.message import Message
from smsbridge.testing.contract.ruling import DoesNotApply
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.fixture.do import Do
from smsbridge.testing.fixture.load import Fixture
from smsbridge.text.secrets import Secret

TIMEOUT = 600.0
_USUAL = Message(recipient="+12025550123", text="Hello", reference="contract-1")
_PLAIN: Mapping[str, Any] = {
    "retry": None,
    "limit": None,
    "log": None,
    "proxy": None,
    "ca": "",
    "client_cert": "",
    "client_cert_password": None,
    "timeout": TIMEOUT,
}
"""Config that says how a provider is reached and paced, not how it is spoken to."""

_DO: Mapping[str, Mapping[str, Any]] = {
    "status": {"id": "7"},
    "received": {},
    "sent": {},
    "resend": {"id": "7"},
    "delete": {"id": "7"},
}


class Subject:
    """One backend over one protocol, and all that its author gives: fixtures.

    ``backend`` has canaries for its credentials; ``canaries`` are the secret ones, by config key.
    """

    def __init__(self, backend: Backend, fixtures: Iterable[Fixture], protocol: str = "") -> None:
        """``backend``: with any credentials; without a protocol its first one."""
        if not backend.protocols:
            raise ConfigError(f"{backend.name} uses no network: the contract is about a provider")
        name = protocol or next(iter(backend.protocols))
        self.backend = replace(backend, **canary_keys(backend), protocol=name)
        self.protocol = name
        self.every_fixture = tuple(fixtures)
        self.began = datetime.now(UTC)
        self.kept: dict[Any, Any] = {}  # conversations that more than one clause looks at

    def over(self, protocol: str) -> Subject:
        """Return the same backend over another protocol."""
        return Subject(self.backend, self.every_fixture, protocol)

    def within(self, seconds: float) -> Subject:
        """Return the same over its protocol with another timeout."""
        made = Subject(self.backend, self.every_fixture, self.protocol)
        made.backend = replace(made.backend, timeout=seconds)
        return made

    @property
    def canaries(self) -> dict[str, str]:
        """The secret values, by config key."""
        given = ((key.name, getattr(self.backend, key.name)) for key in fields(self.backend))
        return {name: value.reveal() for name, value in given if isinstance(value, Secret)}

    @property
    def table(self) -> Protocol:
        """The table of the protocol."""
        return self.backend.protocols[self.protocol]

    @property
    def send(self) -> Operation:
        """The table that sends; raises `DoesNotApply` if there is none."""
        if self.table.send is None:
            raise DoesNotApply(f"{self.protocol} has no send")
        return self.table.send

    @property
    def fixtures(self) -> tuple[Fixture, ...]:
        """The fixtures that ask a client for something over this protocol."""
        return tuple(one for one in self.every_fixture if self._is_mine(one))

    def _is_mine(self, fixture: Fixture) -> bool:
        named = self.protocol in fixture.protocols or not fixture.protocols
        return named and fixture.operation in self.table.operations()

    def protocol_has(self, met: Fault) -> bool:
        """Return whether a fault can happen over the protocol: some are of SOAP alone."""
        soap = isinstance(self.table.codec, Soap)
        return soap or "rest" in met.entry.protocols or "oauth" in met.entry.protocols

    @property
    def message(self) -> Message:
        """A message that the provider takes: that of a fixture that is accepted, else the usual."""
        wanted = (one for one in self.fixtures if one.expect["outcome"] == Outcome.ACCEPTED)
        return next((one.message for one in wanted if one.message), _USUAL)

    def do(self, operation: str) -> Do | Message:
        """Return what a client may be asked for, for an operation."""
        if operation == "send":
            return self.message
        found = (one.do for one in self.fixtures if one.do and one.do.operation == operation)
        return next(found, Do(operation=operation, arguments=_DO[operation]))


def canary_keys(backend: Backend | type[Backend]) -> dict[str, Any]:
    """Return config keys with which a backend can be made: canaries for what is secret."""
    kind = backend if isinstance(backend, type) else type(backend)
    named = {key for protocol in kind.protocols.values() for key in protocol.auth.credentials}
    made: dict[str, Any] = {}
    for key in fields(kind):
        of_type = kind.key_types[key.name]
        needed = key.default is MISSING and key.default_factory is MISSING
        if key.name in _PLAIN:
            made[key.name] = _PLAIN[key.name]
        elif key.init and has_part(of_type, Secret):
            if needed or key.name in named or getattr(backend, key.name, None):
                made[key.name] = Secret(_canary(kind, key.name))
        elif key.init and (needed or key.name in named):
            made[key.name] = getattr(backend, key.name, None) or _plain(key.name, of_type)
    if isinstance(backend, type) and not getattr(kind, "url", "") and not kind.by_block:
        made["url"] = f"https://api.{kind.name}.example"
    return made


def _canary(kind: type[Backend], name: str) -> str:
    """Return a secret that each auth can use."""
    word = f"c4nary+{name}/93f1=&x"
    keys = (stand_in(protocol.auth, name, word) for protocol in kind.protocols.values())
    return next((key for key in keys if key != word), word)


def _plain(name: str, of_type: Any) -> Any:
    if has_part(of_type, str):
        return f"plain-{name}"
    return next((kind(1) for kind in (bool, int, float) if has_part(of_type, kind)), None)
