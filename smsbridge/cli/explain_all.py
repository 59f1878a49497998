"""``smsbridge explain --all``: one message through each block of the config, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsbridge.cli.exit_codes import Exit, exit_of
from smsbridge.cli.explain import show
from smsbridge.cli.explain_message import Explanation, explain_message, recipient_on_wire
from smsbridge.cli.options import message_of, option_names
from smsbridge.cli.streams import put
from smsbridge.cli.table import fold, show_table
from smsbridge.config.load import block_names, from_file
from smsbridge.errors import SmsbridgeError
from smsbridge.text.segments import segments

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.message import Message

_COLUMNS = ("block", "protocol", "recipient", "encoding", "segments", "what")
_OPTIONS: Mapping[str, Any] = {"whatsapp": False, "sender": None, "at": None}
_UNKNOWN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What a block makes of the message: ``found`` is None if it can't take it."""

    block: str
    cells: tuple[str, ...]
    code: int = Exit.DONE
    backend: Backend | None = None
    message: Message | None = None
    found: Explanation | None = None


def explain_all(to: str, text: str, config: str | None, given: Mapping[str, Any]) -> int:
    """Print what each block makes of a message; return the code of the first that can't take it."""
    ways = [_way(block, config, to, text, given) for block in block_names(config)]
    show_table(_COLUMNS, [(way.block, *way.cells) for way in ways])
    for way in ways:
        if way.code:
            put("\n" + fold(f"{way.block}  ", way.cells[-1]))
        elif way.backend and way.message and way.found and way.found.requests:
            put()
            who = ", ".join(dict.fromkeys([way.block, way.backend.name]))
            who += f" over {way.backend.protocol}"
            show(who, way.backend, way.message, way.found, verbose=given["verbose"])
    return next((way.code for way in ways if way.code), Exit.DONE)


def _way(block: str, config: str | None, to: str, text: str, given: Mapping[str, Any]) -> _Way:
    try:
        backend = from_file(block, config)
    except SmsbridgeError as error:
        cells = (*[_UNKNOWN] * 4, str(error))
        return _Way(block=block, cells=cells, code=exit_of(error))
    if members := backend.members():
        cells = (backend.protocol, *[_UNKNOWN] * 3, f"the first of {', '.join(members)}")
        return _Way(block=block, cells=cells)
    needs = segments(text)
    counted = needs.encoding, str(needs.count)
    try:
        message, found = _explain(backend, to, text, given)
    except SmsbridgeError as error:
        why = "; ".join(dict.fromkeys([str(error), *_more_refusals(backend, to, text, given)]))
        cells = (backend.protocol, _UNKNOWN, *counted, why)
        return _Way(block=block, cells=cells, code=exit_of(error))
    last = found.requests[-1] if found.requests else None
    what = f"{last.method} {last.url}" if last else "nothing is sent over a network"
    recipient = ", ".join(recipient_on_wire(backend, message))
    cells = (backend.protocol, recipient, *counted, what)
    return _Way(block=block, cells=cells, backend=backend, message=message, found=found)


def _explain(
    backend: Backend, to: str, text: str, given: Mapping[str, Any]
) -> tuple[Message, Explanation]:
    message = message_of(backend, to, text, given)
    with option_names():
        return message, explain_message(backend, message)


def _more_refusals(backend: Backend, to: str, text: str, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield why the message is refused with one option alone: each that can't be carried."""
    for option in _OPTIONS:
        if given[option]:
            try:
                _explain(backend, to, text, {**given, **_OPTIONS, option: given[option]})
            except SmsbridgeError as error:
                yield str(error)
