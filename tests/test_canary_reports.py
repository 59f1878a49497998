"""What tools write of an error, with the values of each frame: no secret, number or text of ours.

Each kind of error goes through `traceback`, rich, loguru and Sentry. The caller's own frames hold
what the caller gave; they are left out.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from smsbridge import (
    AsyncClient,
    AuthenticationFailed,
    Client,
    ConfigError,
    InvalidMessage,
    Message,
    NoAnswer,
    NotSent,
    OutcomeUnknown,
    Rejected,
    Secret,
    Unsupported,
)
from smsbridge.backends.failover import Failover
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.config.load import from_mapping
from smsbridge.errors import WebhookRefused
from smsbridge.http.exchange import Request, Response
from smsbridge.text.phone import e164, national
from smsbridge.webhooks.receiver import Receiver

from support.asking import (
    BUSY,
    GARBAGE,
    NOTHING,
    REFUSED,
    SILENCE,
    Answer,
    Answering,
    AsyncCarrier,
    Carrier,
    Gate,
    Wire,
)
from support.blocks import GATE_BLOCK, document
from support.broken_codec import Odd
from support.each import each
from support.error_reports import REPORTS, below_the_caller, by_pickle

WORD = "c4nary"
SECRET, CLIENT, NUMBER, TEXT = f"{WORD}-secret", "client", "+447700900199", f"{WORD} text"
LOOKED_FOR = (WORD, "7700900199", "7700 900199")


def gate(kind: type[Gate] = Gate, protocol: str = "rest", **more: Any) -> Gate:
    return kind(
        protocol=protocol,
        token=Secret(SECRET),
        client_id=CLIENT,
        client_secret=Secret(SECRET),
        **more,
    )


def sends(
    *answers: Answer | Answering, backend: Any = None, to: str = NUMBER, sender: str | None = None
) -> Any:
    client = Client(backend or gate(), transport=Carrier(Wire(*answers)), sleep=lambda _: None)
    return client.send(to, TEXT, sender=sender)


def sends_async(*answers: Answer | Answering, backend: Any = None) -> Any:
    async def run() -> Any:
        wire = AsyncCarrier(Wire(*answers))
        async with AsyncClient(backend or gate(), transport=wire) as client:
            return await client.send(NUMBER, TEXT)

    return asyncio.run(run())


def sent_of_many(*answers: Answer | Answering) -> Any:
    client = Client(gate(), transport=Carrier(Wire(*answers)))
    (result,) = client.send_many([Message(recipient=NUMBER, text=TEXT)])
    raise result.error or AssertionError


def asks(*answers: Answer | Answering) -> Any:
    client = Client(gate(), transport=Carrier(Wire(*answers)))
    return list(client.sent(recipient=NUMBER, keyword=TEXT))


def interrupts(_: Request) -> Response:
    raise KeyboardInterrupt


def block() -> Any:
    import tomllib

    words = GATE_BLOCK.replace("canary-key", SECRET).replace("canary-password", SECRET)
    return from_mapping(tomllib.loads(words)["backends"]["gate"])


def file_of(folder: Path, text: str) -> Path:
    path = folder / "smsbridge.toml"
    path.write_text(text, encoding="utf-8")
    return path


def webhook() -> Any:
    receiver = Receiver(SMSMobileAPI, secrets=[f"{SECRET}-{SECRET}"])
    body = f'{{"text": "{TEXT}", "from": "{NUMBER}"}}'.encode()
    headers = {"Content-Type": "application/json", "X-Signature": SECRET}
    return receiver.read(Request(method="POST", url=f"/hook/{SECRET}", headers=headers, body=body))


BY_TOKEN_CALL = {"backend": "smsmobileapi", "api_key": SECRET}
ENDS: Mapping[str, tuple[type[BaseException], Callable[[], Any]]] = {
    "not sent": (NotSent, lambda: sends(NOTHING)),
    "not sent, async": (NotSent, lambda: sends_async(NOTHING)),
    "busy": (NotSent, lambda: sends(BUSY)),
    "rejected": (Rejected, lambda: sends(REFUSED)),
    "rejected, async": (Rejected, lambda: sends_async(REFUSED)),
    "refused": (AuthenticationFailed, lambda: sends(Response(status=401))),
    "unknown": (OutcomeUnknown, lambda: sends(SILENCE)),
    "unknown, async": (OutcomeUnknown, lambda: sends_async(SILENCE)),
    "an answer without sense": (OutcomeUnknown, lambda: sends(GARBAGE)),
    "one of many": (OutcomeUnknown, lambda: sent_of_many(SILENCE)),
    "no answer": (NoAnswer, lambda: asks(SILENCE)),
    "no answer, async": (NoAnswer, lambda: asked_async(SILENCE)),
    "a token that is refused": (
        AuthenticationFailed,
        lambda: sends(document(400, error="invalid_client"), backend=gate(protocol="oauth")),
    ),
    "a token call that breaks": (
        NotSent,
        lambda: sends_async(NOTHING, backend=gate(protocol="oauth")),
    ),
    "a token call without a token": (
        NotSent,
        lambda: sends(document(500, error="no"), backend=gate(protocol="oauth")),
    ),
    "a login that breaks": (NotSent, lambda: sends(NOTHING, backend=block(), sender="ACME")),
    "a login that is refused": (
        AuthenticationFailed,
        lambda: sends(Response(status=401), backend=block(), sender="ACME"),
    ),
    "all of several": (
        NotSent,
        lambda: sends(NOTHING, NOTHING, backend=Failover(backends={"a": gate(), "b": gate()})),
    ),
    "what XML can't carry": (
        InvalidMessage,
        lambda: Client(block()).send(NUMBER, f"{TEXT}\x01"),
    ),
    "a sender that nobody takes": (
        Unsupported,
        lambda: Client(gate()).send(NUMBER, TEXT, sender=f"{WORD}-sender"),
    ),
    "not a number": (InvalidMessage, lambda: sends(to=f"{NUMBER}x")),
    "not a message": (
        InvalidMessage,
        lambda: Message(recipient=NUMBER, text=f"{TEXT}\0"),
    ),
    "not a filter": (
        InvalidMessage,
        lambda: Client(gate()).sent(recipient=NUMBER, failed=TEXT),  # type: ignore[arg-type]  # the mistake
    ),
    "a number to read": (InvalidMessage, lambda: e164(f"{NUMBER} 12345678")),
    "a number to dial": (InvalidMessage, lambda: national("+44" + NUMBER[1:] * 2)),
    "a bug in a codec": (TypeError, lambda: sends(backend=gate(Odd))),
    "a bug in a codec, async": (TypeError, lambda: sends_async(backend=gate(Odd))),
    "an interruption": (KeyboardInterrupt, lambda: sends(interrupts)),
    "a URL that can't be read": (ConfigError, lambda: Client.from_url(f"{SECRET}://[{SECRET}")),
    "a URL of another protocol": (
        ConfigError,
        lambda: Client.from_url(f"smsmobileapi+{WORD}://{SECRET}@h.example"),
    ),
    "a URL with an option": (
        ConfigError,
        lambda: Client.from_url(f"smsmobileapi+rest://{SECRET}@h.example?apikey={SECRET}"),
    ),
    "a key that is not a key": (
        ConfigError,
        lambda: Client.from_mapping({**BY_TOKEN_CALL, "timeout": 0}),
    ),
    "a backend's own argument": (
        ConfigError,
        lambda: SMSMobileAPI(api_key=SECRET, protocol="other"),  # type: ignore[arg-type]  # as text
    ),
    "a secret that is not text": (ConfigError, lambda: Secret(f"{SECRET}\ud800")),
    "a webhook": (WebhookRefused, webhook),
}


def asked_async(*answers: Answer | Answering) -> Any:
    async def run() -> Any:
        wire = AsyncCarrier(Wire(*answers))
        async with AsyncClient(gate(), transport=wire) as client:
            return [one async for one in client.sent(recipient=NUMBER, keyword=TEXT)]

    return asyncio.run(run())


def end_of(call: Callable[[], Any]) -> BaseException:
    """Return the error that a call raises, from our own frames on."""
    try:
        call()
    except BaseException as error:  # noqa: BLE001  (an interruption too)
        return below_the_caller(error)
    raise AssertionError("nothing was raised")


def found_in(told: str) -> list[str]:
    return [word for word in LOOKED_FOR if word in told]


@each("report", REPORTS)
@each("name", ENDS)
def test_no_tool_finds_a_secret_a_number_or_a_text_in_an_error(
    name: str, report: Callable[[BaseException], str]
) -> None:
    kind, call = ENDS[name]
    error = end_of(call)
    assert isinstance(error, kind)
    assert found_in(report(error)) == []


@each("name", [name for name, (kind, _) in ENDS.items() if kind is not TypeError])
def test_no_secret_number_or_text_crosses_a_process_in_an_error(name: str) -> None:
    assert found_in(by_pickle(end_of(ENDS[name][1]))) == []


@each(
    "text",
    [
        f'[backends.a]\nbackend = "smsmobileapi"\napi_key = ["{SECRET}"]\n',
        f'[backends.a]\nbackend = "smsmobileapi"\napi_key = "{SECRET}"\ntimeout = 0\n',
        f'[backends.a]\nbackend = "smsmobileapi"\napi_key = {SECRET}\n',
        f'[backends.a]\nbackend = "rest"\nauth = {{ type = "{WORD}", key = "{SECRET}" }}\n',
    ],
)
@each("report", REPORTS)
def test_no_tool_finds_a_secret_in_an_error_about_a_config_file(
    tmp_path: Path, text: str, report: Callable[[BaseException], str]
) -> None:
    path = file_of(tmp_path, text.replace(f'"{WORD}"', '"unknown"'))
    error = end_of(lambda: Client.from_config(path=path))
    assert isinstance(error, ConfigError)
    assert found_in(report(error)) == []


@each("report", REPORTS)
def test_no_tool_finds_a_secret_in_an_error_about_the_environment(
    monkeypatch: pytest.MonkeyPatch, report: Callable[[BaseException], str]
) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", f"smsmobileapi+rest://{SECRET}:{SECRET}@h.example")
    assert found_in(report(end_of(Client))) == []


def test_a_task_that_nobody_awaits_tells_asyncio_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A token call that is shared goes on after its caller is cancelled, and may fail then."""

    async def run() -> None:
        begun, end = asyncio.Event(), asyncio.Event()

        class Late:
            async def send(self, request: Request, deadline: float) -> Response:
                copy = request.body
                begun.set()
                await end.wait()
                assert copy
                raise NOTHING

            async def close(self) -> None: ...

        client = AsyncClient(gate(protocol="oauth"), transport=Late())
        task = asyncio.ensure_future(client.send(NUMBER, TEXT))
        await begun.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        end.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(run())
    import gc

    gc.collect()
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


