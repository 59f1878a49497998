"""Checks of a door's dialect before its first call: what no caller could be served with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from smsbridge.backends.base import Backend
from smsbridge.bridge.doors.call_messages import PASSED
from smsbridge.bridge.doors.door_config import AnswerWhen, DoorConfig
from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Request
from smsbridge.mapping.reread import READABLE_FILTERS, readable_names
from smsbridge.mapping.template import RECIPIENTS, names
from smsbridge.serving.call import field_name, fields_in_headers
from smsbridge.serving.proof import Proof, unprovable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from smsbridge.serving.provider_protocol import ProviderProtocol

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  (it is refused)
_NOTHING = Request(method="POST", url="http://localhost/")
_NEEDED = {"recipient": {"recipient", RECIPIENTS}, "text": {"text"}}
"""What each send must say, and the values of a table that say it."""


def check_dialect(config: DoorConfig, protocols: Sequence[ProviderProtocol], address: str) -> None:
    """Refuse a dialect whose calls a door couldn't take; raises `ConfigError`.

    ``address``: the base URL that callers use.
    """
    _check_proof(config, protocols)
    _check_readable(config, protocols)
    _check_address(config, protocols, address)
    _check_answer(config, protocols)


def missing_fields(
    config: DoorConfig,
    protocols: Sequence[ProviderProtocol],
    declared: Mapping[str, Collection[str]],
) -> list[str]:
    """Return the fields that a WSDL has for a send, and with which a send is refused.

    ``declared``: all that it has, by protocol.
    """
    several = ((one, declared.get(one.name, ())) for one in protocols)
    return sorted(
        {name for one, fields in several for name in _fields_without_table(config, one, fields)}
    )


def _fields_without_table(
    config: DoorConfig, protocol: ProviderProtocol, declared: Collection[str]
) -> Iterator[str]:
    send, auth = protocol.table.send, protocol.table.auth
    if not send or not declared:
        return
    able = {*PASSED, *auth.credentials, "token"}
    paths = [path for path, one in send.fields.items() if able.issuperset(names(one))]
    for account in (one.credentials() for one in config.callers.values()):
        if account.keys() >= {*auth.credentials}:
            paths += auth.fields(account)
    mapped = [f"{field_name(path)}." for path in paths]
    for name in declared:
        is_mapped = any(one.startswith(f"{name}.") for one in mapped)
        if not is_mapped and not config.ignores(name, is_declared=True):
            yield name


def _check_proof(config: DoorConfig, protocols: Sequence[ProviderProtocol]) -> None:
    """Refuse a dialect with a call that carries no credentials, or none that can be checked."""
    accounts = [account.credentials() for account in config.callers.values()]
    keys = {key for account in accounts for key in account}
    for protocol in protocols:
        for table in protocol.table.operations().values():
            nothing = Proof(protocol, table, {}, _NOTHING)
            if any(nothing.is_valid(account, ()) for account in accounts):
                raise ConfigError(
                    f"door {config.name}: {table.call} has no credentials, so anyone could call it"
                )
            if value := unprovable(table, keys):
                raise ConfigError(
                    f"door {config.name}: {table.call} signs {value}, which the call doesn't "
                    "contain, so the signature can't be checked"
                )


def _check_readable(config: DoorConfig, protocols: Sequence[ProviderProtocol]) -> None:
    """Refuse a dialect with a send whose text or number can never be read back."""
    dialect = next(iter(config.callers.values()))
    if type(dialect).taken is not Backend.taken:  # it reads messages itself
        return
    for protocol, send in ((one, one.table.send) for one in protocols if one.table.send):
        places = {**send.places(), **fields_in_headers(protocol, send)}
        read = frozenset[str]().union(*map(readable_names, places.values()))
        for needed, values in _NEEDED.items():
            if values & read:
                continue
            where = [
                f"{path} = {json.dumps(one, ensure_ascii=False)}"
                for path, one in places.items()
                if values & {*names(one)}
            ]
            raise ConfigError(
                f"door {config.name}: every call of {send.call} would be refused, since the "
                f"{needed} can't be read back from {' or '.join(where) or 'any field'}: "
                f"it needs a field of its own, as {{{needed}}} or with filters that can "
                f"be read back: {', '.join(READABLE_FILTERS)}"
            )


def _check_address(config: DoorConfig, protocols: Sequence[ProviderProtocol], address: str) -> None:
    """Refuse a WSDL address that callers can't reach, such as a container's 0.0.0.0."""
    has_wsdl = any(one.codec.needs_wsdl for one in protocols)
    if has_wsdl and urlsplit(address).hostname in _EVERYWHERE:
        raise ConfigError(
            f"door {config.name}: its WSDL would send callers to {address}: set bridge.address "
            "to the URL by which they reach the bridge"
        )


def _check_answer(config: DoorConfig, protocols: Sequence[ProviderProtocol]) -> None:
    """Refuse to wait for an outcome where a call may have several."""
    dialect = next(iter(config.callers.values()))
    has_rows = any(one.table.send and one.table.send.rows for one in protocols)
    if config.answer is AnswerWhen.OUTCOME and has_rows:
        raise ConfigError(
            f"door {config.name}: a call of {dialect.name} may have several recipients, "
            'so no answer can wait for their outcomes: remove answer = "outcome"'
        )
