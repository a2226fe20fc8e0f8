"""Files behind FTP (RFC 959) and FTPS (RFC 4217), fetched whole."""

from __future__ import annotations

import ftplib
import socket
import ssl
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from serverless_dicom.errors import ObjectNotFound, SourceFailed, SourceNotAllowed
from serverless_dicom.header.ranges import FileRanges
from serverless_dicom.sources.address import FTP_PORTS, Credentials
from serverless_dicom.sources.deadline import Watchdog
from serverless_dicom.sources.faults import translated
from serverless_dicom.sources.http import trusted
from serverless_dicom.sources.spool import CHUNK, MAX_BYTES, check_size, spooled

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from serverless_dicom.header.ranges import ByteRanges
    from serverless_dicom.sources.address import Address
    from serverless_dicom.sources.deadline import Deadline
    from serverless_dicom.sources.guard import Guard

IMPLICIT_PORT = 990
"""FTPS is encrypted from the first byte there, and after AUTH TLS on every other port."""

MAX_REPLIES = 64 * 1024
"""Characters of a server's replies that are read at most."""

_FIRST_UNPRIVILEGED_PORT = 1024
_ANONYMOUS = Credentials("anonymous", "anonymous@")
_NOT_LOGGED_IN = "530"
_UNAVAILABLE = "550"


class FtpSource:
    """Files behind FTP, in passive mode, of hosts that the guard lets pass; off unless `allowed`."""

    def __init__(
        self, guard: Guard, *, allowed: bool = False, max_bytes: int = MAX_BYTES, context: ssl.SSLContext | None = None
    ) -> None:
        """Fetch at most `max_bytes` of one file."""
        self._guard = guard
        self._allowed = allowed
        self._max_bytes = max_bytes
        self._context = context

    @contextmanager
    def open(self, address: Address, deadline: Deadline) -> Iterator[ByteRanges]:
        """The file's bytes, from a temporary file without a name.

        Raises ObjectNotFound, SourceNotAllowed, SourceTooLarge, SourceFailed or SourceTimeout.
        """
        if not self._allowed:
            raise SourceNotAllowed("nothing is fetched by FTP; an operator may allow it by the parameter AllowFtp")
        with Watchdog(deadline) as watchdog, closing(self._session(address, deadline, watchdog)) as session:
            with _told(address.shown, deadline):
                session.begin(address.credentials or _ANONYMOUS)
                announced = session.length(address.key)
            check_size(announced, self._max_bytes, address.shown)
            file = spooled(_chunks(session, address, deadline), self._max_bytes, address.shown)
        with file:
            ranges = FileRanges.of(file)
            if announced not in (None, ranges.size):
                raise SourceFailed(f"{address.shown}: {ranges.size} bytes came of {announced}")
            yield ranges

    def _session(self, address: Address, deadline: Deadline, watchdog: Watchdog) -> Session:
        return Session(address, self._guard, self._context or trusted(), deadline, watchdog)


class Session(ftplib.FTP_TLS):
    """A conversation with one server at one checked address, at which its data connections end too."""

    trust_server_pasv_ipv4_address = False  # the host that a server names may be any

    def __init__(
        self, address: Address, guard: Guard, context: ssl.SSLContext, deadline: Deadline, watchdog: Watchdog
    ) -> None:
        """Dial nothing yet."""
        super().__init__(context=context)
        self.host = address.host
        self._address = address
        self._guard = guard
        self._deadline = deadline
        self._watchdog = watchdog
        self._replied = 0

    def begin(self, credentials: Credentials) -> None:
        """Connect, encrypt where the scheme says so, and log in."""
        address = self._address
        encrypted = address.scheme == "ftps"
        self.sock = self._watched(self._guard.dial(address.host, address.port, FTP_PORTS, self._deadline))
        self.af = self.sock.family
        if encrypted and address.port == IMPLICIT_PORT:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        self.login(credentials.user, credentials.password, secure=encrypted)
        if encrypted:
            self.prot_p()
        self.voidcmd("TYPE I")

    def length(self, path: str) -> int | None:
        """Bytes of a file, where the server tells."""
        try:
            return self.size(path)
        except ftplib.error_perm:
            return None  # SIZE is an extension (RFC 3659 4), and what is missing shows when it is fetched

    def getline(self) -> str:
        """A line of a reply; of all replies together only so much is read."""
        line = super().getline()
        self._deadline.remaining()  # a line that was cut off then passes for a whole one
        self._replied += len(line) + 1
        if self._replied > MAX_REPLIES:
            raise ftplib.error_proto("more replies than are read")  # noqa: S321 - FTP it is
        return line

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:  # noqa: ARG002
        """A data connection to the address of the control connection, whatever host the server names."""
        host, port = self.makepasv()
        if port < _FIRST_UNPRIVILEGED_PORT:
            raise ftplib.error_proto("a data connection to a port of another service")  # noqa: S321 - FTP it is
        data = self._watched(self._guard.reach(host, port, self._deadline))
        try:
            reply = self.sendcmd(cmd)
            if reply.startswith("2"):  # some servers confirm first
                reply = self.getresp()
            if not reply.startswith("1"):
                raise ftplib.error_reply(reply)  # noqa: S321, TRY301 - FTP it is, and the socket is closed below
            if isinstance(self.sock, ssl.SSLSocket):  # servers may ask for the session of the control connection
                data = self.context.wrap_socket(data, server_hostname=self.host, session=self.sock.session)
        except BaseException:
            data.close()
            raise
        return data, None

    def _watched(self, dialed: socket.socket) -> socket.socket:
        self._watchdog.watch(dialed)
        return dialed


def _chunks(session: Session, address: Address, deadline: Deadline) -> Generator[bytes]:
    """A file, piece by piece, up to the server's word that this was all."""
    with _told(address.shown, deadline):
        data = session.transfercmd(f"RETR {address.key}")
    with data:
        while True:
            with _told(address.shown, deadline):
                chunk = data.recv(CHUNK)
            deadline.remaining()  # a connection that was shut at the deadline looks like one that ended
            if not chunk:
                break
            yield chunk
        with suppress(OSError):  # some servers wait for this word, and closing alone says nothing: the
            if isinstance(data, ssl.SSLSocket):  # watchdog has the socket too
                data.unwrap()
            data.shutdown(socket.SHUT_RDWR)
    with _told(address.shown, deadline):
        session.voidresp()


@contextmanager
def _told(shown: str, deadline: Deadline) -> Iterator[None]:
    """Translate refusals by their codes alone: the text of a reply may quote the credentials."""
    with translated(shown, deadline):
        try:
            yield
        except ftplib.error_perm as error:
            code = str(error)[:3]
            if code == _UNAVAILABLE:
                raise ObjectNotFound(f"{shown}: the server has no such file ({code})") from None
            if code == _NOT_LOGGED_IN:
                raise SourceFailed(f"{shown}: the server refused the credentials ({code})") from None
            raise SourceFailed(f"{shown}: the server refused ({code})") from None
