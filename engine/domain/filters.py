"""The filter language people type over a list of calls: words and fields, all of which must fit.

    ext:1001-1050 trunk:carrier cost>5 "2026-01" unrated -internal rate:"Mobile day"

A word alone is part of an extension, a name or a number dialled; a date alone is that period, and two with
dots between them are all that lies from the one to the other; a leading minus turns a term round. A list
such as `ext:1001,1002` fits when one of its values does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from engine.domain.errors import InvalidInput
from engine.domain.filter_fields import (
    ALONE,
    BY_NAME,
    FIELDS,
    Field,
    Kind,
    Operator,
    Period,
    Span,
    Value,
)
from engine.domain.message import Message
from engine.domain.money import parse_amount
from engine.domain.zones import parse_moment

__all__ = ["FIELDS", "Completion", "Field", "Filter", "Period", "Span", "Term", "complete", "parse_filter"]

MAX_LENGTH = 4_000
MAX_TERMS = 64
MAX_VALUES = 500
MAX_COMPLETIONS = 50
MAX_FILTER_SECONDS = 10**9

_FIELD = re.compile(r"([A-Za-z_]+)(!=|>=|<=|:|=|<|>)")
_DATE = re.compile(r"(?:19|20)\d\d-\d\d(?:-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?)?", re.ASCII)
_FROM_TO = ".."
_CLOCK = re.compile(r"(?:(\d{1,6}):)?(\d{1,6}):(\d\d)", re.ASCII)
_SECONDS = re.compile(r"(\d{1,10})([smh]?)", re.ASCII)
_OPERATORS: dict[str, Operator] = {":": ":", "=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. It fits when any of `values` does, or, when negated, when none does.

    `field` is a name of `FIELDS`, except that after, before, until and on become `time`, with naive UTC
    instants or a `Period`. Amounts are micro-units.
    """

    field: str
    operator: Operator
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Terms that must all fit; none = everything fits."""

    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand in place of the characters [start, end) of the text."""

    text: str
    start: int
    end: int
    meaning: str


@dataclass(frozen=True, slots=True)
class _Word:
    """A piece without blanks outside quotes. `quoted[i]` = `text[i]` stood in quotes."""

    text: str
    quoted: tuple[bool, ...]
    column: int
    """Of its first character, from 1."""

    def cut(self, start: int, end: int | None = None) -> "_Word":
        return _Word(self.text[start:end], self.quoted[start:end], self.column + start)

    def split(self, mark: str) -> "list[_Word]":
        """The pieces between unquoted marks."""
        at = [-1, *(i for i, char in enumerate(self.text) if char == mark and not self.quoted[i])]
        return [self.cut(i + 1, j) for i, j in zip(at, [*at[1:], len(self.text)], strict=True)]

    @property
    def is_quoted(self) -> bool:
        return any(self.quoted) or not self.text


