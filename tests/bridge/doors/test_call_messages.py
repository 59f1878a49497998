"""The message of a call: its sender and its time too, and what no backend could carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge import Channel, Message
from smsbridge.backends.failover import Failover
from smsbridge.backends.memory import MemoryBackend
from smsbridge.bridge.doors.call_messages import check_sendable
from smsbridge.errors import Unsupported
from smsbridge.http.exchange import Session

from support.bridges import NUMBER, config_text, read

BOTH = Message(recipient=NUMBER, text="Hello", channels=frozenset({Channel.WHATSAPP}))


def test_a_message_that_no_member_could_carry_is_refused(tmp_path: Path) -> None:
    new = read(tmp_path, config_text()).backends["new"]
    with pytest.raises(Unsupported):
        check_sendable(BOTH, new, Session())
    with pytest.raises(Unsupported):
        check_sendable(BOTH, Failover(backends={"a": new, "b": new}), Session())
    check_sendable(Message(recipient=NUMBER, text="Hello"), new, Session())


def test_a_backend_without_a_table_says_so_when_it_sends(tmp_path: Path) -> None:
    check_sendable(BOTH, MemoryBackend(), Session())
