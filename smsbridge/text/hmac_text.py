"""An HMAC as the text that a header or a field holds."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping

ALGORITHMS: Mapping[str, str] = {
    "hmac-md5": "md5",
    "hmac-sha1": "sha1",
    "hmac-sha256": "sha256",
    "hmac-sha512": "sha512",
}
FORMS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode(),
    "base64url": lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("="),
}


def hmac_text(algorithm: str, key: str | bytes, of: bytes, form: str) -> str:
    """Return the HMAC of bytes; ``algorithm`` is one of `ALGORITHMS`, ``form`` one of `FORMS`.

    ``base64url`` is without padding, as JWT has it.
    """
    whole = key.encode() if isinstance(key, str) else key
    return FORMS[form](hmac.new(whole, of, ALGORITHMS[algorithm]).digest())
