"""The table of places where PBXs write, and finding what is there."""

import os
from pathlib import Path

from config.places import MAX_OFFERED, Place, found_files, known_places


def place(*files: str, every: bool = False) -> Place:
    return Place(pbx="Asterisk", format="asterisk-csv", files=files, all=every)


def test_the_shipped_table_begins_with_asterisks_master_file():
    places = known_places()
    assert places[0].files == ("/var/log/asterisk/cdr-csv/Master.csv",)
    assert {"freeswitch-csv", "3cx", "cisco-cucm", "avaya-ipo"} <= {known.format for known in places}


def test_the_newest_files_of_a_glob_are_offered_each_once(tmp_path: Path):
    for number in range(MAX_OFFERED + 3):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(b"x" * number)
        os.utime(path, (number, number))
    found = found_files([place(f"{tmp_path}/*.csv", f"{tmp_path}/0.csv", f"{tmp_path}/6.csv")])
    assert [file.path.name for file in found] == ["6.csv", "5.csv", "4.csv", "3.csv", "0.csv"]
    assert (found[0].size, found[0].changed_at, found[0].source) == (6, 6.0, f"{tmp_path}/6.csv")


def test_a_pbx_that_begins_new_files_all_the_time_is_followed_by_its_glob(tmp_path: Path):
    for number in range(3):
        (tmp_path / f"cdr_{number}").write_text("x")
    (found,) = found_files([place(f"{tmp_path}/cdr_*", every=True)])
    assert found.source == f"{tmp_path}/cdr_*"


def test_the_name_of_a_single_file_is_taken_literally(tmp_path: Path):
    (tmp_path / "a[1].csv").write_text("x")
    (found,) = found_files([place(f"{tmp_path}/*.csv")])
    assert found.source == f"{tmp_path}/a[[]1].csv"


def test_folders_missing_places_and_dangling_links_are_passed_over(tmp_path: Path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nothing")
    assert found_files([place(f"{tmp_path}/*.csv", "/no/such/folder/*.csv")]) == []
