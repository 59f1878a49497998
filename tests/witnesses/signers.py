"""Checks a webhook with the SDK of the provider that signs: a JSON line in, a JSON line out."""

from __future__ import annotations

import json
import sys
from urllib.parse import parse_qsl


def twilio(url: str, form: dict[str, str], headers: dict[str, str], key: str) -> bool:
    """Return what Twilio's own validator says."""
    from twilio.request_validator import RequestValidator

    valid = RequestValidator(key).validate(url, form, headers["x-twilio-signature"])
    return bool(valid)


def plivo(url: str, _form: dict[str, str], headers: dict[str, str], key: str) -> bool:
    """Return what Plivo's own validator says."""
    from plivo.utils import validate_signature

    nonce, signature = (headers[f"x-plivo-signature-v2{end}"] for end in ("-nonce", ""))
    return bool(validate_signature(url, nonce, signature, key))


if __name__ == "__main__":
    for line in sys.stdin:
        job = json.loads(line)
        form = dict(parse_qsl(job["body"], keep_blank_values=True))
        said = {"twilio": twilio, "plivo": plivo}[job["client"]](
            job["url"], form, job["headers"], job["key"]
        )
        sys.stdout.write(f"{json.dumps(said)}\n")
        sys.stdout.flush()
