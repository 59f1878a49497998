"""The tokens that a door issues, stored as hashes so that the store gives nobody access."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from smsbridge.bridge.store.store_tables import TOKENS
from smsbridge.serving.oauth2 import TOKEN_SECONDS

if TYPE_CHECKING:
    from smsbridge.bridge.store.message_store import MessageStore

_BYTES = 32
_MOST_NONCES = 10_000


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one door. Nonces of challenges, issued to anyone, are only kept in memory."""

    store: MessageStore
    door: str
    _nonces: OrderedDict[str, None] = field(init=False, default_factory=OrderedDict)

    def issue(self, caller: str) -> str:
        """Issue a token to a caller, or a nonce to anyone."""
        token = secrets.token_hex(_BYTES)
        if not caller:
            self._nonces[token] = None
            while len(self._nonces) > _MOST_NONCES:
                self._nonces.popitem(last=False)
            return token
        now = self.store.now()
        values = {"hash": _hash(token), "door": self.door, "caller": caller}
        with self.store.database.write("token") as connection:
            connection.execute(delete(TOKENS).where(TOKENS.c.expires < now))
            connection.execute(insert(TOKENS).values(**values, expires=now + TOKEN_SECONDS))
        return token

    def of(self, caller: str) -> Collection[str]:
        """Return the tokens of a caller, or the nonces, for membership tests."""
        return _Issued(self, caller) if caller else self._nonces.keys()

    def holds(self, caller: str, token: str) -> bool:
        """Return whether a caller holds this token and it is still valid."""
        asked = select(TOKENS.c.hash).where(
            TOKENS.c.hash == _hash(token),
            TOKENS.c.door == self.door,
            TOKENS.c.caller == caller,
            TOKENS.c.expires >= self.store.now(),
        )
        with self.store.database.read() as connection:
            return connection.execute(asked).first() is not None


@dataclass(frozen=True, slots=True)
class _Issued(Collection[str]):
    """The tokens of a caller: only hashes are stored, so they can be tested but not listed."""

    tokens: Tokens
    caller: str

    def __contains__(self, token: object) -> bool:
        return isinstance(token, str) and bool(token) and self.tokens.holds(self.caller, token)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
