"""The how-tos for FastAPI, Django and Flask run as they are shown."""

from __future__ import annotations

import importlib
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from smsbridge import Channel, Secret, SentMessage, Status, Submission
from smsbridge.errors import Attempt
from smsbridge.http.exchange import Request
from smsbridge.serving.webhooks import outgoing, webhook_types
from smsbridge.webhooks.deduplication import Claim
from smsbridge.webhooks.events import MessageReported
from smsbridge.webhooks.receiver import Receiver

from support.each import each
from support.webhooking import (
    GUID,
    NEXT,
    NUMBER,
    SECRET,
    TABLES,
    TEXT,
    happened,
    unsigned,
)

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = DOCS / "examples"
NAMES = ("webhook_fastapi", "webhook_django", "webhook_flask")


def now(event: Any = None, *secrets: str) -> Request:
    """Return a request that was signed just now."""
    signers = [Secret(one) for one in secrets or [SECRET]]
    return outgoing(TABLES, event or happened(), "/sms", secrets=signers, now=datetime.now(UTC))


@dataclass
class Site:
    """An example that is imported, and what posts to it as its framework's own tests do."""

    module: ModuleType
    call: Callable[[str, Request], int]

    def post(self, request: Request) -> int:
        return self.call("POST", request)


def fastapi(module: Any) -> Callable[[str, Request], int]:
    from fastapi.testclient import TestClient

    client = TestClient(module.app)

    def call(method: str, request: Request) -> int:
        headers = dict(request.headers)
        answer = client.request(method, "/sms/", content=request.body, headers=headers)
        status: int = answer.status_code
        return status

    return call


def django(module: Any) -> Callable[[str, Request], int]:
    from django.conf import settings  # type: ignore[import-untyped]  # Django ships no types
    from django.test import Client  # type: ignore[import-untyped]  # the same
    from django.urls import clear_url_caches  # type: ignore[import-untyped]  # the same

    clear_url_caches()
    if not settings.configured:
        settings.configure(ROOT_URLCONF=module.__name__, ALLOWED_HOSTS=["testserver"])
    client = Client(enforce_csrf_checks=True)

    def call(method: str, request: Request) -> int:
        headers = dict(request.headers)
        answer = client.generic(method, "/sms", request.body, headers=headers)
        status: int = answer.status_code
        return status

    return call


def flask(module: Any) -> Callable[[str, Request], int]:
    client = module.app.test_client()

    def call(method: str, request: Request) -> int:
        headers = dict(request.headers)
        answer = client.open("/sms", method=method, data=request.body, headers=headers)
        status: int = answer.status_code
        return status

    return call


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Return what imports an example afresh."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.setenv("SMS_WEBHOOK_SECRETS", f"{SECRET} {NEXT}")
    yield importlib.import_module
    for name in (*NAMES, "webhook_seen", "webhook_reports"):
        sys.modules.pop(name, None)


@pytest.fixture(params=NAMES)
def site(request: pytest.FixtureRequest, example: Callable[[str], ModuleType]) -> Site:
    module = example(request.param)
    framework = {"webhook_fastapi": fastapi, "webhook_django": django, "webhook_flask": flask}
    return Site(module, framework[request.param](module))


def test_a_message_arrives_once(site: Site) -> None:
    assert site.post(now()) == 200
    assert site.post(now()) == 200
    assert site.post(now(happened(event_id="event-2"))) == 200
    assert site.module.inbox == [(NUMBER, TEXT)]


def test_a_report_arrives(site: Site) -> None:
    assert site.post(now(happened("sms.failed"))) == 200
    assert site.module.inbox == [(GUID, "undelivered")]


def test_while_a_secret_is_rotated_both_are_taken(site: Site) -> None:
    assert site.post(now(None, SECRET, NEXT)) == 200
    assert site.post(now(happened(event_id="event-2", id="ab"), NEXT)) == 200
    assert len(site.module.inbox) == 2


def test_what_is_not_theirs_is_refused(site: Site) -> None:
    for request in (unsigned(), now(None, "another")):
        assert site.post(request) == 401
    assert site.call("GET", now()) == 405
    assert site.module.inbox == []


