"""Each block of config makes a class of its own."""

from __future__ import annotations

import pytest

from smsbridge import ConfigError
from smsbridge.backends.tables.base import BlockBackend
from smsbridge.backends.tables.rest import RestBlock
from smsbridge.backends.tables.soap import SoapBlock

from support.blocks import REST_SEND, SOAP_SEND, rest, soap


@pytest.mark.parametrize("kind", [RestBlock, SoapBlock])
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
