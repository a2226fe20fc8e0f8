"""The stand-in for Rekognition in this process, asked by a real client."""

import io
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.validate import ParamValidator
from PIL import Image, ImageDraw, ImageFont

from local.rekognition.protocol import service
from local.rekognition.reading import Reader
from local.rekognition.server import Rekognition, Service
from tests.stack import Stack


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def with_text(*texts: tuple[tuple[int, int], str], size: tuple[int, int] = (512, 400)) -> Image.Image:
    """A dark picture with white text at places in pixels."""
    image = Image.new("L", size, 12)
    for place, text in texts:
        ImageDraw.Draw(image).text(place, text, font=ImageFont.load_default(size=24), fill=255)
    return image


@pytest.fixture(scope="session")
def reader() -> Reader:
    """The OCR, loaded once."""
    return Reader()


def served(rekognition: Rekognition) -> Iterator[Service]:
    server = Service(0, rekognition)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server(stack: Stack, reader: Reader) -> Iterator[Service]:
    yield from served(Rekognition(stack.s3, reader))


class Client:
    """boto3's client, whose every answer is held to botocore's description of the service."""

    def __init__(self, port: int, **options: Any) -> None:
        session: Any = boto3.Session("AKIAEXAMPLE", "secret", region_name="us-east-1")
        config = Config(proxies={}, retries={"total_max_attempts": 1}, parameter_validation=False, **options)
        self.boto = session.client("rekognition", endpoint_url=f"http://127.0.0.1:{port}", config=config)

    def labels(self, **parameters: Any) -> dict[str, Any]:
        return self._checked("DetectLabels", self.boto.detect_labels(**parameters))

    def text(self, **parameters: Any) -> dict[str, Any]:
        return self._checked("DetectText", self.boto.detect_text(**parameters))

    def _checked(self, operation: str, answer: dict[str, Any]) -> dict[str, Any]:
        headers = answer.pop("ResponseMetadata")["HTTPHeaders"]
        assert headers["x-simulated"] == "true"
        faults = ParamValidator().validate(answer, service().operation_model(operation).output_shape)
        assert not faults.has_errors(), faults.generate_report()
        return answer

    def names(self, image: bytes, **parameters: Any) -> list[str]:
        return [label["Name"] for label in self.labels(Image={"Bytes": image}, **parameters)["Labels"]]


@pytest.fixture
def client(server: Service) -> Client:
    return Client(server.port)
