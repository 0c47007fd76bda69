"""The size of modules and functions, import cycles, and modules without tests."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("config", "engine", "tui", "sample_cdr")

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 70

LONG_MODULES = {
    "tui.screens.calls.screen": "one screen with filter line, list and status",
    "tui.screens.extensions.screen": "one screen with filter, list and panel",
    "tui.screens.rates.screen": "one screen with list, remarks and trial",
    "tui.widgets.paged_view": "paging and drawing of one widget",
}
"""Modules that may be longer, and what keeps them together."""

CIRCLES = {
    (
        "tui.app",
        "tui.screens",
        "tui.widgets.forms",
    ): "the application opens screens, and screens open others through it",
    ("tui.commands.program", "tui.main"): "without a command, the program starts the full-screen application",
}
"""Packages of which modules may import one another in a circle, and why."""


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


def has_test_module(module: Module) -> bool:
    """Whether a test module has its name, its folder's, or both together."""
    folder, name = module.path.parent.name, module.path.stem
    return not names_of_tests().isdisjoint({f"test_{name}", f"test_{folder}_{name}", f"test_{folder}"})


@cache
def names_of_tests() -> set[str]:
    """Their names, wherever they are."""
    return {path.stem for path in (ROOT / "tests").rglob("test_*.py")}


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
    assert [sorted(group) for group in found if not is_excepted(group)] == []


def is_excepted(group: frozenset[str]) -> bool:
    """Whether all modules of a circle lie in packages that may have one."""
    return any(
        all(f"{name}.".startswith(tuple(f"{package}." for package in packages)) for name in group)
        for packages in CIRCLES
    )


def test_modules_without_a_test_module_are_listed() -> None:
    """Only a report: `pytest -s tests/test_house.py` shows it."""
    own = [module for module in modules().values() if module.path.name != "__init__.py"]
    without = [module.name for module in own if not has_test_module(module)]
    print(f"\n{len(without)} of {len(own)} modules have no test module of their name:", *without, sep="\n")
    assert len(without) < len(own)
