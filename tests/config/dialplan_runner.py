"""Runs the lines of a dialplan as Asterisk would, as far as the shipped ones go; SHELL by a real shell."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Call:
    """One call through a dialplan, and what it may look at."""

    text: str
    dialled: str = "9123456"
    start: str = "_9."
    """The extension of the dialplan that it begins at."""
    endpoint: str = ""
    variables: dict[str, str] = field(default_factory=dict[str, str])
    database: Mapping[str, str] = field(default_factory=dict[str, str])
    """AstDB by family/key."""

    def run(self) -> str:
        """The last application with its arguments, such as `Dial(PJSIP/123456@trunk_main)`."""
        lines = _lines(self.text, self.start)
        labels = {label: index for index, (label, _) in enumerate(lines) if label}
        index = 0
        for _ in range(100):
            name, arguments = _application(lines[index][1])
            index += 1
            if name in ("Dial", "Hangup", "Return", "MacroExit"):
                return f"{name}({self._filled(arguments)})"
            if name == "Set":
                self._set(arguments)
            elif name in ("GotoIf", "ExecIf"):
                condition, _, branches = self._condition(arguments)
                yes, _, no = branches.partition(":") if name == "GotoIf" else (branches, "", "")
                chosen = yes if condition else no
                if chosen and name == "ExecIf":
                    self._set(_application(chosen)[1])
                elif chosen:
                    index = labels[chosen]
            else:
                raise AssertionError(f"unknown application {name}")
        raise AssertionError("runs for ever")

    def _set(self, arguments: str) -> None:
        name, _, value = arguments.partition("=")
        self.variables[name.lstrip("_")] = self._filled(value)

    def _condition(self, arguments: str) -> tuple[bool, str, str]:
        at = arguments.rindex("]?")
        expression = self._filled(arguments[: at + 1]).removeprefix("$[").removesuffix("]")
        found = False
        for part in expression.split(" | "):
            match = re.fullmatch(r'"([^"]*)" (=|!=) "([^"]*)"', part)
            assert match, part
            found = found or (match[1] == match[3]) == (match[2] == "=")
        return found, "?", arguments[at + 2 :]

    def _filled(self, text: str) -> str:
        """Replaces ${...}, the innermost first."""
        while found := re.search(r"\$\{([^${}]*)\}", text):
            text = text[: found.start()] + self._value(found[1]) + text[found.end() :]
        return text

    def _value(self, name: str) -> str:
        function = re.fullmatch(r"([A-Z]+)\((.*)\)", name)
        if function is None:
            name, _, offset = name.partition(":")
            start, _, length = offset.partition(":")
            value = self.dialled if name == "EXTEN" else self.variables.get(name, "")
            return value[int(start or 0) :][: int(length) if length else None]
        match function[1], function[2]:
            case "CHANNEL", "endpoint":
                return self.endpoint
            case "FILTER", arguments:
                allowed, _, value = arguments.partition(",")
                return "".join(character for character in value if character in _characters(allowed))
            case "DB", key:
                return self.database.get(key, "")
            case "STAT", arguments:
                flag, _, path = arguments.partition(",")
                there = Path(path).is_dir() if flag == "d" else Path(path).exists()
                return "1" if there else "0"
            case "SHELL", command:
                done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True)
                return done.stdout
            case other:
                raise AssertionError(f"unknown function {other}")


def _characters(allowed: str) -> set[str]:
    found: set[str] = set()
    for first, last, single in re.findall(r"(.)-(.)|(.)", allowed):
        found |= {single} if single else {chr(code) for code in range(ord(first), ord(last) + 1)}
    return found


def _lines(text: str, start: str) -> list[tuple[str, str]]:
    """Label and application of each priority of an extension."""
    found: list[tuple[str, str]] = []
    inside = False
    for line in text.splitlines():
        line = line.split(";", 1)[0].rstrip()
        if first := re.fullmatch(r"exten => ([^,]+),1,(.*)", line):
            inside = first[1] == start
            if inside:
                found.append(("", first[2]))
        elif inside and (following := re.fullmatch(r" same => n(?:\((\w+)\))?,(.*)", line)):
            found.append((following[1] or "", following[2]))
        else:
            assert not line or inside is False or line.startswith("["), line
    return found


def _application(text: str) -> tuple[str, str]:
    name, bracket, rest = text.partition("(")
    assert not bracket or rest.endswith(")"), text
    return name, rest.removesuffix(")")
