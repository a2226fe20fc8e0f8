"""Rekognition's stand-in as the running stack has it: its processes, its objects, its users."""

import io
import json

import pytest
from botocore.exceptions import ClientError
from PIL import Image, ImageDraw, ImageFont

from local.place import Place
from tests.system.conftest import LocalStack


def picture() -> bytes:
    image = Image.new("L", (320, 200), 20)
    ImageDraw.Draw(image).text((30, 80), "PORTABLE 14:05", font=ImageFont.load_default(size=30), fill=240)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def test_text_is_read_in_an_object_of_the_stack(stack: LocalStack) -> None:
    where = {"Bucket": stack.outputs["ResultsBucket"], "Name": "converted/test/image.png"}
    stack.client("s3").put_object(Bucket=where["Bucket"], Key=where["Name"], Body=picture())
    rekognition = stack.client("rekognition")
    found = rekognition.detect_text(Image={"S3Object": where})
    assert found["TextDetections"][0]["DetectedText"] == "PORTABLE 14:05"
    assert found["TextModelVersion"] == "simulated-1.0"
    labels = rekognition.detect_labels(Image={"S3Object": where})["Labels"]
    assert {"Grayscale", "Text"} <= {label["Name"] for label in labels}
    with pytest.raises(ClientError, match="InvalidS3ObjectException"):
        rekognition.detect_text(Image={"S3Object": where | {"Name": "missing"}})


def test_a_shell_that_sourced_the_environment_reaches_it(stack: LocalStack) -> None:
    bucket = stack.outputs["ResultsBucket"]
    stack.client("s3").put_object(Bucket=bucket, Key="converted/shell/image.png", Body=picture())
    image = json.dumps({"S3Object": {"Bucket": bucket, "Name": "converted/shell/image.png"}})
    source = f"source {Place(stack.folder).shown(stack.folder / 'env')}"
    asked = stack.shell(f"{source}\naws rekognition detect-text --image '{image}'")
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["TextDetections"][0]["DetectedText"] == "PORTABLE 14:05"
