"""What a socket is asked: whether it can be read, whether its peer is gone, why there is none."""

from __future__ import annotations

import socket

from smsbridge.testing.record.sockets import hang_up, is_gone, ready, why_unreachable


def test_what_has_data_or_has_ended_can_be_read() -> None:
    here, there = socket.socketpair()
    other, end = socket.socketpair()
    with here, there, other, end:
        there.sendall(b"a")
        assert ready(here, other) == [here]
        assert not is_gone(here)
        end.close()
        assert set(ready(here, other)) == {here, other}
        assert is_gone(other)


def test_a_connection_that_is_hung_up_can_be_read_to_its_end() -> None:
    here, there = socket.socketpair()
    with here, there:
        hang_up(here)
        assert ready(here) == [here]
        assert is_gone(there)
        hang_up(here)  # nothing is left to wake


def test_why_there_is_no_connection_is_said_in_words() -> None:
    refused = ConnectionRefusedError(111, "Connection refused")
    assert why_unreachable(refused) == "the provider can't be reached: Connection refused"
    assert why_unreachable(OSError()) == "the provider can't be reached: OSError"
