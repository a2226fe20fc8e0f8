"""A URL -> what it addresses: an object of S3 or R2, or a file behind HTTP or FTP.

Nothing is looked up, sent or allowed here. What two parsers of URLs could read in two ways is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args
from urllib.parse import unquote

from serverless_dicom.errors import InvalidRequest, SourceNotAllowed
from serverless_dicom.sources.buckets import BUCKET, R2Place, place_of
from serverless_dicom.sources.hosts import host_of, port_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal["s3", "r2", "ftp", "http"]

MAX_URL = 8 * 1024
"""Characters of a URL at most."""

WEB_PORTS = frozenset({80, 443})
FTP_PORTS = frozenset({21, 990})

_KINDS: Mapping[str, Kind] = {"s3": "s3", "http": "http", "https": "http", "ftp": "ftp", "ftps": "ftp"}
_PORTS = {"http": 80, "https": 443, "ftp": 21, "ftps": 990}
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)")
_HIERARCHY = re.compile(r"//(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?")
_S3 = re.compile(r"//(?P<bucket>[^/?#]*)/(?P<key>[^?]+)(?:\?versionId=(?P<version>[^?&=#]+))?")
_PORT = re.compile(r":([^:\]]*)\Z")
_PRINTABLE = re.compile(r"[!-\[\]-~]+")  # ASCII without controls, spaces and the backslash
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who logs in; neither is ever shown."""

    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """Where something is to be fetched from.

    `path` is as it stood in the URL; `target` is what an HTTP request asks for, query and all. `bucket`, `key` and
    `version_id` are S3's and R2's, percent-decoded; `endpoint` is the R2 account's. Of FTP, `key` is the decoded path.
    """

    kind: Kind
    scheme: str
    host: str
    port: int
    path: str
    target: str = field(default="", repr=False)
    bucket: str = ""
    key: str = ""
    version_id: str | None = None
    endpoint: str = ""
    credentials: Credentials | None = field(default=None, repr=False)

    @property
    def netloc(self) -> str:
        """The host, with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme, self.port) else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """`scheme://host`, with the port where it is not the scheme's own."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def shown(self) -> str:
        """What messages and logs may say of it: neither credentials nor query."""
        return self.origin + self.path


def parse_address(url: str, storage_type: str = "auto", *, s3_endpoint: str | None = None) -> Address:
    """The address that a URL means; `s3_endpoint` is the `host` or `host:port` of an S3 client that is not AWS's.

    Raises InvalidRequest for a URL that is malformed or of another type than `storage_type` says, SourceNotAllowed for
    a scheme or a port that nothing is fetched from.
    """
    if storage_type not in ("auto", *get_args(Kind)):
        raise InvalidRequest(f"storage_type must be auto, s3, r2, ftp or http, got {storage_type[:20]!r}")
    check_characters(url)
    found = _SCHEME.fullmatch(url)
    if not found:
        raise InvalidRequest("url begins with no scheme; expected s3://bucket/key or https://host/path")
    scheme, rest = found["scheme"].lower(), found["rest"]
    if scheme not in _KINDS:
        raise SourceNotAllowed(f"nothing is fetched by {scheme[:20]}, only by {', '.join(_KINDS)}")
    try:
        address = _of_s3(rest) if scheme == "s3" else _of_hierarchy(scheme, rest, s3_endpoint)
    except ValueError as error:
        raise InvalidRequest(f"url: {error}") from None
    if storage_type not in ("auto", address.kind):
        raise InvalidRequest(
            f"storage_type: this url is of type {address.kind}, not {storage_type}; leave the type out"
        )
    return address


def check_characters(url: str) -> None:
    """Raise InvalidRequest for what no URL is made of."""
    if len(url) > MAX_URL:
        raise InvalidRequest(f"url has {len(url)} characters, more than {MAX_URL}")
    if url[:5].lower() == "s3://" and not _CONTROL.search(url):  # no address of the network: a key is any text
        return
    if not _PRINTABLE.fullmatch(url):
        raise InvalidRequest(
            "url must be of printable ASCII characters without spaces and backslashes; others are percent-encoded"
        )


