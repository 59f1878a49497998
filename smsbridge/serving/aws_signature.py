"""Checks AWS Signature Version 4 by signing again and comparing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smsbridge.auth.aws_signature import DATE, SCHEME, AwsSignature
from smsbridge.serving.auth import ProviderAuth, has_all, provider_auth
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.mapping.auth import Credentials

_PARTS = re.compile(
    rf"{SCHEME} Credential=[^, ]+, ?SignedHeaders=(?P<headers>[a-z0-9;-]+), ?"
    r"Signature=[0-9a-f]{64}"
)


@dataclass(frozen=True, slots=True)
class ProviderAwsSignature(ProviderAuth):
    """A signature; its time is ignored."""

    auth: AwsSignature

    def is_used(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Return whether the header is present."""
        return request.header("authorization").startswith(f"{SCHEME} ")

    def is_valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        credentials: Credentials,
        _tokens: Collection[str],
    ) -> bool:
        """Return whether the signature matches the request and the headers that it names."""
        given = request.header("authorization")
        found = _PARTS.fullmatch(given)
        if not found or not has_all(credentials, self.auth.credentials):
            return False
        signed = found["headers"].split(";")
        if DATE.lower() not in signed or not request.header(DATE):
            return False
        own = {name: request.header(name) for name in signed if request.header(name)}
        again = self.auth.sign(replace(request, url=request.called, headers=own), credentials)
        return same(_plain(given), _plain(again))


def _plain(header: str) -> str:
    """Return a header without the optional spaces after its commas."""
    return header.replace(", ", ",")


provider_auth.register(AwsSignature, ProviderAwsSignature)
