"""What this service knows of SMS: one call over REST, and three ways in which it can end badly."""

import json
import os
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen


class NotSent(Exception):
    """It was not taken: a repeat is safe."""


class Refused(Exception):
    """It was refused: a repeat is pointless."""


class OutcomeUnknown(Exception):
    """It may have been sent: never repeat it blindly."""


def send(number: str, text: str) -> str:
    """Send a message, and return the provider's id of it."""
    form = {"apikey": os.environ["SMS_KEY"], "recipients": number, "message": text}
    url = f"{os.environ['SMS_URL']}/sendsms/"
    try:
        with urlopen(url, urlencode(form).encode(), timeout=30) as answer:  # noqa: S310  (the service's own URL)
            return json.load(answer)["result"]["id"]
    except HTTPError as error:
        if error.code == 429:
            raise NotSent(f"HTTP {error.code}") from error
        if error.code in (400, 403):
            raise Refused(f"HTTP {error.code}") from error
        raise OutcomeUnknown(f"HTTP {error.code}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutcomeUnknown(str(error)) from error
