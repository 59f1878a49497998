"""Mutation testing: change one thing in the code, and see a test of that line fail.

    .venv/bin/python -m benchmarks.mutants --seed 7 --count 300 --survivors build/survivors.txt

The tree is copied below ``build/mutants``; nothing is changed in place. One run of the suite with
coverage contexts says which tests execute which line (``--rooms`` limits that run). The sample
depends on the seed and the code only, and a mutant is named ``file:line operator occurrence``, so
that two suites can be compared over the same mutants.
"""

# ruff: noqa: S603, S607, T201  (it runs commands of ours, and prints what it found)

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "mutants"
TARGETS = (
    *("mapping/outcome.py", "mapping/words.py", "errors.py", "http", "client", "auth"),
    *(f"codecs/soap/{name}.py" for name in ("reader", "writer", "envelope", "codec")),
)
LIBRARIES = (
    *("pytest", "pytest_cov", "pytest_httpserver", "xdist", "hypothesis.strategies", "zeep"),
    *("aiohttp", "click", "jsonschema", "phonenumbers", "pyrate_limiter", "requests", "trustme"),
)
"""What the tests import, loaded once for all forks."""
MOST = 60
"""Tests for one mutant beside those of its module: of its room first, then of the others."""
KILLED, NOT_FOUND = 1, 4
"""Exit codes of pytest."""
SECONDS = 60
"""Of the processor, for the tests of one mutant; one that takes longer is killed."""
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult, ast.Mod: ast.Mult, ast.BitAnd: ast.Sub,
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Mutant:
    """One change: where it is, and by which operator."""

    file: str
    line: int
    operator: str
    occurrence: int

    def __str__(self) -> str:
        """Return its name, the same in each run."""
        return f"{self.file}:{self.line} {self.operator} {self.occurrence}"


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:  # noqa: C901  (a table)
    """Yield an operator's name and what it puts in the place of a node."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARISONS:
            new = copy.deepcopy(node)
            new.ops = [COMPARISONS[type(operator)]()]
            yield "comparison", new
        case ast.BoolOp(op=operator, values=values):
            yield (
                "and-or",
                ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values),
            )
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not", operand
        case ast.If(test=test) | ast.IfExp(test=test):
            new = copy.deepcopy(node)
            new.test = ast.UnaryOp(ast.Not(), test)
            yield "condition", new
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in ARITHMETIC:
            yield "arithmetic", ast.BinOp(left, ARITHMETIC[type(operator)](), right)
        case ast.Constant(value=bool(value)):
            yield "boolean", ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield "number", ast.Constant(value + 1)
        case ast.Constant(value=str(value)) if " " not in value:
            yield "word", ast.Constant(f"{value}XX")
        case ast.Return(value=ast.expr(lineno=_) as value) if not is_none(value):
            yield "return", ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.AugAssign():
            yield "statement", ast.Pass()
        case ast.Continue():
            yield "continue", ast.Break()
        case ast.Break():
            yield "break", ast.Continue()


def is_none(value: ast.expr) -> bool:
    """Return whether an expression is ``None``."""
    return isinstance(value, ast.Constant) and value.value is None


def places(tree: ast.AST) -> Iterator[tuple[ast.AST, Callable[[ast.AST], None]]]:
    """Yield each node that may change, and how to put another in its place."""
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "bases"}:
            continue
        if isinstance(tree, (ast.JoinedStr, ast.Raise)) and name in {"values", "exc"}:
            continue  # the words of an error
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or skipped(child):
                continue

            def put(new: ast.AST, at: int = index, value: object = value, name: str = name) -> None:
                if isinstance(value, list):
                    value[at] = new
                else:
                    setattr(tree, name, new)

            yield child, put
            yield from places(child)


def skipped(node: ast.AST) -> bool:
    """Return whether nothing in a node is behaviour: docstrings, ``__all__``, imports for types."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    return False


def mutants_of(file: str) -> Iterator[tuple[Mutant, ast.AST, ast.AST, Callable[[ast.AST], None]]]:
    """Yield each mutant of a file with its tree, what to put in, and how."""
    tree = ast.parse((ROOT / file).read_text())
    seen: dict[tuple[int, str], int] = {}
    for node, put in places(tree):
        for operator, new in changes(node):
            key = (getattr(node, "lineno", 0), operator)
            seen[key] = seen.get(key, -1) + 1
            yield Mutant(file, *key, seen[key]), tree, new, put


def source_of(mutant: Mutant) -> str:
    """Return the file of a mutant, with its change."""
    for one, tree, new, put in mutants_of(mutant.file):
        if one == mutant:
            put(new)
            return ast.unparse(ast.fix_missing_locations(tree))
    raise LookupError(mutant)


def sample(seed: int, count: int) -> list[Mutant]:
    """Return some of all mutants."""
    files = sorted(
        str(file.relative_to(ROOT))
        for target in TARGETS
        for file in [ROOT / "smsbridge" / target]
        for file in (file.rglob("*.py") if file.is_dir() else [file])
    )
    every = [found[0] for file in files for found in mutants_of(file)]
    return sorted(random.Random(seed).sample(every, min(count, len(every))))  # noqa: S311  (no secret)


def copy_tree(name: str) -> Path:
    """Copy what git knows of the tree, and compile it."""
    tree = WORK / name
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for file in listed.stdout.splitlines():
        if (ROOT / file).is_file():
            (tree / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, tree / file)
    # A file of bytecode is held to the source's hash: two mutants may be written in one second.
    run(tree, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "smsbridge")
    return tree


