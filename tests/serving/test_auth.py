"""An auth has its provider's side by its class, and a package brings that of its own auth."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest

from smsbridge import Basic, Fields
from smsbridge.errors import ConfigError
from smsbridge.http.address import Site
from smsbridge.http.exchange import Request
from smsbridge.serving import ProviderAuth, ProviderBasic, provider_auth

SEND = Request(method="POST", url="https://sms.example/")


def test_each_auth_has_its_own_and_so_has_a_class_made_of_one() -> None:
    class Own(Basic):
        pass

    assert isinstance(provider_auth(Own("user", "password")), ProviderBasic)
    assert not isinstance(provider_auth(Fields()), ProviderBasic)


def test_a_package_brings_that_of_its_own_auth() -> None:
    class ByColour(Fields):
        pass

    class ProviderByColour(ProviderAuth):
        def __init__(self, auth: ByColour) -> None:
            self.auth = auth

        def is_used(self, _request: Request, fields: Mapping[str, Any]) -> bool:
            return "colour" in fields

        def is_valid(
            self,
            _request: Request,
            fields: Mapping[str, Any],
            credentials: Mapping[str, str],
            _tokens: Collection[str],
        ) -> bool:
            return bool(fields["colour"] == credentials["colour"])

    provider_auth.register(ByColour, ProviderByColour)
    served = provider_auth(ByColour())
    assert served.is_valid(SEND, {"colour": "red"}, {"colour": "red"}, ())
    assert served.answer(SEND, {}, Site(url=""), str) is None


def test_an_auth_without_one_is_refused_by_name() -> None:
    class Unknown:
        """None of ours."""

    odd: Any = Unknown()
    with pytest.raises(ConfigError, match=r"^Unknown has no provider's side: .*register"):
        provider_auth(odd)
