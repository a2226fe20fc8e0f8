"""An FTP server on a loopback port (RFC 959, 4217), which can be told to misbehave."""

import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from tests.servers import LOOPBACK, Listener


@dataclass
class FtpServer:
    """Serves files by name, over TLS too where it has a context; `seen` is what it was sent.

    `replies` stand in for its own, by command ("" is the greeting); of `pieces` a file's bytes are sent instead of all
    at once.
    """

    files: Mapping[str, bytes]
    user: str = "anonymous"
    password: str = "anonymous@"  # noqa: S105 - what everybody says
    context: ssl.SSLContext | None = None
    implicit: bool = False
    pasv_host: str = LOOPBACK
    pasv_port: int | None = None
    replies: Mapping[str, bytes | Iterable[bytes]] = field(default_factory=dict)
    pieces: Iterable[bytes] | None = None
    seen: list[str] = field(default_factory=list)

    def listener(self) -> Listener:
        """The server, not yet started."""
        return Listener(self._converse, self.context if self.implicit else None)

    def _converse(self, control: socket.socket) -> None:  # noqa: C901 - one dialogue, read from top to bottom
        with ExitStack() as opened:
            data: socket.socket | None = None
            secret, user = False, ""
            self._say(control, "", b"220 Welcome")
            lines = [control]  # where commands come from: another socket after AUTH
            for command, argument in self._commands(lines):
                if command in self.replies:
                    self._say(control, command)
                elif command == "AUTH" and self.context:
                    self._say(control, command, b"234 Go on")
                    control = opened.enter_context(self.context.wrap_socket(control, server_side=True))
                    lines[:] = [control]
                elif command == "USER":
                    user = argument
                    self._say(control, command, b"331 And the password?")
                elif command == "PASS":
                    known = (user, argument) == (self.user, self.password)
                    reply = b"230 Come in" if known else f"530 {user} may not enter with {argument}".encode()
                    self._say(control, command, reply)
                elif command == "PROT":
                    secret = argument == "P"
                    self._say(control, command, b"200 So be it")
                elif command in ("TYPE", "PBSZ"):
                    self._say(control, command, b"200 So be it")
                elif command == "PASV":
                    data = opened.enter_context(socket.create_server((LOOPBACK, 0)))
                    data.settimeout(5)
                    port = self.pasv_port or data.getsockname()[1]
                    told = ",".join([*self.pasv_host.split("."), str(port // 256), str(port % 256)])
                    self._say(control, command, f"227 Passive ({told})".encode())
                elif command not in ("SIZE", "RETR"):
                    self._say(control, command, b"502 What?")
                elif argument not in self.files:
                    self._say(control, command, f"550 No {argument}".encode())
                elif command == "SIZE":
                    self._say(control, command, b"213 %d" % len(self.files[argument]))
                elif command == "RETR" and data:
                    self._say(control, command, b"150 Here it comes")
                    self._send(data, argument, secret=secret)
                    self._say(control, "226", b"226 That was it")

    def _commands(self, lines: list[socket.socket]) -> Iterator[tuple[str, str]]:
        while True:
            line = b""
            while not line.endswith(b"\r\n"):
                byte = lines[0].recv(1)
                if not byte:
                    return
                line += byte
            self.seen.append(line.decode().removesuffix("\r\n"))
            command, _, argument = self.seen[-1].partition(" ")
            yield command, argument

    def _say(self, control: socket.socket, command: str, reply: bytes = b"") -> None:
        said = self.replies.get(command, reply + b"\r\n")
        for piece in [said] if isinstance(said, bytes) else said:
            control.sendall(piece)

    def _send(self, listening: socket.socket, name: str, *, secret: bool) -> None:
        connection, _ = listening.accept()
        with ExitStack() as opened:
            opened.enter_context(connection)
            if secret and self.context:
                connection = opened.enter_context(self.context.wrap_socket(connection, server_side=True))
            for piece in [self.files[name]] if self.pieces is None else self.pieces:
                connection.sendall(piece)
            if isinstance(connection, ssl.SSLSocket):
                with suppress(OSError):
                    connection.unwrap()
