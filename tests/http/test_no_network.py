"""While nothing may leave, a connection is refused before its first byte, and counted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from smsbridge.http.no_network import NoNetwork

from support.each import each
from support.sockets import listening


def connect(port: int) -> None:
    with socket.socket() as stream:
        stream.connect(("127.0.0.1", port))


def send_packet(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets:
        packets.sendto(b"x", ("127.0.0.1", port))


def look_up(port: int) -> None:
    socket.getaddrinfo("localhost", port)


def look_up_back(port: int) -> None:
    socket.getnameinfo(("127.0.0.1", port), 0)


def look_up_aliases(_: int) -> None:
    socket.gethostbyaddr("127.0.0.1")


def begin_a_process(_: int) -> None:
    subprocess.run([sys.executable, "-c", ""], check=False)


def run_a_command(_: int) -> None:
    os.system("true")


@each(
    "leave",
    [connect, send_packet, look_up, look_up_back, look_up_aliases, begin_a_process, run_a_command],
)
def test_what_would_leave_is_refused_and_counted(leave: Callable[[int], None]) -> None:
    with listening() as (port, taken), NoNetwork() as nothing_leaves:
        with pytest.raises(ConnectionRefusedError, match="network access is blocked"):
            leave(port)
        assert nothing_leaves.tries == 1
        assert taken() == 0


def test_it_holds_for_every_thread() -> None:
    with listening() as (port, taken), NoNetwork() as nothing_leaves:
        thread = threading.Thread(target=try_once, args=(port,))
        thread.start()
        thread.join(30)
        assert (nothing_leaves.tries, taken()) == (1, 0)


def test_afterwards_connections_are_made_again_and_not_counted() -> None:
    with listening() as (port, taken):
        with NoNetwork() as nothing_leaves:
            pass
        try_once(port)
        assert (nothing_leaves.tries, taken()) == (0, 1)


def try_once(port: int) -> None:
    with suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=30).close()


STARTS = """
import sys, threading
from smsbridge.http.no_network import NoNetwork

with NoNetwork():
    pass


def install(*_):  # as coverage does it
    sys.settrace(None)
    sys.settrace(install)
    return install


def work():
    pass


sys.setswitchinterval(1e-6)
threading.settrace(install)
for _ in range(500):
    several = [threading.Thread(target=work) for _ in range(12)]
    for one in several:
        one.start()
    for one in several:
        one.join(5)
"""


def test_afterwards_threads_start_while_others_install_a_tracer() -> None:
    run = [sys.executable, "-c", STARTS]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
