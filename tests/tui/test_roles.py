"""Roles: an action on a screen may be done by whoever may ask for its operation."""

import ast
from pathlib import Path

import pytest

from engine.api.extensions import Recharge
from engine.domain.names import Role
from tui.widgets.actions import Action

TUI = Path(__file__).parents[2] / "tui"

OWN = {
    ("rates", "export"): "what is read is open to viewers; a file of it is not",
    ("settings", "export"): "the same, of bad lines",
    ("statistics", "export"): "the same, of sums",
    ("widgets", "guide"): "it writes config.yaml, which is no operation",
}
"""Actions with a role of their own, and why."""


def actions() -> list[tuple[str, str, set[str]]]:
    """Folder, name and keywords of every action of the application."""
    found: list[tuple[str, str, set[str]]] = []
    for path in sorted(TUI.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Action":
                keywords = {str(keyword.arg): keyword.value for keyword in node.keywords}
                found.append((path.parent.name, ast.literal_eval(keywords["name"]), set(keywords)))
    return found


def test_no_action_states_a_role_that_its_operation_has() -> None:
    assert [(folder, name) for folder, name, keys in actions() if {"role", "operation"} <= keys] == []


def test_a_role_is_stated_where_no_operation_decides_it_only() -> None:
    assert {(folder, name) for folder, name, keys in actions() if "role" in keys} == OWN.keys()


@pytest.mark.parametrize("role", [Role.BILLING, None])
def test_the_operation_decides(role: Role | None) -> None:
    operation = Recharge if role is not None else None
    assert Action(name="x", keys="x", label="X", operation=operation).least_role == role
