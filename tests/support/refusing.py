"""What a refused config says, and what stands behind its error."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from smsbridge import ConfigError


def refusal(make: Callable[[], object]) -> ConfigError:
    """Return the error by which a config is refused."""
    with pytest.raises(ConfigError) as caught:
        make()
    return caught.value


def behind(error: BaseException | None) -> Iterator[BaseException]:
    """Walk an error's causes and contexts, itself left out."""
    waiting = [error.__cause__, error.__context__] if error else []
    while waiting:
        current = waiting.pop()
        if current is not None:
            yield current
            waiting += [current.__cause__, current.__context__]


def shown(*errors: BaseException) -> str:
    """Return all that errors say of themselves."""
    return "\n".join(f"{error}\n{error!r}" for error in errors).lower()
