"""A line that breaks: a proxy on bytes, for peers that speak no HTTP. Standard library only, this machine only."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import Final, Self
from urllib.parse import urlsplit

_BLOCK: Final = 16 * 1024


class HostileLine:
    """Passes bytes to a peer at tcp://host:port or unix:/path, and resets connections where it is told to."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._limit: int | None = None
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.url = f"127.0.0.1:{self.port}"
        self.passed = 0  # bytes from the peer, over all connections
        self._thread = threading.Thread(target=self._serve, name="line", daemon=True)

    def cut_after(self, count: int | None) -> None:
        """Reset each connection behind so many bytes from the peer; None: behave."""
        self._limit = count

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that waits in accept() is not woken by closing the socket: a last call does it.
        listening, self._listening = self._listening, None  # type: ignore[assignment]
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join(10)
        listening.close()

    def _serve(self) -> None:
        listening = self._listening
        while True:
            caller, _ = listening.accept()
            if self._listening is None:
                caller.close()
                return
            threading.Thread(target=self._joined, args=(caller,), name="line", daemon=True).start()

    def _joined(self, caller: socket.socket) -> None:
        try:
            peer = self._peer()
        except OSError:
            caller.close()
            return
        upward = threading.Thread(target=_pump, args=(caller, peer), name="line", daemon=True)
        upward.start()
        if self._cut(peer, caller):
            # Linger 0 makes the close a reset, and no end of stream; whoever still reads from it has to let go first.
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with suppress(OSError):
                caller.shutdown(socket.SHUT_RD)
            upward.join(10)
            caller.close()
        for end in (peer, caller):
            _closed(end)

    def _cut(self, peer: socket.socket, caller: socket.socket) -> bool:
        """Pass on what the peer says to its end; whether it was cut off instead."""
        passed, limit = 0, self._limit
        try:
            while block := peer.recv(_BLOCK):
                if limit is not None and passed + len(block) >= limit:
                    caller.sendall(block[: limit - passed])
                    return True
                caller.sendall(block)
                passed += len(block)
                self.passed += len(block)
        except OSError:
            return False
        return False

    def _peer(self) -> socket.socket:
        at = urlsplit(self._upstream)
        if at.scheme == "unix":
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.connect(at.path)
            return line
        return socket.create_connection((at.hostname or "127.0.0.1", at.port or 0), timeout=30)


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while block := source.recv(_BLOCK):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def _closed(end: socket.socket) -> None:
    with suppress(OSError):  # it is gone already
        end.shutdown(socket.SHUT_RDWR)
    end.close()
