"""Real clients that answer a challenge of HTTP Digest, through the bridge."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .conftest import RECIPIENT, SECONDS, Mock, php, run
from .test_bridge_clients import process_of
from support.tools import need
from support.vendor import EXAMPLES

DOOR = """
[bridge]
listen = "127.0.0.1:0"
[doors.old]
speaks = "oldcorp"
path = "/old/service"
to = "newcorp-mock"
callers = { shop = { username = "shop", password = "shop-pw" } }
"""
CALL = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<SubmitShortMessage xmlns="urn:oldcorp:messaging:2009"><request>'
    f"<destination>{RECIPIENT[1:]}</destination><body>By curl</body>"
    "</request></SubmitShortMessage></s:Body></s:Envelope>"
)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[tuple[str, Mock]]:
    """Return the address of a door with HTTP Digest, and the mock behind it."""
    text = (EXAMPLES / "smsbridge.toml").read_text(encoding="utf-8")
    text = text.replace('default = "oldcorp"', "").replace('type = "basic"', 'type = "digest"')
    (tmp_path / "oldcorp.wsdl").write_bytes((EXAMPLES / "oldcorp.wsdl").read_bytes())
    file = tmp_path / "smsbridge.toml"
    with ExitStack() as stack:
        file.write_text(text, encoding="utf-8")
        mock, ready = stack.enter_context(process_of(tmp_path, "mock", "newcorp", "--port", "0"))
        text = text.replace("http://127.0.0.1:8703", ready["address"])
        file.write_text(text + DOOR, encoding="utf-8")
        _, said = stack.enter_context(process_of(tmp_path, "serve"))
        yield said["doors"]["old"], Mock(mock, ready)


def arrived(behind: Mock, count: int) -> list[str]:
    until = time.monotonic() + SECONDS
    while len(found := behind.messages()) < count and time.monotonic() < until:
        time.sleep(0.05)
    return [one["text"] for one in found]


def test_php_answers_the_challenge_of_a_door(door: tuple[str, Mock]) -> None:
    said = php("soap", "soapdigest.php", f"{door[0]}?wsdl", RECIPIENT[1:], "By PHP")
    assert re.fullmatch("0 [0-9a-f]{40}\n0 [0-9a-f]{40}", said), said
    assert arrived(door[1], 2) == ["By PHP 1", "By PHP 2"]


def test_curl_answers_the_challenge_of_a_door(door: tuple[str, Mock]) -> None:
    need("curl", "curl")
    account = ["--digest", "-u", "shop:shop-pw", "-H", "Content-Type: text/xml"]
    assert "messageId>" in run("curl", "--silent", "--fail", *account, "-d", CALL, door[0])
    assert arrived(door[1], 1) == ["By curl"]
