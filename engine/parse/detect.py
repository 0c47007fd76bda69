"""Detection of a CDR file's format and time zone, with the reasons."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from config.format_model import Format
from config.formats import format_names, load_format
from config.settings import Numbering
from engine.api.message_json import from_json
from engine.api.site import DetectResult
from engine.domain.message import N_, NOTHING, Message
from engine.parse import evaluate
from engine.parse.dress import DELIMITERS, RETURNS, SAMPLE_LINES, ends_with_returns
from engine.parse.fitting import HEAD_BYTES, Fit, Zones, fitted
from engine.parse.framing import refuse_utf16
from engine.parse.layouts import Layouts
from engine.parse.parser import Parser
from engine.parse.schema import Parsed
from engine.parse.split import Splitter

MOST_REASONS = 3
LEAST_CLOSENESS = 0.3
_SHOWN_ROWS = 10
_SHOWN_NAMES = 20
_GOOD_SHARE = 0.5

_HEADER = (
    "started_at (local)", "answered_at (local)", "extension", "name", "direction", "dialled", "trunk",
    "disposition", "answered", "duration", "billsec",
)  # fmt: skip


_EVENT_HEADER = ("happened_at", "type", "caller", "exten", "channel", "app", "unique_id", "link_id")


def detect(
    head: bytes,
    *,
    name: str,
    site_zone: ZoneInfo,
    numbering: Numbering,
    source_zone: ZoneInfo | None = None,
    formats: Sequence[Format] | None = None,
) -> DetectResult:
    """Proposes format and zone of a file from its first bytes, HEAD_BYTES at most.

    `name` is the file's, for reasons; `formats` are those to try, None = all that are shipped.
    `source_zone` is that of its times, None = as proposed, else the site's.
    Raises `InvalidInput` for a file that is no text.
    """
    head = head[:HEAD_BYTES]
    refuse_utf16(head)
    returns = ends_with_returns(head)
    if returns:
        head = head.replace(b"\r", b"\n")
    tried = [load_format(known) for known in format_names()] if formats is None else list(formats)
    if not head.strip():
        return _nothing([Message("{name} is empty.", name=name)], [])
    zones = Zones(source=source_zone or site_zone, site=site_zone)
    fits = [fitted(form, head, numbering, zones) for form in tried]
    best = max(fits, key=lambda fit: fit.weight)
    faults = [_of_format(fit.form.name, fit.fault) for fit in fits if fit.fault and formats is not None]
    if best.parsed is None or best.share < _GOOD_SHARE:
        counts = ", ".join(f"{fit.form.name} {fit.share:.0%}" for fit in fits if fit.share)
        reason = Message("No format reads half of the lines.")
        if counts:
            reason = Message("No format reads half of the lines ({counts}).", counts=counts)
        return _nothing([reason, *_in_the_way(fits, head)], faults + _faults(best))
    zone, zone_reason, proved = _zone(best, head, numbering, zones.source)
    if source_zone is None and zone:
        best = fitted(best.form, head, numbering, Zones(source=ZoneInfo(zone), site=site_zone))
        assert best.parsed is not None
    lines = best.parsed.records + best.parsed.rejects.num_rows
    template = N_("{num_rows} of {lines} lines are calls of {title}.")
    if best.form.event is not None:
        template = N_("{num_rows} of {lines} lines are events of {title}.")
    reasons = [Message(template, num_rows=best.parsed.records, lines=lines, title=best.form.title)]
    reasons += [*([RETURNS] if returns else []), *best.notes, zone_reason]
    also = [fit.form.name for fit in fits if fit.form is not best.form and fit.share == best.share]
    if also:
        reasons.append(Message("{also} would read them as well; check the rows below.", also=", ".join(also)))
    return DetectResult(
        format=best.form.name,
        timezone=zone,
        reasons=reasons,
        header=list(_HEADER if best.form.event is None else _EVENT_HEADER),
        rows=_rows(best.parsed),
        unknown_columns=_unknown(best.form_read, head),
        faults=faults + _faults(best),
        trunks=_trunks(best, head),
        extensions=_most(_extensions(best.parsed)),
        contradiction=zone_reason
        if proved and source_zone is not None and zone != source_zone.key
        else NOTHING,
    )


def _nothing(reasons: list[Message], faults: list[Message]) -> DetectResult:
    return DetectResult(
        format="", timezone="", reasons=reasons, header=[], rows=[], unknown_columns=[],
        faults=faults, trunks=[], extensions=[],
    )  # fmt: skip


def _in_the_way(fits: Sequence[Fit], head: bytes) -> list[Message]:
    """What keeps the likeliest formats from reading the file, and how its lines look."""
    close = [
        fit
        for fit in sorted(fits, key=lambda fit: fit.closeness, reverse=True)[:MOST_REASONS]
        if fit.closeness >= LEAST_CLOSENESS
    ]
    undecided = [fit for fit in fits if fit.undecided and fit not in close][:1]
    reasons = [_of_format(fit.form.name, fit.fault) for fit in close]
    reasons += [fit.fault for fit in undecided]
    lines = [line for line in head.split(b"\n")[:SAMPLE_LINES] if line.strip()]
    counts = {mark: min(line.count(mark.encode()) for line in lines) for mark in DELIMITERS} if lines else {}
    mark = max(counts, key=lambda one: counts[one], default="")
    if mark and counts[mark]:
        known = [
            fit
            for fit in fits
            if any(len(layout) == counts[mark] + 1 for layout in fit.form.layouts)
            and fit.form.records == "delimited"
        ]
        template = N_("Its lines have fields between {mark}, {count} or more.")
        if known:
            template = N_("Its lines have fields between {mark}, {count} or more; so many has {formats}.")
        names = ", ".join(fit.form.name for fit in known)
        reasons.append(
            Message(template, mark=Message(DELIMITERS[mark]), count=counts[mark] + 1, formats=names)
        )
        for fit in known[:1]:
            reasons += [_of_format(fit.form.name, fault) for fault in _faults(fit)[:1]]
    elif lines:
        reasons.append(
            Message(
                "Its lines have no fields between commas, tabs, semicolons or bars: a format file of your "
                "own can cut them by width."
            )
        )
    return reasons


def _of_format(name: str, fault: Message) -> Message:
    return Message("{name}: {fault}", name=name, fault=fault)


def _faults(fit: Fit) -> list[Message]:
    if fit.parsed is None:
        return []
    rejects = fit.parsed.rejects.slice(0, _SHOWN_ROWS).to_pylist()
    return [_fault(row["line_in_piece"] + 1, row["field"], from_json(row["message"])) for row in rejects]


def _fault(line: int, field: str, reason: Message) -> Message:
    if field:
        return Message("line {line}: {name}: {reason}", line=line, name=field, reason=reason)
    return Message("line {line}: {reason}", line=line, reason=reason)


def _rows(parsed: Parsed) -> list[list[str]]:
    names = (
        "started_local", "answered_local", "extension", "caller_name", "direction", "dialled", "trunk",
        "disposition", "answered", "duration", "billsec",
    )  # fmt: skip
    if parsed.events.num_rows:
        return [
            [str(row[name]) for name in _EVENT_HEADER]
            for row in parsed.events.slice(0, _SHOWN_ROWS).to_pylist()
        ]
    shown = parsed.calls.slice(0, _SHOWN_ROWS).select(names).to_pylist()
    return [["" if row[name] is None else str(row[name]) for name in names] for row in shown]


def _most(values: Sequence[str]) -> list[str]:
    return [value for value, _ in Counter(values).most_common(_SHOWN_NAMES) if value]


def _extensions(parsed: Parsed) -> list[str]:
    if parsed.events.num_rows:
        return [device for device in parsed.events["device"].to_pylist() if device]
    return parsed.calls["extension"].to_pylist()


def _unknown(form: Format, head: bytes) -> list[str]:
    """Names in the header that the format does not know."""
    if not form.header:
        return []
    layouts = Layouts(form)
    titles = layouts.titles(layouts.header_of(head) or b"")
    return [title for title in titles if title.lower() not in form.names]


def _trunks(fit: Fit, head: bytes) -> list[str]:
    """Channels that calls went out by and that are no extension, as a trunk glob would name them.

    Where the format knows trunks by itself, those.
    """
    assert fit.parsed is not None
    if fit.form.event is not None:
        events = fit.parsed.events
        rows = zip(events["channel"].to_pylist(), events["device"].to_pylist(), strict=True)
        return _most(
            [evaluate.stem(name) for name, device in rows if not device and not name.startswith("Local/")]
        )
    found = _most(fit.parsed.calls["trunk"].to_pylist())
    form = fit.form_read
    columns = {name for layout in form.layouts for name in layout} | set(form.names.values())
    if not {"dstchannel", "dst"} <= columns:
        return found
    splitter = Splitter(form)
    stems: Counter[str] = Counter()
    layouts = Layouts(form)
    if form.header:
        layouts.resume(layouts.header_of(head) or b"")
    for line in head.splitlines():
        fields, _ = splitter.split(line)
        layout = layouts.by_count.get(len(fields or []))
        if fields is None or layout is None:
            continue
        row = dict(zip(layout, (field.decode("utf-8", "replace") for field in fields), strict=True))
        stem = row["dstchannel"].rpartition("-")[0]
        if stem and not stem.startswith("Local/") and stem.partition("/")[2] != row["dst"]:
            stems[stem] += 1
    return [
        stem for stem, _ in stems.most_common(_SHOWN_NAMES) if not stem.partition("/")[2].isdigit()
    ] or found


def _zone(fit: Fit, head: bytes, numbering: Numbering, likely: ZoneInfo) -> tuple[str, Message, bool]:
    """The zone in which the times agree with the epochs that the file holds, the reason, and whether
    unique ids prove it: '' is then some zone that is not known by its name."""
    times = fit.form.times
    assert fit.parsed is not None
    if times.zone is not None:
        return (
            times.zone.key,
            Message("Times of {name} are always {key}.", name=fit.form.name, key=times.zone.key),
            False,
        )
    if times.formats[0] == "epoch":
        return "UTC", Message("Times are seconds since 1970, which need no zone."), False
    if times.epoch is None:
        return (
            "",
            Message(
                "Nothing in the file tells the zone of its times; the site's is taken unless you say another."
            ),
            False,
        )
    gaps = _gaps(fit, head, numbering)
    for zone in (likely, ZoneInfo("UTC")):
        near = sum(1 for local, epoch in gaps if _agrees(local, epoch, zone))
        if gaps and near * 10 >= len(gaps) * 7:
            return (
                zone.key,
                Message(
                    "{near} of {count} unique ids hold the epoch of their start, read as {key}.",
                    near=near,
                    count=len(gaps),
                    key=zone.key,
                ),
                True,
            )
    if not gaps:
        return "", Message("No unique id holds an epoch, so the zone of the times cannot be told."), False
    hours = Counter(round((local - epoch).total_seconds() / 900) / 4 for local, epoch in gaps)
    hour, count = hours.most_common(1)[0]
    return (
        "",
        Message(
            "{count} of {count2} times are {hour:+g} hours from UTC by their unique ids: name that zone.",
            count=count,
            count2=len(gaps),
            hour=hour,
        ),
        True,
    )


def _agrees(local: datetime, epoch: datetime, zone: ZoneInfo) -> bool:
    east = epoch.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).utcoffset() or timedelta()
    return timedelta(seconds=-2) <= local - east - epoch <= timedelta(minutes=5)


def _gaps(fit: Fit, head: bytes, numbering: Numbering) -> list[tuple[datetime, datetime]]:
    """(start as written, epoch of the unique id) of the calls that have one."""
    utc = ZoneInfo("UTC")
    parser = Parser(fit.form, numbering=numbering, source_zone=utc, site_zone=utc)
    parsed = parser.parse(head, base_offset=0, first=True, final=True)
    # The key begins with the unique id where it holds one; else the id stands somewhere in the line.
    calls = parsed.calls
    places = zip(calls["line_offset"].to_pylist(), calls["line_length"].to_pylist(), strict=True)
    lines = [head[start : start + length].decode("utf-8", "replace") for start, length in places]
    found = pc.binary_join_element_wise(
        calls["key_text"].combine_chunks(), pa.array(lines, pa.string()), "\x1f"
    )
    epochs = pc.struct_field(
        pc.extract_regex(found, r"(?:^|[\x1f,;|\t\"-])(?P<s>1\d{9})\.\d+"),
        "s",
    )
    starts = parsed.calls["started_at"].to_pylist()
    pairs = zip(starts, pc.cast(epochs, pa.int64()).to_pylist(), strict=True)
    return [(start, datetime(1970, 1, 1) + timedelta(seconds=epoch)) for start, epoch in pairs if epoch]
