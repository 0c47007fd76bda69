"""Lines of cel_custom, made for tests, and stores to import them into."""

from pathlib import Path

from engine.api.calls import CallRow
from engine.api.site import IngestResult
from tests.pipeline.test_legs import ASTERISK, BY_SECOND, Site

START = 1_795_881_000
TRUNK, PHONE = "IAX2/carrier-9", "IAX2/1001-7"


def event(
    kind: str,
    at: float,
    channel: str,
    unique_id: str,
    *,
    link: str = "",
    caller: str = "",
    exten: str = "",
    app: str = "",
    bridge: str = "",
    peer: str = "",
    extra: str = "",
) -> bytes:
    """A line; `at` is in seconds after START, which unique ids begin with as well, as in `0.1`."""
    seconds, _, number = unique_id.partition(".")
    own = f"{START + int(seconds)}.{number}"
    first, _, place = (link or unique_id).partition(".")
    joined = f"{START + int(first)}.{place}"
    told = extra or (f'{{"bridge_id":"{bridge}","bridge_technology":"simple_bridge"}}' if bridge else "")
    fields = (kind, f"{START + at:.6f}", caller, exten, channel, app, own, joined, peer, told)
    return (",".join('"' + field.replace('"', '""') + '"' for field in fields) + "\n").encode()


def outbound(
    *,
    answer: float = 1.0,
    end: float = 9.5,
    phone: str = PHONE,
    trunk: str = TRUNK,
    first: int = 0,
    at: float = 0.0,
) -> list[bytes]:
    """The events of a plain call of 1001 to 97081, the phone's unique id being `first`."""
    one, two = f"{int(at)}.{first}", f"{int(at)}.{first + 1}"
    both = {"link": one, "bridge": f"b{first}-{int(at)}"}
    return [
        event("CHAN_START", at, phone, one, caller="1001", exten="97081"),
        event("CHAN_START", at + 0.1, trunk, two, link=one, exten="s"),
        event("ANSWER", at + answer, trunk, two, link=one, caller="97081", exten="97081", app="AppDial"),
        event("ANSWER", at + answer + 0.001, phone, one, caller="1001", exten="97081", app="Dial"),
        event("BRIDGE_ENTER", at + answer + 0.002, trunk, two, caller="97081", app="AppDial", **both),
        event(
            "BRIDGE_ENTER", at + answer + 0.003, phone, one, caller="1001", exten="97081", app="Dial", **both
        ),
        event("BRIDGE_EXIT", at + end, trunk, two, caller="97081", app="AppDial", **both),
        event("HANGUP", at + end + 0.001, trunk, two, link=one, app="AppDial", extra='{"hangupcause":16}'),
        event("CHAN_END", at + end + 0.001, trunk, two, link=one, app="AppDial"),
        event("BRIDGE_EXIT", at + end + 0.002, phone, one, caller="1001", exten="97081", app="Dial", **both),
        event("HANGUP", at + end + 0.003, phone, one, exten="97081", extra='{"hangupcause":16}'),
        event("CHAN_END", at + end + 0.003, phone, one, exten="97081"),
        event("LINKEDID_END", at + end + 0.003, phone, one, exten="97081"),
    ]


def without(lines: list[bytes], *kinds: str, channel: str = TRUNK) -> list[bytes]:
    """The lines less those of such kinds of a channel."""
    return [
        line
        for line in lines
        if not (line.split(b",")[0].decode().strip('"') in kinds and f'"{channel}"'.encode() in line)
    ]


class CelSite(Site):
    """A store that bills from CEL."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ASTERISK, BY_SECOND)

    def take(self, lines: list[bytes]) -> IngestResult:
        """Imports lines as a file of their own; their accounts add up."""
        self.files += 1
        path = self.folder / f"{self.files}.csv"
        path.write_bytes(b"".join(lines))
        result = self.ingest(path, "asterisk-cel")
        assert result.lines == len(lines)
        assert result.lines == result.events + result.duplicates + result.quarantined + result.ignored
        return result

    def real(self) -> list[CallRow]:
        """The calls, parts of legs left out."""
        return [row for row in self.calls() if row.unrated != "part of another"]

    def told(self) -> list[tuple[object, ...]]:
        """All that is stored of every call, parts of legs left out, without the order of its coming."""
        return [row for row in self.state_of_records() if "part of another" not in row]
