"""Every module has tests: under its name, by import, or through what uses it."""

import ast
from functools import cache

from tests.test_house import ROOT, Module, imported, modules

REACHED_BY = {
    "cel.test_cases": (
        "engine.domain.channel_events",
        "engine.pipeline.event_calls",
        "engine.pipeline.events",
    ),
    "pipeline.test_other_pbxs": ("engine.pipeline.recurring",),
    "reports.test_verify": ("engine.reports.verify_files",),
    "service.test_registry": (
        "engine.service.answers",
        "engine.service.change",
        "engine.service.changes",
        "engine.service.reads",
    ),
    "tui.test_sentences": ("tui.commands.catalogue",),
    "commands.test_command_line": (
        "tui.commands.completion",
        "tui.commands.exit_codes",
        "tui.commands.help_text",
        "tui.commands.options",
        "tui.commands.say",
    ),
    "commands.test_site_from_a_shell": (
        "tui.commands.barring",
        "tui.commands.ingest",
        "tui.commands.lockouts",
        "tui.commands.maintenance",
        "tui.commands.quarantine",
        "tui.commands.sheets",
        "tui.commands.sources",
        "tui.commands.stats",
        "tui.commands.users",
    ),
    "daemon.test_opening": ("engine.daemon.configuration",),
    "lockout.test_barred_file": ("engine.lockout.readable", "engine.lockout.spool"),
    "lockout.test_mod_db": ("engine.lockout.esl",),
    "pipeline.test_ingest_loop": (
        "engine.pipeline.backlog",
        "engine.pipeline.followed_sources",
        "engine.pipeline.sources",
    ),
    "pipeline.test_legs": ("engine.pipeline.settling",),
    "pipeline.test_paths": (
        "engine.pipeline.batch_path",
        "engine.pipeline.batch_writer",
        "engine.pipeline.bulk_path",
        "engine.pipeline.small_path",
    ),
    "rating.test_rules": ("engine.rating.changes",),
    "rating.test_sheet": ("engine.rating.columns",),
    "sample_cdr.test_office": ("sample_cdr.dialled", "sample_cdr.directory", "sample_cdr.shape"),
    "service.test_given_files": ("engine.domain.regular_files",),
    "service.test_hostile_clients": ("engine.service.decoding", "engine.service.counted_log"),
    "service.test_server": (
        "engine.service.audited",
        "engine.service.context",
        "engine.service.engine_status",
        "engine.service.failures",
        "engine.service.tasks",
    ),
    "service.test_sign_in": ("engine.access.doorkeeper", "engine.access.os_users"),
    "tail.test_follow_machine": (
        "engine.tail.discovery",
        "engine.tail.identify",
        "engine.tail.rotated_files",
        "engine.tail.source",
        "engine.tail.source_files",
        "engine.tail.unknown_files",
    ),
    "tui.screens.test_calls": ("tui.screens.jump",),
    "tui.screens.test_dialogs_look": ("tui.screens.choose_columns",),
    "tui.screens.test_extensions": (
        "tui.screens.list_screen",
        "tui.screens.one_key",
        "tui.widgets.bar_warning",
        "tui.widgets.forms",
    ),
    "tui.screens.test_rates": ("tui.screens.import_preview",),
    "tui.screens.test_recharges": ("tui.screens.dated_list", "tui.screens.period"),
    "tui.test_application": (
        "tui.link.call_pages",
        "tui.link.connection",
        "tui.link.operation_pages",
        "tui.main",
        "tui.screens.base",
        "tui.screens.help",
        "tui.screens.palette",
        "tui.widgets.shell",
    ),
    "tui.test_undo": ("tui.link.undo_rules",),
    "tui.widgets.test_charts": (
        "tui.widgets.bar_chart",
        "tui.widgets.chart",
        "tui.widgets.heat_map",
        "tui.widgets.spark",
        "tui.widgets.top_list",
    ),
    "tui.widgets.test_fields": (
        "tui.widgets.entry",
        "tui.widgets.field",
        "tui.widgets.toggle",
        "tui.widgets.weekdays_field",
    ),
    "tui.widgets.test_table": (
        "tui.widgets.columned_view",
        "tui.widgets.cursor_view",
        "tui.widgets.paged_view",
        "tui.widgets.pieces",
        "tui.widgets.shown_rows",
        "tui.widgets.sums",
        "tui.widgets.table_lines",
        "tui.widgets.wheel",
    ),
}
"""Modules that no test names, by the test module that goes through them."""


@cache
def imported_by_tests() -> set[str]:
    """The modules that tests import."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("*.py"):
        if "bench" not in path.parts:
            text = path.read_text("utf-8")
            found |= imported(Module(path.stem, path, 0, ast.parse(text)))
    return found


@cache
def names_of_tests() -> set[str]:
    """Their names from their folder on, wherever they are."""
    paths = (ROOT / "tests").rglob("test_*.py")
    return {".".join(path.relative_to(ROOT / "tests").with_suffix("").parts) for path in paths}


def has_test_module(module: Module) -> bool:
    """Whether a test module has its name, its folder's, or both together."""
    folder, name = module.path.parent.name, module.path.stem
    last = {test.rpartition(".")[2] for test in names_of_tests()}
    return not last.isdisjoint({f"test_{name}", f"test_{folder}_{name}", f"test_{folder}"})


def test_every_module_has_tests() -> None:
    unnamed = {
        name
        for name, module in modules().items()
        if module.path.name not in ("__init__.py", "__main__.py")
        and name not in imported_by_tests()
        and not has_test_module(module)
    }
    listed = [name for names in REACHED_BY.values() for name in names]
    assert sorted(listed) == sorted(unnamed)


def test_what_goes_through_modules_exists() -> None:
    assert REACHED_BY.keys() <= names_of_tests()