def test_a_function_that_raises_is_500_and_the_event_comes_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(site.module, "inbox", None)
        assert site.post(now()) == 500
    assert site.post(now()) == 200
    assert site.module.inbox == [(NUMBER, TEXT)]


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_path_works_below_a_mount(
    name: str, example: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded = {"webhook_fastapi": "/sms/", "webhook_django": "/sms", "webhook_flask": "/sms"}
    made = Receiver(TABLES, path=guarded[name])
    monkeypatch.setattr("smsbridge.webhooks.Receiver", lambda *_, **__: made)
    module = example(name)
    call = {"webhook_fastapi": fastapi, "webhook_django": django, "webhook_flask": flask}[name]
    assert call(module)("POST", unsigned()) == 200
    assert module.inbox == [(NUMBER, TEXT)]


@each("name", [*NAMES, "webhook_seen", "webhook_reports"])
def test_the_page_shows_what_runs_here(name: str) -> None:
    page = (DOCS / "webhooks.md").read_text(encoding="utf-8")
    assert f"```{{literalinclude}} examples/{name}.py" in page


PAGE = "webhooks.md"


def test_the_python_of_the_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_WEBHOOK_SECRET", SECRET)
    text = (DOCS / PAGE).read_text(encoding="utf-8")
    shown = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    names: list[dict[str, Any]] = [{} for _ in shown]
    for block, found in zip(shown, names, strict=True):
        exec(compile(block, PAGE, "exec"), found)
    first = next(one for one in names if "take" in one)
    last = next(one for one in names if "request" in one)
    assert first["receiver"].answer(now(), first["take"]).status == 200
    checked = Receiver(TABLES, secrets=["test-secret"])
    assert checked.read(last["request"])[0].id == "event-1"


def test_the_page_has_each_type_and_each_answer() -> None:
    text = (DOCS / PAGE).read_text(encoding="utf-8")
    assert [kind for kind in webhook_types(TABLES) if f"`{kind}`" not in text] == []
    told = {kind: status for table in TABLES for kind, status in table.statuses.items()}
    for kind, status in told.items():
        assert re.search(rf"`{re.escape(kind)}`[^|:]*: `{status}`", text), kind
    answers = re.findall(r"^\| ([0-9]{3}) \|", text, re.MULTILINE)
    assert answers == ["200", "400", "401", "403", "404", "405", "413", "500", "503"]


@pytest.fixture
def memory(example: Callable[[str], ModuleType], tmp_path: Path) -> Any:
    return example("webhook_seen").Table(tmp_path / "seen.db")


def test_a_memory_in_a_database_hands_an_event_out_once(memory: Any) -> None:
    assert memory.claim({"a", "b"}) is Claim.NEW
    assert memory.claim({"b", "c"}) is Claim.BUSY
    memory.keep({"a", "b"})
    assert memory.claim({"b", "c"}) is Claim.DONE
    assert memory.claim({"c"}) is Claim.NEW
    memory.release({"c"})
    assert memory.claim({"c"}) is Claim.NEW


def test_a_memory_in_a_database_lets_a_dead_claim_expire(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert memory.claim({"a"}) is Claim.NEW
    monkeypatch.setattr(sys.modules["webhook_seen"], "STALE", -1)
    assert memory.claim({"a"}) is Claim.NEW


def test_of_many_threads_one_gets_the_event_from_a_database(memory: Any) -> None:
    together, got = threading.Barrier(8), list[Claim]()

    def claim() -> None:
        together.wait(30)
        got.append(memory.claim({"a"}))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(got) == [Claim.BUSY] * 7 + [Claim.NEW]


def reported(
    status: Status, *, known: str | None = None, ours: str | None = None
) -> MessageReported:
    message = SentMessage(status=status, id=known, reference=ours)
    return MessageReported(id=None, type="reported", channel=Channel.SMS, message=message)


def submission(known: str | None, reference: str) -> Submission:
    attempt = Attempt(backend="b", protocol="rest", reference=reference, started=datetime.now(UTC))
    return Submission(id=known, attempt=attempt, status=Status.QUEUED)


@pytest.fixture
def reports(example: Callable[[str], ModuleType], tmp_path: Path) -> Any:
    return example("webhook_reports").Reports(tmp_path / "reports.db")


@each("order", permutations([Status.SENT, Status.DELIVERED, Status.QUEUED, Status.UNKNOWN]))
def test_the_furthest_report_is_kept_in_any_order_and_twice(
    order: tuple[Status, ...], reports: Any
) -> None:
    known = "-".join(order)
    for status in (*order, *order):
        reports.take(reported(status, known=known))
    assert reports.status(submission(known, "order-1")) is Status.DELIVERED


def test_a_report_is_found_by_the_id_or_by_the_reference_also_before_the_send_ended(
    reports: Any,
) -> None:
    reports.take(reported(Status.SENT, known="7"))
    reports.take(reported(Status.UNDELIVERED, ours="order-2"))
    reports.take(happened())
    assert reports.status(submission("7", "order-1")) is Status.SENT
    assert reports.status(submission(None, "order-2")) is Status.UNDELIVERED
    assert reports.status(submission("8", "order-3")) is Status.QUEUED
