"""Every bundled dialect, spoken by a door: its own client is identified by credentials alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smsbridge import Client, Message, Rejected, Secret
from smsbridge.backends.base import Backend
from smsbridge.backends.catalogue import catalogue_names
from smsbridge.backends.registry import find

from support.bridges import NEW, NUMBER, DoorTransport, running

MESSAGE = Message(recipient=NUMBER, text="Crème à 5 €", sender="Shop", reference="order-1")


def dialects() -> Iterator[tuple[str, str]]:
    for name in (*sorted(catalogue_names()), "parlayx", "smsmobileapi"):
        yield from ((name, protocol) for protocol in find(name).protocols)


def table(keys: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{key} = {json.dumps(word)}" for key, word in keys.items()) + " }"


def config(name: str, protocol: str, keys: Mapping[str, str]) -> str:
    others = {key: f"other-{word}" for key, word in keys.items()}
    kind = find(name)
    url = "" if kind.url else 'url = "https://old.example/base"\n'
    choice = f'protocol = "{protocol}"\n' if len(kind.protocols) > 1 else ""
    return (
        '[bridge]\n[doors.old]\nspeaks = "old"\nto = "new"\n[doors.old.callers]\n'
        f"other = {table(others)}\nshop = {table(keys)}\n"
        f'[backends.old]\nbackend = "{name}"\n{url}{choice}{NEW}'
    )


def stranger(account: Backend, name: str) -> Backend:
    """Return an account with another word for one of its credentials."""
    secret = isinstance(getattr(account, name), Secret)
    other: dict[str, Any] = {name: Secret("wrong") if secret else "wrong"}
    return replace(account, **other)


@pytest.mark.full
@pytest.mark.parametrize(("name", "protocol"), list(dialects()))
def test_a_door_speaks_it(tmp_path: Path, name: str, protocol: str) -> None:
    names = find(name).protocols[protocol].auth.credentials
    keys = {key: f"canary-{number}" for number, key in enumerate(names)}
    send = find(name).protocols[protocol].send
    assert send is not None
    message = MESSAGE if "sender" in send.carries() else replace(MESSAGE, sender=None)
    with running(tmp_path, config(name, protocol, keys)) as run:
        (door,) = run.bridge.doors
        account = replace(door.config.callers["shop"], protocol=protocol)
        with Client(account, transport=DoorTransport(run)) as client:
            sent = client.send(message)
        for key in keys:
            with (
                Client(stranger(account, key), transport=DoorTransport(run)) as client,
                pytest.raises(Rejected),
            ):
                client.send(message)
        (stored,) = run.settled()
    assert stored.caller == "shop"
    assert (stored.recipient, stored.text) == (MESSAGE.recipient, MESSAGE.text)
    assert sent.id in (stored.id, stored.number, None)
    assert b"canary" not in b"".join(one.read_bytes() for one in tmp_path.glob("bridge.db*"))
