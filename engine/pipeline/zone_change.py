"""The site's time zone, as the local times of stored calls were written in it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

from engine.domain.zones import offsets
from engine.store import Session

SETTING = "zone_of_calls"


def follow_zone(session: Session, zone: ZoneInfo) -> bool:
    """Writes the local times of stored calls anew when the site's zone is not the one they were written in.

    Instants stay as they are, and so does what was charged. Returns whether anything changed.
    """
    known = session.row("zone_change.known", setting=SETTING)
    if known is not None and known[0] == zone.key:
        return False
    span = session.row("zone_change.span")
    if span is not None and isinstance(span[0], datetime) and isinstance(span[1], datetime) and known:
        stretches = offsets(zone, span[0], span[1])
        table = pa.table(
            {
                "first": pa.array([stretch[0] for stretch in stretches], pa.timestamp("us")),
                "until": pa.array([stretch[1] for stretch in stretches], pa.timestamp("us")),
                "seconds": pa.array([stretch[2] for stretch in stretches], pa.int64()),
            }
        )
        with session.bound(stretches=table):
            session.run("zone_change.started")
            session.run("zone_change.answered")
    session.run("access.set_setting", name=SETTING, value=zone.key)
    return True
