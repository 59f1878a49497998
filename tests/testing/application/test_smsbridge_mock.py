"""The mock of an application's tests: other backends beside it, reports, replies, its end."""

from __future__ import annotations

import asyncio
import os
import unittest
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smsbridge import AsyncClient, Client, ConfigError, Message, Secret, Status
from smsbridge.backends.failover import Failover
from smsbridge.backends.memory import MemoryBackend
from smsbridge.backends.parlayx import ParlayX
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.testing import NoMock, SmsbridgeMock
from smsbridge.testing.mock.declared_backend import declared_backend
from smsbridge.webhooks import Event, MessageReceived, MessageReported, Receiver

from support.each import each

NUMBER, OTHER = "+12025550123", "+447700900123"
SECRET = "test-secret"
CONFIG = """
[backends.oldcorp]
backend = "rest"
url = "https://oldcorp.example/api/v2"
auth = { type = "fields", key = { env = "OLDCORP" }, fields = { key = "{key}" } }

[backends.oldcorp.send]
route = "POST /sms"
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { state = "ok" }, id = "id" }

[backends.production]
backend = "smsmobileapi"
api_key = { env = "PRODUCTION" }

[backends.safe]
backend = "failover"
backends = ["production", "oldcorp"]
"""


@pytest.fixture
def config(nowhere: Path) -> Path:
    file = nowhere / "smsbridge.toml"
    file.write_text(CONFIG, encoding="utf-8")
    return file


@pytest.fixture
def mock() -> Iterator[SmsbridgeMock]:
    with SmsbridgeMock() as found:
        yield found


def surprise(use: Callable[[], object]) -> str:
    """Return what a mock says at its end."""
    with pytest.raises(AssertionError) as caught:
        use()
    return str(caught.value)


def send(text: str = "Hello", backend: str | None = None) -> str:
    """Send as an application would; return the id."""
    with Client.from_config(backend) if backend else Client() as client:
        return client.send(NUMBER, text).id or ""


@each("name", ["oldcorp", "production", "safe"])
def test_a_block_is_played_by_its_name_and_is_what_a_client_uses(name: str, config: Path) -> None:
    with SmsbridgeMock(name) as mock:
        send()
        send(backend=name)
    assert len(mock.sent_to(NUMBER, count=2)) == 2


def test_a_file_elsewhere_is_what_a_client_uses(config: Path, tmp_path: Path) -> None:
    other = config.rename(tmp_path / "other.toml")
    with SmsbridgeMock("oldcorp", config=other) as mock:
        send()
    mock.sent_to(NUMBER)


def test_each_mock_beside_another_has_its_own_messages(config: Path) -> None:
    with SmsbridgeMock("production") as mock:
        oldcorp = mock.of("oldcorp")
        send("one", "production")
        send("two", "oldcorp")
        assert [one.text for one in mock.messages] == ["one"]
        assert oldcorp.sent_to(NUMBER).text == "two"


def test_a_mock_beside_another_ends_with_it(config: Path) -> None:
    with SmsbridgeMock("production") as mock:
        oldcorp = mock.of("oldcorp")
        mock.nothing_else_sent()
    assert "SMSBRIDGE_BACKEND" not in os.environ
    later = SmsbridgeMock().start()
    with Client(oldcorp.backend) as client, pytest.raises(NoMock):
        client.send(NUMBER, "Hello")
    later.stop()


def test_surprises_of_a_mock_beside_another_are_told(config: Path) -> None:
    def use() -> None:
        with SmsbridgeMock("production") as mock:
            mock.of("oldcorp").next("rejected")

    assert "1 of the outcomes that next asked for never came" in surprise(use)


def test_a_failover_is_played_with_all_its_members(config: Path) -> None:
    with SmsbridgeMock("safe") as mock, Client() as client:
        assert client.send(NUMBER, "one").backend == "smsmobileapi"
        mock.next("not_sent")
        assert client.send(NUMBER, "two").backend == "oldcorp"
        mock.next("unknown")
        [unknown] = client.send_many([_message("three")])
        assert unknown.outcome == "unknown"
        assert [one.text for one in mock.messages] == ["one", "two", "three"]
        assert mock.member("oldcorp").messages is mock.messages
        assert mock.member("production") is mock
        mock.member("oldcorp").fault = "server-error:502"
        [unknown] = client.send_many([_message("four")])
        assert unknown.outcome == "unknown"
        mock.reset()
        assert (mock.messages, mock.member("oldcorp").messages) == ([], [])


def test_a_scenario_goes_to_the_member_that_it_is_of() -> None:
    with SmsbridgeMock(_both()) as mock, Client(_both()) as client:
        mock.play("parlayx/send/accepted")
        assert mock.unplayed() == ["send"]
        assert client.send(NUMBER, "Hello", sender="Acme").backend == "parlayx"


def test_a_scenario_of_which_nothing_was_played_fails_the_end() -> None:
    def use() -> None:
        with SmsbridgeMock(_both()) as mock:
            mock.play("parlayx/send/accepted")

    assert "send was never played" in surprise(use)


