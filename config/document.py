"""A YAML file as checked values that know their file, line and key."""

import difflib
import importlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from engine.domain.errors import ConfigError
from engine.domain.message import Message

MAX_DOCUMENT_CHARACTERS = 250_000
"""A larger one would take seconds to parse; the longest lists that are allowed need a third of it."""

MAX_REGEX_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a document. Every reader of it raises `ConfigError` naming file, line and key."""

    file: str
    line: int
    """From 1."""
    key: str
    """The way to it, as in `sources[0].format`; '' = the document."""
    node: yaml.Node

    def fail(self, what: str | Message, /, **fields: object) -> NoReturn:
        """Raises the error of this place, of which `what` is the template, or the message."""
        where = f"{self.key}: " if self.key else ""
        said = what if isinstance(what, Message) else Message(what, **fields)
        raise ConfigError(
            "{file}:{line}: {where}{what}", file=self.file, line=self.line, where=where, what=said
        )

    @property
    def is_null(self) -> bool:
        """Whether nothing was written, or `null`."""
        return self.node.tag == "tag:yaml.org,2002:null"

    @property
    def is_list(self) -> bool:
        """Whether items follow."""
        return isinstance(self.node, yaml.SequenceNode)

    def mapping(self, known: Iterable[str] | None = None) -> dict[str, "Value"]:
        """The keys and their values; nothing written = no keys. With `known`, other keys are errors."""
        if self.is_null:
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            self.fail("must hold keys, each on its own line as `key: value`.")
        found: dict[str, Value] = {}
        names = None if known is None else list(known)
        for key_node, value_node in self.node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                Value(self.file, line, self.key, key_node).fail("a key must be a plain word.")
            name = str(key_node.value)
            path = f"{self.key}.{name}" if self.key else name
            value = Value(self.file, line, path, value_node)
            if names is not None and name not in names:
                value.fail("unknown key; {suggestion}", suggestion=_suggestion(name, names))
            if name in found:
                value.fail("is given twice, first in line {line}.", line=found[name].line)
            found[name] = value
        return found

    def items(self) -> list["Value"]:
        """The items of a list; nothing written = none."""
        if self.is_null:
            return []
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail("must be a list: `[a, b]`, or one `- item` a line.")
        return [
            Value(self.file, item.start_mark.line + 1, f"{self.key}[{index}]", item)
            for index, item in enumerate(self.node.value)
        ]

    def text(self, *, numbers: bool = False, empty: bool = False) -> str:
        """A text; with `numbers`, unquoted digits are taken as they are written (0110 stays 0110)."""
        node = self.node
        allowed = {"tag:yaml.org,2002:str"} | ({"tag:yaml.org,2002:int"} if numbers else set())
        if not isinstance(node, yaml.ScalarNode) or node.tag not in allowed:
            scalar = isinstance(node, yaml.ScalarNode)
            self.fail(Message("must be text in quotes.") if scalar else Message("must be text."))
        value = str(node.value)
        if not value.strip() and not empty:
            self.fail("must not be empty.")
        if "\x00" in value:
            self.fail("must not hold a NUL character.")
        return value

    def texts(self, *, numbers: bool = False) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text(numbers=numbers) for item in self.items())

    def integer(self, *, least: int, most: int) -> int:
        """A whole number within bounds, both included."""
        node = self.node
        value = None
        if isinstance(node, yaml.ScalarNode) and re.fullmatch(r"-?\d{1,15}", str(node.value)):
            value = int(node.value)
        if value is None or not least <= value <= most:
            self.fail("must be a whole number from {least} to {most}.", least=least, most=most)
        return value

    def boolean(self) -> bool:
        """true or false."""
        node = self.node
        if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:bool":
            self.fail("must be true or false.")
        return str(node.value).lower() in ("true", "yes", "on")

    def choice(self, words: Iterable[str], what: str) -> str:
        """One of `words`; `what` names the kind in the error, as in `format`."""
        value = self.text()
        names = list(words)
        if value not in names:
            self.fail(
                "{value!r} is not a known {what}; {suggestion}",
                value=value,
                what=Message(what),
                suggestion=_suggestion(value, names),
            )
        return value

    def regex(self) -> str:
        """A regular expression that takes linear time on any text: what RE2 can do, and no more.

        Look-around and references back are refused.
        """
        value = self.text(numbers=True)
        if len(value) > MAX_REGEX_CHARACTERS:
            self.fail(
                "is longer than {max_regex_characters} characters.", max_regex_characters=MAX_REGEX_CHARACTERS
            )
        try:
            matches(value, "")
        except ValueError as error:
            self.fail(
                "{value!r} is not a regular expression that can be used: {error}.", value=value, error=error
            )
        return value


def required(item: Value, keys: Mapping[str, Value], name: str) -> Value:
    """The value of a key that must be there."""
    if name not in keys:
        item.fail("{name} is missing.", name=name)
    return keys[name]


def line(keys: Mapping[str, Value], name: str, default: str) -> str:
    """A text of one line; `default` where the key is left out."""
    if name not in keys:
        return default
    text = keys[name].text(numbers=True)
    if any(character < " " or character == "\x7f" for character in text):
        keys[name].fail("must be one line without control characters.")
    return text


def matches(pattern: str, text: str) -> bool:
    """Whether a regular expression matches the whole text. Raises ValueError for what RE2 cannot do."""
    # Costs a tenth of a second, and few documents hold one.
    import pyarrow as pa

    compute: Any = importlib.import_module("pyarrow.compute")
    try:
        # By itself first: what is refused is told of the pattern as it was written.
        compute.match_substring_regex(pa.array([""]), pattern)
        found = compute.match_substring_regex(pa.array([text]), rf"\A(?:{pattern})\z")
    except pa.ArrowInvalid as error:
        raise ValueError(str(error).rpartition("regular expression: ")[2]) from error
    return bool(found[0].as_py())


def replaced(pattern: str, to: str, text: str) -> str:
    """The text, the first place that a pattern fits replaced.

    Raises ValueError for what RE2 cannot do.
    """
    import pyarrow as pa

    compute: Any = importlib.import_module("pyarrow.compute")
    try:
        made = compute.replace_substring_regex(
            pa.array([text]), pattern=pattern, replacement=to, max_replacements=1
        )
    except pa.ArrowInvalid as error:
        raise ValueError(str(error).partition("string: ")[2].rstrip(".")) from error
    return str(made[0].as_py())


def parse_document(text: str, *, name: str) -> Value:
    """The root value of a YAML text; raises `ConfigError` for anything that is not one plain document."""
    if len(text) > MAX_DOCUMENT_CHARACTERS:
        raise ConfigError(
            "{name}:1: the file is larger than {max_document_characters:,} characters.",
            name=name,
            max_document_characters=MAX_DOCUMENT_CHARACTERS,
        )
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        column = Message(" (column {column})", column=mark.column + 1) if mark else ""
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(
            "{name}:{line}: this is not YAML: {problem}{column}.",
            name=name,
            line=line,
            problem=problem,
            column=column,
        ) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            "{name}:{line}: this is not YAML: a character is not allowed.", name=name, line=line
        ) from error
    except RecursionError as error:
        raise ConfigError(
            "{name}:1: this is not YAML that can be read: it is nested too deeply.", name=name
        ) from error
    if node is None:
        node = yaml.ScalarNode("tag:yaml.org,2002:null", "")
    else:
        _refuse_aliases(node, name)
    return Value(name, 1, "", node)


def read_text(path: str, content: bytes) -> str:
    """A file's bytes as UTF-8 text; raises `ConfigError` naming the line of the first other byte."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError("{path}:{line}: the file is not UTF-8 text.", path=path, line=line) from error


def _refuse_aliases(root: yaml.Node, name: str) -> None:
    """Aliases can make a small file endless, and no configuration needs them."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            line = node.start_mark.line + 1
            raise ConfigError(
                "{name}:{line}: anchors and aliases (& and *) are not read; write it out.",
                name=name,
                line=line,
            )
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            waiting.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)


def _suggestion(word: str, known: list[str]) -> Message:
    close = difflib.get_close_matches(word, known, n=1)
    return (
        Message("did you mean {close}?", close=close[0])
        if close
        else Message("known are: {known}.", known=", ".join(known))
    )
