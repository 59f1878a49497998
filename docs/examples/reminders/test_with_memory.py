"""Another way: a backend that keeps what it is sent. The test hands it to the application."""

from reminders import remind, states

from smsbridge import Client
from smsbridge.backends.memory import MemoryBackend

ANN = "+12025550123"


def test_a_patient_is_reminded_once():
    memory = MemoryBackend()
    remind(ANN, "9:30", Client(memory))
    assert "9:30" in memory.sent_to(ANN).text
    memory.nothing_else_sent()


def test_an_unknown_outcome_is_written_down():
    memory = MemoryBackend()
    memory.next("unknown")
    remind(ANN, "9:30", Client(memory))
    assert states[ANN] == "unknown"
