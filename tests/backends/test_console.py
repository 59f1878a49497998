"""The console backend prints to standard error."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smsbridge import Client


def test_a_message_is_printed_and_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    with Client.from_mapping({"backend": "console"}) as client:
        submission = client.send("+12025550123", "Hello", channels=["sms", "whatsapp"])
    printed = capsys.readouterr()
    assert printed.err == "to +12025550123 by sms+whatsapp: Hello\n"
    assert printed.out == ""
    assert (submission.id, submission.backend) == (None, "console")


def test_what_else_it_has_is_printed_too(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2099, 1, 1, tzinfo=UTC)
    with Client.from_mapping({"backend": "console"}) as client:
        client.send("+12025550123", "Hello", sender="shop", send_at=at)
    assert capsys.readouterr().err == (
        "to +12025550123 by sms from shop at 2099-01-01T00:00:00+00:00: Hello\n"
    )
