"""What ``explain -v`` adds: the answers that it assumes, and how the one to the message is read."""

from __future__ import annotations

import pytest

from support.commands import run
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")


def test_explain_shows_the_answers_that_it_assumes_and_how_one_is_read() -> None:
    url = "smsmobileapi+oauth://client:KEY1234@127.0.0.1:1?tls=off"
    short, done = (run("explain", NUMBER, TEXT, "--url", url, *more) for more in ([], ["-v"]))
    assert done.code == 0
    assert "accepted" not in short.out
    lines = [line.strip() for line in done.out.splitlines()]
    assert '< {"access_token": "TOKEN-MASKED", "token_type": "Bearer", "expires_in": 3600}' in lines
    assert 'accepted   result.error is "0"' in lines
    assert [line for line in lines if line.startswith(("rejected   result.error: ", "id  "))]
    assert set(short.out.splitlines()) <= set(done.out.splitlines())
    assert "KEY1234" not in done.out
