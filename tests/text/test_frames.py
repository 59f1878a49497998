"""An error of ours keeps its lines, and no value. Over real calls: test_canary.py."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import Callable
from importlib import import_module

import pytest

from smsbridge.errors import ConfigError, MissingExtra
from smsbridge.text.frames import forget_locals, forget_locals_of_methods

from support.each import each

CANARY = "canary-7c21"


def inner(said: str) -> None:
    copy = said
    try:
        int(copy)
    except ValueError:
        raise ConfigError("it is wrong")  # noqa: B904  (the context is the fact)


@forget_locals
def outer(said: str) -> None:
    inner(said)


@forget_locals
async def outer_async(said: str) -> None:
    await asyncio.sleep(0)
    inner(said)


@forget_locals_of_methods
class Door:
    def __init__(self, said: str = "") -> None:
        if said:
            inner(said)

    def call(self, said: str) -> None:
        inner(said)


WAYS: list[Callable[[], object]] = [
    lambda: outer(f"{CANARY}"),
    lambda: outer(said=f"{CANARY}"),
    lambda: asyncio.run(outer_async(f"{CANARY}")),
    lambda: Door(f"{CANARY}"),
    lambda: Door().call(f"{CANARY}"),
]


def told(error: BaseException) -> str:
    """Return an error's traceback with the values of every frame."""
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(found.format())


@each("way", WAYS)
def test_an_error_keeps_its_lines_and_no_value(way: Callable[[], object]) -> None:
    with pytest.raises(ConfigError) as caught:
        way()
    shown = told(caught.value)
    assert 'raise ConfigError("it is wrong")' in shown
    assert "copy = " not in shown
    assert "said = " not in shown


@each("way", WAYS)
def test_what_an_error_of_ours_was_made_of_is_gone(way: Callable[[], object]) -> None:
    with pytest.raises(ConfigError) as caught:
        way()
    assert caught.value.__context__ is None


def test_what_the_caller_was_handling_stays_with_its_values() -> None:
    def handling() -> None:
        mine = "the caller's"
        try:
            int(mine)
        except ValueError:
            outer("x")

    with pytest.raises(ConfigError) as caught:
        handling()
    assert isinstance(caught.value.__context__, ValueError)
    assert 'mine = "the caller\'s"' in told(caught.value)


def test_an_error_of_somebody_else_keeps_its_causes_without_values() -> None:
    @forget_locals
    def fails(said: str) -> None:
        try:
            int(said)
        except ValueError as error:
            raise TypeError("a bug") from error

    with pytest.raises(TypeError) as caught:
        fails("twelve")
    assert isinstance(caught.value.__cause__, ValueError)
    shown = told(caught.value)
    assert "said = " not in shown


def test_an_extra_that_is_missing_keeps_what_could_not_be_imported() -> None:
    @forget_locals
    def imports() -> None:
        try:
            import_module("no_such_module")
        except ImportError as error:
            raise MissingExtra("async", "AsyncClient") from error

    with pytest.raises(MissingExtra) as caught:
        imports()
    assert isinstance(caught.value.__cause__, ImportError)


def test_a_group_of_errors_is_looked_through() -> None:
    @forget_locals
    def fails(said: str) -> None:
        found = []
        for word in (said, said):
            try:
                inner(word)
            except ConfigError as error:
                found.append(error)
        raise ExceptionGroup("several", found)

    with pytest.raises(ExceptionGroup) as caught:
        fails("x")
    shown = told(caught.value)
    assert "said = " not in shown


def test_an_interruption_forgets_too() -> None:
    @forget_locals
    def interrupted(said: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        interrupted("x")
    shown = told(caught.value)
    assert "said = " not in shown


def test_what_is_returned_and_what_a_function_is_stay_as_they_are() -> None:
    @forget_locals
    def doubled(value: int) -> int:
        """Return twice a value."""
        return 2 * value

    assert doubled(2) == 4
    assert doubled.__doc__ == "Return twice a value."
    assert list(inspect.signature(doubled).parameters) == ["value"]
    assert inspect.iscoroutinefunction(outer_async)
    assert not inspect.iscoroutinefunction(outer)
