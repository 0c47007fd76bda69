"""polars: everything in memory, the result written as Parquet. No store, no check for duplicates."""

from pathlib import Path

import polars as pl

from tests.bench.digest import NOT_CHARGED, digest_of
from tests.bench.files import COLUMNS, TRUNK_CHANNEL
from tests.bench.measure import Measured
from tests.bench.peers.sheet import PeerRule, billed_extensions, lengths, rules_of

_KEPT = (
    "src",
    "dst",
    "dstchannel",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "uniqueid",
)
_FORMAT = "%Y-%m-%d %H:%M:%S"


def run(*, calls: str, columns: int, extensions: str, rates: str, folder: str) -> Measured:
    """From the file to a Parquet file with the costs."""
    target = Path(folder) / "polars.parquet"
    found = Measured()
    with found.timed():
        rules = rules_of(Path(rates))
        billed = pl.Series(sorted(billed_extensions(Path(extensions))))
        table = _read(Path(calls), columns)
        charged = table.filter(
            pl.col("dstchannel").str.starts_with(TRUNK_CHANNEL)
            & (pl.col("disposition") == "ANSWERED")
            & (pl.col("billsec") > 0)
            & pl.col("src").is_in(billed.implode())
        ).select("row", "src", "dst", "billsec", "answer")
        costs = _costs(charged, _ranked(charged, rules), rules)
        table = table.join(costs, on="row", how="left", maintain_order="left")
        table.write_parquet(target)
    found.digest = digest_of(table["cost_micros"].fill_null(NOT_CHARGED))
    target.unlink()
    return found


def _read(path: Path, columns: int) -> pl.DataFrame:
    numbers = ("duration", "billsec", "sequence")
    schema = {name: pl.Int32 if name in numbers else pl.String for name in COLUMNS[:columns]}
    return (
        pl.scan_csv(path, has_header=False, schema=schema)
        .select(_KEPT)
        .with_columns(pl.col("start", "answer", "end").str.to_datetime(_FORMAT, strict=False))
        .with_row_index("row")
        .collect()
    )


def _ranked(charged: pl.DataFrame, rules: list[PeerRule]) -> pl.DataFrame:
    """Row and rank of the winner."""
    book = pl.DataFrame(
        [
            (
                *(rule.rank, rule.prefix, rule.number_length, rule.conditional),
                *(rule.start_second, rule.end_second, rule.weekdays),
                *(rule.valid_from or None, rule.valid_to or None),
                *(rule.chosen, sorted(rule.extensions)),
            )
            for rule in rules
        ],
        schema={
            "rank": pl.Int32,
            "prefix": pl.String,
            "number_length": pl.Int32,
            "conditional": pl.Boolean,
            "start_second": pl.Int32,
            "end_second": pl.Int32,
            "weekdays": pl.Int32,
            "valid_from": pl.String,
            "valid_to": pl.String,
            "chosen": pl.Boolean,
            "extensions": pl.List(pl.String),
        },
        orient="row",
    ).with_columns(pl.col("valid_from", "valid_to").str.to_date())
    numbers = charged.select("dst").unique().with_columns(length=pl.col("dst").str.len_chars().cast(pl.Int32))
    candidates = pl.concat(
        [
            numbers.filter(pl.col("length") >= length)
            .with_columns(prefix=pl.col("dst").str.slice(0, length))
            .join(book, on="prefix")
            for length in lengths(rules)
        ]
    ).filter((pl.col("number_length") == 0) | (pl.col("number_length") == pl.col("length")))
    best = candidates.filter(~pl.col("conditional")).group_by("dst").agg(best=pl.col("rank").min())
    contested = (
        candidates.filter("conditional")
        .join(best, on="dst", how="left")
        .filter(pl.col("best").is_null() | (pl.col("rank") < pl.col("best")))
    )
    fitting = (
        charged.join(contested, on="dst")
        .with_columns(local=pl.col("answer") + pl.duration(hours=8))
        .with_columns(
            day=pl.col("local").dt.date(),
            clock=pl.col("local").dt.hour().cast(pl.Int32) * 3600
            + pl.col("local").dt.minute().cast(pl.Int32) * 60
            + pl.col("local").dt.second().cast(pl.Int32),
            weekday=pl.col("local").dt.weekday().cast(pl.Int32) - 1,
        )
        .filter(
            (~pl.col("chosen") | pl.col("extensions").list.contains(pl.col("src")))
            & (pl.col("valid_from").is_null() | (pl.col("day") >= pl.col("valid_from")))
            & (pl.col("valid_to").is_null() | (pl.col("day") < pl.col("valid_to")))
            & _in_window()
        )
        .group_by("row")
        .agg(special=pl.col("rank").min())
    )
    return (
        charged.select("row", "dst")
        .join(best, on="dst", how="left")
        .join(fitting, on="row", how="left")
        .select("row", rank=pl.coalesce("special", "best"))
    )


def _in_window() -> pl.Expr:
    start, end, clock = pl.col("start_second"), pl.col("end_second"), pl.col("clock")
    today = (pl.col("weekdays") // (2 ** pl.col("weekday")).cast(pl.Int32)) % 2 == 1
    before = (pl.col("weekdays") // (2 ** ((pl.col("weekday") + 6) % 7)).cast(pl.Int32)) % 2 == 1
    return (
        pl.when(start == end)
        .then(today)
        .when(start < end)
        .then((clock >= start) & (clock < end) & today)
        .when(clock >= start)
        .then(today)
        .otherwise((clock < end) & before)
    )


def _costs(charged: pl.DataFrame, ranked: pl.DataFrame, rules: list[PeerRule]) -> pl.DataFrame:
    prices = pl.DataFrame(
        [
            (
                *(rule.rank, rule.initial_fee_micros, rule.initial_seconds),
                *(rule.price_micros, rule.price_seconds, rule.cycle_seconds),
            )
            for rule in rules
        ],
        schema={"rank": pl.Int32}
        | dict.fromkeys(("fee", "first_seconds", "price", "price_seconds", "cycle"), pl.Int64),
        orient="row",
    )
    rest = pl.max_horizontal(pl.col("billsec").cast(pl.Int64) - pl.col("first_seconds"), 0)
    cycles = (rest + pl.col("cycle") - 1) // pl.col("cycle")
    each = 2 * cycles * pl.col("cycle") * pl.col("price") + pl.col("price_seconds")
    return (
        charged.select("row", "billsec")
        .join(ranked, on="row")
        .join(prices, on="rank")
        .select("row", cost_micros=pl.col("fee") + each // (2 * pl.col("price_seconds")))
    )
