"""Acts that wait for a company: under way once, however often they are clicked, and always over."""

import reflex as rx

from courseflow_admin.models.core import clock

LONGEST_SECONDS = 180  # no company is waited for longer, also where the process has died meanwhile


class ActsState(rx.State, mixin=True):
    """Which acts are under way; each is about one object, so that other pages stay free."""

    _acts: dict[str, float] = {}  # "refund pay_1" -> when it was begun

    def _is_under_way(self, act: str, about: str) -> bool:
        return clock.wall().timestamp() - self._acts.get(f"{act} {about}", 0.0) < LONGEST_SECONDS

    def _begin(self, act: str, about: str) -> bool:
        """False: it is under way already."""
        if self._is_under_way(act, about):
            return False
        self._acts = {**self._acts, f"{act} {about}": clock.wall().timestamp()}
        return True

    def _end(self, act: str, about: str) -> None:
        self._acts = {key: began for key, began in self._acts.items() if key != f"{act} {about}"}
