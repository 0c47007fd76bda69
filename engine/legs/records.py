"""The parts of a call record that tell which calls belong together and who pays."""

import pyarrow as pa

RECORDS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),  # the caller's own number of the record
        pa.field("started_at", pa.timestamp("us"), nullable=False),
        pa.field("ended_at", pa.timestamp("us"), nullable=False),
        pa.field("answered_at", pa.timestamp("us")),  # null = not answered
        pa.field("duration", pa.int32(), nullable=False),
        pa.field("billsec", pa.int32(), nullable=False),
        pa.field("link_id", pa.string(), nullable=False),  # '' = none
        pa.field("near", pa.string(), nullable=False),  # the channel that the record is of
        pa.field("far", pa.string(), nullable=False),  # the channel it was joined with; '' = none
        pa.field("near_trunk", pa.bool_(), nullable=False),
        pa.field("far_trunk", pa.bool_(), nullable=False),
        pa.field("own_leg", pa.bool_(), nullable=False),  # tells the near channel's own answer and seconds
        pa.field("joins", pa.bool_(), nullable=False),  # an application joined them, at no meeting place
        pa.field("near_device", pa.string(), nullable=False),  # the extension of the near channel's device
        pa.field("far_device", pa.string(), nullable=False),
        pa.field("caller", pa.string(), nullable=False),  # the calling number as written
        pa.field("caller_internal", pa.bool_(), nullable=False),
        pa.field("dialled", pa.string(), nullable=False),  # the destination as written
        pa.field("dialled_internal", pa.bool_(), nullable=False),
        pa.field("number", pa.string(), nullable=False),  # dialled on the far trunk; '' = unknown
        pa.field("code", pa.string(), nullable=False),  # a known account code that pays; '' = none
    ]
)
"""Identical records come once. `engine.parse` fills them, the store keeps them."""

VERDICTS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("leg_row", pa.int64()),  # the first record of the leg; null = in no leg
        pa.field("payer", pa.string()),  # '' = nobody was found; null = in no leg
        pa.field("placed_by", pa.string()),
        pa.field("passed_by", pa.string()),
        pa.field("number", pa.string()),  # of the leg; '' = unknown
        pa.field("channel", pa.string()),  # the leg's trunk channel
        pa.field("answered_at", pa.timestamp("us")),  # of the leg; null = not answered
        pa.field("charged_seconds", pa.int64()),  # of the leg on its first record, 0 on the others
        pa.field("originated", pa.bool_(), nullable=False),  # a trunk called with an inside caller id
    ]
)
