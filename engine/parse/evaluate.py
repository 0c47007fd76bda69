"""Expressions of format files over columns of text.

Functions work on the distinct values of a column: channels, numbers and names repeat, so that a million
rows cost a few thousand calls. Of a few rows they work on all, for telling values apart takes longer.
"""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import fnmatch
import re
from collections.abc import Callable
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from config.expressions import Apply, Column, Expression, Text
from config.settings import Numbering
from engine.parse.schema import EMPTY

MAX_REMEMBERED = 200_000
"""Distinct arguments remembered per function."""

MAX_REMEMBERED_LENGTH = 256
"""No channel, number or name is longer; what is longer is worked out each time."""

FEW_ROWS = 200
"""Up to here every expression is worked out for all rows at once."""

_HEX = "0123456789abcdefABCDEF;"


def stem(channel: str) -> str:
    """A channel's name without its unique tail, the last `-` and what follows."""
    return channel.rpartition("-")[0] or channel


def peer(name: str) -> str:
    """The device or trunk between the first `/` and the next; the name itself without one."""
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
    """Extensions and trunks, told by the site's numbering."""

    def __init__(self, numbering: Numbering) -> None:
        self._devices = numbering.devices
        self._known: dict[str, str] = {}
        """Extensions by devices that were asked for."""
        self._pattern = rf"\A(?:{numbering.extensions})\z"
        globs = "|".join(fnmatch.translate(glob) for glob in numbering.trunks)
        self._trunks = re.compile(globs) if globs else None

    def are_internal(self, numbers: pa.Array) -> pa.Array:
        """Which of the strings are extensions."""
        return pc.match_substring_regex(numbers, self._pattern)

    def devices(self, names: pa.Array) -> pa.Array:
        """The extensions of devices by their names, as in `PJSIP/8001`; '' for trunks and Local channels."""
        texts: list[str] = names.to_pylist()
        found = list(map(self._known.get, texts))
        if None not in found:
            return pa.array(found, pa.string())
        made = self._new_devices([text for text, known in zip(texts, found, strict=True) if known is None])
        if len(self._known) + len(made) <= MAX_REMEMBERED:
            self._known |= made
        return pa.array(
            [made[text] if known is None else known for text, known in zip(texts, found, strict=True)],
            pa.string(),
        )

    def _new_devices(self, names: list[str]) -> dict[str, str]:
        configured = self._devices
        peers = ["" if name.startswith("Local/") or self.trunk(name) else peer(name) for name in names]
        internal = self.are_internal(pa.array(peers, pa.string())).to_pylist()
        return {
            name: configured.get(name, number if valid else "")
            for name, number, valid in zip(names, peers, internal, strict=True)
        }

    def trunk(self, name: str) -> str:
        """The trunk's own name if a trunk glob matches, else ''."""
        return peer(name) if name and self._trunks is not None and self._trunks.match(name) else ""


class Evaluator:
    """Evaluates expressions for one site; safe to use from several threads."""

    def __init__(self, numbering: Numbering) -> None:
        self.numbers = Numbers(numbering)
        self._texts: dict[str, Callable[[str], str]] = {
            "trunk": self.numbers.trunk,
            "stem": stem,
            "peer": peer,
            "target": target,
            "caller_name": caller_name,
            "caller_number": caller_number,
            "url_decoded": unquote,
        }
        self._remembered: dict[str, dict[str, str]] = {name: {} for name in self._texts}

    def over(self, columns: dict[str, pa.Array], rows: int) -> "Scope":
        """The expressions of one table of columns, all arrays of strings."""
        return Scope(self, columns, rows)

    def mapped(self, function: str, values: pa.Array) -> pa.Array:
        """The function of each value."""
        known = self._remembered[function]
        apply = self._texts[function]
        texts: list[str] = values.to_pylist()
        found = list(map(known.get, texts))
        if None in found:
            for place, result in enumerate(found):
                if result is None:
                    text = texts[place]
                    found[place] = made = apply(text)
                    if len(known) < MAX_REMEMBERED and len(text) <= MAX_REMEMBERED_LENGTH:
                        known[text] = made
        return pa.array(found, pa.string())


