"""The mocks of a process let one watch see what comes in, and alter one request of it."""

from __future__ import annotations

from smsbridge import Client
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess
from smsbridge.testing.mutants.tap import TAP, Watch


def test_a_watch_alters_the_request_of_its_number_and_keeps_what_answered() -> None:
    provider = Provider(sample_backend(), "smsmobileapi/send/accepted-rest")
    watch = TAP.watch = Watch(number=0, change=lambda request: request)
    try:
        with Client(sample_backend(), transport=InProcess(provider)) as sms:
            sms.send("+12025550123", "Hello")
    finally:
        TAP.watch = None
    (played,) = watch.played
    assert watch.is_applied
    assert played.interaction is not None
    assert played.interaction.id == "send"
    assert [message.text for message in played.messages] == ["Hello"]
