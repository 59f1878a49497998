"""A class whose fields are config keys, made a frozen dataclass by itself."""

from __future__ import annotations

import inspect
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import Any, dataclass_transform

from smsbridge.text.frames import forget_locals


@dataclass_transform(kw_only_default=True)
class Keys:
    """Makes each subclass a frozen dataclass."""

    def __init_subclass__(cls) -> None:
        """Make the subclass a frozen dataclass; a plain ``url = …`` is the default of that key."""
        super().__init_subclass__()
        base = cls.__mro__[1]
        own = inspect.get_annotations(cls)
        inherited = {f.name: f.type for f in fields(base)} if is_dataclass(base) else {}
        cls.__annotations__ = own | {
            name: kind
            for name, kind in inherited.items()
            if name in cls.__dict__ and name not in own
        }
        dataclass(frozen=True, kw_only=True)(cls)
        made = vars(cls)["__init__"]
        cls.__init__ = forget_locals(made)  # type: ignore[method-assign]  # it takes the keys in plain


def is_secret(key: Field[Any]) -> bool:
    """Return whether a config key of a backend is declared as a `Secret`."""
    return "Secret" in str(key.type)