class Scope:
    """Columns, and what has been worked out from them."""

    def __init__(self, evaluator: Evaluator, columns: dict[str, pa.Array], rows: int) -> None:
        self._evaluator = evaluator
        self._columns = columns
        self._rows = rows
        self._few = rows <= FEW_ROWS
        self._found: dict[Expression, pa.Array] = {}

    def text(self, expression: Expression) -> pa.Array:
        """Strings, one a row; '' = nothing."""
        return _plain(self._text(expression))

    def truth(self, expression: Expression) -> pa.Array:
        """Booleans, one a row, without nulls."""
        found = self._known(expression)
        if found is None:
            assert isinstance(expression, Apply)
            found = self._found[expression] = self._judged(expression)
        return found

    def _text(self, expression: Expression) -> pa.Array:
        """Strings or a dictionary of strings."""
        found = self._known(expression)
        if found is None:
            found = self._found[expression] = self._evaluated(expression)
        return found

    def _known(self, expression: Expression) -> pa.Array | None:
        """The value worked out before; None = none yet."""
        return self._found.get(expression)

    def _constant(self, value: str) -> pa.Array:
        return pa.repeat(pa.scalar(value, pa.string()), self._rows)

    def _where(self, chosen: pa.Array) -> "Scope":
        """The rows that are chosen alone."""
        return _Part(self, chosen)

    def column(self, name: str) -> pa.Array:
        """A column as it was read; '' throughout where there is none."""
        found = self._columns.get(name)
        return self._constant("") if found is None else found

    def _evaluated(self, expression: Expression) -> pa.Array:
        if isinstance(expression, Column):
            return self.column(expression.name)
        if isinstance(expression, Text):
            return self._constant(expression.value)
        match expression.function:
            case "first":
                return self._first(expression.arguments)
            case "join":
                parts = [self.text(argument) for argument in expression.arguments]
                return pc.binary_join_element_wise(*parts, EMPTY)
            case "when":
                condition, then, *other = expression.arguments
                base = self.text(other[0]) if other else self._constant("")
                return self._replaced(base, self.truth(condition), then)
            case "before" | "after" | "after_last" | "without":
                return self._cut(expression.function, expression.arguments)
            case "internal":
                return self._internal(self._text(expression.arguments[0]))
            case "device":
                return self._mapped(self._text(expression.arguments[0]), self._evaluator.numbers.devices)
            case "stem":
                channels = self.text(expression.arguments[0])
                if self._few:
                    # Every channel is another one: none is worth remembering.
                    return _texts(stem, channels)
                return self._mapped(_trimmed(channels), lambda some: self._evaluator.mapped("stem", some))
            case name:
                values = self._text(expression.arguments[0])
                return self._mapped(values, lambda some: self._evaluator.mapped(name, some))

    def _mapped(self, values: pa.Array, apply: Callable[[pa.Array], pa.Array]) -> pa.Array:
        if self._few:
            return apply(_plain(values))
        coded = _coded(values)
        return pa.DictionaryArray.from_arrays(coded.indices, apply(coded.dictionary))

    def _internal(self, numbers: pa.Array) -> pa.Array:
        if isinstance(numbers, pa.DictionaryArray):
            return self._mapped(numbers, self._internal)
        return pc.if_else(self._evaluator.numbers.are_internal(numbers), numbers, EMPTY)

    def _first(self, arguments: tuple[Expression, ...]) -> pa.Array:
        found = self.text(arguments[0])
        for argument in arguments[1:]:
            found = self._replaced(found, pc.equal(found, EMPTY), argument)
        return found

    def _replaced(self, base: pa.Array, chosen: pa.Array, expression: Expression) -> pa.Array:
        """`base` with the expression in the chosen rows, worked out for them alone where they are few."""
        count = pc.sum(chosen).as_py() or 0
        if not count:
            return base
        if self._few or count * 2 > self._rows or expression in self._found:
            return pc.if_else(chosen, self.text(expression), base)
        return pc.replace_with_mask(base, chosen, self._where(chosen).text(expression))

    def _cut(self, function: str, arguments: tuple[Expression, ...]) -> pa.Array:
        mark = arguments[1].value if isinstance(arguments[1], Text) else ""
        apply: Callable[[str], str] = {
            "before": lambda text: text.partition(mark)[0],
            "after": lambda text: text.partition(mark)[2],
            "after_last": lambda text: text.rpartition(mark)[2] if mark in text else "",
            "without": lambda text: text.removeprefix(mark),
        }[function]
        return self._mapped(self._text(arguments[0]), lambda some: _texts(apply, some))

    def _judged(self, expression: Apply) -> pa.Array:
        arguments = expression.arguments
        match expression.function:
            case "all":
                return self._all(arguments)
            case "any":
                none = self._all(tuple(Apply("not", (argument,)) for argument in arguments))
                return pc.invert(none)
            case "not":
                inner = arguments[0]
                if isinstance(inner, Apply) and inner.function == "not":
                    return self.truth(inner.arguments[0])
                return pc.invert(self.truth(inner))
            case "is_internal":
                return self._is_internal(self._text(arguments[0]))
            case "is_trunk":
                return _not_empty(self._text(Apply("trunk", arguments)))
            case "present":
                return _present(self._text(arguments[0]))
            case "positive":
                return self._holds(arguments[0], _positive)
            case name:
                marks = tuple(argument.value for argument in arguments[1:] if isinstance(argument, Text))
                folded = {mark.casefold() for mark in marks}
                checks: dict[str, Callable[[str], bool]] = {
                    "equals": lambda text: text.strip().casefold() in folded,
                    "starts": lambda text: text.startswith(marks),
                    "contains": lambda text: marks[0] in text,
                }
                return self._holds(arguments[0], checks[name])

    def _all(self, arguments: tuple[Expression, ...]) -> pa.Array:
        found = self.truth(arguments[0])
        for argument in arguments[1:]:
            count = pc.sum(found).as_py() or 0
            if not count:
                break
            if self._few or count * 2 > self._rows or argument in self._found:
                found = pc.and_(found, self.truth(argument))
            else:
                found = pc.replace_with_mask(found, found, self._where(found).truth(argument))
        return found

    def _is_internal(self, numbers: pa.Array) -> pa.Array:
        if isinstance(numbers, pa.DictionaryArray):
            return self._is_internal(numbers.dictionary).take(numbers.indices)
        return self._evaluator.numbers.are_internal(numbers)

    def _holds(self, expression: Expression, check: Callable[[str], bool]) -> pa.Array:
        values = self._text(expression)
        if self._few:
            return _truths(check, _plain(values))
        coded = _coded(values)
        return _truths(check, coded.dictionary).take(coded.indices)


