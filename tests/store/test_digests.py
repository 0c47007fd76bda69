"""Digests as a set are those of hashlib, in the order of the texts."""

import hashlib

import pyarrow as pa

from engine.store import lower_md5


def test_digests_are_the_lower_halves_of_md5_in_order() -> None:
    texts = [f"{number}\x1f电话 {number % 7}" for number in range(5_000)] + ["", "\0"]
    found = lower_md5(pa.chunked_array([texts[:3_000], texts[3_000:]], pa.string())).to_pylist()
    assert found == [
        int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[8:], "little")
        for text in texts
    ]
