"""How far a learner is said to be."""

import pytest

from courseflow_admin.models.teaching.progress import percent_of, progress_of


@pytest.mark.parametrize(
    ("done", "total", "percent"),
    [
        (1, 6, 17),
        (4, 6, 67),
        (1, 3, 33),
        (2, 3, 67),
        (1, 8, 13),
        (3, 8, 38),
        (1, 2, 50),
        (3, 3, 100),
    ],
)
def test_a_part_is_rounded_half_up(done, total, percent):
    assert percent_of(done, total) == percent


def test_all_is_said_only_when_all_is_done_and_nothing_only_before_the_first():
    shown = [percent_of(done, 1000) for done in (0, 1, 4, 5, 995, 999, 1000)]

    assert shown == [0, 1, 1, 1, 99, 99, 100]
    assert percent_of(0, 0) == 0


def test_the_percentage_never_falls_below_what_was_reached():
    lessons = ["a", "b", "c"]

    assert progress_of(lessons, lessons, {"a", "b"}).percent == 67
    assert progress_of(lessons, lessons, {"a"}, reached=67).percent == 67
