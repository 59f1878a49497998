"""A backend whose tables are a block of config: what `soap` and `rest` share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4
from weakref import WeakValueDictionary

from smsbridge.auth.schemes import ClientCredentials
from smsbridge.backends.base import Backend, backend
from smsbridge.backends.tables.auth_reader import is_public
from smsbridge.backends.tables.table_reader import TABLES, TableReader
from smsbridge.errors import ConfigError
from smsbridge.http.address import is_url
from smsbridge.mapping.operation import Protocol
from smsbridge.message import Status
from smsbridge.text.located import unknown_key
from smsbridge.text.secrets import Secret
from smsbridge.text.toml_quotes import toml_key
from smsbridge.webhooks.table import Webhook

if TYPE_CHECKING:
    from smsbridge.mapping.auth import Credentials


@backend
class BlockBackend(Backend):
    """A backend whose tables are a block of config: each block makes its own class."""

    by_block = True
    kind: ClassVar[str] = ""
    own_keys: ClassVar[tuple[str, ...]] = ()
    block_tables: ClassVar[BlockTables]  # of the class that a block makes

    def __reduce__(self) -> tuple[Callable[..., BlockBackend], tuple[BlockTables, dict[str, Any]]]:
        """Pickle its tables and values: its class can't be imported by name."""
        return _restore, (self.block_tables, vars(self))

    def __post_init__(self) -> None:
        """Refuse a backend without tables."""
        if not self.protocols:
            raise ConfigError(f"{self.name} takes its tables from a block of smsbridge.toml")
        super().__post_init__()

    @classmethod
    @abstractmethod
    def reader(cls, own: Mapping[str, Any]) -> TableReader:
        """Return the reader of a block's tables; ``own`` are the keys of this kind of block."""

    @classmethod
    def of_block(
        cls, name: str, block: Mapping[str, Any]
    ) -> tuple[type[Backend], Mapping[str, Any]]:
        """Return the class that a block makes; its credentials are keys of the class."""
        known = {"backend", *TABLES, *cls.own_keys, *(key.name for key in fields(cls))}
        if unknown := unknown_key(block, known):
            key, hint = unknown
            why = f"{key!r} is not a key of {cls.kind} (credentials go in auth); {hint}"
            raise ConfigError(why, (key,))
        own = {key: block[key] for key in cls.own_keys if key in block}
        for key, value in own.items():
            if not isinstance(value, str):
                raise ConfigError(f"{key}: give text", (key,))
        reader = cls.reader(own)
        protocol = reader.protocol(block)
        for key in reader.credentials:
            if hasattr(cls, key):
                why = f"auth.{key}: every backend has something of that name: give another name"
                raise ConfigError(why, ("auth", key))
        public = tuple(key for key in protocol.auth.credentials if is_public(key))
        tables = BlockTables(
            kind=cls,
            name=name,
            protocol=protocol,
            statuses=reader.statuses(block),
            webhooks=reader.webhooks,
            values=reader.values,
            public=public,
            secret=tuple(key for key in reader.credentials if key not in public),
        )
        left: dict[str, Any] = {
            key: value for key, value in block.items() if key not in (*TABLES, *cls.own_keys)
        }
        return tables.make_class(), left | reader.credentials

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
            if is_url(address):
                self.with_tls(address, key)
            elif not self.url:
                why = f"{toml_key(key)}: give a whole address, or give the block a url"
                raise ConfigError(why, key)

    def with_tls(self, address: str, key: tuple[str, ...]) -> None:
        """Refuse an address that credentials may not go to."""
        try:
            self.site().check(address)
        except ConfigError as error:
            raise ConfigError(f"{toml_key(key)}: {str(error).removeprefix('url: ')}", key) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTables:
    """What a block says; its class is made from this, and made again when a backend is unpickled.

    ``public`` and ``secret`` are the names of its credentials. ``id`` distinguishes the blocks of a
    process.
    """

    kind: type[BlockBackend]
    name: str
    protocol: Protocol
    statuses: Mapping[str, Status]
    webhooks: tuple[Webhook, ...]
    values: Mapping[str, Any]
    public: tuple[str, ...]
    secret: tuple[str, ...]
    id: str = field(default_factory=lambda: uuid4().hex)

    def make_class(self) -> type[BlockBackend]:
        """Return the class of these tables: one for each block."""
        if (known := _CLASSES.get(self.id)) is not None:
            return known
        types = {**dict.fromkeys(self.public, str), **dict.fromkeys(self.secret, Secret | None)}
        says: dict[str, Any] = {
            "__doc__": self.kind.__doc__,
            "__module__": self.kind.__module__,
            "__annotations__": types,
            "name": self.name,
            "protocols": {self.kind.kind: self.protocol},
            "statuses": self.statuses,
            "webhooks": self.webhooks,
            "values": self.values,
            "block_tables": self,
            **dict.fromkeys(self.public, ""),
            **dict.fromkeys(self.secret),
        }
        made: type[BlockBackend] = backend(type(self.kind.__name__, (self.kind,), says))
        return _CLASSES.setdefault(self.id, made)


_CLASSES: WeakValueDictionary[str, type[BlockBackend]] = WeakValueDictionary()


def _restore(tables: BlockTables, values: Mapping[str, Any]) -> BlockBackend:
    made = tables.make_class()
    restored = made.__new__(made)
    vars(restored).update(values)
    return restored
