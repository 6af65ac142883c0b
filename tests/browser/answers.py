"""A slow line: what the server answers to a tab waits until the test lets it through."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, WebSocketRoute


class Answers:
    """What the server says to the pages of one tab; held back between `hold` and `release`."""

    def __init__(self, page: Page) -> None:
        self.holding = False
        self.waiting: list[tuple[WebSocketRoute, str | bytes]] = []
        page.route_web_socket(re.compile("/_event"), self._carry)

    def _carry(self, near: WebSocketRoute) -> None:
        def said(message: str | bytes) -> None:
            if self.holding:
                self.waiting.append((near, message))
            else:
                near.send(message)

        near.connect_to_server().on_message(said)

    def hold(self) -> None:
        self.holding = True

    def release(self) -> None:
        self.holding = False
        for near, message in self.waiting:
            near.send(message)
        self.waiting.clear()


def address(page: Page) -> str:
    parts = urlsplit(page.url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
