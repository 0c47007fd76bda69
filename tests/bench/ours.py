"""Our backlog ingest: from the file to stored, rated and charged calls, by the code of `pbxmeter ingest`."""

import zlib
from pathlib import Path

from engine.store.statements import migrations
from tests.bench.digest import stored_digest
from tests.bench.measure import Measured
from tests.bench.site import BenchSite, copied


def run(*, calls: str, store: str, extensions: str, rates: str) -> Measured:
    """Opening a store with extensions and rates, the import, the checkpoint and closing. Leaves the store."""
    # One made by other code may have other tables.
    tables = zlib.crc32("".join(text for _, text in migrations()).encode())
    template = Path(rates).with_suffix(f".{tables:08x}.duckdb")
    if not template.exists():
        partial = template.with_suffix(".part")
        BenchSite.prepared(partial, extensions=Path(extensions), rates=Path(rates))
        partial.replace(template)
    path = Path(store)
    copied(template, path)
    found = Measured()
    with found.timed():
        site = BenchSite(path)
        result = site.ingest(Path(calls))
        site.close()
    found.facts["stored"] = result.stored
    found.facts["charged"] = result.charged
    found.facts["import_seconds"] = result.seconds
    found.facts["file_bytes"] = path.stat().st_size
    found.digest = stored_digest(path)
    return found
