"""Many cases of one fact in one test: all of them run, and a failure names its case."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import FunctionType
from typing import Any, cast

import pytest

Test = Callable[..., None]


def each(
    names: str | tuple[str, ...], values: Iterable[Any] | Callable[[], Iterable[Any]]
) -> Callable[[Test], Test]:
    """Call a test with each of some values, as ``parametrize`` does, but as one test.

    A function of the values is called when the test runs: what is read from files costs nobody
    who only collects.

    All cases share the fixtures of the test, but for those of pytest: a case has a folder and a
    monkeypatch of its own, and reads only what itself has logged or printed.
    """
    given = (names,) if isinstance(names, str) else names

    def rows() -> list[tuple[Any, ...]]:
        found = values() if isinstance(values, FunctionType) else cast("Iterable[Any]", values)
        split = [(value,) if isinstance(names, str) else tuple(value) for value in found]
        assert split, "a test without a case shows nothing"
        assert {len(row) for row in split} == {len(given)}
        return split

    def decorate(test: Test) -> Test:
        signature = inspect.signature(test)
        assert signature.parameters.keys() >= set(given)

        @wraps(test)
        def run_each(**fixtures: Any) -> None:
            failures: list[BaseException] = []
            for row in (every := rows()):
                case = dict(zip(given, row, strict=True))
                try:
                    with own(fixtures) as fresh:
                        test(**fresh, **case)
                except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001  (raised below)
                    shown = ", ".join(f"{name}={value!r:.200}" for name, value in case.items())
                    failure.add_note(f"in the case {shown}")
                    failures.append(failure)
            if len(failures) == 1:
                raise failures[0]
            if failures:
                raise BaseExceptionGroup(f"{len(failures)} of {len(every)} cases failed", failures)

        run_each.ids = lambda: [  # type: ignore[attr-defined]  # read by ids_of
            "-".join(filter(None, (inner, id_of(given, row, number))))
            for number, row in enumerate(rows())
            for inner in ids_of(test) or [""]
        ]
        left = [one for name, one in signature.parameters.items() if name not in given]
        run_each.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]  # inspect reads it
        del run_each.__wrapped__  # pytest would ask it for the fixtures
        return run_each

    return decorate


def ids_of(test: Callable[..., Any]) -> list[str]:
    """Return the cases of a test by their ids, which are those that ``parametrize`` would give."""
    return list(test.ids()) if hasattr(test, "ids") else []


def id_of(names: tuple[str, ...], row: tuple[Any, ...], number: int) -> str:
    plain = (str, int, float, type(None))
    words = (
        str(value) if isinstance(value, plain) else getattr(value, "__name__", f"{name}{number}")
        for name, value in zip(names, row, strict=True)
    )
    return "-".join(words)


@contextmanager
def own(fixtures: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the fixtures of one case."""
    for name, forget in (("caplog", "clear"), ("capsys", "readouterr")):
        if name in fixtures:
            getattr(fixtures[name], forget)()
    fresh = dict(fixtures)
    if isinstance(folder := fixtures.get("tmp_path"), Path) and "nowhere" not in fixtures:
        fresh["tmp_path"] = folder / f"case-{len(list(folder.iterdir()))}"
        fresh["tmp_path"].mkdir()
    with pytest.MonkeyPatch.context() as patch:
        if "monkeypatch" in fixtures:
            fresh["monkeypatch"] = patch
        yield fresh