class _Part(Scope):
    """Some rows of a scope; columns are cut down when they are asked for."""

    def __init__(self, whole: Scope, chosen: pa.Array) -> None:
        super().__init__(whole._evaluator, {}, pc.sum(chosen).as_py() or 0)
        self._whole = whole
        self._chosen = chosen

    def _known(self, expression: Expression) -> pa.Array | None:
        found = self._found.get(expression)
        if found is None and (whole := self._whole._known(expression)) is not None:
            found = self._found[expression] = whole.filter(self._chosen)
        return found

    def column(self, name: str) -> pa.Array:
        """The column's chosen rows."""
        return self._whole.column(name).filter(self._chosen)


def _coded(values: pa.Array) -> pa.DictionaryArray:
    return values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()


def _texts(apply: Callable[[str], str], values: pa.Array) -> pa.Array:
    return pa.array(map(apply, values.to_pylist()), pa.string())


def _truths(check: Callable[[str], bool], values: pa.Array) -> pa.Array:
    return pa.array(map(check, values.to_pylist()), pa.bool_())


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary.take(values.indices) if isinstance(values, pa.DictionaryArray) else values


def _not_empty(values: pa.Array) -> pa.Array:
    if isinstance(values, pa.DictionaryArray):
        return _not_empty(values.dictionary).take(values.indices)
    return pc.not_equal(values, EMPTY)


def _present(values: pa.Array) -> pa.Array:
    if isinstance(values, pa.DictionaryArray):
        return _present(values.dictionary).take(values.indices)
    return pc.and_not(pc.not_equal(values, EMPTY), pc.utf8_is_space(values))


def _trimmed(channels: pa.Array) -> pa.Array:
    """Channels with a hexadecimal tail cut behind its `-`, which leaves their stem and far fewer values."""
    cut = pc.ascii_rtrim(channels, characters=_HEX)
    return pc.if_else(pc.ends_with(cut, "-"), cut, channels)


def _positive(text: str) -> bool:
    return any(digit in "123456789" for digit in text) and "-" not in text
