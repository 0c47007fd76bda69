"""When Python looks for garbage: not among the many objects that a start makes and that stay.

Looking there takes a twentieth of a start, and later a part of every key.
"""

import gc

OBJECTS_OF_A_START = 500_000
OBJECTS = 50_000
"""So many new objects lead to a look."""


def starting() -> None:
    gc.set_threshold(OBJECTS_OF_A_START)


def started() -> None:
    """What is there now is never looked at again."""
    gc.freeze()
    gc.set_threshold(OBJECTS)
