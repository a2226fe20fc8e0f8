"""What AWS refuses is refused, by the same names."""

import http.client
import io
import json
import struct
import zlib
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError
from PIL import Image

from local.rekognition.pictures import open_picture
from local.rekognition.rate import Rate
from local.rekognition.reading import Reader
from local.rekognition.server import Rekognition, Service
from tests.stack import RESULTS, Stack
from tests.unit.local.rekognition.conftest import Client, encoded, served, with_text

PICTURE = encoded(with_text())


def refusal(client: Client, operation: str = "text", **parameters: Any) -> tuple[str, int, str]:
    """The code, the status and the message of a refusal."""
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**parameters)
    metadata = caught.value.response["ResponseMetadata"]
    assert metadata["HTTPHeaders"]["x-simulated"] == "true"
    error = caught.value.response["Error"]
    return error["Code"], metadata["HTTPStatusCode"], error["Message"]


def of_image(client: Client, data: bytes) -> tuple[str, int, str]:
    of_text, of_labels = (refusal(client, operation, Image={"Bytes": data}) for operation in ("text", "labels"))
    assert of_text == of_labels
    return of_text


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header names a size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    parts = [(struct.pack(">I", len(data)), kind + data) for kind, data in chunks]
    framed = [length + chunk + struct.pack(">I", zlib.crc32(chunk)) for length, chunk in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


@pytest.mark.parametrize(
    "data",
    [
        encoded(with_text(), "GIF"),
        encoded(with_text(), "TIFF"),
        encoded(with_text(), "WEBP"),
        b"%PDF-1.7",
        b"no image at all",
        PICTURE[: len(PICTURE) // 2],
        encoded(with_text(), "JPEG")[:900],
        b"\xff\xd8\xff",
        PICTURE[:60] + bytes(40) + PICTURE[100:],
    ],
    ids=["GIF", "TIFF", "WebP", "PDF", "text", "half a PNG", "half a JPEG", "a JPEG's start", "damaged PNG"],
)
def test_only_whole_jpegs_and_pngs_are_images(client: Client, data: bytes) -> None:
    assert of_image(client, data) == ("InvalidImageFormatException", 400, "Request has invalid image format")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("size", [(79, 200), (200, 79)])
def test_less_than_80_pixels_a_side_are_too_few(client: Client, kind: str, size: tuple[int, int]) -> None:
    refused = of_image(client, encoded(with_text(size=size), kind))
    assert refused == ("InvalidParameterException", 400, "Request has invalid parameters")
    assert client.text(Image={"Bytes": encoded(with_text(size=(80, 80)), kind)})["TextDetections"] == []


def test_more_than_10000_pixels_a_side_are_too_many(client: Client) -> None:
    for size in ((10_001, 80), (60_000, 60_000)):
        assert of_image(client, png_that_claims(*size))[:2] == ("ImageTooLargeException", 400)
    assert client.text(Image={"Bytes": encoded(Image.new("L", (10_000, 80)), "JPEG")})["TextDetections"] == []


def test_an_image_in_the_request_has_5_megabytes_at_most(client: Client) -> None:
    limit = 5 * 1024 * 1024
    assert of_image(client, PICTURE + bytes(limit + 1 - len(PICTURE)))[:2] == ("ImageTooLargeException", 400)
    assert client.text(Image={"Bytes": PICTURE + bytes(limit - len(PICTURE))})["TextDetections"] == []


def test_a_request_beyond_all_limits_is_answered_too(client: Client) -> None:
    assert refusal(client, Image={"Bytes": bytes(20_000_000)})[:2] == ("RequestEntityTooLargeException", 413)


OBJECT = {"S3Object": {"Bucket": RESULTS, "Name": "k"}}


@pytest.mark.parametrize(
    ("parameters", "code", "told"),
    [
        ({"Image": {}}, "InvalidParameterException", "Request has invalid parameters"),
        ({"Image": {"Bytes": ""}}, "InvalidParameterException", "at 'image.bytes' failed to satisfy constraint"),
        ({"MinConfidence": 101}, "InvalidParameterException", "at 'minConfidence' failed to satisfy constraint"),
        ({"MinConfidence": -1}, "InvalidParameterException", "greater than or equal to 0"),
        ({"MaxLabels": -1}, "InvalidParameterException", "at 'maxLabels'"),
        ({"MaxLabels": 1.5}, "SerializationException", "maxLabels is not a whole number"),
        ({"Features": ["FACES"]}, "InvalidParameterException", "[GENERAL_LABELS, IMAGE_PROPERTIES]"),
        ({"Settings": {"GeneralLabels": {"LabelInclusionFilters": ["{"]}}}, "InvalidParameterException", "pattern"),
        ({"Settings": []}, "SerializationException", "settings is not an object"),
    ],
)
def test_parameters_are_held_to_the_service_s_description(
    server: Service, parameters: dict[str, Any], code: str, told: str
) -> None:
    status, answer = asked(server, json.dumps({"Image": OBJECT} | parameters).encode())
    assert (status, answer["__type"]) == (400, code)
    assert told in answer["Message"]


def test_an_image_is_either_bytes_or_an_object(client: Client) -> None:
    both = {"Bytes": PICTURE, "S3Object": {"Bucket": RESULTS, "Name": "k"}}
    assert refusal(client, Image=both) == ("InvalidParameterException", 400, "Request has invalid parameters")
    assert refusal(client)[2] == (
        "1 validation error detected: Value null at 'image' failed to satisfy constraint: Member must not be null"
    )


def test_objects_are_read_from_s3(stack: Stack, client: Client) -> None:
    where = {"Bucket": RESULTS, "Name": "converted/a b/é.png"}
    stack.s3.put_object(Bucket=RESULTS, Key=where["Name"], Body=encoded(with_text(((20, 20), "SUPINE"))))
    found = client.text(Image={"S3Object": where})["TextDetections"]
    assert found[0]["DetectedText"] == "SUPINE"
    large = PICTURE + bytes(6 * 1024 * 1024)
    stack.s3.put_object(Bucket=RESULTS, Key="large.png", Body=large)
    assert client.text(Image={"S3Object": {"Bucket": RESULTS, "Name": "large.png"}})["TextDetections"] == []
    stack.s3.put_object(Bucket=RESULTS, Key="larger.png", Body=bytes(15 * 1024 * 1024 + 1))
    assert refusal(client, Image={"S3Object": {"Bucket": RESULTS, "Name": "larger.png"}})[0] == "ImageTooLargeException"


@pytest.mark.parametrize(
    "where", [{"Bucket": RESULTS, "Name": "missing"}, {"Bucket": "nobody-s", "Name": "k"}, {"Bucket": RESULTS}]
)
def test_objects_that_are_not_there_are_refused(client: Client, where: dict[str, str]) -> None:
    told = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
    assert refusal(client, Image={"S3Object": where}) == ("InvalidS3ObjectException", 400, told)


def test_objects_in_another_region_are_refused(client: Client) -> None:
    configuration: Any = {"LocationConstraint": "eu-central-1"}
    other: Any = boto3.Session("test", "test", region_name="eu-central-1").client("s3")
    other.create_bucket(Bucket="far-away", CreateBucketConfiguration=configuration)
    other.put_object(Bucket="far-away", Key="k.png", Body=PICTURE)
    where = {"Bucket": "far-away", "Name": "k.png"}
    assert refusal(client, Image={"S3Object": where})[0] == "InvalidS3ObjectException"


def test_requests_are_signed(server: Service) -> None:
    unsigned = Client(server.port, signature_version=UNSIGNED)
    assert refusal(unsigned, Image={"Bytes": PICTURE})[:2] == ("MissingAuthenticationTokenException", 400)
    other = SIGNED["Authorization"].replace("/rekognition/", "/s3/")
    assert asked(server, b"{}", Authorization=other)[1]["__type"] == "UnrecognizedClientException"
    assert asked(server, b"{}", Authorization="Basic abc")[1]["__type"] == "IncompleteSignatureException"


SIGNED = {
    "X-Amz-Target": "RekognitionService.DetectLabels",
    "Content-Type": "application/x-amz-json-1.1",
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/rekognition/aws4_request, "
    f"SignedHeaders=host, Signature={'0' * 64}",
}


def asked(server: Service, body: bytes, method: str = "POST", path: str = "/", **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, body, SIGNED | {name.replace("_", "-"): headers[name] for name in headers})
        answer = connection.getresponse()
        return answer.status, json.load(io.BytesIO(answer.read()))
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"{", {}, "SerializationException"),
        (b"[" * 100_000, {}, "SerializationException"),
        (b"[]", {}, "SerializationException"),
        (b'{"Image": {"Bytes": "%"}}', {}, "SerializationException"),
        (b'{"Image": {"Bytes": 1}}', {}, "SerializationException"),
        (b'{"Image": {"Bytes": null}}', {}, "InvalidParameterException"),
        (b'{"Image": {"Bytes": "AAAA"}, "MaxLabels": 1e999}', {}, "SerializationException"),
        (b"{}", {"X_Amz_Target": "RekognitionService.DetectFaces"}, "UnknownOperationException"),
        (b"{}", {"X_Amz_Target": "DynamoDB_20120810.PutItem"}, "UnknownOperationException"),
        (b"{}", {"X_Amz_Target": "nonsense"}, "UnknownOperationException"),
    ],
)
def test_nonsense_is_refused(server: Service, body: bytes, headers: dict[str, str], code: str) -> None:
    status, answer = asked(server, body, **headers)
    assert (status, answer["__type"], answer["Code"]) == (400, code, code)


