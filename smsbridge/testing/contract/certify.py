"""Certifies a backend: finds it and its fixtures by a name, and judges every clause."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.backends.registry import backend_names, find, is_file
from smsbridge.config.load import from_mapping, read_block
from smsbridge.errors import ConfigError
from smsbridge.testing.contract.clause import CONTRACT_VERSION, MOST_SECONDS, clauses, judge
from smsbridge.testing.contract.feature_row import FeatureRow, feature_rows, head
from smsbridge.testing.contract.ruling import Judgement, Ruling, overall
from smsbridge.testing.contract.subject import Subject, canary_keys
from smsbridge.testing.fixture.find import fixture_ids
from smsbridge.testing.fixture.load import Fixture, load
from smsbridge.text.suggest import nearest

FOLDER = "fixtures"
"""The folder beside a class, a test or a config file in which its fixtures are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """How the contract ended for one backend."""

    backend: Backend
    rulings: tuple[Ruling, ...]
    protocols: tuple[str, ...] = ()
    version: int = CONTRACT_VERSION

    @property
    def judgement(self) -> Judgement:
        """How it ended: as its worst clause."""
        return overall(self.rulings)

    def rows(self) -> list[FeatureRow]:
        """Return its rows of the feature matrix."""
        names = self.protocols or tuple(self.backend.protocols)
        ended = {
            name: overall(one for one in self.rulings if one.protocol in (name, ""))
            for name in names
        }
        said = {name: f"{self.version}: {judgement}" for name, judgement in ended.items()}
        return list(feature_rows(self.backend, said))

    def markdown(self) -> str:
        """Return its rows of the feature matrix, with their head."""
        return "\n".join([head(), *(row.markdown() for row in self.rows())])

    def document(self) -> dict[str, Any]:
        """Return all of it as JSON has it."""
        return {
            "backend": self.backend.name,
            "contract": self.version,
            "verdict": self.judgement,
            "rows": [row.words() for row in self.rows()],
            "clauses": [asdict(one) for one in self.rulings],
        }


def certify(
    subject: Subject, protocols: tuple[str, ...] = (), seconds: float = MOST_SECONDS
) -> Iterator[Ruling]:
    """Yield how each clause ends, over each protocol that it is about, as soon as it is judged."""
    over = [subject.over(name) for name in protocols or subject.backend.protocols]
    for one in clauses():
        for among in over if one.each_protocol else over[:1]:
            yield judge(one, among, seconds)


def find_subject(
    name: str,
    fixtures: Path | None = None,
    folder: Path | None = None,
    config: str | None = None,
) -> Subject:
    """Return what a name stands for: a block of the config, a backend, or ``package:Class``.

    ``fixtures``: the folder of its fixtures; else that beside it, or those that ship. ``config``:
    the file of the block. No credential of a config is read: a canary stands in the place of each.
    Raises `ConfigError`.
    """
    folder = folder or Path.cwd()
    is_place = ":" in name or is_file(name)
    block = read_block(name, config, folder=folder) if not is_place else None
    if block is not None:
        keys, home = block
        backend = from_mapping(_without_references(keys), name=name, folder=home)
        beside = home
    else:
        if not is_place and name not in backend_names():
            known = nearest(name, backend_names())
            raise ConfigError(f"there is neither a block nor a backend {name!r}; {known}")
        backend, beside = _of_class(find(name, folder))
    return Subject(backend, find_fixtures(backend, fixtures, beside))


def _of_class(kind: type[Backend]) -> tuple[Backend, Path]:
    if kind.by_block or not kind.protocols:
        what = "a block makes it" if kind.by_block else "it uses no network"
        raise ConfigError(f"{kind.name} alone speaks to no provider: {what}")
    return kind(**canary_keys(kind)), home_of(kind)


def home_of(kind: type) -> Path:
    """Return the folder in which a class is written."""
    return Path(inspect.getfile(kind)).resolve().parent


def subject_of(
    backend: Backend | type[Backend] | str, fixtures: Path | None, beside: Path
) -> Subject:
    """Return a subject as a test names it, by a name, a class or an instance; see `find_fixtures`.

    ``beside``: the folder of the test.
    """
    if isinstance(backend, str):
        found = find_subject(backend)
        made, home = found.backend, found.every_fixture
    else:
        made = backend if isinstance(backend, Backend) else _of_class(backend)[0]
        home = tuple(find_fixtures(made, None, home_of(type(made))))
    own = find_fixtures(made, fixtures, beside)
    return Subject(made, own if fixtures is not None else _union(home, own))


def find_fixtures(backend: Backend, given: Path | None, beside: Path) -> list[Fixture]:
    """Return the fixtures of a backend, whose ids begin with its name.

    Those of the folder ``given``; else those that ship, with those of the folder ``fixtures`` in
    ``beside``, which come in the place of one with the same id.
    """
    if given is None:
        ours = [load(name) for name in fixture_ids(f"{backend.name}/")]
        return _union(ours, _read_folder(beside / FOLDER, backend.name))
    if not given.is_dir():
        raise ConfigError(f"fixtures: there is no folder {given}")
    found = _read_folder(given, backend.name)
    if not found:
        raise ConfigError(f"fixtures: {given} has none whose id begins with {backend.name}/")
    return found


def _read_folder(folder: Path, name: str) -> list[Fixture]:
    files = sorted(folder.rglob("*.yaml")) if folder.is_dir() else []
    return [one for one in map(load, files) if one.id.partition("/")[0] == name]


def _union(first: Iterable[Fixture], second: Iterable[Fixture]) -> list[Fixture]:
    return list({one.id: one for one in (*first, *second)}.values())


def _without_references(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a block with a canary for each value that stands elsewhere."""
    given = {key: _canary(key, value) for key, value in keys.items() if key != "log"}
    auth = given.get("auth")
    if isinstance(auth, Mapping):
        given["auth"] = {key: _canary(key, value) for key, value in auth.items()}
    return given


def _canary(key: str, value: Any) -> Any:
    """Return a value, or what stands for one that is in the environment or in a file."""
    if isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in ("env", "file"):
        return "https://provider.example" if key == "url" else "c4nary-93f1"
    return value
