"""The size of modules and functions, import cycles, and what stands only in its place: threads, SQL."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("config", "engine", "tui", "sample_cdr")

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 70

LONG_MODULES: dict[str, str] = {}
"""Modules that may be longer, and what keeps them together."""


THREADS = {
    "engine.access.passwords": "a pool that bounds how many passwords are hashed at once",
    "engine.domain.threads": "for what is used without a daemon",
    "engine.parse.parser": "a pool for the ranges of one large piece, gone when it is parsed",
    "engine.pipeline.backlog": "one thread for large files, beside the ingest thread",
    "engine.pipeline.imports": "one thread that parses ahead while an import stores",
    "engine.service.identity": "one for each caller, of whom there is a bounded number",
    "engine.service.server": "one for each long operation, as long as it is answered",
}
"""Modules of the engine outside the daemon that start threads, and what for."""

DATA_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|WITH|MERGE|TRUNCATE)\b")
CONTROL_SQL = re.compile(
    r"\s*(ATTACH|DETACH|COPY|PRAGMA|BEGIN|COMMIT|ROLLBACK|CHECKPOINT|SET|INSTALL|LOAD|VACUUM)\b"
)
"""What a session or a file needs besides statements: only the store says it."""


@dataclass(frozen=True)
class Module:
    """One source file."""

    name: str
    """As it is imported."""
    path: Path
    lines: int
    tree: ast.Module


@cache
def modules() -> dict[str, Module]:
    """By name."""
    found: dict[str, Module] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_text("utf-8")
            found[name] = Module(name, path, len(text.splitlines()), ast.parse(text))
    return found


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Methods, and functions inside functions, included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported(module: Module) -> set[str]:
    """Modules of ours that it imports: at its top, inside functions, and for type checking only."""
    names: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                names.add(submodule if submodule in modules() else node.module)
    return {name for name in names if name in modules() and name != module.name}


def cycles(graph: dict[str, set[str]]) -> list[frozenset[str]]:
    """The groups of modules of which each is reached from each other one."""
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[frozenset[str]] = []

    def visit(name: str) -> None:
        numbers[name] = lowest[name] = len(numbers)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in numbers:
                visit(other)
            if other in stack:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == numbers[name]:
            place = stack.index(name)
            group = frozenset(stack[place:])
            del stack[place:]
            if len(group) > 1:
                found.append(group)

    for name in sorted(graph):
        if name not in numbers:
            visit(name)
    return found


def test_no_module_is_longer_than_400_lines() -> None:
    long = {name: module.lines for name, module in modules().items() if module.lines > MAX_MODULE_LINES}
    assert long.keys() <= LONG_MODULES.keys(), long


def test_no_function_is_longer_than_70_lines() -> None:
    long = {
        f"{module.name}.{function.name}": lines
        for module in modules().values()
        for function in functions(module.tree)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert not long


def test_no_modules_import_one_another_in_a_circle() -> None:
    found = cycles({name: imported(module) for name, module in modules().items()})
    assert [sorted(group) for group in found] == []


def strings(tree: ast.Module) -> Iterator[ast.Constant]:
    """String literals, those inside f-strings included, docstrings not."""
    told = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }  # A string that stands by itself is text for the reader.
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node


def starts_threads(module: Module) -> bool:
    """Whether it makes threads of its own, or a pool of them."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ("Thread", "ThreadPoolExecutor", "Timer", "start_new_thread"):
                return True
    return False


def test_in_the_engine_only_the_daemon_starts_threads() -> None:
    found = {
        name
        for name, module in modules().items()
        if name.startswith("engine.") and not name.startswith("engine.daemon.") and starts_threads(module)
    }
    assert found == THREADS.keys()


def test_sql_stands_in_sql_files_only() -> None:
    found = [
        f"{name}:{text.lineno}: {text.value!r}"
        for name, module in modules().items()
        for text in strings(module.tree)
        if DATA_SQL.match(str(text.value))
        or (CONTROL_SQL.match(str(text.value)) and not name.startswith("engine.store."))
    ]
    assert not found
