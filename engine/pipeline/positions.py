"""Read positions as the store remembers them."""

from engine.ingest.position import Position
from engine.store import Session


def load_positions(session: Session) -> list[Position]:
    """Every file that a source was followed in; imports by hand are not among them."""
    return session.records(Position, "pipeline.positions")
