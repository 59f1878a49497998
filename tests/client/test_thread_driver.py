"""Sends in threads outlive the end of the interpreter; `test_send_many` has the rest."""

from __future__ import annotations

import subprocess
import sys

from support.each import each

AT_THE_END = """
import atexit, threading
from smsbridge import Client, Message
from smsbridge.backends.memory import MemoryBackend

memory = MemoryBackend()
messages = [Message(recipient="+12025550123", text=str(n)) for n in range(3)]

def send() -> None:
    results = list(Client(memory).send_many(messages))
    print(sorted(str(r.outcome) for r in results), len(memory.messages), flush=True)

WAY
"""


@each(
    "way",
    [
        "atexit.register(send)",
        "threading.Thread(target=send).start()",
        "results = Client(memory).send_many(messages); next(results); send()",
    ],
)
def test_the_end_of_the_interpreter_loses_no_send(way: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_END.replace("WAY", way)],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("['accepted', 'accepted', 'accepted'] ")
