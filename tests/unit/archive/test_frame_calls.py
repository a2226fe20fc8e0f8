"""GetImageFrame, called often: as boto3's client calls it, which makes the first call itself."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from pydicom.data import get_testdata_file

from local.healthimaging import Imaging, Options, running
from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.frame_calls import FrameCalls
from serverless_dicom.errors import FrameNotFound
from serverless_dicom.imageset.metadata import parse
from tests.servers import LOOPBACK, Listener

FILES = [str(get_testdata_file(name, download=False)) for name in ("CT_small.dcm", "MR_small.dcm")]


MOST = 1 << 20


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
        assert calls.read(imaging.datastore_id, image_set, frame, MOST) == expected["imageFrameBlob"].read()
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
                calls.read(imaging.datastore_id, image_set, frame, MOST)
            assert caught.value.response["Error"]["Code"] == "InternalServerException"
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert counted.asked == ["GetImageFrame"]
    with pytest.raises(EndpointConnectionError):
        calls.read(imaging.datastore_id, image_set, frame, MOST)


def test_a_frame_that_is_cut_off_on_its_way_is_an_error() -> None:
    def cut_off(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 10)

    with Listener(cut_off) as server:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        config = Config(proxies={}, inject_host_prefix=False, retries={"total_max_attempts": 1})
        client = boto3.Session(**keys).client(
            "medical-imaging", endpoint_url=f"http://{LOOPBACK}:{server.port}", config=config
        )
        counted = Counted(client)
        calls = FrameCalls(client)
        for _ in range(2):
            with pytest.raises(BotoCoreError):
                calls.read("d" * 32, "a" * 32, "f" * 32, MOST)
        assert counted.asked == ["GetImageFrame"]
