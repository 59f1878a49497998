"""Names to backend classes: entry points of the group ``smsbridge.backends``, and dotted paths."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from smsbridge.backends.base import Backend
from smsbridge.errors import ConfigError
from smsbridge.text.masking import public_name
from smsbridge.text.suggest import nearest

GROUP = "smsbridge.backends"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A backend that an installed distribution offers: its class, or why it can't be loaded."""

    name: str
    distribution: str
    backend: type[Backend] | None = None
    broken: str = ""


def find(name: str) -> type[Backend]:
    """Return the class of a backend, by entry-point name or as ``package.module:Class``."""
    if ":" in name:
        return _by_path(name)
    points = [point for point in entry_points(group=GROUP) if point.name == name]
    if not points:
        raise ConfigError(
            f"backend {public_name(name)!r} is not installed; {nearest(name, names())}"
        )
    sources = sorted({_distribution(point) for point in points})
    if len(sources) > 1:
        raise ConfigError(f"backend {name!r} is offered by {' and by '.join(sources)}; remove one")
    found = _load(points[0])
    if found.backend is None:
        raise ConfigError(f"backend {name!r} of {found.distribution} is broken: {found.broken}")
    return found.backend


def names() -> set[str]:
    """Return the entry-point names of the installed backends, loading none."""
    return {point.name for point in entry_points(group=GROUP)}


def installed() -> list[Found]:
    """Return every backend that is installed, by name; a broken one says why."""
    points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, _distribution(point)))
    return [_load(point) for point in points]


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "an unnamed distribution"


def _load(point: EntryPoint) -> Found:
    distribution = _distribution(point)
    try:
        backend = _checked(point.load(), point.value)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (somebody else's import)
        why = f"{type(error).__name__}: {error}"
        return Found(name=point.name, distribution=distribution, broken=why)
    return Found(name=point.name, distribution=distribution, backend=backend)


def _by_path(path: str) -> type[Backend]:
    module, _, name = path.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (somebody else's import)
        said = f": {error}" if public_name(path) == path else ""  # else it may quote a key
        why = f"backend {public_name(path)!r}: {type(error).__name__}{said}"
        raise ConfigError(why) from (error if said else None)
    return _checked(found, path)


def _checked(found: object, path: str) -> type[Backend]:
    if not isinstance(found, type) or not issubclass(found, Backend) or found is Backend:
        raise ConfigError(f"{path} is not a subclass of smsbridge.Backend")
    return found
