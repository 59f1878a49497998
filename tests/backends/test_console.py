"""The console backend prints to standard error."""

from __future__ import annotations

import pytest

from smsbridge import Client


def test_a_message_is_printed_and_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    with Client.from_mapping({"backend": "console"}) as client:
        submission = client.send("+12025550123", "Hello", channels=["sms", "whatsapp"])
    printed = capsys.readouterr()
    assert printed.err == "to +12025550123 by sms+whatsapp: Hello\n"
    assert printed.out == ""
    assert (submission.id, submission.backend) == (None, "console")
