"""Messages as JSON text: for columns of the store, and for files between programs."""

import msgspec

from engine.domain.message import Message, as_it_is

_decoder = msgspec.json.Decoder(Message)


def to_json(message: Message) -> str:
    """One line: `{"template":…,"fields":{…}}`."""
    return msgspec.json.encode(message).decode()


def from_json(text: str) -> Message:
    """The message; any other text is a message as it is."""
    try:
        return _decoder.decode(text)
    except msgspec.MsgspecError:
        return as_it_is(text)