def test_each_of_several_threads_that_share_a_token_call_gets_an_error_without_values() -> None:
    gone = threading.Barrier(2, timeout=30)

    def breaks(_: Request) -> Answer:
        return NOTHING

    client = Client(gate(protocol="oauth"), transport=Carrier(Wire(breaks)))
    errors: list[BaseException] = []

    def run() -> None:
        gone.wait()
        errors.append(end_of(lambda: client.send(NUMBER, TEXT)))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [type(error) for error in errors] == [NotSent, NotSent]
    assert found_in("".join(report(error) for error in errors for report in REPORTS)) == []


def test_a_backend_and_a_client_show_no_secret() -> None:
    for shown in (gate(), gate(protocol="oauth"), block(), Client(gate())):
        assert found_in(f"{shown!r} {shown}") == []


def test_a_secret_crosses_no_process() -> None:
    for held in (Secret(SECRET), gate()):
        with pytest.raises(TypeError, match="a Secret is not pickled"):
            pickle.dumps(held)


def test_what_is_logged_while_it_fails_stands_on_frames_without_a_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Sentry can attach the frames of whoever logs: ours, at the moment that we log."""
    from sentry_sdk.utils import current_stacktrace

    class Attaching(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            frames.append(repr(current_stacktrace(include_local_variables=True)))

    frames: list[str] = []
    handler = Attaching()
    logging.getLogger("smsbridge").addHandler(handler)
    caplog.set_level(logging.DEBUG)
    try:
        end_of(lambda: sends(SILENCE))
        end_of(lambda: sends(REFUSED))
    finally:
        logging.getLogger("smsbridge").removeHandler(handler)
    assert frames
    assert [one for one in frames if SECRET in one] == []
