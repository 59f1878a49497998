"""REST and OAuth2, by clients that nobody here wrote, as the provider's documentation shows."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests

from .conftest import (
    CLIENTS,
    RECIPIENT,
    SECONDS,
    TEXT,
    Mock,
    assert_arrived,
    node,
    php,
    run,
)
from support.tools import need


def _fields(mock: Mock) -> dict[str, str]:
    return {"apikey": mock.credential("api_key"), "recipients": RECIPIENT, "message": TEXT}


def _arguments(mock: Mock) -> tuple[str, str, str, str]:
    return mock.address, mock.credential("api_key"), RECIPIENT, TEXT


def _curl(*arguments: str) -> Any:
    need("curl", "curl")
    return json.loads(run("curl", "--silent", "--show-error", "--fail", *arguments))


def _each(option: str, fields: dict[str, str]) -> list[str]:
    return [part for name, value in fields.items() for part in (option, f"{name}={value}")]


def test_curl_gets_with_the_key_in_the_query_and_it_arrives(mock: Mock) -> None:
    fields = _each("--data-urlencode", _fields(mock))
    answer = _curl("--get", f"{mock.address}/sendsms/", *fields)
    assert_arrived(mock, answer["result"]["id"], "rest", notes={"GET instead of POST"})


def test_curl_gets_with_a_literal_plus_and_the_number_is_still_right(mock: Mock) -> None:
    key = mock.credential("api_key")
    query = f"apikey={key}&recipients={RECIPIENT}&message={quote(TEXT)}"
    answer = _curl(f"{mock.address}/sendsms/?{query}")
    notes = {"GET instead of POST", "a literal + in a query"}
    assert_arrived(mock, answer["result"]["id"], "rest", notes=notes)


def test_curl_posts_a_form_and_it_arrives(mock: Mock) -> None:
    answer = _curl(f"{mock.address}/sendsms/", *_each("--data-urlencode", _fields(mock)))
    assert_arrived(mock, answer["result"]["id"], "rest")


def test_curl_fetches_a_token_and_posts_with_it(mock: Mock) -> None:
    account = {
        "grant_type": "client_credentials",
        "client_id": mock.credential("client_id"),
        "client_secret": mock.credential("client_secret"),
    }
    token = _curl(f"{mock.address}/oauth2/token", *_each("--data", account))["access_token"]
    bearer = ("--header", f"Authorization: Bearer {token}")
    message = _each("--data-urlencode", {"recipients": RECIPIENT, "message": TEXT})
    answer = _curl(f"{mock.address}/sendsms/", *bearer, *message)
    assert_arrived(mock, answer["result"]["id"], "oauth")


def test_php_curl_posts_a_form_and_it_arrives_by_both_channels(mock: Mock) -> None:
    assert_arrived(mock, php("curl", "curl.php", *_arguments(mock)), "rest", "sms", "whatsapp")


def test_python_requests_posts_a_form_and_it_arrives(mock: Mock) -> None:
    answer = requests.post(f"{mock.address}/sendsms/", data=_fields(mock), timeout=SECONDS).json()
    assert_arrived(mock, answer["result"]["id"], "rest")


def test_python_http_client_posts_a_form_and_it_arrives(mock: Mock) -> None:
    connection = http.client.HTTPConnection(urlsplit(mock.address).netloc, timeout=SECONDS)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/sendsms/", urlencode(_fields(mock)), headers)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert_arrived(mock, answer["result"]["id"], "rest")


@pytest.mark.parametrize(
    ("channel", "options"),
    [("sms", {}), ("whatsapp", {"sendwa": 1, "sendsms": 0})],
)
def test_the_provider_s_own_package_sends_and_it_arrives(
    mock: Mock, channel: str, options: dict[str, int]
) -> None:
    from smsmobileapi import SMSSender

    sender = SMSSender(mock.credential("api_key"))
    sender.api_url_send = sender.api_url_send.replace("https://api.smsmobileapi.com", mock.address)
    answer = sender.send_message(RECIPIENT, TEXT, **options)
    notes = {"GET instead of POST", "a path with or without its trailing slash"}
    assert_arrived(mock, answer["result"]["id"], "rest", channel, notes=notes)


def test_node_fetch_posts_a_form_and_it_arrives(mock: Mock) -> None:
    assert_arrived(mock, node(None, "fetch.js", *_arguments(mock)), "rest")


def test_xmlhttprequest_posts_a_form_and_it_arrives(mock: Mock, node_folder: Path) -> None:
    assert_arrived(mock, node(node_folder, "xhr.js", *_arguments(mock)), "rest")


def test_axios_posts_json_and_it_arrives(mock: Mock, node_folder: Path) -> None:
    message_id = node(node_folder, "axios.js", *_arguments(mock))
    assert_arrived(mock, message_id, "rest", notes={"JSON instead of a form"})


def test_ruby_net_http_posts_a_form_and_it_arrives(mock: Mock) -> None:
    need("ruby", "ruby")
    assert_arrived(mock, run("ruby", CLIENTS / "nethttp.rb", *_arguments(mock)), "rest")
