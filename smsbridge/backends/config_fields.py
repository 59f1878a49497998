"""The decorator of a backend: the annotated attributes of a class become its config keys."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, get_args, get_type_hints

from smsbridge.backends.class_check import check_class
from smsbridge.text.frames import forget_locals

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend

_Backend = TypeVar("_Backend", bound="Backend")
_COPIED = ("init", "repr", "hash", "compare", "metadata", "kw_only")


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
def backend(cls: type[_Backend]) -> type[_Backend]:
    """Make a subclass of `Backend` a frozen dataclass whose fields are its config keys.

    An attribute without an annotation, such as ``url = …``, is another default for a key of a base
    class; it may also be in a mixin before that class. Raises `TypeError` for a class with
    ``protocols`` and no ``name``, and for a type that can't be found at run time; `ConfigError` for
    a table that could not work, as for a block of config.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> @backend
    ... class Patient(SMSMobileAPI):
    ...     timeout = 60.0
    >>> Patient(api_key="KEY").timeout
    60.0
    """
    if vars(cls).get("protocols") and not hasattr(cls, "name"):
        raise TypeError(f"{cls.__name__} has protocols, but no name")
    own = inspect.get_annotations(cls)
    inherited = {name: key for base in _bases(cls) for name, key in _own_keys(base).items()}
    types = {name: kind for base in _bases(cls) for name, kind in _types(base).items()}
    for name, key in inherited.items():
        default = _default(cls, name)
        if name not in own and default is not MISSING:
            copied = {what: getattr(key, what) for what in _COPIED}
            new = default if isinstance(default, Field) else field(default=default, **copied)
            setattr(cls, name, new)
            own[name] = types[name]
    cls.__annotations__ = own
    dataclass(frozen=True, kw_only=True)(cls)
    types |= _types(cls)
    cls.key_types = {key.name: types[key.name] for key in fields(cls)}
    if not getattr(cls, "by_block", False):  # whose tables were checked key by key
        check_class(cls)
    cls.__init__ = _with_check(vars(cls)["__init__"])  # type: ignore[method-assign]  # see there
    return cls


def is_decorated(cls: type) -> bool:
    """Return whether a class itself has the decorator; a decorated base class is not enough."""
    return "key_types" in vars(cls)


def check_decorated(cls: type) -> None:
    """Refuse a class whose own keys and defaults were not read; raises `TypeError`."""
    if not is_decorated(cls):
        raise TypeError(f"{cls.__name__} has no decorator: write @backend above the class")


def keys_of_type(owner: Backend | type[Backend], wanted: type) -> tuple[str, ...]:
    """Return the config keys of a backend whose type is ``wanted`` or contains it."""
    return tuple(name for name, kind in owner.key_types.items() if has_part(kind, wanted))


def has_part(kind: Any, wanted: type) -> bool:
    """Return whether a type is ``wanted``, or has it as a part: of a union, of a tuple."""
    alias = getattr(kind, "__supertype__", None) or getattr(kind, "__value__", None)
    parts = (*get_args(kind), alias)
    itself = isinstance(kind, type) and issubclass(kind, wanted)
    return itself or any(has_part(part, wanted) for part in parts if part is not None)


def _with_check(init: Callable[..., None]) -> Callable[..., None]:
    """Return an ``__init__`` that refuses a class without the decorator, and forgets its keys."""

    @wraps(init)
    def call(self: Any, *args: Any, **keys: Any) -> None:
        check_decorated(type(self))
        init(self, *args, **keys)

    return forget_locals(call)  # its arguments are plain secrets


def _bases(cls: type) -> list[type]:
    return list(reversed(cls.__mro__[1:]))


def _own_keys(cls: type) -> dict[str, Field[Any]]:
    """Return the keys that a dataclass declares itself, by name."""
    own = inspect.get_annotations(cls) if "__dataclass_fields__" in vars(cls) else {}
    return {key.name: key for key in fields(cls) if key.name in own} if own else {}


def _types(cls: type) -> dict[str, Any]:
    """Return the types of the keys that a class declares itself, by name."""
    known: dict[str, Any] = vars(cls).get("key_types", {})
    return {name: known.get(name) or _type(cls, key) for name, key in _own_keys(cls).items()}


def _type(cls: type, key: Field[Any]) -> Any:
    """Return the type of a key of a class: an annotation may be text, or hold text."""
    declared = {"__annotations__": {key.name: key.type}, "__module__": cls.__module__}
    try:
        found = get_type_hints(type(cls.__name__, (), declared), localns={cls.__name__: cls})
    except Exception as error:
        why = f"its type {key.type!r} can't be found at run time ({error})"
        hint = "import it in the module of the class, and not for type checkers only"
        raise TypeError(f"{cls.__name__}.{key.name}: {why}; {hint}") from error
    return found[key.name]


def _default(cls: type, name: str) -> Any:
    """Return the default that a class earlier in the MRO sets for a key; MISSING if none does."""
    for base in cls.__mro__:
        if base is not cls and name in _own_keys(base):
            return MISSING
        if name in vars(base):
            return vars(base)[name]
    return MISSING