def parse_filter(text: str, *, zone: ZoneInfo, field: str = "where") -> Filter:
    """The terms of a typed filter; dates are in the site's zone.

    Raises `InvalidInput` naming `field`, with the word at fault, its column and what would be accepted.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidInput.in_field(
            field, "a filter has at most {max_length:,} characters.", max_length=MAX_LENGTH
        )
    try:
        words = _words(text)
        if len(words) > MAX_TERMS:
            raise _fault(
                words[MAX_TERMS], Message("a filter has at most {max_terms} terms.", max_terms=MAX_TERMS)
            )
        return Filter(tuple(_term(word, zone) for word in words))
    except InvalidInput as error:
        raise InvalidInput.in_field(field, error.message) from None


def complete(text: str, cursor: int, *, known: Mapping[str, Sequence[str]] | None = None) -> list[Completion]:
    """What could be typed at the cursor: field names and words, or values of the field begun there.

    `known` gives values of other fields, by field name (`ext`, `trunk`, `rate`); at most
    `MAX_COMPLETIONS` come back.
    """
    cursor = min(max(cursor, 0), len(text))
    start = _word_start(text, cursor)
    typed = text[start:cursor]
    if typed.startswith("-"):
        start, typed = start + 1, typed[1:]
    match = _FIELD.match(typed)
    if match is None:
        return _name_completions(typed.lower(), start, cursor)
    field = BY_NAME.get(match[1].lower())
    if field is None:
        return []
    begun = typed[match.end() :]
    begun = begun.rpartition(",")[2]
    start, begun = cursor - len(begun), begun.lstrip('"').lower()
    values = field.words or (known or {}).get(field.name, ())
    found = [value for value in values if value.lower().startswith(begun)]
    found += [value for value in values if begun and begun in value.lower() and value not in found]
    return [Completion(_written(value), start, cursor, field.meaning) for value in found[:MAX_COMPLETIONS]]


def _name_completions(typed: str, start: int, end: int) -> list[Completion]:
    names = [
        Completion(f"{field.name}:", start, end, field.meaning)
        for field in FIELDS
        if any(name.startswith(typed) for name in (field.name, *field.aliases))
    ]
    alone = [
        Completion(word, start, end, BY_NAME[name].meaning)
        for word, name in ALONE.items()
        if word.startswith(typed)
    ]
    return (names + alone)[:MAX_COMPLETIONS]


def _written(value: str) -> str:
    """The value as it must be typed."""
    if value and not re.search(r'[\s",-]', value):
        return value
    return '"' + value.replace('"', '""') + '"'


def _word_start(text: str, cursor: int) -> int:
    start, quoted = 0, False
    for at, char in enumerate(text[:cursor]):
        if char == '"':
            quoted = not quoted
        elif char.isspace() and not quoted:
            start = at + 1
    return start


def _fault(word: _Word, message: Message) -> InvalidInput:
    shown = word.text if len(word.text) <= 40 else word.text[:40] + "…"
    return InvalidInput("{shown!r} at column {column}: {what}", shown=shown, column=word.column, what=message)


def _words(text: str) -> list[_Word]:
    words: list[_Word] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        start, chars, marks, quoted, opened = at, list[str](), list[bool](), False, at
        while at < len(text) and (quoted or not text[at].isspace()):
            if text[at] != '"':
                chars.append(text[at])
                marks.append(quoted)
            elif quoted and text[at : at + 2] == '""':
                chars.append('"')
                marks.append(True)
                at += 1
            else:
                quoted, opened = not quoted, at
            at += 1
        word = _Word("".join(chars), tuple(marks), start + 1)
        if quoted:
            raise InvalidInput(
                'the quote opened at column {opened} is not closed; add a ".', opened=opened + 1
            )
        words.append(word)
    return words


def _term(word: _Word, zone: ZoneInfo) -> Term:
    negated = word.text.startswith("-") and not word.quoted[0]
    bare = word.cut(1) if negated else word
    if not bare.text:
        raise _fault(word, Message("there is nothing to look for. Write a word, or field:value."))
    match = _FIELD.match(bare.text)
    if match is None or any(bare.quoted[: match.end()]):
        return _word_alone(bare, negated, zone)
    field = BY_NAME.get(match[1].lower())
    if field is None:
        raise _fault(bare, _unknown_field(match[1]))
    mark = match[2]
    if mark not in field.operators:
        raise _fault(
            bare,
            Message(
                "{name} takes {operators} and {kind}, as in {example}.",
                name=field.name,
                operators=" ".join(field.operators),
                kind=field.kind,
                example=field.example,
            ),
        )
    value = bare.cut(match.end())
    if field.kind is Kind.MOMENT:
        return _time_term(field.name, value, bare, negated, zone)
    if mark == "!=":
        mark, negated = "=", not negated
    values = _values(field, mark, value, bare)
    return Term(field.name, _OPERATORS[mark], values, negated)


def _unknown_field(name: str) -> Message:
    near = get_close_matches(name.lower(), BY_NAME, n=1)
    hint = Message(" Did you mean {near}?", near=near[0]) if near else ""
    names = ", ".join(field.name for field in FIELDS)
    return Message(
        "there is no field {name!r}.{hint} Fields: {names}. To look for the text itself, put it in quotes.",
        name=name,
        hint=hint,
        names=names,
    )


def _word_alone(word: _Word, negated: bool, zone: ZoneInfo) -> Term:
    lowered = word.text.lower()
    if lowered in ALONE and not word.is_quoted:
        return Term(ALONE[lowered], ":", (lowered,), negated)
    if all(_DATE.fullmatch(date) for date in word.text.split(_FROM_TO, 1)):
        return _time_term("on", word, word, negated, zone)
    return Term("text", ":", (word.text,), negated)


def _time_term(name: str, value: _Word, word: _Word, negated: bool, zone: ZoneInfo) -> Term:
    first, dots, last = value.text.partition(_FROM_TO) if name == "on" else (value.text, "", "")
    try:
        start = parse_moment(first, zone)
        end = _end(last, parse_moment(last, zone), zone) if dots else _end(first, start, zone)
    except (InvalidInput, OverflowError):
        raise _fault(word, Message("this is not a time. Write {kind}.", kind=Kind.MOMENT)) from None
    if dots and end <= start:
        raise _fault(word, Message("the range ends before it begins."))
    if name == "on":
        return Term("time", ":", (Period(start, end),), negated)
    if name == "after":
        return Term("time", ">=", (start,), negated)
    return Term("time", "<", (start if name == "before" else end,), negated)


def _end(text: str, start: datetime, zone: ZoneInfo) -> datetime:
    colons = re.sub(r"[+-]\d\d:?\d\d$", "", text.strip()[10:]).count(":")
    if colons:
        return start + timedelta(minutes=1) if colons == 1 else start + timedelta(seconds=1)
    return parse_moment(text, zone, end=True)


def _values(field: Field, mark: str, value: _Word, word: _Word) -> tuple[Value, ...]:
    pieces = value.split(",")
    if len(pieces) > 1 and mark not in (":", "="):
        raise _fault(
            word, Message("{mark} takes one value; a list goes with {name}:", mark=mark, name=field.name)
        )
    if len(pieces) > MAX_VALUES:
        raise _fault(word, Message("a list has at most {max_values} values.", max_values=MAX_VALUES))
    return tuple(_value(field, mark, piece, word) for piece in pieces)


def _value(field: Field, mark: str, piece: _Word, word: _Word) -> Value:
    if not piece.text:
        if mark == "=" and field.may_be_empty:
            return ""
        raise _fault(
            word,
            Message(
                "a value is missing. {name} takes {kind}, as in {example}.",
                name=field.name,
                kind=field.kind,
                example=field.example,
            ),
        )
    if field.kind is Kind.CHOICE:
        return _choice(field, piece, word)
    if field.kind is Kind.TEXT:
        return piece.text
    ends = piece.split("-")
    if field.kind is Kind.NUMBER_TEXT:
        return _number_text(piece, ends, word)
    read = _amount if field.kind is Kind.AMOUNT else _seconds
    if len(ends) == 2 and ends[0].text and mark in (":", "="):
        low, high = (read(end, field, word) for end in ends)
        if low > high:
            raise _fault(word, Message("the range ends before it begins."))
        return Span(low, high)
    return read(piece, field, word)


def _choice(field: Field, piece: _Word, word: _Word) -> str:
    chosen = piece.text.lower()
    if chosen not in field.words:
        words = ", ".join(f'"{one}"' if " " in one else one for one in field.words)
        raise _fault(word, Message("{name} is one of {words}.", name=field.name, words=words))
    return chosen


def _number_text(piece: _Word, ends: list[_Word], word: _Word) -> str | Span:
    digits = [end.text for end in ends if end.text.isascii() and end.text.isdecimal()]
    if len(ends) != 2 or len(digits) != 2:
        return piece.text
    low, high = digits
    if len(low) != len(high):
        raise _fault(word, Message("both ends of a range need the same number of digits, as in 0100-0199."))
    if low > high:
        raise _fault(word, Message("the range ends before it begins."))
    return Span(low, high)


def _amount(piece: _Word, field: Field, word: _Word) -> int:
    try:
        return parse_amount(piece.text, field=field.name)
    except InvalidInput as error:
        raise _fault(word, error.message) from None


def _seconds(piece: _Word, field: Field, word: _Word) -> int:
    seconds: int | None = None
    if match := _SECONDS.fullmatch(piece.text):
        seconds = int(match[1]) * _UNIT[match[2]]
    elif match := _CLOCK.fullmatch(piece.text):
        seconds = int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3])
    if seconds is None or seconds > MAX_FILTER_SECONDS:
        raise _fault(
            word,
            Message(
                "{name} takes {kind}, at most {max_filter_seconds:,} seconds.",
                name=field.name,
                kind=field.kind,
                max_filter_seconds=MAX_FILTER_SECONDS,
            ),
        )
    return seconds
