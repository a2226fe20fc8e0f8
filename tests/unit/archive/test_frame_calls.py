"""GetImageFrame, called often: as boto3's client calls it, which makes the first call itself."""

import json
import re
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPResponse
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeAlias

import boto3
import pytest
import trustme
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    SSLError,
)
from pydicom.data import get_testdata_file

from local.healthimaging import Imaging, Options, running
from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.frame_calls import FrameCalls
from serverless_dicom.archive.receiving import Receiver
from serverless_dicom.errors import ArchiveRefused, FrameNotFound
from serverless_dicom.imageset.metadata import parse
from tests.servers import LOOPBACK, Listener

FILES = [str(get_testdata_file(name, download=False)) for name in ("CT_small.dcm", "MR_small.dcm")]


MOST = 1 << 20

Handle: TypeAlias = Callable[[socket.socket], None]


def read(calls: FrameCalls, datastore: str, image_set: str, frame: str, most: int = MOST) -> bytes:
    return calls.ask(datastore, image_set, frame, most).answer()


class Counted:
    """A client, and the operations that it was asked for itself."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.asked: list[str] = []
        client.meta.events.register("provide-client-params.medical-imaging", self._ask)

    def _ask(self, model: Any, **_: Any) -> None:
        self.asked.append(model.name)


@pytest.fixture(scope="module")
def imaging() -> Iterator[Imaging]:
    with running() as service:
        service.import_files(FILES)
        yield service


def frames_of(imaging: Imaging) -> list[tuple[str, str]]:
    archive = HealthImaging(imaging.client(), imaging.datastore_id)
    sets = [parse(archive.metadata(one["imageSetId"])) for one in archive.search()]
    return [(one.image_set_id, frame.id) for one in sets for instance in one.instances for frame in instance.frames]


def test_frames_of_all_image_sets_are_those_of_the_client_that_is_asked_once(imaging: Imaging) -> None:
    counted, peer = Counted(imaging.client()), imaging.client()
    calls = FrameCalls(counted.client)
    for image_set, frame in [*frames_of(imaging)] * 2:
        wanted = {"datastoreId": imaging.datastore_id, "imageSetId": image_set}
        expected = peer.get_image_frame(**wanted, imageFrameInformation={"imageFrameId": frame})
        assert read(calls, imaging.datastore_id, image_set, frame) == expected["imageFrameBlob"].read()
    assert counted.asked == ["GetImageFrame"]


def test_many_threads_may_begin_at_once(imaging: Imaging) -> None:
    counted = Counted(imaging.client())
    archive, todo = HealthImaging(counted.client, imaging.datastore_id), frames_of(imaging) * 50
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda one: archive.frame(*one), todo))
    assert len(set(found)) == len(FILES)
    assert len(counted.asked) <= 16


def test_what_is_not_there_is_told_as_the_client_tells_it(imaging: Imaging) -> None:
    counted = Counted(imaging.client())
    archive, (image_set, frame) = HealthImaging(counted.client, imaging.datastore_id), frames_of(imaging)[0]
    archive.frame(image_set, frame)
    with pytest.raises(FrameNotFound):
        archive.frame(image_set, "0" * 32)
    assert counted.asked == ["GetImageFrame"]


def test_faults_of_the_service_have_their_codes() -> None:
    with running(Options(failing_frames=1)) as imaging:
        imaging.import_files(FILES)
        counted = Counted(imaging.client(retries={"total_max_attempts": 1}))
        calls, (image_set, frame) = FrameCalls(counted.client), frames_of(imaging)[0]
        for _ in range(2):
            with pytest.raises(ClientError) as caught:
                read(calls, imaging.datastore_id, image_set, frame)
            assert caught.value.response["Error"]["Code"] == "InternalServerException"
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert counted.asked == ["GetImageFrame"]
    with pytest.raises(EndpointConnectionError):
        read(calls, imaging.datastore_id, image_set, frame)


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100
IDS = ("d" * 32, "a" * 32, "f" * 32)


def asked_of(url: str, verify: str | None = None, token: str | None = None, **options: Any) -> Counted:
    session = boto3.Session("test", "test", token, "us-east-1")
    config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, **{"proxies": {}, **options})
    return Counted(session.client("medical-imaging", endpoint_url=url, config=config, verify=verify))


def answering(
    *answers: bytes, closing: bytes | None = None, asked: list[bytes] | None = None, seconds: float = 0
) -> Handle:
    """Answers requests in turn, the last answer for all that follow; after `closing` the connection ends."""
    left = deque(answers)

    def handle(connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            while head := b"".join(takewhile(lambda line: line != b"\r\n", lines)):
                body = lines.read(int(re.findall(rb"(?i)content-length: *([0-9]+)", head)[0]))
                if asked is not None:
                    asked.append(head + body)
                answer = left.popleft() if len(left) > 1 else left[0]
                time.sleep(seconds)
                connection.sendall(answer)
                if answer == closing:
                    return

    return handle


@pytest.mark.parametrize(
    ("answer", "stays"),
    [
        (WHOLE, True),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n" + b"x" * 100 + b"\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n" + b"x" * 100, False),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 100, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100, False),
    ],
    ids=["plain", "continue", "chunked", "closing", "without length", "closed unsaid"],
)
def test_an_answer_may_come_in_every_way_of_http(answer: bytes, *, stays: bool) -> None:
    with Listener(answering(answer, closing=None if stays else answer)) as server:
        counted = asked_of(f"http://{LOOPBACK}:{server.port}")
        archive = HealthImaging(counted.client, IDS[0])
        assert [archive.frame(*IDS[1:]) for _ in range(3)] == [b"x" * 100] * 3
        assert server.connections == (1 if stays else 3)
    assert counted.asked == ["GetImageFrame"]


def test_no_more_is_read_than_wanted() -> None:
    with Listener(answering(WHOLE)) as server:
        calls = FrameCalls(asked_of(f"http://{LOOPBACK}:{server.port}").client)
        assert [read(calls, *IDS, most=most) for most in (40, 40, 99, 100)] == [
            b"x" * 40,
            b"x" * 40,
            b"x" * 99,
            b"x" * 100,
        ]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 10,
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 10,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n" + b"x" * 10,
        b"220 ftp.example ready\r\n",
        b"",
    ],
    ids=["short", "long and short", "in a chunk", "no http", "nothing"],
)
def test_a_frame_that_is_cut_off_on_its_way_is_an_error(answer: bytes) -> None:
    with Listener(answering(WHOLE, answer, WHOLE, closing=answer)) as server:
        counted = asked_of(f"http://{LOOPBACK}:{server.port}")
        calls = FrameCalls(counted.client)
        read(calls, *IDS)
        with pytest.raises((HTTPClientError, IncompleteReadError)):
            read(calls, *IDS)
        assert read(calls, *IDS) == b"x" * 100
    assert counted.asked == ["GetImageFrame"]


def test_a_service_that_says_nothing_more_is_waited_for_as_long_as_the_client_is_told_to() -> None:
    with Listener(answering(WHOLE, WHOLE[:-1])) as server:
        calls = FrameCalls(asked_of(f"http://{LOOPBACK}:{server.port}", read_timeout=0.2).client)
        read(calls, *IDS)
        with pytest.raises(ReadTimeoutError):
            read(calls, *IDS)


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("where", "answer", "seconds"),
    [
        ((Receiver, "wait"), WHOLE, 0.1),
        ((HTTPResponse, "begin"), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n" + b"x" * 100, 0),
    ],
    ids=["waiting", "reading"],
)
def test_a_connection_whose_answer_was_not_read_is_not_used_again(
    where: tuple[type, str], answer: bytes, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Listener(answering(WHOLE, answer, WHOLE.replace(b"x", b"y"), seconds=seconds)) as server:
        calls = FrameCalls(asked_of(f"http://{LOOPBACK}:{server.port}").client)
        read(calls, *IDS)
        with monkeypatch.context() as patched:
            patched.setattr(*where, interrupted)
            with pytest.raises(KeyboardInterrupt):
                read(calls, *IDS)
        time.sleep(0.02)  # the request has arrived
        assert read(calls, *IDS) == b"y" * 100
        assert server.connections == 2


def test_a_frame_that_nobody_waits_for_is_given_up() -> None:
    with Listener(answering(WHOLE, WHOLE, WHOLE.replace(b"x", b"y"), seconds=0.05)) as server:
        calls = FrameCalls(asked_of(f"http://{LOOPBACK}:{server.port}").client)
        read(calls, *IDS)
        asked = calls.ask(*IDS, MOST)
        assert asked.is_sent
        time.sleep(0.02)
        asked.close()
        assert read(calls, *IDS) == b"y" * 100
        assert server.connections == 2


def test_metadata_show_the_way_too(imaging: Imaging) -> None:
    (image_set, frame), *_ = frames_of(imaging)
    counted = Counted(imaging.client())
    archive = HealthImaging(counted.client, imaging.datastore_id)
    archive.metadata(image_set)
    asked = archive.ask(image_set, frame)
    assert asked.is_sent
    assert asked.answer()
    assert counted.asked == ["GetImageSetMetadata"]


def test_credentials_that_cannot_be_had_are_an_error_of_the_answer(imaging: Imaging) -> None:
    (image_set, frame), *_ = frames_of(imaging)
    client = imaging.client()
    archive = HealthImaging(client, imaging.datastore_id)
    archive.metadata(image_set)

    class Gone:
        def get_frozen_credentials(self) -> None:
            raise CredentialRetrievalError(provider="sso", error_msg="expired")

    client._request_signer._credentials = Gone()  # as those of a session that has ended
    asked = archive.ask(image_set, frame)
    with pytest.raises(ArchiveRefused, match="CredentialRetrievalError"):
        asked.answer()


@pytest.mark.parametrize("token", [None, "a/session+token=="])
def test_requests_are_signed_as_botocore_signs_them(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[bytes] = []
    with Listener(answering(WHOLE, asked=requests)) as server:
        counted = asked_of(url := f"http://{LOOPBACK}:{server.port}", token=token)
        calls = FrameCalls(counted.client)
        for _ in range(2):
            read(calls, *IDS)
    assert counted.asked == ["GetImageFrame"]
    start, *lines, body = requests[-1].decode().splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    found = headers.pop("authorization")
    at = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: at)
    signed = ("content-type", "host", "x-amz-security-token")
    expected = AWSRequest(
        "POST",
        url + start.split()[1],
        {name: headers[name] for name in signed if name in headers},
        body.encode(),
    )
    SigV4Auth(Credentials("test", "test", token), "medical-imaging", "us-east-1").add_auth(expected)
    assert found == expected.headers["Authorization"]
    assert headers.get("x-amz-security-token") == token
    assert json.loads(body) == {"imageFrameId": IDS[2]}


def test_certificates_are_checked_as_the_client_checks_them(tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with Listener(answering(WHOLE, closing=WHOLE), context) as server:
        url = f"https://{LOOPBACK}:{server.port}"
        counted = asked_of(url, verify=str(tmp_path / "ca.pem"))
        calls = FrameCalls(counted.client)
        assert [read(calls, *IDS) for _ in range(3)] == [b"x" * 100] * 3
        assert counted.asked == ["GetImageFrame"]
        with pytest.raises(SSLError):
            read(FrameCalls(asked_of(url).client), *IDS)


@pytest.mark.parametrize("size", [100, 20_000])
def test_what_comes_after_an_answer_is_not_taken_for_the_next(tmp_path: Path, size: int) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    whole = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * size
    with Listener(
        answering(WHOLE, whole + WHOLE.replace(b"x", b"z") * 99, WHOLE.replace(b"x", b"y")), context
    ) as server:
        counted = asked_of(f"https://{LOOPBACK}:{server.port}", verify=str(tmp_path / "ca.pem"))
        calls = FrameCalls(counted.client)
        assert [read(calls, *IDS)[:1] for _ in range(4)] == [b"x", b"x", b"y", b"y"]


def test_what_goes_by_a_proxy_is_left_to_the_client() -> None:
    with Listener(answering(WHOLE)) as proxy:
        counted = asked_of("http://imaging.example", proxies={"http": f"http://{LOOPBACK}:{proxy.port}"})
        calls = FrameCalls(counted.client)
        assert [read(calls, *IDS) for _ in range(2)] == [b"x" * 100] * 2
    assert counted.asked == ["GetImageFrame"] * 2


def test_ids_that_are_none_cannot_change_what_is_asked(imaging: Imaging) -> None:
    counted = Counted(imaging.client())
    calls, (image_set, frame) = FrameCalls(counted.client), frames_of(imaging)[0]
    read(calls, imaging.datastore_id, image_set, frame)
    for wrong in (f"{image_set}/getImageFrame HTTP/1.1\r\nX: y\r\n", "../x", "ä"):
        with pytest.raises((BotoCoreError, ClientError)):
            read(calls, imaging.datastore_id, wrong, frame)
    assert len(counted.asked) == 4
