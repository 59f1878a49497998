"""A mapping of a file knows its lines, and a checker refuses by the key what is wrong in one."""

from __future__ import annotations

from smsbridge.text.located import Checker, Located, is_kind, unknown_key

from support.each import each
from support.refusing import refusal

INNER = Located({"d": 1, "e.f": 2}, line=3, lines={"d": 4, "e.f": 5})
FILE = Located(
    {"a": 1, "b": INNER, "c": [INNER, 7], "x.y": INNER},
    line=1,
    lines={"a": 1, "b": 2, "c": 6, "x.y": 8},
)


@each(
    ("path", "line"),
    [
        (("a",), 1),
        (("b",), 2),
        (("b", "d"), 4),
        (("b", "e", "f"), 5),
        (("b", "e.f"), 5),
        (("b", "e"), 5),
        (("b.d",), 4),
        (("x", "y", "d"), 4),
        (("x",), 8),
        (("c", 0), 3),
        (("c", 0, "d"), 4),
        (("c", 1), 6),
        (("c", 2), 6),
    ],
)
def test_a_path_has_the_line_of_its_last_key(path: tuple[str | int, ...], line: int) -> None:
    assert FILE.line_of(path) == line


@each(
    ("path", "line"), [((), 1), (("z",), 1), (("b", "z"), 2), (("a", "z"), 1), (("c", 0, "z"), 3)]
)
def test_what_is_missing_has_the_line_of_the_nearest_that_would_hold_it(
    path: tuple[str | int, ...], line: int
) -> None:
    assert FILE.line_of(path) == line


def test_what_is_inherited_keeps_the_line_where_it_stands() -> None:
    own = Located({"a": 2, "z": 3}, line=20, lines={"a": 21, "z": 22})
    both = own.inherit(FILE)
    assert both == {**FILE, "a": 2, "z": 3}
    assert both.line == 20
    assert [both.line_of(path) for path in [("a",), ("z",), ("b", "d")]] == [21, 22, 4]
    assert "z" not in FILE


HERE = Checker({"text": "t", "number": 5, "bool": True, "table": {"a": 1}}, ("at",))


@each(("key", "kind"), [("text", str), ("number", int), ("bool", bool)])
def test_a_value_is_of_its_type(key: str, kind: type) -> None:
    assert HERE.of(key, kind) == HERE.values[key]
    assert HERE.of("absent", kind, default=kind(1)) == kind(1)


@each(
    ("key", "kind", "why"),
    [
        ("number", str, "at.number: give text"),
        ("text", int, "at.text: give a whole number"),
        ("bool", int, "at.bool: give a whole number"),
        ("number", bool, "at.number: give true or false"),
        ("table", str, "at.table: give text"),
        ("absent", str, "at: absent is missing"),
    ],
)
def test_another_type_is_refused_by_its_key_and_what_is_missing_by_what_holds_it(
    key: str, kind: type, why: str
) -> None:
    error = refusal(lambda: HERE.of(key, kind))
    assert str(error) == why
    assert error.key == (("at", key) if key in HERE else ("at",))


def test_a_table_knows_where_it_stands() -> None:
    assert HERE.table("table") == Checker({"a": 1}, ("at", "table"))
    assert HERE.table("absent", optional=True) == Checker({}, ("at", "absent"))
    assert str(refusal(lambda: HERE.table("absent"))) == "at: absent is missing"
    assert str(refusal(lambda: HERE.table("text", optional=True))) == "at.text: give a table"


def test_a_table_at_the_top_fails_without_a_key() -> None:
    error = refusal(lambda: Checker({}).fail("say something"))
    assert (str(error), error.key) == ("say something", ())


def test_another_key_is_refused_with_the_nearest() -> None:
    Checker({"a": 1}, ("at",)).only("a", "b")
    error = refusal(lambda: Checker({"rwos": 1}, ("at", "x")).only("rows", "row"))
    assert str(error) == "at.x.rwos: not a key of at.x; did you mean 'rows'? known: row, rows"
    assert error.key == ("at", "x", "rwos")


def test_the_first_key_that_is_not_known_comes_with_what_was_meant() -> None:
    assert unknown_key(["a", "b"], {"a", "b"}) is None
    assert unknown_key({"row": 1, "rwos": 2, "x": 3}, ("row", "rows")) == (
        "rwos",
        "did you mean 'rows'? known: row, rows",
    )


@each(
    ("value", "kinds", "is_one"),
    [
        ("a", (str,), True),
        (1, (int, type(None)), True),
        (None, (int, type(None)), True),
        (True, (bool,), True),
        (True, (int,), False),
        (True, (int, float), False),
        (True, (object,), False),
        (1, (bool,), False),
        (1.0, (int,), False),
    ],
)
def test_true_and_false_are_no_numbers(
    value: object, kinds: tuple[type, ...], *, is_one: bool
) -> None:
    assert is_kind(value, *kinds) is is_one
