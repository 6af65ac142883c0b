"""How far a learner is: one pure function over lesson ids."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`percent` is the maximum reached; `new` lessons are shown but not counted yet."""

    done: int
    total: int
    percent: int
    new: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return self.total > 0 and self.done == self.total


def progress_of(
    counted: Sequence[str], shown: Sequence[str], done: Collection[str], reached: int = 0
) -> Progress:
    """Progress over `counted`, the lessons of the version that this learner is measured by.

    A counted lesson that is no longer `shown` counts as done, because no one can do it any more.
    A shown one that is not counted is new. The percentage never falls below `reached`.
    """
    still_there = set(shown)
    finished = [lesson for lesson in counted if lesson in done or lesson not in still_there]
    measured = set(counted)
    now = percent_of(len(finished), len(counted))
    return Progress(
        done=len(finished),
        total=len(counted),
        percent=min(100, max(reached, now)),
        new=tuple(lesson for lesson in shown if lesson not in measured),
    )


def percent_of(done: int, total: int) -> int:
    """Rounded half up, but 0 only before anything is done and 100 only when all of it is."""
    if done <= 0 or total <= 0:
        return 0
    if done >= total:
        return 100
    return min(99, max(1, (200 * done + total) // (2 * total)))