def test_a_block_that_raised_shows_its_own_error() -> None:
    def use() -> None:
        with SmsbridgeMock() as mock:
            mock.next("unknown")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use()


@each(
    "backend",
    [MemoryBackend(), "console", Failover(backends={"a": MemoryBackend(), "b": MemoryBackend()})],
)
def test_a_backend_without_a_network_has_nothing_to_mock(backend: MemoryBackend | str) -> None:
    with pytest.raises(ConfigError, match="uses no network: there is nothing to mock"):
        SmsbridgeMock(backend)


def test_a_report_is_what_the_client_sees(mock: SmsbridgeMock) -> None:
    with Client() as client:
        submission = client.send(NUMBER, "Hello")
        assert client.status(submission).status is Status.SENT
        mock.report(submission, "undelivered")
        assert client.wait(submission, timeout=0).status is Status.UNDELIVERED
        mock.report(mock.sent_to(NUMBER), Status.SENT)
        assert client.status(submission).status is Status.SENT
    with pytest.raises(ConfigError, match="the mock took no message with that id"):
        mock.report("another", "sent")


def test_a_reply_is_what_the_client_receives(mock: SmsbridgeMock) -> None:
    send()
    mock.reply(mock.sent_to(NUMBER), "Yes")
    mock.reply(OTHER, "No")
    with Client() as client:
        came = [(one.sender, one.text) for one in client.received()][-2:]
    assert came == [(NUMBER, "Yes"), (OTHER, "No")]


@pytest.fixture
def events() -> list[Event]:
    return []


def receiver(secret: str = SECRET) -> Receiver:
    return Receiver(SMSMobileAPI, secrets=[secret])


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_reports_and_replies_reach_the_application_as_signed_webhooks(
    mock: SmsbridgeMock, events: list[Event], kind: str
) -> None:
    async def take(event: Event) -> None:
        events.append(event)

    app = receiver().asgi(take) if kind == "asgi" else receiver().wsgi(events.append)
    mock.deliver_to(app, "/sms", secrets=[SECRET])
    known = send()
    assert [one.status for one in mock.report(known, "sent")] == [200, 200, 200]
    assert [one.status for one in mock.reply(OTHER, "Yes")] == [200]
    *reported, came = events
    assert {one.message.id for one in reported if isinstance(one, MessageReported)} == {known}
    assert isinstance(came, MessageReceived)
    assert (came.message.sender, came.message.text) == (OTHER, "Yes")
    assert mock.deliver() == []


def test_a_receiver_with_another_secret_refuses_them(
    mock: SmsbridgeMock, events: list[Event]
) -> None:
    mock.deliver_to(receiver("another-secret").wsgi(events.append), secrets=[Secret(SECRET)])
    assert [one.status for one in mock.reply(OTHER, "Yes")] == [401]
    assert events == []


def test_webhooks_of_a_provider_that_has_none_are_refused(config: Path) -> None:
    with SmsbridgeMock("oldcorp") as mock, pytest.raises(ConfigError, match="has no webhooks"):
        mock.deliver_to("http://127.0.0.1:8000/sms")


def test_it_works_inside_an_event_loop(mock: SmsbridgeMock) -> None:
    async def main() -> None:
        async with AsyncClient() as client:
            await client.send(NUMBER, "Hello")
            mock.reply(OTHER, "Yes")
            assert (await client.received())[-1].text == "Yes"

    asyncio.run(main())
    mock.sent_to(NUMBER)


def _both() -> Failover:
    parlayx = ParlayX(url="https://parlayx.example", username="user", password=Secret("SECRET"))
    return Failover(backends={"first": SMSMobileAPI(api_key=Secret("KEY")), "second": parlayx})


def _message(text: str) -> Message:
    return Message(recipient=NUMBER, text=text)


class Case(unittest.TestCase):
    """A test of somebody who uses unittest; pytest runs none of it by itself."""

    __test__ = False

    def setUp(self) -> None:
        self.mock = self.enterContext(SmsbridgeMock())

    def test_sent(self) -> None:
        send()
        self.mock.sent_to(NUMBER)
        self.mock.nothing_else_sent()

    def test_surprise(self) -> None:
        self.mock.next("rejected")


def test_unittest_uses_it_as_a_context() -> None:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
    assert result.testsRun == 2
    [(failed, why)] = result.failures
    assert failed.id().endswith("test_surprise")
    assert "1 of the outcomes that next asked for never came" in why


def test_the_webhooks_of_another_provider_are_those_that_its_receiver_takes() -> None:
    backend = replace(declared_backend("twilio"), callback="https://shop.example/sms")
    got: list[Any] = []
    with SmsbridgeMock(backend) as mock, Client(backend) as sms:
        mock.deliver_to(Receiver(backend).wsgi(got.append), "/sms?tenant=7")
        submission = sms.send("+12025550123", "Hello", sender="+12025550100")
        answers = mock.report(submission, "undelivered") + mock.reply("+12025550111", "No")
    assert [answer.status for answer in answers] == [200] * len(answers)
    assert got[-2].message.status is Status.UNDELIVERED
    assert got[-2].message.id == submission.id
    assert (got[-1].message.sender, got[-1].message.text) == ("+12025550111", "No")
