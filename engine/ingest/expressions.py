"""Expressions of format files over columns of text.

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

Functions work on the distinct values of a column: channels, numbers and names repeat, so that a million
rows cost a few thousand calls.
"""

import fnmatch
import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from config.expressions import Apply, Column, Expression, Text
from config.settings import Numbering

MAX_REMEMBERED = 200_000
"""Distinct arguments remembered per function."""

_HEX = "0123456789abcdefABCDEF;"


def stem(channel: str) -> str:
    """A channel's name without its unique tail, the last `-` and what follows."""
    return channel.rpartition("-")[0] or channel


def peer(name: str) -> str:
    """What stands between the first `/` and the next: the device or trunk; the name itself without one."""
    _, slash, rest = name.partition("/")
    return rest.partition("/")[0] if slash else name


def target(arguments: str) -> str:
    """Technology and peer that a Dial was given, as in `IAX2/carrier/0216338750,20` or `PJSIP/1@carrier`."""
    technology, slash, rest = arguments.partition(",")[0].partition("&")[0].partition("/")
    if not slash:
        return ""
    first = rest.partition("/")[0]
    return f"{technology}/{first.rpartition('@')[2]}"


def caller_name(clid: str) -> str:
    """The name of `"name" <number>`; '' where only a number is given."""
    name, bracket, _ = clid.rpartition("<")
    name = name.strip() if bracket else ""
    if len(name) >= 2 and name[0] == name[-1] == '"':
        name = name[1:-1]
    return name.replace('\\"', '"').replace("\\\\", "\\").strip()


def caller_number(clid: str) -> str:
    """The number of `"name" <number>`, or the whole text."""
    _, bracket, number = clid.rpartition("<")
    return number.partition(">")[0].strip() if bracket else clid.strip()


class Numbers:
    """What is an extension and what a trunk, by the site's numbering."""

    def __init__(self, numbering: Numbering) -> None:
        self._extensions = re.compile(numbering.extensions)
        globs = "|".join(fnmatch.translate(glob) for glob in numbering.trunks)
        self._trunks = re.compile(globs) if globs else None

    def internal(self, number: str) -> str:
        """The number if it is an extension, else ''."""
        return number if self._extensions.fullmatch(number) else ""

    def trunk(self, name: str) -> str:
        """The trunk's own name if a trunk glob matches, else ''."""
        return peer(name) if name and self._trunks is not None and self._trunks.match(name) else ""


class Evaluator:
    """Evaluates expressions for one site; safe to use from several threads."""

    def __init__(self, numbering: Numbering) -> None:
        numbers = Numbers(numbering)
        self._texts: dict[str, Callable[[str], str]] = {
            "internal": numbers.internal,
            "trunk": numbers.trunk,
            "stem": stem,
            "peer": peer,
            "target": target,
            "caller_name": caller_name,
            "caller_number": caller_number,
        }
        self._remembered: dict[str, dict[str, str]] = {name: {} for name in self._texts}

    def over(self, columns: dict[str, pa.Array], rows: int) -> "Scope":
        """The expressions of one table of columns, all arrays of strings."""
        return Scope(self, columns, rows)

    def mapped(self, function: str, dictionary: pa.Array) -> pa.Array:
        """The function of each value."""
        known = self._remembered[function]
        apply = self._texts[function]
        found: list[str] = []
        for value in dictionary.to_pylist():
            result = known.get(value)
            if result is None:
                result = apply(value)
                if len(known) < MAX_REMEMBERED:
                    known[value] = result
            found.append(result)
        return pa.array(found, pa.string())


