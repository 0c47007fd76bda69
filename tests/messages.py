"""Collects the sentences that are built as f-strings: all that engine, configuration and command line say.

A Babel extraction method for `make messages`. In these sources a string that holds a blank is for people,
unless it is a docstring, goes to the log, or is listed here. So no new sentence can be forgotten: it turns
up among the templates, and tests/tui/test_sentences.py fails until it has a translation.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
SOURCES = (
    "engine/**/*.py",
    "config/*.py",
    "tui/commands/*.py",
    "tui/*.py",
    "tui/app/*.py",
    "tui/text/*.py",
    "tui/link/*.py",
    "tui/export/*.py",
)
SILENT = (
    "engine/daemon/__main__.py",
    "engine/parse/timestamps.py",
    "engine/store/statements.py",
    "engine/tail/identify.py",
)
"""Modules whose strings nobody reads: options of the engine's process, formats of time, SQL, the log."""

NOT_FOR_PEOPLE = frozenset(
    {
        "No space left",  # what is looked for in an error of the database,
        "Could not set lock",
        "unexpected end",  # and in those of csv
        "expected after",
        "field limit",
        "Bearer {token}",
        "lockout {name}",  # names: of a thread, of a target, of columns
        "file {shown}",
        "started_at (local)",
        "answered_at (local)",
        'reason:"no rule"',  # as it is typed
        "pbxmeter {version}",
        "pbxmeter {line}",
        "pbxmeter: {reason}",
        "pbxmeter: {message}",
        "import ahead",
        "engine link",
        "undo {home} {entry_id}",
        "yyyy-mm-dd hh:mm:ss",
        "error: {code}: {said}",
        "str | int | float | bool | list[Json] | dict[str, Json] | None",
        "{version}, DuckDB {duckdb}",
        "Calls|Balance by",  # heads of tables, marked themselves
        "Calls|Answered|Duration|Average|Cost {currency}",
    }
)
_TIME_FORMAT = re.compile(r"(?:[YMDHhS]{2,4}[-/.: ]?){3,}")
_SQL = re.compile(r"(?:ATTACH|BEGIN|COPY|DEALLOCATE|DETACH|EXECUTE|PRAGMA|PREPARE|SET) ")
_FIELD = re.compile(r"\{\w*\}")
_WORD = re.compile(r"[A-Za-z]{2}")
_QUIET_CALLS = re.compile(
    r"^(?:_$|N_$|ngettext$|i18n\.|_?log(?:ger)?\.|re\.|cast$|TypeVar$|examples$|session\.)"
)


