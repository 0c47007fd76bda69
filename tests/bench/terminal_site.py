"""Sites with so many calls, made once and kept in a folder."""

import shutil
import sys
import tempfile
from pathlib import Path

from engine.api.client import connect
from engine.api.extensions import ImportExtensions
from engine.api.files import import_files
from engine.api.rates import ImportRates
from engine.api.site import SetSetting, StopEngine
from sample_cdr import bulk, extension_sheet, generate, rate_sheet
from tui.commands.engine import ended

EXTENSIONS = 2000
RULES = 1000

CONFIG = """\
site:
  timezone: Asia/Shanghai
numbering:
  extensions: '[1-8]\\d{2,4}'
  trunks: ['PJSIP/trunk_*']
sources:
  - path: Master.csv
    format: asterisk-csv
    timezone: UTC
"""


def site(folder: Path, rows: int) -> Path:
    """The home folder of a site with `rows` calls of 2,000 extensions, rated by 1,000 rules."""
    folder = folder.absolute()
    home = folder / f"site-{rows}"
    if (home / "config.yaml").exists():
        return home
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="part-") as scratch:
        made = Path(scratch) / "home"
        made.mkdir(mode=0o700)
        _fill(made, Path(scratch), rows)
        shutil.move(made, home)
    return home


def _fill(home: Path, scratch: Path, rows: int) -> None:
    calls, extensions, rates = (scratch / name for name in ("calls.csv", "extensions.csv", "rates.csv"))
    generate.write(calls, bulk.blocks(1, rows=rows, extensions=EXTENSIONS))
    extension_sheet.write(extensions, EXTENSIONS)
    rate_sheet.write(rates, RULES, extensions=EXTENSIONS)
    (home / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (home / "Master.csv").touch()
    client = connect(home)
    for name, value in (("currency", "CNY"), ("billing", "on")):
        client.call(SetSetting(name=name, value=value))
    client.call(ImportExtensions(content=extensions.read_bytes(), apply=True))
    client.call(ImportRates(content=rates.read_bytes(), apply=True))
    done = import_files(client, [calls], form="asterisk-csv", timezone="UTC")
    print(f"made a site of {done.stored:,} calls in {done.seconds:.0f} s", file=sys.stderr)
    client.close()
    stop(home)


def stop(home: Path) -> None:
    """Ends the engine of a home folder, database closed."""
    client = connect(home)
    client.call(StopEngine())
    client.close()
    if not ended(home):
        raise SystemExit(f"error: the engine of {home} does not end")
