"""Convert, on the running stack: who may call it, and what comes back."""

import base64
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless

from tests.datasets import as_file, make_dataset
from tests.system.conftest import LocalStack

CT = Path(str(get_testdata_file("CT_small.dcm", download=False)))
PREFIX = "convert/"


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Shows a redirection instead of following it."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API answered."""

    status: int
    headers: Any
    data: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def picture(self) -> tuple[str | None, tuple[int, int]]:
        """The format and size of the picture that came."""
        with Image.open(BytesIO(self.data)) as image:
            return image.format, image.size


@dataclass(frozen=True, slots=True)
class Api:
    """The API, for one caller."""

    url: str
    token: str | None

    def convert(self, fields: Any, **headers: str) -> Reply:
        """POST /convert."""
        login = {"Authorization": self.token} if self.token else {}
        return self.call(
            "/convert", json.dumps(fields).encode(), {"Content-Type": "application/json"} | login | headers
        )

    def call(self, path: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
        """POST where there are data, else GET; no proxy, no redirections."""
        request = urllib.request.Request(self.url + path, data, headers or {})  # noqa: S310 - the stack's own address
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects)
        try:
            with opener.open(request, timeout=40) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read())


def token_of(stack: LocalStack) -> str:
    """A token, had with no more than the endpoint and the keys."""
    needed = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "NO_PROXY")
    kept = {name: value for name, value in stack.environment.items() if not name.startswith(("AWS_", "SERVERLESS_"))}
    done = subprocess.run(
        [sys.executable, "-m", "serverless_dicom_cli", "token"],
        env=kept | {name: stack.environment[name] for name in needed},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.fixture(scope="module")
def api(stack: LocalStack) -> Api:
    return Api(stack.outputs["ApiUrl"], token_of(stack))


@pytest.fixture(scope="module")
def inbox(stack: LocalStack) -> Iterator[str]:
    """The URL of a folder in the inbox with `ct.dcm` in it; it is emptied at the end."""
    s3, bucket = stack.client("s3"), stack.outputs["InboxBucket"]
    s3.put_object(Bucket=bucket, Key=f"{PREFIX}ct.dcm", Body=CT.read_bytes())
    yield f"s3://{bucket}/{PREFIX}"
    for found in s3.list_objects_v2(Bucket=bucket, Prefix=PREFIX)["Contents"]:
        s3.delete_object(Bucket=bucket, Key=found["Key"])


def put(stack: LocalStack, name: str, data: bytes) -> None:
    """Put a file into the inbox's folder."""
    stack.client("s3").put_object(Bucket=stack.outputs["InboxBucket"], Key=PREFIX + name, Body=data)


def test_health_is_open_to_everybody(api: Api) -> None:
    reply = Api(api.url, None).call("/health")
    assert (reply.status, reply.json["status"]) == (200, "ok")
    assert set(reply.json["decoders"].values()) == {"ok"}


@pytest.mark.parametrize("spoil", ["none", "nonsense", "signature", "claims"])
def test_nobody_converts_without_a_token_of_the_user_pool(api: Api, inbox: str, spoil: str) -> None:
    head, claims, signature = str(api.token).split(".")
    padded = claims + "=" * (-len(claims) % 4)
    other = json.dumps(json.loads(base64.urlsafe_b64decode(padded)) | {"cognito:username": "root"}).encode()
    forged = base64.urlsafe_b64encode(other).decode().rstrip("=")
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    tokens = {
        "none": None,
        "nonsense": "nonsense",
        "signature": f"{head}.{claims}.{flipped}",
        "claims": f"{head}.{forged}.{signature}",
    }
    assert Api(api.url, tokens[spoil]).convert({"url": f"{inbox}ct.dcm"}).status == 401


def test_an_object_of_the_inbox_comes_as_json(api: Api, inbox: str) -> None:
    reply = api.convert({"url": f"{inbox}ct.dcm"})
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert (reply.headers["Cache-Control"], reply.headers["Access-Control-Allow-Origin"]) == ("no-store", None)
    assert reply.json["metadata"]["PatientName"] == "CompressedSamples^CT1"
    picture = base64.b64decode(reply.json["data"]["image_base64"])
    assert Reply(200, {}, picture).picture == ("JPEG", (128, 128))


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("image/jpeg", "JPEG"), ("image/png", "PNG"), ("image/webp, image/png;q=0.8", "PNG"), ("image/*", "JPEG")],
)
def test_an_accept_header_brings_the_picture_itself(api: Api, inbox: str, accept: str, kind: str) -> None:
    reply = api.convert({"url": f"{inbox}ct.dcm"}, Accept=accept)
    assert (reply.status, reply.headers["Content-Type"]) == (200, f"image/{kind.lower()}")
    assert reply.picture == (kind, (128, 128))


