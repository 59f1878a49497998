"""What ``explain -v`` adds: the answers that it assumes, and how the one to the message is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.blocks import SEND_TO_EACH
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


def test_explain_says_where_the_row_of_each_recipient_is() -> None:
    send = SEND_TO_EACH.replace("[send]", "[backends.bulk.send]")
    Path("smsbridge.toml").write_text(
        f'[backends.bulk]\nbackend = "rest"\nurl = "https://gate.example"\n{send}'
    )
    done = run("explain", NUMBER, TEXT, "--backend", "bulk", "-v")
    assert f"recipient  {NUMBER}" in done.out.splitlines()
    lines = [line.strip() for line in done.out.splitlines()]
    assert "rows       messages: that of a recipient has its number at to" in lines
    assert "a call     has up to 3 recipients; what follows is in the row of one" in lines
    assert "unknown    any other, and no row, unless its HTTP status proves more" in lines
