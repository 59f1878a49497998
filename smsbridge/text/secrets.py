"""A private value."""

from __future__ import annotations

import hmac
import re
from typing import NoReturn

from smsbridge.errors import ConfigError
from smsbridge.text.frames import forget_locals_of_methods

_SURROGATE = re.compile("[\ud800-\udfff]")


@forget_locals_of_methods
class Secret:
    """A private value: masked in ``repr`` and ``str``, read only by ``reveal``.

    >>> secret = Secret("hunter2")
    >>> secret
    Secret('•••')
    >>> secret.reveal()
    'hunter2'
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """``value`` may not be empty."""
        if not isinstance(value, str) or not value or _SURROGATE.search(value):
            raise ConfigError("a secret is empty, or not valid text: give its text")
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        """Return a mask."""
        return "Secret('•••')"

    def __copy__(self) -> Secret:
        """Return itself: it never changes."""
        return self

    def __deepcopy__(self, _: object) -> Secret:
        """Return itself."""
        return self

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a task queue or a cache would write the secret down."""
        raise TypeError(
            "a Secret is not pickled: make the backend from its config where it is used"
        )

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        return isinstance(other, Secret) and same(self._value, other._value)

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self._value)


def same(left: str, right: str) -> bool:
    """Compare two texts in constant time."""
    return hmac.compare_digest(*(text.encode(errors="surrogatepass") for text in (left, right)))
