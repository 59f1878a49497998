"""What a config needs that is not installed, and what installs it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from smsbridge.cli.doctor.finding import Finding
from smsbridge.errors import MissingExtra

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend


def find_missing_extras(backend: Backend) -> Iterator[Finding]:
    """Yield each extra that a key of a config needs, if its library can't be imported."""
    auths = {type(one.auth).__name__ for one in backend.protocols.values()}
    needs = {
        ("aws", "auth.type = aws", "botocore"): "AwsSignature" in auths,
        ("jwt", "auth.type = jwt", "jwt"): "JsonWebToken" in auths,
        ("phone", "default_region", "phonenumbers"): backend.default_region,
        ("limit", "limit.per_second", "pyrate_limiter"): (
            backend.limit and backend.limit.per_second
        ),
    }
    for (extra, key, library), given in needs.items():
        if not given:
            continue
        try:
            import_module(library)
        except ImportError:
            said = f"{key} needs the extra '{extra}', which is not installed"
            todo = f"from a checkout of smsbridge: {MissingExtra(extra, key).command}"
            yield Finding(name="extra", said=said, todo=todo)
