"""The small language of format files: columns, texts and a fixed set of functions. No code runs from it."""

import re
from dataclasses import dataclass, field
from typing import Literal

from engine.domain.errors import InvalidInput
from engine.domain.message import Message

Kind = Literal["text", "truth"]

MAX_EXPRESSION_CHARACTERS = 2000
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Column:
    """The text of a column; '' where the record has none of that name."""

    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text in single quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Apply:
    """A function and its arguments."""

    function: str
    arguments: tuple["Expression", ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Looked up for every piece that is read: worked out through all arguments each time, it shows.
        object.__setattr__(self, "_hash", hash((self.function, self.arguments)))

    def __hash__(self) -> int:
        return self._hash


Expression = Column | Text | Apply


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives."""

    gives: Kind
    takes: tuple[Literal["text", "truth", "quoted"], ...]
    optional: int = 0
    """How many of the last arguments may be left out."""
    repeats: bool = False
    """The last argument may be given many times."""


FUNCTIONS: dict[str, Signature] = {
    "first": Signature("text", ("text",), repeats=True),
    "join": Signature("text", ("text", "text"), repeats=True),
    "internal": Signature("text", ("text",)),
    "trunk": Signature("text", ("text",)),
    "stem": Signature("text", ("text",)),
    "peer": Signature("text", ("text",)),
    "device": Signature("text", ("text",)),
    "target": Signature("text", ("text",)),
    "caller_name": Signature("text", ("text",)),
    "caller_number": Signature("text", ("text",)),
    "url_decoded": Signature("text", ("text",)),
    "before": Signature("text", ("text", "quoted")),
    "after": Signature("text", ("text", "quoted")),
    "after_last": Signature("text", ("text", "quoted")),
    "without": Signature("text", ("text", "quoted")),
    "when": Signature("text", ("truth", "text", "text"), optional=1),
    "equals": Signature("truth", ("text", "quoted"), repeats=True),
    "starts": Signature("truth", ("text", "quoted"), repeats=True),
    "contains": Signature("truth", ("text", "quoted")),
    "present": Signature("truth", ("text",)),
    "positive": Signature("truth", ("text",)),
    "is_internal": Signature("truth", ("text",)),
    "is_trunk": Signature("truth", ("text",)),
    "all": Signature("truth", ("truth",), repeats=True),
    "any": Signature("truth", ("truth",), repeats=True),
    "not": Signature("truth", ("truth",)),
}

_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)|'(?P<text>(?:[^']|'')*)'|(?P<mark>[(),]))")


def parse_expression(text: str, kind: Kind) -> Expression:
    """The expression of a text. Raises `InvalidInput`."""
    if len(text) > MAX_EXPRESSION_CHARACTERS:
        raise InvalidInput(
            "is longer than {max_expression_characters} characters.",
            max_expression_characters=MAX_EXPRESSION_CHARACTERS,
        )
    tokens: list[tuple[str, str]] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidInput(
                "cannot be read from {text!r} on.", text=text[position : position + 20].strip()
            )
        sort = str(match.lastgroup)
        tokens.append((sort, match[sort].replace("''", "'") if sort == "text" else match[sort]))
        position = match.end()
    expression, rest = _parse(tokens, 0, 0)
    if rest < len(tokens):
        raise InvalidInput("has {tokens!r} after its end.", tokens=tokens[rest][1])
    if kind_of(expression) != kind:
        wanted = (
            Message("a condition such as present(x)")
            if kind == "truth"
            else Message("a text, not a condition")
        )
        raise InvalidInput("must be {wanted}.", wanted=wanted)
    return expression


def kind_of(expression: Expression) -> Kind:
    """Whether it gives a text or a truth."""
    return FUNCTIONS[expression.function].gives if isinstance(expression, Apply) else "text"


def columns_of(expression: Expression) -> set[str]:
    """The columns it reads."""
    if isinstance(expression, Column):
        return {expression.name}
    if isinstance(expression, Apply):
        return set[str]().union(*(columns_of(argument) for argument in expression.arguments))
    return set()


def _parse(tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[Expression, int]:
    if at >= len(tokens):
        raise InvalidInput("ends too early.")
    if depth > MAX_DEPTH:
        raise InvalidInput("is nested more than {max_depth} deep.", max_depth=MAX_DEPTH)
    sort, word = tokens[at]
    if sort == "text":
        return Text(word), at + 1
    if sort != "name":
        raise InvalidInput("has {word!r} where a column, a text or a function is expected.", word=word)
    if at + 1 >= len(tokens) or tokens[at + 1] != ("mark", "("):
        return Column(word), at + 1
    arguments: list[Expression] = []
    at += 2
    while at < len(tokens) and tokens[at] != ("mark", ")"):
        argument, at = _parse(tokens, at, depth + 1)
        arguments.append(argument)
        if at < len(tokens) and tokens[at] == ("mark", ","):
            at += 1
        elif at < len(tokens) and tokens[at] != ("mark", ")"):
            raise InvalidInput("has {tokens!r} where a comma or ) is expected.", tokens=tokens[at][1])
    if at >= len(tokens):
        raise InvalidInput("does not close the bracket of {word}(.", word=word)
    return _checked(word, tuple(arguments)), at + 1


def size_of(expression: Expression) -> int:
    """How many columns, texts and functions it is made of."""
    if isinstance(expression, Apply):
        return 1 + sum(size_of(argument) for argument in expression.arguments)
    return 1


def substituted(expression: Expression, definitions: dict[str, Expression]) -> Expression:
    """The expression with definitions in the place of their names."""
    if isinstance(expression, Column):
        return definitions.get(expression.name, expression)
    if isinstance(expression, Apply):
        return Apply(
            expression.function,
            tuple(substituted(argument, definitions) for argument in expression.arguments),
        )
    return expression


def _checked(name: str, arguments: tuple[Expression, ...]) -> Apply:
    if name not in FUNCTIONS:
        raise InvalidInput(
            "{name} is not a function; known are: {functions}.", name=name, functions=", ".join(FUNCTIONS)
        )
    signature = FUNCTIONS[name]
    least = len(signature.takes) - signature.optional
    if len(arguments) < least or (len(arguments) > len(signature.takes) and not signature.repeats):
        raise InvalidInput(
            "{name}() takes {least} argument(s), not {count}.", name=name, least=least, count=len(arguments)
        )
    if name == "join" and not any(columns_of(argument) for argument in arguments):
        raise InvalidInput("join() joins no column: its text would be the same for every call.")
    for index, argument in enumerate(arguments):
        takes = signature.takes[min(index, len(signature.takes) - 1)]
        if takes == "quoted" and not isinstance(argument, Text):
            raise InvalidInput(
                "{name}(): argument {index} must be a text in single quotes.", name=name, index=index + 1
            )
        if takes != "quoted" and kind_of(argument) != takes:
            wanted = Message("a condition") if takes == "truth" else Message("a text")
            raise InvalidInput(
                "{name}(): argument {index} must be {wanted}.", name=name, index=index + 1, wanted=wanted
            )
    return Apply(name, arguments)
