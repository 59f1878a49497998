"""A bridge as an application: its own paths, odd requests, and answers that wait."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import requests

from smsbridge.bridge.app import MOST_BYTES, BridgeApp
from smsbridge.bridge.uvicorn_server import listen, serve_app, url_of

from support.bridges import NUMBER, Running, config_text, running

SECONDS = 20
FIELDS = {"apikey": "shop-key", "recipients": NUMBER, "message": "Hello"}


@contextmanager
def served(folder: Path, text: str = "") -> Iterator[tuple[Running, str]]:
    with (
        running(folder, text) as run,
        listen("127.0.0.1", 0) as listening,
        serve_app(BridgeApp(run.bridge).app(), listening),
    ):
        yield run, url_of(listening)


def test_a_message_comes_in_over_http_and_goes_out(tmp_path: Path) -> None:
    with served(tmp_path) as (run, url):
        answer = requests.post(f"{url}/sendsms/", data=FIELDS, timeout=SECONDS)
        assert answer.json()["result"]["error"] == "0"
        assert [one.text for one in run.settled()] == ["Hello"]


def test_its_own_paths_say_whether_it_lives_is_ready_and_what_it_counts(tmp_path: Path) -> None:
    with served(tmp_path) as (run, url):
        said = [requests.get(f"{url}/{path}", timeout=SECONDS) for path in ("livez", "readyz")]
        assert [(one.status_code, one.text) for one in said] == [(200, "ok\n"), (200, "ok\n")]
        metrics = requests.get(f"{url}/metrics", timeout=SECONDS)
        assert "smsbridge_bridge_messages" in metrics.text
        with run.store.database.write("test") as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0'")
        old = requests.get(f"{url}/readyz", timeout=SECONDS)
        assert (old.status_code, "newer" in old.text) == (503, True)
        with run.store.database.write("test") as connection:
            connection.exec_driver_sql("ALTER TABLE tokens RENAME TO away")
        lost = requests.get(f"{url}/readyz", timeout=SECONDS)
        assert (lost.status_code, lost.text) == (503, "the store can't be written\n")
        assert requests.get(f"{url}/livez", timeout=SECONDS).status_code == 200


def test_a_compressed_body_is_inflated_and_a_corrupt_one_refused(tmp_path: Path) -> None:
    headers = {
        "Content-Encoding": "gzip",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = gzip.compress(urlencode(FIELDS).encode())
    with served(tmp_path) as (run, url):
        sent = requests.post(f"{url}/sendsms/", data=body, headers=headers, timeout=SECONDS)
        assert sent.json()["result"]["error"] == "0"
        bad = requests.post(f"{url}/sendsms/", data=b"no", headers=headers, timeout=SECONDS)
        assert bad.status_code == 400
        assert len(run.settled()) == 1


def test_a_body_that_is_too_large_is_refused_by_its_protocol(tmp_path: Path) -> None:
    with served(tmp_path) as (_, url):
        answer = requests.post(f"{url}/sendsms/", data=b"a" * (MOST_BYTES + 1), timeout=SECONDS)
        assert (answer.status_code, answer.json()["error"]) == (413, 413)
        packed = gzip.compress(b"a" * (MOST_BYTES + 1))
        headers = {"Content-Encoding": "gzip"}
        bomb = requests.post(f"{url}/sendsms/", data=packed, headers=headers, timeout=SECONDS)
        assert bomb.status_code == 413
        wsdl = f"{url}/sendsms/wsdl/server.php"
        soap = requests.post(wsdl, data=b"a" * (MOST_BYTES + 1), timeout=SECONDS)
        assert (soap.status_code, "Fault" in soap.text) == (413, True)


def test_a_body_with_two_lengths_is_refused_and_its_connection_closed(tmp_path: Path) -> None:
    with served(tmp_path) as (run, url):
        place = urlsplit(url).hostname, urlsplit(url).port
        with socket.create_connection(place, timeout=SECONDS) as connection:
            connection.sendall(
                b"POST /sendsms/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            )
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert run.messages() == []


def test_a_chunked_body_and_an_odd_target_are_read(tmp_path: Path) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    parts = (part.encode() for part in urlencode(FIELDS).partition("&"))
    with served(tmp_path) as (run, url):
        sent = requests.post(f"{url}/sendsms/", data=parts, headers=headers, timeout=SECONDS)
        assert sent.json()["result"]["error"] == "0"
        assert requests.get(f"{url}/a%2Fb%00%FF", timeout=SECONDS).status_code == 404
        assert len(run.settled()) == 1


def test_an_answer_waits_for_the_outcome(tmp_path: Path) -> None:
    with served(tmp_path, config_text('answer = "outcome"')) as (run, url):
        sent = requests.post(f"{url}/sendsms/", data=FIELDS, timeout=SECONDS)
        assert sent.json()["result"]["error"] == "0"
        run.provider.fault = "refusals"
        refused = requests.post(f"{url}/sendsms/", data=FIELDS, timeout=SECONDS)
        assert refused.json()["result"]["error"] != "0"


def test_an_answer_waits_no_longer_than_its_door_says(tmp_path: Path) -> None:
    text = config_text('answer = "outcome"\nwait = "1s"')
    with served(tmp_path, text) as (_, url):
        later = {**FIELDS, "schedule_timestamp": "2000000000"}
        waited = requests.post(f"{url}/sendsms/", data=later, timeout=SECONDS)
        assert waited.status_code == 500
        assert json.loads(waited.text)["error"] == "Server"