def _of_s3(rest: str) -> Address:
    found = _S3.fullmatch(rest)
    if not found:
        raise ValueError("expected s3://bucket/key or s3://bucket/key?versionId=…; a ? in a key is %3F in an https url")
    bucket, key = _bucket(found["bucket"]), _key(found["key"])
    return Address("s3", "s3", bucket, 0, f"/{key}", bucket=bucket, key=key, version_id=found["version"])


def _of_hierarchy(scheme: str, rest: str, s3_endpoint: str | None) -> Address:
    found = _HIERARCHY.fullmatch(rest)
    if not found or not found["authority"]:
        raise ValueError(f"there is no host; expected {scheme}://host/path")
    userinfo, at, place = found["authority"].rpartition("@")
    port_text = _PORT.search(place)
    host = host_of(_PORT.sub("", place))
    port = port_of(port_text[1]) if port_text else _PORTS[scheme]
    path, query = found["path"], found["query"]
    if _KINDS[scheme] == "ftp":
        return _of_ftp(Address("ftp", scheme, host, port, path), rest, userinfo if at else None)
    if at:
        raise ValueError("credentials before the host are not taken")
    target = (path or "/") + ("" if query is None else f"?{query}")
    address = Address("http", scheme, host, port, path or "/", target)
    stored = place_of(host, path)
    if stored and port not in WEB_PORTS:
        raise SourceNotAllowed(f"nothing is fetched from port {port} of {host}, only from 80 and 443")
    if stored is None and s3_endpoint and s3_endpoint.lower() in (address.netloc, f"{host}:{port}"):
        bucket, _, key = path.removeprefix("/").partition("/")
        return _of_bucket(address, bucket, key, query)
    if isinstance(stored, R2Place):
        return _of_bucket(address, stored.bucket, stored.key, None, stored.endpoint)
    return _of_bucket(address, stored.bucket, stored.key, query) if stored else address


def _of_bucket(address: Address, bucket: str, key: str, query: str | None, endpoint: str = "") -> Address:
    versions = [unquote(field[10:]) for field in (query or "").split("&") if field.startswith("versionId=")]
    if len(versions) > 1 or any(_CONTROL.search(version) or not version for version in versions):
        raise ValueError("versionId stands once in a query, with a value")
    return replace(
        address,
        kind="r2" if endpoint else "s3",
        target="",
        bucket=_bucket(bucket),
        key=_key(_decoded(key)),
        version_id=versions[0] if versions else None,
        endpoint=endpoint,
    )


def _of_ftp(address: Address, rest: str, userinfo: str | None) -> Address:
    if "?" in rest or "#" in rest:
        raise ValueError("a ? or # in the path of an ftp url is percent-encoded")
    credentials = None
    if userinfo is not None:
        if "@" in userinfo:
            raise ValueError("an @ in credentials is percent-encoded")
        user, _, password = userinfo.partition(":")
        credentials = Credentials(_decoded(user), _decoded(password))
    name = _decoded(address.path.removeprefix("/"))
    if not name or name.endswith("/"):
        raise ValueError("there is no file; expected ftp://host/path/file")
    return replace(address, key=name, credentials=credentials)


def _decoded(text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("what is percent-encoded must be UTF-8") from None
    if _CONTROL.search(decoded):
        raise ValueError("control characters are not taken, percent-encoded or not")
    return decoded


def _bucket(text: str) -> str:
    if not BUCKET.fullmatch(text):
        raise ValueError("a bucket's name is 3 to 63 letters, digits, dots and hyphens")
    return text


def _key(text: str) -> str:
    if not text:
        raise ValueError("there is no key after the bucket; expected s3://bucket/key")
    if {".", ".."} & set(text.split("/")):
        raise ValueError("a key with a segment . or .. is not fetched: servers disagree about what it means")
    return text