def test_only_this_machine_s_own_name_is_answered(server: Service) -> None:
    assert asked(server, b"{}", Host=f"rebound.example.org:{server.port}")[0] == 403
    assert asked(server, b"", "GET", "/health") == (200, {"status": "ok", "simulated": True})
    assert asked(server, b"", "GET", "/")[1]["__type"] == "UnknownOperationException"


def test_what_came_too_fast_is_to_be_tried_again(stack: Stack, reader: Reader) -> None:
    for server in served(Rekognition(stack.s3, reader, rate=2)):
        client = Client(server.port)
        codes = []
        for _ in range(6):
            try:
                client.text(Image={"Bytes": PICTURE})
                codes.append("ok")
            except ClientError as error:
                codes.append(error.response["Error"]["Code"])
    assert codes[:2] == ["ok", "ok"]
    assert {"ProvisionedThroughputExceededException", "ThrottlingException"} <= set(codes[2:])


def test_a_second_later_there_is_room_again() -> None:
    moments = iter([0.0, 0.1, 1.2])
    rate = Rate(2, lambda: next(moments))
    for _ in range(3):
        rate.count()


def test_jpegs_are_upright_by_their_exif() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    picture = open_picture(encoded(with_text(size=(200, 100)), "JPEG", exif=exif))
    assert (picture.width, picture.height) == (100, 200)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_all_kinds_of_pixels_become_rgb(mode: str) -> None:
    image = Image.new("I;16", (90, 80), 0xFFFF) if mode == "I;16" else Image.new("RGB", (90, 80), "white").convert(mode)
    pixels = open_picture(encoded(image)).pixels
    assert pixels.shape == (80, 90, 3)
    assert (pixels == 255).all()


def test_large_images_are_made_smaller() -> None:
    for kind in ("PNG", "JPEG"):
        picture = open_picture(encoded(Image.new("L", (9000, 3000)), kind))
        assert 800 < picture.width <= 1600
        assert abs(picture.width / picture.height - 3) < 0.02
