"""Appending, restarting, rotating, truncating: each line once."""

from pathlib import Path

from tests.tail.reader import Reader


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_lines_appended_in_pieces_come_out_once_each(tmp_path: Path) -> None:
    cdr = tmp_path / "Master.csv"
    reader = Reader(cdr)
    for text in ("a\n", "b\nc\n", "d\n"):
        append(cdr, text)
        reader.catch_up()
    assert reader.lines == ["a", "b", "c", "d"]


def test_an_unterminated_line_waits_for_its_rest(tmp_path: Path) -> None:
    cdr = tmp_path / "Master.csv"
    append(cdr, "a\nhalf")
    reader = Reader(cdr)
    assert reader.catch_up(100) == ["a"]
    append(cdr, " and half\n")
    assert reader.catch_up() == ["a", "half and half"]


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    cdr = tmp_path / "Master.csv"
    append(cdr, "a\nhalf")
    reader = Reader(cdr)
    reader.catch_up()
    reader.stop()
    append(cdr, " and half\nb\n")
    reader.restart()
    assert reader.catch_up() == ["a", "half and half", "b"]


def test_a_renamed_file_is_finished_and_its_successor_read(tmp_path: Path) -> None:
    cdr = tmp_path / "Master.csv"
    append(cdr, "a\n")
    reader = Reader(cdr)
    reader.catch_up()
    append(cdr, "b\nunfinished")
    cdr.rename(tmp_path / "Master.csv.1")
    append(cdr, "c\n")
    reader.catch_up()
    append(tmp_path / "Master.csv.1", " no more\nd\nlast")
    assert reader.catch_up() == ["a", "b", "c", "unfinished no more", "d"]
    assert reader.catch_up(60)[-1] == "last"
    assert [position.finished for position in reader.stored.values()] == [True, False]


def test_a_truncated_file_starts_anew(tmp_path: Path) -> None:
    cdr = tmp_path / "Master.csv"
    append(cdr, "a\nb\n")
    reader = Reader(cdr)
    reader.catch_up()
    cdr.write_text("c\nd\ne\nf\n")
    assert reader.catch_up(60) == ["a", "b", "c", "d", "e", "f"]
    cdr.write_text("g\n")
    assert reader.catch_up(60)[6:] == ["g"]
