"""The operations of a port, each made when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from smsbridge.codecs.soap.model import BadWSDL, WSDLOperation

TOO_DEEP = "are nested too deeply"


class PortOperations(Mapping[str, WSDLOperation]):
    """The operations of a port, each converted to plain data when it is first used."""

    def __init__(self, names: Iterable[str], make: Callable[[str], WSDLOperation]) -> None:
        """``make`` returns the operation of a name, or raises `BadWSDL`."""
        self._names = dict.fromkeys(names)
        self._make = make
        self._made: dict[str, WSDLOperation] = {}

    def __getitem__(self, name: str) -> WSDLOperation:
        """Return an operation; raises `BadWSDL` where it can't be used."""
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            try:
                self._made[name] = self._make(name)
            except BadWSDL as error:
                at = "" if str(error).startswith("operation ") else f"operation {name}: "
                raise BadWSDL(f"{at}{error}", error.path) from None
            except RecursionError:
                raise BadWSDL(f"operation {name}: its types {TOO_DEEP}") from None
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        """Return whether the port has an operation, also one that can't be used."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._names)