def test_presigned_urls_of_the_inbox_are_read_with_the_functions_own_permission(
    api: Api, stack: LocalStack, inbox: str
) -> None:
    where = {"Bucket": stack.outputs["InboxBucket"], "Key": f"{inbox.partition(PREFIX)[1]}ct.dcm"}
    url = stack.client("s3").generate_presigned_url("get_object", Params=where)
    assert api.convert({"url": url}).status == 200


def test_a_direct_invoke_gives_the_same_object(api: Api, stack: LocalStack, inbox: str) -> None:
    fields = {"url": f"{inbox}ct.dcm", "output_format": "png"}
    asked, answered = stack.folder / "asked.json", stack.folder / "answered.json"
    asked.write_text(json.dumps(fields))
    function = stack.outputs["ConvertFunction"]
    done = stack.shell(
        f"source {stack.folder}/env\naws lambda invoke --function-name {function} --payload file://{asked} {answered}"
    )
    assert done.returncode == 0, done.stderr
    direct, called = json.loads(answered.read_text()), api.convert(fields).json
    assert direct.pop("timestamp") < called.pop("timestamp")
    assert direct == called


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://somebody-elses-bucket/ct.dcm", "403 source_not_allowed"),
        ("http://169.254.169.254/latest/meta-data", "403 source_not_allowed"),
        ("http://127.0.0.1/", "403 source_not_allowed"),
        ("{inbox}missing.dcm", "404 object_not_found"),
        ("{inbox}text.txt", "422 not_dicom"),
        ("{inbox}report.dcm", "422 no_pixel_data"),
    ],
)
def test_what_cannot_be_drawn_is_told_why(api: Api, stack: LocalStack, inbox: str, url: str, expected: str) -> None:
    put(stack, "text.txt", b"plain text " * 100)
    put(stack, "report.dcm", as_file(make_dataset(pixels=False, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")))
    reply = api.convert({"url": url.format(inbox=inbox)})
    assert f"{reply.status} {reply.json['error']}" == expected
    assert reply.json["request_id"]


def test_buckets_of_the_stack_that_are_not_on_the_list_stay_closed(api: Api, stack: LocalStack) -> None:
    reply = api.convert({"url": f"s3://{stack.outputs['HeaderBucket']}/key"})
    assert (reply.status, reply.json["error"]) == (403, "source_not_allowed")


def test_every_wrong_field_is_named(api: Api) -> None:
    wrong = {"url": 1, "quality": 1000, "output_format": "gif", "frame": 0, "colour": "red"}
    reply = api.convert(wrong)
    assert (reply.status, reply.json["error"]) == (400, "invalid_request")
    assert [name for name in wrong if name not in reply.json["message"]] == []


@pytest.fixture(scope="module")
def large(stack: LocalStack, inbox: str) -> dict[str, str]:
    """A request whose picture is larger than Lambda's answers: noise does not compress."""
    side = 2600
    dataset = make_dataset(Rows=side, Columns=side, BitsAllocated=8, BitsStored=8, HighBit=7)
    dataset.add_new(0x7FE00010, "OB", Random(1).randbytes(side * side))  # noqa: S311 - noise, no secret
    put(stack, "large.dcm", as_file(dataset))
    return {"url": f"{inbox}large.dcm", "output_format": "png"}


def test_a_large_picture_lies_behind_a_url(api: Api, large: dict[str, str]) -> None:
    data = api.convert(large).json["data"]
    assert "image_base64" not in data
    found = Api(data["image_url"], None).call("")
    assert (found.headers["Content-Type"], len(found.data)) == ("image/png", data["file_size"])
    assert found.picture == ("PNG", (2600, 2600))


def test_a_large_picture_is_a_redirection_for_who_wants_it_itself(api: Api, large: dict[str, str]) -> None:
    reply = api.convert(large, Accept="image/png")
    assert reply.status == 303
    assert Api(reply.headers["Location"], None).call("").picture == ("PNG", (2600, 2600))


def test_after_a_hostile_file_the_next_one_is_drawn(api: Api, stack: LocalStack, inbox: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (64, 64), np.uint8)
    coded = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True)
    for seed in range(8):
        noise, spoiled = Random(seed), bytearray(coded)  # noqa: S311 - noise, no secret
        for _ in range(40):
            spoiled[noise.randrange(len(spoiled))] = noise.randrange(256)
        dataset = make_dataset(Rows=64, Columns=64, BitsAllocated=8, BitsStored=8, HighBit=7)
        dataset.add_new(0x7FE00010, "OB", encapsulate([bytes(spoiled)]))
        dataset["PixelData"].is_undefined_length = True
        put(stack, f"hostile-{seed}.dcm", as_file(dataset, JPEG2000Lossless))
        assert api.convert({"url": f"{inbox}hostile-{seed}.dcm"}).status in {200, 413, 422}
        assert api.convert({"url": f"{inbox}ct.dcm"}, Accept="image/png").picture == ("PNG", (128, 128))
