"""The answer to a call with several recipients: the row of each, found by its number.

What no row tells of a recipient is unknown: rows are never matched by their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.codec import SoapFault, Unreadable
from smsbridge.mapping.filters import one_text
from smsbridge.mapping.outcome import Case, SendEnd, contradiction, judge
from smsbridge.mapping.rows import first_word, rows_in
from smsbridge.mapping.template import RECIPIENTS
from smsbridge.message import Submission
from smsbridge.text.phone import digits_of

if TYPE_CHECKING:
    from smsbridge.http.exchange import Response
    from smsbridge.mapping.operation import Operation

_TELLING = (200, 201, 202)
Row = Mapping[str, Any]


def judge_rows(
    table: Operation, response: Response, answer: Row | str, cases: Mapping[str, Case]
) -> list[SendEnd]:
    """Return what an answer proves for each recipient; ``cases`` are by number.

    An answer of another status than 200, 201 and 202, or without rows, is the same for each.
    """
    rows = [] if isinstance(answer, str | SoapFault) else rows_of(table, answer)
    if response.status not in _TELLING and any(table.accepted.holds(row) for row in rows):
        return [contradiction(response, case) for case in cases.values()]
    if response.status not in _TELLING or not rows:
        return [_judge_whole(response, answer, case) for case in cases.values()]
    owners, found = _owners(table, cases), {number: list[Row]() for number in cases}
    for row in rows:
        word = first_word(row, table.paths("recipient")) or ""
        if number := owners.get(word) or owners.get(digits_of(word)):
            found[number].append(row)
    return [judge(response, _only(found[number]), case) for number, case in cases.items()]


def rows_of(table: Operation, answer: Row) -> list[Row]:
    """Return the rows of an answer; none where they can't be read."""
    try:
        return rows_in(table, answer)
    except Unreadable:
        return []


def _judge_whole(response: Response, answer: Row | str, case: Case) -> SendEnd:
    end = judge(response, answer, case)
    taken = isinstance(end, Submission)
    return judge(response, "the answer has no row of any recipient", case) if taken else end


def _owners(table: Operation, numbers: Mapping[str, Case]) -> dict[str, str]:
    """Return whose number a word of a row is: its digits, or what was sent, if it is of one."""
    owners: dict[str, str] = {}
    shared: set[str] = set()
    for number in numbers:
        for word in {digits_of(number), *_forms(table, number)}:
            shared |= {word} if word in owners else set()
            owners[word] = number
    return {word: number for word, number in owners.items() if word not in shared}


def _forms(table: Operation, number: str) -> list[str]:
    return [one_text(form({RECIPIENTS: [number]})) for form in table.plan.recipient_forms]


def _only(rows: list[Row]) -> Row | str:
    """Return the only row of a recipient, or why there is none."""
    if len(rows) == 1:
        return rows[0]
    return f"the answer has {len(rows) or 'no'} {'rows' if rows else 'row'} for this recipient"
