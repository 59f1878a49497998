"""Each block of config makes a class of its own."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from smsbridge import Backend, ConfigError
from smsbridge.backends.failover import Failover
from smsbridge.backends.memory import MemoryBackend
from smsbridge.backends.tables.block_backend import BlockBackend
from smsbridge.backends.tables.rest import RestBlock
from smsbridge.backends.tables.soap import SoapBlock

from support.blocks import REST_SEND, SOAP_SEND, rest, soap
from support.each import each


@each("kind", [RestBlock, SoapBlock])
def test_without_a_block_there_is_no_backend(kind: type[BlockBackend]) -> None:
    with pytest.raises(ConfigError, match="takes its tables from a block"):
        kind()


def test_two_blocks_are_two_classes_and_neither_changes_the_one_they_come_from() -> None:
    auth = 'auth = { type = "basic", username = "acme", password = "secret" }'
    one, other = rest(REST_SEND), rest(auth + REST_SEND)
    assert type(one) is not type(other)
    assert not hasattr(one, "password")
    assert (RestBlock.protocols, SoapBlock.protocols) == ({}, {})
    assert (one.name, soap(SOAP_SEND).protocol) == ("gate", "soap")


# --- copies of a backend that a block made

BASIC = 'auth = { type = "basic", username = "acme", password = "canary" }\n'
NONE = rest(REST_SEND)
BACKENDS = {"rest": NONE, "soap": soap(SOAP_SEND), "basic": rest(BASIC + REST_SEND)}
IN_ANOTHER_PROCESS = """
import pickle, sys
from smsbridge import Message
from smsbridge.http.exchange import Session
backend = pickle.load(sys.stdin.buffer)
again = pickle.loads(pickle.dumps(backend))
request = next(backend.send(Message(recipient="+12025550123", text="Hello"), Session()))
print(backend == again, backend.name, request.method, request.url, request.body.decode())
"""


@each("of", ["rest", "soap"])
def test_a_backend_of_a_block_is_pickled(of: str) -> None:
    again = pickle.loads(pickle.dumps(BACKENDS[of]))
    assert again == BACKENDS[of]
    assert again.protocols == BACKENDS[of].protocols
    assert repr(again) == repr(BACKENDS[of])


def test_a_part_of_a_failover_is_pickled_with_it() -> None:
    both = Failover(backends={"one": NONE, "two": MemoryBackend()})
    assert pickle.loads(pickle.dumps(both)) == both


def test_another_process_can_send_by_what_was_pickled() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        input=pickle.dumps(NONE),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.decode().strip() == (
        'True gate POST https://gate.example/sms {"to": "+12025550123", "body": "Hello"}'
    )


def test_a_backend_of_a_block_with_a_secret_is_not_pickled_for_the_sake_of_the_secret() -> None:
    with pytest.raises(TypeError, match="a Secret is not pickled"):
        pickle.dumps(BACKENDS["basic"])


@each("of", BACKENDS)
@each("make", [copy.copy, copy.deepcopy, replace])
def test_a_copy_is_equal_and_of_the_same_class_and_shows_no_secret(
    make: Callable[[Any], Backend], of: str
) -> None:
    again = make(BACKENDS[of])
    assert again is not BACKENDS[of]
    assert (again, type(again)) == (BACKENDS[of], type(BACKENDS[of]))
    assert "canary" not in repr(again)
    assert replace(again, timeout=1.0) != again


def test_backends_of_two_blocks_are_not_equal_even_if_these_say_the_same() -> None:
    assert rest(REST_SEND) != NONE
