"""Names to backend classes: entry points of the group ``smsbridge.backends``, the catalogue, paths.

An entry point names a class, ``package.module:Class``, or a file of the form of the catalogue's,
``package:file.toml``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from smsbridge.backends.base import Backend
from smsbridge.backends.capabilities import Capability, capabilities
from smsbridge.backends.catalogue import (
    SUFFIX,
    catalogue_names,
    class_of_file,
    entry_of,
    shipped_file,
)
from smsbridge.backends.config_fields import is_decorated
from smsbridge.errors import ConfigError
from smsbridge.text.masking import public_name
from smsbridge.text.suggest import closest, nearest

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "smsbridge.backends"
SHIPPED: Mapping[str, str] = {
    "console": "smsbridge.backends.console:Console",
    "failover": "smsbridge.backends.failover:Failover",
    "memory": "smsbridge.backends.memory:MemoryBackend",
    "parlayx": "smsbridge.backends.parlayx:ParlayX",
    "rest": "smsbridge.backends.tables.rest:RestBlock",
    "smsmobileapi": "smsbridge.backends.smsmobileapi:SMSMobileAPI",
    "soap": "smsbridge.backends.tables.soap:SoapBlock",
}
"""The backends of this distribution, as its own entry points name them."""
OURS = "smsbridge"
_WAY_OUT = "remove one"
_Folders = tuple[tuple[str, int], ...]
_METADATA = (".dist-info", ".egg-info")
_OWN = re.compile(r"smsbridge[-.].*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledBackend:
    """A backend that an installed distribution offers: its class, or why it can't be loaded."""

    name: str
    distribution: str
    backend: type[Backend] | None = None
    broken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A name that a distribution offers for a backend: where it is, and what loads its class."""

    name: str
    distribution: str
    place: str
    load: Callable[[], object]


def find(name: str, folder: Path | None = None) -> type[Backend]:
    """Return the class of a backend: by a name, as ``package.module:Class``, or of a file.

    A name is that of an entry point, or of a file of the catalogue. ``./NAME.toml`` is a file in
    ``folder``, the working folder by default.
    """
    if ":" in name:
        return _by_path(name)
    if is_file(name):
        return class_of_file((folder or Path.cwd()) / name)
    if not _others_offer(_folders()):  # else two may offer the name
        if name in SHIPPED:
            return _by_path(SHIPPED[name])
        if name in catalogue_names():
            return class_of_file(shipped_file(name))
    found = [offer for offer in _offers_of_all() if offer.name == name]
    if not found:
        raise ConfigError(f"backend {public_name(name)!r} is not installed {_nearest(name)}")
    sources = sorted({offer.distribution for offer in found})
    if len(sources) > 1:
        raise ConfigError(f"backend {name!r} is offered by {' and by '.join(sources)}; {_WAY_OUT}")
    one = _load(found[0])
    if one.backend is None:
        raise ConfigError(f"backend {name!r} of {one.distribution} is broken: {one.broken}")
    return one.backend


def is_file(name: str) -> bool:
    """Return whether a name is the path of a file of the form of the catalogue's."""
    return name.endswith(SUFFIX) and ":" not in name


def backend_names() -> set[str]:
    """Return the names of the installed backends, loading none."""
    return {offer.name for offer in _offers_of_all()}


def plain_names() -> set[str]:
    """Return the names of the installed backends without those of the catalogue, which has many."""
    return backend_names() - catalogue_names()


def _nearest(name: str) -> str:
    similar = closest(name, catalogue_names(), 0.7)
    known = nearest(name, plain_names() | set(similar))
    return f"(smsbridge backends lists what is); {known}"


def is_installed(name: str) -> bool:
    """Return whether a backend of that name is installed, loading none."""
    return name in SHIPPED or name in catalogue_names() or name in backend_names()


def installed_backends() -> list[InstalledBackend]:
    """Return every installed backend, by name; a broken one has the reason."""
    offers = sorted(_offers_of_all(), key=lambda offer: (offer.name, offer.distribution))
    return [_load(offer) for offer in offers]


def installed_capabilities() -> Iterator[Capability]:
    """Yield what is installed can do, by backend and protocol; a broken one has no protocol."""
    for one in installed_backends():
        if one.backend is None:
            origin = f"{one.distribution}: broken, {one.broken}"
            yield Capability(backend=one.name, protocol="-", origin=origin)
        else:
            yield from capabilities(one.name, one.backend, _origin(one))


