"""Our backlog ingest: from the file to stored, rated and charged calls, by the code of `pbxmeter ingest`."""

import shutil
from pathlib import Path

from tests.bench.digest import stored_digest
from tests.bench.measure import Measured
from tests.bench.site import BenchSite


def run(*, calls: str, store: str, extensions: str, rates: str) -> Measured:
    """Opening a store with extensions and rates, the import, the checkpoint and closing. Leaves the store."""
    template = Path(rates).with_suffix(".duckdb")
    if not template.exists():
        partial = template.with_suffix(".part")
        BenchSite.prepared(partial, extensions=Path(extensions), rates=Path(rates))
        partial.replace(template)
    path = Path(store)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
    shutil.copyfile(template, path)
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
