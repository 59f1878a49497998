"""A backend whose tables are a block of config: what `soap` and `rest` share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from smsbridge.auth.oauth2 import ClientCredentials
from smsbridge.backends.base import Backend
from smsbridge.backends.tables.block import shown
from smsbridge.backends.tables.reader import TABLES, Reader, is_public
from smsbridge.errors import ConfigError
from smsbridge.text.secrets import Secret
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from smsbridge.mapping.auth import Credentials


class BlockBackend(Backend):
    """A backend whose tables are a block of config: each block makes a class of its own."""

    by_block = True
    kind: ClassVar[str] = ""
    own_keys: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Refuse a backend without tables."""
        if not self.protocols:
            raise ConfigError(f"{self.name} takes its tables from a block of smsbridge.toml")
        super().__post_init__()

    @classmethod
    def reader(cls, own: Mapping[str, Any]) -> Reader:
        """Return the reader of a block's tables; ``own`` are the keys of this kind of block."""
        raise NotImplementedError

    @classmethod
    def of_block(
        cls, name: str, block: Mapping[str, Any]
    ) -> tuple[type[Backend], Mapping[str, Any]]:
        """Return the class that a block makes; its credentials are keys of the class."""
        known = {"backend", *TABLES, *cls.own_keys, *(key.name for key in fields(cls))}
        for key in block:
            if key not in known:
                hint = f"{nearest(key, known)}; credentials stand in auth"
                why = f"{key!r} is not a key of {cls.kind}; {hint}"
                raise ConfigError(why, (key,))
        own = {key: block[key] for key in cls.own_keys if key in block}
        for key, value in own.items():
            if not isinstance(value, str):
                raise ConfigError(f"{key}: give text", (key,))
        reader = cls.reader(own)
        protocol = reader.protocol(block)
        for key in reader.credentials:
            if hasattr(cls, key):
                why = f"auth.{key}: every backend has something of that name, give another"
                raise ConfigError(why, ("auth", key))
        public = {key: "" for key in protocol.auth.credentials if is_public(key)}
        secret = dict.fromkeys(key for key in reader.credentials if key not in public)
        made = type(
            cls.__name__,
            (cls,),
            {
                "__doc__": cls.__doc__,
                "__module__": cls.__module__,
                "__annotations__": {
                    **dict.fromkeys(public, str),
                    **dict.fromkeys(secret, Secret | None),
                },
                "name": name,
                "protocols": {cls.kind: protocol},
                "statuses": reader.statuses(block),
                **public,
                **secret,
            },
        )
        left: dict[str, Any] = {
            key: value for key, value in block.items() if key not in (*TABLES, *cls.own_keys)
        }
        return made, left | reader.credentials

    def credentials(self) -> Credentials:
        """Return every credential of the block, also one that only a field of a call has."""
        shared = BlockBackend.__dataclass_fields__
        given = {k: getattr(self, k) for k in type(self).__dataclass_fields__ if k not in shared}
        return {
            key: value.reveal() if isinstance(value, Secret) else value
            for key, value in given.items()
            if value
        }

    def check(self) -> None:
        """Refuse a token call that could not be made."""
        auth = self.protocols[self.protocol].auth
        if isinstance(auth, ClientCredentials):
            key, address = ("auth", "token_url"), auth.token.partition(" ")[2]
            if "://" in address:
                self.with_tls(address, key)
            elif not self.url:
                why = f"{shown(key)}: give a whole address, or the block a url"
                raise ConfigError(why, key)

    def with_tls(self, address: str, key: tuple[str, ...]) -> None:
        """Refuse an address that credentials may not go to."""
        try:
            self.site().checked(address)
        except ConfigError as error:
            raise ConfigError(f"{shown(key)}: {str(error).removeprefix('url: ')}", key) from None
