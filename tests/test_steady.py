"""What `make steady` runs, and when it stops."""

import re

from tests.steady import run

# Green as often as there are letters in the file beside it.
TEST = """
from pathlib import Path
def test_it():
    left = Path(__file__).with_name("left")
    assert left.read_text()
    left.write_text(left.read_text()[1:])
"""


def so_often_green(times, folder):
    (folder / "left").write_text("x" * times)
    (folder / "test_it.py").write_text(TEST)
    return [str(folder / "test_it.py"), "-p", "no:cacheprovider", "--rootdir", str(folder)]


def test_each_run_is_a_line_with_its_seconds(tmp_path, capsys):
    code = run(2, so_often_green(2, tmp_path))

    said = re.sub(r"\d+ s$", "0 s", capsys.readouterr().out, flags=re.MULTILINE)
    assert (code, said) == (0, "1 of 2: green in 0 s\n2 of 2: green in 0 s\n")


def test_the_first_failure_is_shown_and_nothing_is_run_after_it(tmp_path, capsys):
    code = run(9, so_often_green(1, tmp_path))

    first, *shown, last = capsys.readouterr().out.splitlines()
    assert (code, first.partition(" in ")[0], last.partition(" in ")[0]) == (
        *(1, "1 of 9: green", "2 of 9: failed"),
    )
    assert any("FAILED" in line for line in shown)
