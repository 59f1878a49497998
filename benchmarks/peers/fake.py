"""Mocks in the process of the test: a client, and what answers in place of a network."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.peers.model import Kind, Send, check, in_turn, next_fields, next_message
from benchmarks.target import ANSWER, Place

_URL = "https://sms.example/sendsms/"


def responses_mock(_: Place) -> Iterator[Send]:
    """A session of requests, answered by responses."""
    import requests
    import responses

    with responses.RequestsMock() as mock, requests.Session() as session:
        mock.add(responses.POST, _URL, json=ANSWER)
        yield in_turn(lambda: check(session.post(_URL, data=next_fields()).json()))


def requests_mock(_: Place) -> Iterator[Send]:
    """A session of requests, answered by requests-mock."""
    import requests
    import requests_mock

    with requests_mock.Mocker() as mock, requests.Session() as session:
        mock.post(_URL, json=ANSWER)
        yield in_turn(lambda: check(session.post(_URL, data=next_fields()).json()))


def smsbridge_provider(_: Place) -> Iterator[Send]:
    """A client of ours, answered by the provider of ours."""
    from smsbridge import Client
    from smsbridge.testing import InProcess, Provider

    with Client.from_mapping({"backend": "smsmobileapi", "api_key": "test-key"}) as made:
        backend = made.backend
    with Client(backend, transport=InProcess(Provider(backend))) as sms:
        yield in_turn(lambda: sms.send(*next_message()))


KINDS = (
    Kind(name="responses", run=responses_mock, packages=("responses",)),
    Kind(name="requests-mock", run=requests_mock, packages=("requests-mock",)),
    Kind(name="smsbridge", run=smsbridge_provider),
)
