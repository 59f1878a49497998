"""Removes the values of our frames from errors: loggers and error reports would write them out."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from smsbridge.errors import SmsbridgeError

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


def forget_locals(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function whose errors keep the lines of their traceback, but no values.

    It may be async. The frames of its callers keep their values.
    """
    if inspect.iscoroutinefunction(function):
        return cast("Callable[P, R]", _wrap_async(function))

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        handled = sys.exception()
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            empty(error, handled)
            raise
        finally:
            del handled

    return call


def _wrap_async(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        handled = sys.exception()
        try:
            return await function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            empty(error, handled)
            raise
        finally:
            del handled

    return call


def forget_locals_of_methods(owner: C) -> C:
    """Let each public method of a class, and its ``__init__``, forget its values in an error."""
    for name, method in list(vars(owner).items()):
        if not inspect.isfunction(method) or (name.startswith("_") and name != "__init__"):
            continue
        setattr(owner, name, forget_locals(method))
    return owner


def empty(error: BaseException, handled: BaseException | None = None) -> None:
    """Clear the values of all frames that an error came through, and those of its causes.

    The only context that an error of ours keeps is ``handled``, what the caller was handling
    already.
    """
    waiting: list[BaseException | None] = [error]
    seen: list[BaseException | None] = [None, handled]
    while waiting:
        current = waiting.pop()
        if current is None or any(current is one for one in seen):
            continue
        seen.append(current)
        traceback.clear_frames(current.__traceback__)
        waiting += [current.__cause__, current.__context__]
        waiting += current.exceptions if isinstance(current, BaseExceptionGroup) else ()
        if isinstance(current, SmsbridgeError):
            current.__context__ = handled if current is error else None