def sentences(
    file: IO[bytes], keywords: object, comment_tags: object, options: object
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's interface: line, function, text and comments of each message of a module."""
    if Path(file.name).resolve() in modules():
        for line, text in templates(file.read().decode()):
            yield line, "", text, []


def all_templates() -> set[str]:
    """Every template of the product."""
    return {text for path in modules() for _line, text in templates(path.read_text(encoding="utf-8"))}


@cache
def modules() -> frozenset[Path]:
    """The modules that speak."""
    found = {path for pattern in SOURCES for path in ROOT.glob(pattern)}
    return frozenset(found - {ROOT / name for name in SILENT})


def templates(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each sentence of a module; what is filled in stands in braces, under a short name."""
    tree = ast.parse(source)
    quiet = {id(part) for node in _quiet(tree) for part in ast.walk(node)}
    quiet |= {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in _fixed_parts(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and id(node) not in quiet:
            text = _template(node).strip().lstrip(" ,;")
            if _is_sentence(text):
                yield node.lineno, text
    for node in _words(tree):
        if text := _template(node).strip():
            yield node.lineno, text
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and (help_text := _help(node)):
            yield node.lineno, help_text


def _template(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return _escaped(node.value) if isinstance(node.value, str) else ""
    text, taken = "", set[str]()
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += _escaped(str(part.value))
        elif isinstance(part, ast.FormattedValue):
            name = stem = _field_name(part.value)
            number = 2
            while name in taken:
                name, number = f"{stem}{number}", number + 1
            taken.add(name)
            text += "{" + name + "}"
    return text


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _field_name(value: ast.expr) -> str:
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_")
        case ast.Call(func=ast.Attribute(attr="join"), args=[inner]) | ast.Subscript(value=inner):
            return _field_name(inner)
        case ast.Call(func=function):
            return _field_name(function)
        case ast.GeneratorExp(elt=inner) | ast.BoolOp(values=[inner, *_]):
            return _field_name(inner)
        case ast.BinOp(left=inner) | ast.UnaryOp(operand=inner):
            return _field_name(inner)
        case _:
            return "value"


def _is_sentence(text: str) -> bool:
    literal = _FIELD.sub("", text)
    return (
        " " in text
        and _says_something(text)
        and text not in NOT_FOR_PEOPLE
        and not text.startswith(("#", "(?", "^", "%"))
        and not _SQL.match(text)
        and not _TIME_FORMAT.search(literal)
    )


def _says_something(text: str) -> bool:
    return _WORD.search(_FIELD.sub("", text)) is not None


def _quiet(tree: ast.AST) -> Iterator[ast.AST]:
    """What no person reads: docstrings, annotations, the log, patterns, examples of commands."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as text):
                yield text
            case ast.Call(func=function) if _QUIET_CALLS.match(ast.unparse(function)):
                yield node
            case ast.AnnAssign(annotation=annotation):
                yield annotation
            case ast.arg(annotation=annotation) if annotation is not None:
                yield annotation
            case ast.FunctionDef(returns=returns) if returns is not None:
                yield returns
            case ast.Subscript(value=ast.Attribute() | ast.Name(), slice=inner):
                yield inner
            case _:
                pass


def _fixed_parts(text: ast.JoinedStr) -> Iterator[ast.AST]:
    for part in text.values:
        if isinstance(part, ast.Constant):
            yield part
        elif isinstance(part, ast.FormattedValue) and part.format_spec is not None:
            yield from ast.walk(part.format_spec)


def _words(tree: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """What is short: heads of tables, labels of pairs, members of vocabularies, and what is said."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print_table"), args=[ast.Tuple(elts=heads), *_]):
                yield from _texts(heads)
            case ast.Call(func=ast.Name(id="print_pairs"), args=[pairs, *_]):
                yield from _firsts(pairs)
            case (
                ast.Assign(targets=[ast.Name(id="pairs")], value=pairs)
                | ast.AugAssign(target=ast.Name(id="pairs"), value=pairs)
            ):
                yield from _firsts(pairs)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="pairs"), attr="append"), args=[pair]):
                yield from _firsts(pair)
            case ast.Call(func=ast.Name(id="say" | "said"), args=[text, *_]):
                yield from _texts(_choices(text))
            case ast.ClassDef(bases=[ast.Name(id="StrEnum"), *_], body=members):
                yield from _texts([member.value for member in members if isinstance(member, ast.Assign)])
            case _:
                pass


def _firsts(pairs: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    for node in ast.walk(pairs):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            yield from _texts(node.elts[:1])


def _texts(nodes: Iterable[ast.expr]) -> Iterator[ast.Constant | ast.JoinedStr]:
    for node in nodes:
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and _says_something(_template(node)):
            yield node


def _choices(text: ast.expr) -> list[ast.expr]:
    """The texts among which an expression chooses."""
    if isinstance(text, ast.IfExp):
        return [*_choices(text.body), *_choices(text.orelse)]
    return [text]


def _help(function: ast.FunctionDef) -> str:
    """The help text of a command or group of commands, as click reads it from its docstring."""
    for decorator in function.decorator_list:
        match decorator:
            case ast.Call(func=ast.Attribute(attr="command" | "group")):
                return cleandoc(ast.get_docstring(function) or "")
            case _:
                pass
    return ""
