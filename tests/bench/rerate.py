"""Our re-rating of stored calls after a change of rates: reversals and new charges posted."""

from pathlib import Path

from tests.bench.digest import stored_digest
from tests.bench.measure import Measured
from tests.bench.site import BenchSite, copied, remove


def run(*, store: str, rates: str) -> Measured:
    """Opening the store, re-rating all of it, the checkpoint and closing. Works on a copy."""
    path = Path(store).with_suffix(".rerated")
    copied(Path(store), path)
    site = BenchSite(path)
    site.change_rates(Path(rates))
    site.close()
    found = Measured()
    with found.timed():
        site = BenchSite(path)
        result = site.rerate()
        site.close()
    found.facts["examined"] = result.examined
    found.facts["changed"] = result.changed
    found.digest = stored_digest(path)
    remove(path)
    return found