class Scope:
    """Columns, and what has been worked out from them."""

    def __init__(self, evaluator: Evaluator, columns: dict[str, pa.Array], rows: int) -> None:
        self._evaluator = evaluator
        self._columns = columns
        self._rows = rows
        self._found: dict[Expression, pa.Array] = {}

    def text(self, expression: Expression) -> pa.Array:
        """Strings, one a row; '' = nothing."""
        return _plain(self._text(expression))

    def truth(self, expression: Expression) -> pa.Array:
        """Booleans, one a row, without nulls."""
        found = self._found.get(expression)
        if found is None:
            assert isinstance(expression, Apply)
            found = self._found[expression] = self._judged(expression)
        return found

    def _text(self, expression: Expression) -> pa.Array:
        """Strings or a dictionary of strings."""
        found = self._found.get(expression)
        if found is None:
            found = self._found[expression] = self._evaluated(expression)
        return found

    def _constant(self, value: str | bool) -> pa.Array:
        return pa.repeat(pa.scalar(value), self._rows)

    def _evaluated(self, expression: Expression) -> pa.Array:
        if isinstance(expression, Column):
            found = self._columns.get(expression.name)
            return self._constant("") if found is None else found
        if isinstance(expression, Text):
            return self._constant(expression.value)
        arguments = expression.arguments
        match expression.function:
            case "first":
                return self._first(arguments)
            case "when":
                other = self.text(arguments[2]) if len(arguments) > 2 else pa.scalar("")
                condition = self.truth(arguments[0])
                if not pc.any(condition).as_py():
                    return other if isinstance(other, pa.Array) else self._constant("")
                return pc.if_else(condition, self.text(arguments[1]), other)
            case "before" | "after" | "without":
                return self._cut(expression.function, arguments)
            case "stem":
                return self._mapped("stem", _trimmed(_plain(self._text(arguments[0]))))
            case name:
                return self._mapped(name, self._text(arguments[0]))

    def _mapped(self, function: str, values: pa.Array) -> pa.Array:
        coded = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
        dictionary = self._evaluator.mapped(function, coded.dictionary)
        return pa.DictionaryArray.from_arrays(coded.indices, dictionary)

    def _first(self, arguments: tuple[Expression, ...]) -> pa.Array:
        found = self.text(arguments[0])
        for argument in arguments[1:]:
            empty = pc.equal(found, "")
            if not pc.any(empty).as_py():
                break
            found = pc.if_else(empty, self.text(argument), found)
        return found

    def _cut(self, function: str, arguments: tuple[Expression, ...]) -> pa.Array:
        values = self._text(arguments[0])
        coded = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
        mark = arguments[1].value if isinstance(arguments[1], Text) else ""
        apply: Callable[[str], str] = {
            "before": lambda text: text.partition(mark)[0],
            "after": lambda text: text.partition(mark)[2],
            "without": lambda text: text.removeprefix(mark),
        }[function]
        dictionary = pa.array([apply(value) for value in coded.dictionary.to_pylist()], pa.string())
        return pa.DictionaryArray.from_arrays(coded.indices, dictionary)

    def _judged(self, expression: Apply) -> pa.Array:
        arguments = expression.arguments
        match expression.function:
            case "all" | "any":
                combine = pc.and_ if expression.function == "all" else pc.or_
                found = self.truth(arguments[0])
                for argument in arguments[1:]:
                    found = combine(found, self.truth(argument))
                return found
            case "not":
                return pc.invert(self.truth(arguments[0]))
            case "is_internal" | "is_trunk":
                function = "internal" if expression.function == "is_internal" else "trunk"
                return self._holds(Apply(function, arguments), lambda text: text != "")
            case "present":
                return self._holds(arguments[0], lambda text: text.strip() != "")
            case "positive":
                return self._holds(arguments[0], _positive)
            case name:
                marks = tuple(argument.value for argument in arguments[1:] if isinstance(argument, Text))
                checks: dict[str, Callable[[str], bool]] = {
                    "equals": lambda text: text.strip().casefold() in folded,
                    "starts": lambda text: text.startswith(marks),
                    "contains": lambda text: marks[0] in text,
                }
                folded = {mark.casefold() for mark in marks}
                return self._holds(arguments[0], checks[name])

    def _holds(self, expression: Expression, check: Callable[[str], bool]) -> pa.Array:
        values = self._text(expression)
        coded = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
        truths = pa.array([check(value) for value in coded.dictionary.to_pylist()], pa.bool_())
        return truths.take(coded.indices)


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary.take(values.indices) if isinstance(values, pa.DictionaryArray) else values


def _trimmed(channels: pa.Array) -> pa.Array:
    """Channels with a hexadecimal tail cut behind its `-`, which leaves their stem and far fewer values."""
    cut = pc.ascii_rtrim(channels, characters=_HEX)
    return pc.if_else(pc.ends_with(cut, "-"), cut, channels)


def _positive(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return any(digit in "123456789" for digit in text) and "-" not in text