def _origin(one: InstalledBackend) -> str:
    """Return where a backend is from; of a file also who agreed on it, and when it was live."""
    entry = entry_of(one.backend) if one.backend else None
    if entry is None:
        return one.distribution
    clients = ", ".join(str(witness["client"]) for witness in entry.provenance.get("witnesses", ()))
    seen = entry.provenance["seen"]
    live = "never seen live" if seen == "never" else f"seen live on {seen}"
    return f"{one.distribution}: agreed on by {clients or 'nobody'}; {live}"


def _offers_of_all() -> tuple[Offer, ...]:
    """Return what all that is installed offers, read again when a folder of it changes."""
    return _read_offers(_folders())


def _folders() -> _Folders:
    """Return where distributions may be, and when each place was changed."""
    return tuple((folder, _mtime(folder)) for folder in sys.path)


@lru_cache(maxsize=4)
def _read_offers(_folders: _Folders) -> tuple[Offer, ...]:
    from importlib.metadata import entry_points  # it takes longer than most that is imported here

    ours = (
        Offer(
            name=name,
            distribution=OURS,
            place=f"{name}{SUFFIX}",
            load=partial(class_of_file, shipped_file(name)),
        )
        for name in catalogue_names()
    )
    return (*map(_offer_of, entry_points(group=GROUP)), *ours)


def _offer_of(point: EntryPoint) -> Offer:
    distribution = point.dist.name if point.dist else "an unnamed distribution"
    load = partial(_class_in, point.value) if is_file_in(point.value) else point.load
    return Offer(name=point.name, distribution=distribution, place=point.value, load=load)


@lru_cache(maxsize=4)
def _others_offer(folders: _Folders) -> bool:
    """Return whether another distribution may offer a backend: its entry points name our group.

    It only looks into files: reading the entry points of everything installed takes as long as
    everything else before a first send. Where distributions are found in another way it is True.
    """
    finders: list[object] = [finder for finder in sys.meta_path if finder is not PathFinder]
    if any(hasattr(finder, "find_distributions") for finder in finders):
        return True
    return any(_offers(Path(folder)) for folder, _ in folders)


def _offers(folder: Path) -> bool:
    if folder.is_file():  # an archive
        return True
    try:
        found = [one for one in folder.iterdir() if one.name.endswith(_METADATA)]
    except OSError:
        return False
    return any(_names_group(one) for one in found if not _OWN.fullmatch(one.name))


def _names_group(metadata: Path) -> bool:
    try:
        return GROUP.encode() in (metadata / "entry_points.txt").read_bytes()
    except OSError:
        return False


def _mtime(folder: str) -> int:
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0


def _load(offer: Offer) -> InstalledBackend:
    name, distribution = offer.name, offer.distribution
    try:
        backend = _class_of(offer.load(), offer.place)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (a plug-in may raise anything)
        why = f"{type(error).__name__}: {error}"
        return InstalledBackend(name=name, distribution=distribution, broken=why)
    return InstalledBackend(name=name, distribution=distribution, backend=backend)


def is_file_in(place: str) -> bool:
    """Return whether a place is a file in a package, ``package:file.toml``."""
    return ":" in place and place.endswith(SUFFIX)


def _class_in(place: str) -> type[Backend]:
    from importlib.resources import files

    package, _, file = place.partition(":")
    return class_of_file(files(package).joinpath(file))


def _by_path(path: str) -> type[Backend]:
    module, _, name = path.partition(":")
    try:
        found = _class_in(path) if is_file_in(path) else getattr(import_module(module), name)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (a plug-in may raise anything)
        said = f": {error}" if public_name(path) == path else ""  # otherwise it may quote a key
        why = f"backend {public_name(path)!r}: {type(error).__name__}{said}"
        raise ConfigError(why) from (error if said else None)
    return _class_of(found, path)


def _class_of(found: object, path: str) -> type[Backend]:
    if not isinstance(found, type) or not issubclass(found, Backend) or found is Backend:
        raise ConfigError(f"{path} is not a subclass of smsbridge.Backend")
    if not is_decorated(found):
        raise ConfigError(f"{path} has no decorator: write @smsbridge.backend above the class")
    return found
