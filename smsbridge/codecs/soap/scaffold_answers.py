"""What an answer means, as lines of a block to start from: its marks, its rows, its statuses.

No mark is proposed that a refusal could have: where only a person knows the word, it is ``""``,
which is refused until it is filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from smsbridge.codecs.soap import guess
from smsbridge.codecs.soap.guess import TableKind, is_word
from smsbridge.codecs.soap.model import SUBTYPE, Content, PartPath
from smsbridge.codecs.soap.outline import in_words
from smsbridge.mapping.path import ANSWER
from smsbridge.text.toml_quotes import toml_text

_ROW_NAMES: Mapping[TableKind, tuple[str, ...]] = {
    TableKind.STATUS: ("id", "status", "at", "recipient", "text", "error"),
    TableKind.RECEIVED: ("id", "at", "text", "sender", "recipient", "device"),
    TableKind.SENT: ("id", "status", "at", "text", "recipient", "sender", "error"),
}
_NEEDED_IN_A_ROW = {TableKind.STATUS: "status", TableKind.RECEIVED: "text", TableKind.SENT: "id"}


def success_lines(content: Content) -> Iterator[str]:
    """Yield the mark of success of an answer, and where its id is."""
    if content.empty:
        mark = f"{toml_text(ANSWER)} = {toml_text(content.answer)}"
        yield f"when = {{ {mark} }}  # the answer is empty: its arrival is the mark"
        return
    every = [line for line in content.paths() if is_word(line) and line.part.name != SUBTYPE]
    lines = [line for line in every if not guess.is_of_trouble(line.path)]
    ids = [line for line in lines if guess.ID.search(guess.name_of(line.path))]
    others = [line for line in lines if line not in ids]
    marks = [line for line in others if guess.MARKER.search(guess.name_of(line.path))]
    if marks or not ids:
        yield _mark_line(content, next(iter([*marks, *others, *every]), None))
    else:
        yield _id_mark_line(content, ids[0])
    if ids:
        yield f"id = {toml_text(_first_path(content, ids[0].path))}"


def _mark_line(content: Content, line: PartPath | None) -> str:
    """Return the line of a mark: of which only a person knows the word, except a plain yes."""
    if line is None:
        return 'when = { "…" = "" }  # the contract names no part of the answer'
    path = toml_text(_first_path(content, line.path))
    yes = guess.YES.search(guess.name_of(line.path)) and not guess.is_of_trouble(line.path)
    if line.type.base == "boolean" and yes:
        return f'when = {{ {path} = "true" }}  # which word means yes?'
    return f'when = {{ {path} = "" }}  # which word means yes? {in_words(line.type)}'


def _id_mark_line(content: Content, line: PartPath) -> str:
    """Return the line of a mark that is any id: where the WSDL gives a refusal something else."""
    path = toml_text(_first_path(content, line.path))
    if _is_alternative(content, line.path):
        return f'when = {{ {path} = "*" }}  # * is any word: another answer has none'
    return f'when = {{ {path} = "" }}  # which word means yes? "*" is any: has a refusal one too?'


def _is_alternative(content: Content, path: str) -> bool:
    """Return whether what is at a path, or above it, is one alternative of a choice."""
    kind, steps = content.body.type, path.split(".")
    for step in steps:
        kind = kind.item or kind
        if any(step in one for choice in kind.choices for one in choice):
            return True
        part = kind.part(step)
        if part is None:
            return False
        kind = part.type
    return False


def answer_lines(content: Content, kind: TableKind) -> Iterator[str]:
    """Yield where the answer to a login, or to a question, has what was asked for."""
    if kind is TableKind.TOKEN:
        yield from _token_lines(content)
    elif kind is not TableKind.SEND:
        yield from _rows_lines(content, kind)


def _token_lines(content: Content) -> Iterator[str]:
    lines = [line for line in content.paths() if is_word(line) and line.part.name != SUBTYPE]
    fine = [line for line in lines if not guess.is_of_trouble(line.path)]
    path = guess.first_of(fine, re.compile(guess.LOGGED_IN), ())
    if not path and len(fine) == 1:
        path = fine[0].path
    said = "" if path else "  # which part is the token?"
    yield f"token = {toml_text(_first_path(content, path) if path else '')}{said}"
    yield '# give "{token}" to a field of each call'


def _rows_lines(content: Content, kind: TableKind) -> Iterator[str]:
    rows, row = _row_of(content, kind)
    if rows:
        yield f"rows = {toml_text(rows)}"
    needed = _NEEDED_IN_A_ROW[kind]
    said = "" if needed in row else f"  # which part is the {needed}?"
    inner = ", ".join(f"{name} = {toml_text(path)}" for name, path in row.items())
    missing = "" if needed in row else f'{needed} = ""'
    yield f"row = {{ {', '.join(filter(None, [inner, missing]))} }}{said}"


def _row_of(content: Content, kind: TableKind) -> tuple[str, dict[str, str]]:
    """Return where the rows of an answer are, and the path of each part of a row in it."""
    several = [one.path for one in content.paths() if one.part.repeated or one.type.item]
    several = [path for path in several if any(_below(line.path, path) for line in content.paths())]
    rows = several[-1] if several else ""
    lines = [line for line in content.paths() if is_word(line) and line.part.name != SUBTYPE]
    inside = [line for line in lines if not rows or _below(line.path, rows)]
    names = {name: guess.ROWS[name] for name in _ROW_NAMES[kind]}
    plain = [PartPath(path=one.path, part=one.part) for one in inside]
    found = {value: path for path, value in _guess_names(plain, names).items()}
    if kind is TableKind.RECEIVED and "sender" not in found and "recipient" in found:
        found["sender"] = found.pop("recipient")  # the one number of a message is that of the other
    several_above = _first_path(content, rows).removesuffix("[0]") if rows else ""
    cut = len(rows) + 1 if rows else 0
    return several_above, {
        name: path[cut:] if rows else _first_path(content, path)
        for name, path in sorted(found.items(), key=lambda one: _ROW_NAMES[kind].index(one[0]))
    }


def _guess_names(lines: list[PartPath], names: Mapping[str, str]) -> dict[str, str]:
    """Return what each path of a row probably is, also where the WSDL lists its words."""
    found: dict[str, str] = {}
    for value, pattern in names.items():
        alike = [
            line.path
            for line in lines
            if line.path not in found and re.search(pattern, guess.name_of(line.path))
        ]
        if alike:
            found[min(alike, key=lambda p: not re.fullmatch(pattern, guess.name_of(p)))] = value
    return found


def _below(path: str, above: str) -> bool:
    return path.startswith(f"{above}.")


def status_lines(content: Content, kind: TableKind, table: str) -> Iterator[str]:
    """Yield the table of words for statuses: each that the WSDL lists, for a person to say."""
    if "status" not in _ROW_NAMES.get(kind, ()):
        return
    rows, row = _row_of(content, kind)
    if "status" not in row:
        return
    whole = re.sub(r"\[0\]", "", f"{rows}.{row['status']}".lstrip("."))
    words = next((one.type.words for one in content.paths() if one.path == whole), ())
    yield ""
    yield f"{'' if words else '# '}[{table}]  # what each word means: delivered, undelivered, …"
    for word in words:
        yield f'{toml_text(word)} = ""'


def _first_path(content: Content, path: str) -> str:
    """Return a path with an index of 0 for each part that may be repeated."""
    several = {line.path for line in content.paths() if line.part.repeated or line.type.item}
    ends = [found.start() for found in re.finditer(r"\.|\Z", path)]
    steps = (path[start:end] for start, end in zip([0, *ends], ends, strict=False))
    return "".join(
        step + "[0]" * (path[:end] in several) for step, end in zip(steps, ends, strict=True)
    )