def run(tree: Path, *arguments: str, quiet: bool = False) -> None:
    """Run Python in a tree, with the tree's smsbridge."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    stdout = subprocess.DEVNULL if quiet else None
    subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=environment, stdout=stdout, check=False
    )


def contexts(tree: Path, rooms: list[str]) -> dict[tuple[str, int], set[str]]:
    """Return which tests execute a line: those of one run with coverage contexts."""
    from coverage import CoverageData

    data = WORK / "contexts"
    if not data.exists():
        run(
            tree,
            "-m",
            "pytest",
            "-q",
            "-n2",
            "--cov",
            "--cov-context=test",
            "--cov-report=",
            *rooms,
        )
        (tree / ".coverage").rename(data)
    coverage = CoverageData(str(data))
    coverage.read()
    return {
        (file[file.rindex("/smsbridge/") + 1 :], line): {
            name.split("|")[0] for name in names if name
        }
        for file in coverage.measured_files()
        for line, names in coverage.contexts_by_lineno(file).items()
    }


def chosen(mutant: Mutant, tests: set[str]) -> list[str]:
    """Return the tests that a mutant runs: all of its module, then one case of each other one."""
    module = Path(mutant.file).relative_to("smsbridge")
    near = f"tests/{module.with_name('test_' + module.name)}"
    room = f"tests/{module.parent}/"
    own = sorted(test for test in tests if test.startswith(near))
    functions: dict[str, list[str]] = {}
    for test in sorted(tests - set(own), key=lambda test: (not test.startswith(room), test)):
        functions.setdefault(test.partition("[")[0], []).append(test)
    rounds = zip_longest(*functions.values())
    found = [*own, *[test for cases in rounds for test in cases if test][:MOST]]
    if not found:  # what runs at import belongs to no test
        found = [path for path in (near, room) if (ROOT / path).exists()][:1]
    return found or ["tests/mapping"]


def outcome_of(tree: Path, tests: list[str]) -> int:
    """Return pytest's exit code, in a fork that has the libraries loaded already."""
    if not (child := os.fork()):
        os.setsid()
        os.chdir(tree)
        os.environ["PYTHONPATH"] = str(tree)
        sys.path.insert(0, str(tree))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        code = KILLED
        try:
            import pytest

            options = ["-x", "-q", "-pno:cacheprovider", "--timeout=100"]
            options.append("-Wignore::pytest.PytestAssertRewriteWarning")  # they are loaded already
            code = pytest.main([*options, *tests])
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def is_killed(tree: Path, mutant: Mutant, tests: list[str]) -> bool:
    """Write a mutant into a tree, and return whether a test fails."""
    path = tree / mutant.file
    before = path.read_text()
    path.write_text(source_of(mutant))
    try:
        code = outcome_of(tree, tests)
        if code == NOT_FOUND:  # the name of a case is a word that the mutant changed
            code = outcome_of(tree, sorted({test.partition("[")[0] for test in tests}))
        return code != 0
    finally:
        path.write_text(before)


def work(tree: Path, tasks: list[tuple[Mutant, list[str]]]) -> list[Mutant]:
    """Return the survivors of some mutants."""
    alive = []
    for mutant, tests in tasks:
        begun = time.monotonic()
        killed = is_killed(tree, mutant, tests)
        alive += [] if killed else [mutant]
        word = "killed" if killed else "ALIVE "
        print(f"{word} {time.monotonic() - begun:5.1f} s {len(tests):4} {mutant}", flush=True)
    return alive


def main() -> None:
    """Print which mutants were killed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rooms", nargs="*", default=[], help="paths of tests; all by default")
    parser.add_argument("--only", type=Path, help="a file of survivors, to run those alone")
    parser.add_argument("--survivors", type=Path, help="the file to write them to")
    asked = parser.parse_args()
    mutants = sample(asked.seed, asked.count)
    if asked.only:
        mutants = [
            mutant for mutant in mutants if str(mutant) in asked.only.read_text().split("\n")
        ]
    trees = [copy_tree(str(job)) for job in range(asked.jobs)]
    lines = contexts(trees[0], asked.rooms)
    for tree in trees:  # its tests are compiled now, not once for each mutant
        run(
            tree,
            "-m",
            "pytest",
            "-q",
            "--collect-only",
            "-pno:cacheprovider",
            *asked.rooms,
            quiet=True,
        )
    for library in LIBRARIES:
        importlib.import_module(library)
    sys.dont_write_bytecode = True
    tasks = [
        (mutant, chosen(mutant, lines.get((mutant.file, mutant.line), set()))) for mutant in mutants
    ]
    if code := outcome_of(trees[0], tasks[0][1]):
        raise SystemExit(f"without a mutant pytest ends with {code}: {tasks[0][1]}")
    with multiprocessing.get_context("fork").Pool(asked.jobs) as pool:
        parts = pool.starmap(
            work, [(tree, tasks[job :: asked.jobs]) for job, tree in enumerate(trees)]
        )
    survivors = sorted(mutant for part in parts for mutant in part)
    print(f"{len(mutants)} mutants, {len(mutants) - len(survivors)} killed, {len(survivors)} alive")
    if asked.survivors:
        asked.survivors.write_text("".join(f"{mutant}\n" for mutant in survivors))


if __name__ == "__main__":
    main()
