"""Old clients, unchanged, through the bridge: what they say comes out by another protocol."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.stored_message import StoredMessage

from .conftest import CLIENTS, RECIPIENT, SECONDS, SMSBRIDGE, TEXT, Mock, direct, node, php, run
from .test_soap_clients import SOAP_CLIENTS, Client
from support.stores import Place, file_place
from support.tools import need, need_module
from support.vendor import EXAMPLES

KEY, ID, SECRET = "shop-key", "shop-app", "shop-secret"
DOORS = """
[bridge]
listen = "127.0.0.1:0"
{store}
[doors.old]
speaks = "old"
to = "{to}"
[doors.old.callers]
shop = {{ api_key = "{key}" }}
app = {{ client_id = "{id}", client_secret = "{secret}" }}
[backends.old]
backend = "smsmobileapi"
"""


@dataclass(frozen=True)
class Bridged(Mock):
    """A running bridge, as the clients of the mock call it, and the mock behind it."""

    behind: Mock
    place: Place

    @property
    def control(self) -> str:
        return self.behind.control

    def credential(self, name: str) -> str:
        return {"api_key": KEY, "client_id": ID, "client_secret": SECRET}[name]

    def stored(self, known: str) -> StoredMessage | None:
        database = self.place.database()
        try:
            return MessageStore(database).find(known)
        finally:
            database.close()


@contextmanager
def process_of(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """Run a command that serves until the block ends; yield it with its ready line."""
    with (folder / f"{words[0]}.log").open("w") as log:
        process = subprocess.Popen(
            [SMSBRIDGE, *words],
            cwd=folder,
            env=direct(os.environ) | {"OLDCORP": "old-pw", "NEWCORP": "new-pw"},
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
        )
    with process:
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        try:
            assert process.stdout
            line = process.stdout.readline()
            assert line, (folder / f"{words[0]}.log").read_text(encoding="utf-8")
            late.cancel()
            yield process, json.loads(line)
            process.terminate()
            assert process.wait(SECONDS) == 0
        finally:
            late.cancel()
            process.kill()


@contextmanager
def bridged(place: Place, to: str) -> Iterator[Bridged]:
    """Run a mock of one of the docs' backends, and a bridge of SMSMobileAPI's calls before it."""
    folder = place.folder
    example = (EXAMPLES / "smsbridge.toml").read_text(encoding="utf-8")
    example = example.replace('default = "oldcorp"', "")
    (folder / "oldcorp.wsdl").write_bytes((EXAMPLES / "oldcorp.wsdl").read_bytes())
    file = folder / "smsbridge.toml"
    doors = DOORS.format(to=f"{to}-mock", store=place.line, key=KEY, id=ID, secret=SECRET)
    with ExitStack() as stack:
        file.write_text(example, encoding="utf-8")
        mock, ready = stack.enter_context(process_of(folder, "mock", to, "--port", "0"))
        address = {"newcorp": "http://127.0.0.1:8703", "oldcorp": "http://127.0.0.1:8702"}[to]
        text = example.replace(address, ready["address"]) + doors
        file.write_text(text, encoding="utf-8")
        bridge, said = stack.enter_context(process_of(folder, "serve"))
        yield Bridged(bridge, said, Mock(mock, ready), place)


def assert_bridged(bridge: Bridged, known: str, caller: str, protocol: str) -> None:
    """The message is in the store under the id that its caller read, and came out once."""
    assert re.fullmatch("[0-9a-f]{40}", known), known
    until = time.monotonic() + SECONDS
    while not bridge.behind.asked("GET", "messages") and time.monotonic() < until:
        time.sleep(0.05)
    (out,) = bridge.behind.asked("GET", "messages")
    assert (out["recipient"], out["text"]) == (RECIPIENT, TEXT)
    stored = bridge.stored(known)
    assert stored is not None
    assert (stored.caller, stored.protocol) == (caller, protocol)
    assert (stored.recipient, stored.text) == (RECIPIENT, TEXT)


@pytest.fixture(scope="module")
def _to_oauth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridged]:
    with bridged(file_place(tmp_path_factory.mktemp("oauth")), "newcorp") as found:
        yield found


@pytest.fixture(scope="module")
def _to_soap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridged]:
    with bridged(file_place(tmp_path_factory.mktemp("soap")), "oldcorp") as found:
        yield found


@pytest.fixture
def to_oauth(_to_oauth: Bridged, monkeypatch: pytest.MonkeyPatch) -> Bridged:
    return _fresh(_to_oauth, monkeypatch)


@pytest.fixture
def to_soap(_to_soap: Bridged, monkeypatch: pytest.MonkeyPatch) -> Bridged:
    return _fresh(_to_soap, monkeypatch)


def _fresh(bridge: Bridged, monkeypatch: pytest.MonkeyPatch) -> Bridged:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    bridge.behind.reset()
    return bridge


each_soap = pytest.mark.parametrize(
    "client", [one for one, _ in SOAP_CLIENTS.values()], ids=SOAP_CLIENTS.keys()
)


@each_soap
def test_soap_comes_in_and_oauth2_goes_out(
    to_oauth: Bridged, request: pytest.FixtureRequest, client: Client
) -> None:
    known = client(to_oauth, KEY, request.getfixturevalue)
    assert_bridged(to_oauth, known, "shop", "soap")


def test_suds_comes_in_and_oauth2_goes_out(to_oauth: Bridged) -> None:
    suds = need_module("suds.client", "suds-community")
    client: Any = suds.Client(to_oauth.wsdl, cache=None)
    answer = client.service.sendSms(RECIPIENT, TEXT, KEY)
    assert_bridged(to_oauth, json.loads(answer)["result"]["id"], "shop", "soap")


@each_soap
def test_a_wrong_key_is_a_fault_for_each(
    to_oauth: Bridged, request: pytest.FixtureRequest, client: Client
) -> None:
    said = client(to_oauth, "wrong-key", request.getfixturevalue)
    code = "Sender" if client is SOAP_CLIENTS["php-soap-1.2"][0] else "Client"
    assert said == f"SoapFault SOAP-ENV:{code}: Invalid API key"
    assert to_oauth.behind.messages() == []


def test_curl_gets_with_the_key_in_the_query_and_soap_goes_out(to_soap: Bridged) -> None:
    need("curl", "curl")
    fields = ["--data-urlencode", f"recipients={RECIPIENT}", "--data-urlencode", f"message={TEXT}"]
    address = f"{to_soap.address}/sendsms/"
    said = run("curl", "--silent", "--fail", "--get", address, "-d", f"apikey={KEY}", *fields)
    assert_bridged(to_soap, json.loads(said)["result"]["id"], "shop", "rest")


def test_curl_sends_by_a_store_that_several_share(shared_place: Place) -> None:
    need("curl", "curl")
    fields = ["--data-urlencode", f"recipients={RECIPIENT}", "--data-urlencode", f"message={TEXT}"]
    with bridged(shared_place, "oldcorp") as bridge:
        address = f"{bridge.address}/sendsms/"
        said = run("curl", "--silent", "--fail", "--get", address, "-d", f"apikey={KEY}", *fields)
        assert_bridged(bridge, json.loads(said)["result"]["id"], "shop", "rest")


def test_curl_posts_with_a_token_and_soap_goes_out(to_soap: Bridged) -> None:
    need("curl", "curl")
    account = ["-d", "grant_type=client_credentials", "-d", f"client_id={ID}"]
    address = f"{to_soap.address}/oauth2/token"
    said = run("curl", "--silent", "--fail", address, *account, "-d", f"client_secret={SECRET}")
    bearer = f"Authorization: Bearer {json.loads(said)['access_token']}"
    fields = ["--data-urlencode", f"recipients={RECIPIENT}", "--data-urlencode", f"message={TEXT}"]
    sent = run("curl", "--silent", "-H", bearer, f"{to_soap.address}/sendsms/", *fields)
    assert_bridged(to_soap, json.loads(sent)["result"]["id"], "app", "oauth")


def test_the_provider_s_own_package_sends_and_soap_goes_out(to_soap: Bridged) -> None:
    from smsmobileapi import SMSSender

    sender = SMSSender(KEY)
    there = to_soap.address
    sender.api_url_send = sender.api_url_send.replace("https://api.smsmobileapi.com", there)
    answer = sender.send_message(RECIPIENT, TEXT)
    assert_bridged(to_soap, answer["result"]["id"], "shop", "rest")
    sender.api_url_received = sender.api_url_received.replace("https://api.smsmobileapi.com", there)
    assert sender.get_received_messages() == {"result": {"sms": []}}


def test_php_curl_node_fetch_ruby_and_axios_send_and_soap_goes_out(
    to_soap: Bridged, node_folder: Path
) -> None:
    need("ruby", "ruby")
    words = (to_soap.address, KEY, RECIPIENT, TEXT)
    sends: list[Callable[[], str]] = [
        lambda: node(None, "fetch.js", *words),
        lambda: node(node_folder, "axios.js", *words),
        lambda: node(node_folder, "xhr.js", *words),
        lambda: run("ruby", CLIENTS / "nethttp.rb", *words),
    ]
    for send in sends:
        to_soap.behind.reset()
        assert_bridged(to_soap, send(), "shop", "rest")


def test_what_the_backend_can_t_carry_is_refused_at_once(to_soap: Bridged) -> None:
    fields = {"apikey": KEY, "recipients": RECIPIENT, "message": TEXT, "sendwa": "1"}
    answer = requests.post(f"{to_soap.address}/sendsms/", data=fields, timeout=SECONDS)
    assert answer.json()["result"]["error"] not in ("0", "1")
    assert to_soap.behind.messages() == []


def test_the_leniencies_of_a_caller_are_counted(to_oauth: Bridged) -> None:
    need("php", "php-cli")
    php("soap", "soapclient.php", to_oauth.wsdl, KEY, RECIPIENT, TEXT, "1.1")
    metrics = requests.get(f"{to_oauth.address}/metrics", timeout=SECONDS).text
    assert 'smsbridge_bridge_stored_total{caller="shop",door="old"}' in metrics
