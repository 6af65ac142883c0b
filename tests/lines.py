"""The line to the database, which a test can cut."""

import contextlib
import socket
import threading


class Line:
    """Between ours and the database behind `mongod_uri`; use `uri` instead of it."""

    def __init__(self, mongod_uri: str) -> None:
        self.behind = int(mongod_uri.split(":")[2].split("/")[0])
        self.cut = False
        self.open_ends: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"mongodb://127.0.0.1:{self.listener.getsockname()[1]}/?directConnection=true"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                if self.cut:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.behind))
                self.open_ends += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.close()

    def go_away(self) -> None:
        self.cut = True
        for end in self.open_ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.open_ends.clear()

    def come_back(self) -> None:
        self.cut = False

    def close(self) -> None:
        self.go_away()
        self.listener.close()
