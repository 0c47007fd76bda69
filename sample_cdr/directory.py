"""The people of the sample office: numbers, departments and the awkward names that real directories hold."""

from dataclasses import dataclass
from random import Random
from typing import Final

_FIRST_NAMED: Final = (
    ("王芳", "front"),
    ("李伟", "front"),
    ("Zoë Müller", "sales"),
    ('Patrick "PJ" O\'Brien', "sales"),
    ("Chen, Jing", "sales"),
    ("张敏 (销售)", "sales"),
    ("Mary-Ann Smith", "sales"),
    ("Łukasz Nowak", "sales"),
    ("陳大文", "purchase"),
    ("García, José", "purchase"),
    ("鈴木 一郎", "purchase"),
    ("김민수", "accounts"),
    ("赵丽", "accounts"),
    ("Bob", "accounts"),
    ('Meeting room "Lotus"', "front"),
    ("吴强", "kitchen"),
    ("Nguyễn Văn An", "kitchen"),
    ("Duty manager", "front"),
    ("IT / 机房", "it"),
    ("Alice & Tom", "it"),
)
_FAMILIES: Final = (
    ("王", "李", "张", "刘", "陈", "杨"),
    ("Smith", "Novak", "Silva", "Kim", "Rossi", "Weber"),
)
_GIVENS: Final = (("伟", "芳", "娜", "秀英", "建国"), ("Anna", "Ben", "Carla", "David", "Eva", "Finn"))


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who has an extension."""

    number: str
    name: str
    department: str
    """Written as the accountcode."""

    @property
    def caller_id(self) -> str:
        """As Asterisk writes it: the name in quotes, its own quotes behind a backslash."""
        escaped = self.name.replace('"', '\\"')
        return f'"{escaped}" <{self.number}>'


def people(extensions: int) -> list[Person]:
    """The first `extensions` people of the directory, by number; the same for every seed."""
    if not 1 <= extensions <= 80_000:
        raise ValueError("extensions: choose 1 to 80000 of them")
    first = first_number(extensions)
    return [_person(index, str(first + index)) for index in range(extensions)]


def first_number(extensions: int) -> int:
    """The lowest number: four digits starting with 8, or 1, or five digits, as many as are needed."""
    if extensions <= 999:
        return 8001
    return 1001 if extensions <= 7999 else 10001


def _person(index: int, number: str) -> Person:
    if index < len(_FIRST_NAMED):
        name, department = _FIRST_NAMED[index]
        return Person(number=number, name=name, department=department)
    if index % 3 != 0:
        return Person(number=number, name=f"Room {number[1:]}", department="rooms")
    choice = Random(index)
    script = choice.randrange(2)
    family, given = choice.choice(_FAMILIES[script]), choice.choice(_GIVENS[script])
    name = f"{given} {family}" if script else family + given
    return Person(number=number, name=name, department="staff")
