"""A lock on an open file keeps out another process, and ends with the one that holds it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from smsbridge.text.file_lock import try_lock

HOLD = """
import os, sys
from smsbridge.text.file_lock import try_lock
print(try_lock(os.open(sys.argv[1], os.O_RDWR)), flush=True)
sys.stdin.read()
"""


def test_a_file_is_held_until_the_process_that_holds_it_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"line\n")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"True\n"
        file = os.open(path, os.O_RDWR)
        assert not try_lock(file)
        process.kill()
        process.wait()
        assert try_lock(file)
        os.close(file)
    assert path.read_bytes() == b"line\n"


def test_closing_a_file_gives_it_free(tmp_path: Path) -> None:
    path = tmp_path / "file"
    first = os.open(path, os.O_RDWR | os.O_CREAT)
    second = os.open(path, os.O_RDWR)
    assert try_lock(first)
    assert not try_lock(second)
    os.close(first)
    assert try_lock(second)
    os.close(second)
