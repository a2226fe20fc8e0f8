"""What AWS refuses is refused, by the same names and statuses, and what the protocol allows is understood."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import UNSIGNED

from local.healthimaging import Imaging, Options, running
from local.healthimaging.protocol import routes, service
from local.healthimaging.rates import PUBLISHED, Limit, Rates
from tests.unit.local.healthimaging.conftest import SERIES, Bring, Client, instance

Json = dict[str, Any]
NOBODY = "0" * 32
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/medical-imaging/aws4_request, "
    f"SignedHeaders=host, Signature={'0' * 64}"
)


def asked(
    imaging: Imaging, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """The answer to a request as it goes over the wire; header names in small letters."""
    connection = http.client.HTTPConnection(imaging.url.removeprefix("http://"), timeout=10)
    try:
        sent = {"Authorization": SIGNED} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_every_operation_of_the_model_is_there(imaging: Imaging) -> None:
    assert set(imaging.service.operations) == set(service().operation_names)
    assert {route.operation.name for route in routes()} == set(service().operation_names)
    assert set(PUBLISHED) == set(service().operation_names)


@pytest.mark.parametrize(
    ("operation", "parameters", "told"),
    [
        ("GetDatastore", {"datastoreId": "x"}, "Value 'x' at 'datastoreId' failed to satisfy constraint"),
        ("CreateDatastore", {"clientToken": "a b"}, "Value 'a b' at 'clientToken' failed"),
        ("CreateDatastore", {"clientToken": "t", "datastoreName": "é"}, "'datastoreName'"),
        ("ListDatastores", {"maxResults": 51}, "must have value less than or equal to 50"),
        ("ListDatastores", {"maxResults": 0}, "must have value greater than or equal to 1"),
        ("ListDatastores", {"datastoreStatus": "GONE"}, "enum value set: [CREATING, CREATE_FAILED, ACTIVE"),
        ("GetImageSet", {"imageSetId": NOBODY, "versionId": "x"}, "Value 'x' at 'versionId'"),
        ("GetImageFrame", {"imageSetId": NOBODY, "imageFrameInformation": {}}, "imageFrameId' failed"),
        ("SearchImageSets", {"searchCriteria": {"filters": []}}, "length greater than or equal to 1"),
        (
            "SearchImageSets",
            {"searchCriteria": {"filters": [{"values": [{}], "operator": "EQUAL"}]}},
            "must have exactly one of DICOMPatientId",
        ),
        ("ListTagsForResource", {"resourceArn": "arn:x"}, "'resourceArn'"),
        ("StartDICOMImportJob", {"dataAccessRoleArn": "none", "clientToken": "t"}, "4 validation errors detected: "),
    ],
)
def test_parameters_are_held_to_the_description(imaging: Imaging, operation: str, parameters: Json, told: str) -> None:
    client = Client(imaging, parameter_validation=False)
    code, status, message = client.refused(operation, **parameters)
    assert (code, status) == ("ValidationException", 400)
    assert told in message


def test_what_is_told_of_patients_is_not_told_back(imaging: Imaging) -> None:
    client = Client(imaging, parameter_validation=False)
    filters = [{"values": [{"DICOMPatientId": "x" * 600}], "operator": "EQUAL"}]
    message = client.refused("SearchImageSets", searchCriteria={"filters": filters})[2]
    assert "Value '***' at 'searchCriteria.filters.1.member.values.1.member.dICOMPatientId'" in message


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("GetImageSet", {}),
        ("GetImageSetMetadata", {}),
        ("ListImageSetVersions", {}),
        ("DeleteImageSet", {}),
        ("GetImageFrame", {"imageFrameInformation": {"imageFrameId": NOBODY}}),
        (
            "UpdateImageSetMetadata",
            {"latestVersionId": "1", "updateImageSetMetadataUpdates": {"revertToVersionId": "1"}},
        ),
    ],
)
def test_what_is_not_there_is_not_found(client: Client, operation: str, more: Json) -> None:
    told = client.refused(operation, imageSetId=NOBODY, **more)
    assert told == ("ResourceNotFoundException", 404, "Image set does not exist")
    told = client.refused(operation, imageSetId=NOBODY, datastoreId=NOBODY, **more)
    assert told == ("ResourceNotFoundException", 404, "Datastore does not exist")


def test_frames_and_versions_are_those_of_their_image_set(client: Client, bring: Bring) -> None:
    first, second = bring(instance(1), instance(9, SeriesInstanceUID="1.9", SOPInstanceUID="1.9.1")).image_sets
    (frame,) = client.instances(first)[f"{SERIES}.1"]["ImageFrames"]
    told = client.refused("GetImageFrame", imageSetId=second, imageFrameInformation={"imageFrameId": frame["ID"]})
    assert told == ("ResourceNotFoundException", 404, "Image frame does not exist")
    assert client.refused("GetImageSet", imageSetId=first, versionId="2")[2] == "Image set version does not exist"
    assert client.refused("GetImageSet", imageSetId=first, versionId="9" * 30)[0] == "ResourceNotFoundException"


def test_requests_are_signed_for_the_service(imaging: Imaging) -> None:
    unsigned = Client(imaging, signature_version=UNSIGNED)
    assert unsigned.refused("ListDatastores")[:2] == ("MissingAuthenticationTokenException", 403)
    for wrong in (SIGNED.replace("medical-imaging", "s3"), "Basic abc"):
        assert asked(imaging, "GET", "/datastore", Authorization=wrong)[0] == 403


def test_only_this_machine_s_own_name_is_answered(imaging: Imaging) -> None:
    port = imaging.url.rpartition(":")[2]
    for host, status in (("localhost", 200), ("runtime-127.0.0.1", 200), ("rebound.example.org", 403)):
        assert asked(imaging, "GET", "/datastore", Host=f"{host}:{port}")[0] == status
    assert asked(imaging, "GET", "/health")[::2] == (200, b'{"status":"ok","simulated":true}')


def test_errors_are_of_the_protocol_s_form(imaging: Imaging) -> None:
    status, headers, body = asked(imaging, "GET", f"/datastore/{NOBODY}")
    assert (status, headers["x-amzn-errortype"]) == (404, "ResourceNotFoundException")
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {"message": "Datastore does not exist"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nothing", None, 404, "UnknownOperationException"),
        ("PUT", "/datastore", b"{}", 404, "UnknownOperationException"),
        ("POST", "/datastore", b"{", 400, "SerializationException"),
        ("POST", "/datastore", b"[]", 400, "SerializationException"),
        ("POST", "/datastore", b"[" * 100_000, 400, "SerializationException"),
        ("POST", "/datastore", b'{"clientToken": 1}', 400, "SerializationException"),
        ("POST", "/datastore", b'{"clientToken": null}', 400, "ValidationException"),
        ("GET", "/datastore?maxResults=many", None, 400, "SerializationException"),
        ("POST", "/datastore", bytes(2_000_000), 413, "RequestEntityTooLargeException"),
    ],
)
def test_nonsense_is_refused(  # noqa: PLR0913, PLR0917 - a table
    imaging: Imaging, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    answered, headers, _ = asked(imaging, method, path, body)
    assert (answered, headers["x-amzn-errortype"]) == (status, code)


@pytest.mark.parametrize("sent", [b"\0\1\2\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"])
def test_what_is_not_http_ends_the_connection(imaging: Imaging, sent: bytes) -> None:
    connection = http.client.HTTPConnection(imaging.url.removeprefix("http://"), timeout=10)
    connection.connect()
    connection.sock.sendall(sent)
    with connection.sock.makefile("rb") as answer:
        assert answer.read().startswith(b"HTTP/1.1 400 Bad Request")
    connection.close()


def test_metadata_stays_packed_and_frames_say_what_they_are(imaging: Imaging, client: Client, bring: Bring) -> None:
    (image_set,) = bring(instance(1)).image_sets
    path = f"/datastore/{imaging.datastore_id}/imageSet/{image_set}"
    status, headers, body = asked(imaging, "POST", f"{path}/getImageSetMetadata")
    assert (status, headers["content-type"], headers["content-encoding"]) == (200, "application/json", "gzip")
    assert body[:2] == b"\x1f\x8b"
    (frame,) = client.instances(image_set)[f"{SERIES}.1"]["ImageFrames"]
    wanted = json.dumps({"imageFrameId": frame["ID"]}).encode()
    status, headers, body = asked(imaging, "POST", f"{path}/getImageFrame", wanted)
    assert (status, headers["content-type"], "content-encoding" in headers) == (200, "image/jph", False)
    assert body[:12] == b"\0\0\0\x0cjP  \r\n\x87\n"


def test_timestamps_are_seconds(imaging: Imaging) -> None:
    body = json.loads(asked(imaging, "GET", "/datastore")[2])
    assert isinstance(body["datastoreSummaries"][0]["createdAt"], float)


@pytest.fixture
def throttled(tmp_path: Path) -> Iterator[Client]:
    with running(Options(state=tmp_path / "t", rates="published")) as imaging:
        yield Client(imaging)


def test_published_rates_hold_on_demand(throttled: Client) -> None:
    for _ in range(10):
        throttled("ListDatastores")
    told = {throttled.refused("ListDatastores") for _ in range(1)}
    assert told == {("ThrottlingException", 429, "Rate exceeded")}
    throttled("GetDatastore")


def test_what_is_saved_up_comes_back_with_time() -> None:
    now = 0.0
    rates = Rates({"Get": Limit(2, 4)}, lambda: now)
    for _ in range(4):
        rates.count("Get")
    with pytest.raises(Exception, match="Rate exceeded"):
        rates.count("Get")
    now = 0.5
    rates.count("Get")
    with pytest.raises(Exception, match="Rate exceeded"):
        rates.count("Get")
    now = 100.0
    for _ in range(4):
        rates.count("Get")
    with pytest.raises(Exception, match="Rate exceeded"):
        rates.count("Get")
    rates.count("Other")
