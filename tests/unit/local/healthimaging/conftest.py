"""A HealthImaging in this process, asked by a real client whose every answer is held to botocore's description."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator
from pydicom import Dataset

from local.healthimaging import Imaging, Options, running
from local.healthimaging.protocol import service
from local.healthimaging.service import Job
from tests.datasets import as_file, make_dataset

Json = dict[str, Any]
STUDY, SERIES = "1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2"


class Client:
    """boto3's client; answers that are not of the service's description fail."""

    def __init__(self, imaging: Imaging, **options: Any) -> None:
        self.boto = imaging.client(retries={"total_max_attempts": 1}, **options)
        self.datastore_id = imaging.datastore_id

    def __call__(self, operation: str, **parameters: Any) -> Json:
        """Ask for an operation by its name in the description; the data store is the imaging's unless told."""
        shape = service().operation_model(operation).input_shape
        if shape is not None and "datastoreId" in shape.members:
            parameters.setdefault("datastoreId", self.datastore_id)
        method = next(name for name, of in self.boto.meta.method_to_api_mapping.items() if of == operation)
        answer: Json = getattr(self.boto, method)(**parameters)
        assert answer.pop("ResponseMetadata")["HTTPHeaders"]["x-simulated"] == "true"
        faults = ParamValidator().validate(answer, service().operation_model(operation).output_shape)
        assert not faults.has_errors(), faults.generate_report()
        return answer

    def refused(self, operation: str, **parameters: Any) -> tuple[str, int, str]:
        """The code, the status and the message of a refusal."""
        with pytest.raises(ClientError) as caught:
            self(operation, **parameters)
        error, metadata = caught.value.response["Error"], caught.value.response["ResponseMetadata"]
        return error["Code"], metadata["HTTPStatusCode"], error["Message"]

    def metadata(self, image_set: str, **parameters: Any) -> Json:
        """The metadata of an image set, which is gzip that nobody has unpacked."""
        answer = self("GetImageSetMetadata", imageSetId=image_set, **parameters)
        assert (answer["contentType"], answer["contentEncoding"]) == ("application/json", "gzip")
        document: Json = json.loads(gzip.decompress(answer["imageSetMetadataBlob"].read()))
        return document

    def instances(self, image_set: str, **parameters: Any) -> Json:
        """The instances of an image set, by SOP instance UID."""
        (series,) = self.metadata(image_set, **parameters)["Study"]["Series"].values()
        instances: Json = series["Instances"]
        return instances

    def frame(self, image_set: str, frame: str) -> tuple[bytes, str]:
        """The bytes of a frame, and what they are."""
        answer = self("GetImageFrame", imageSetId=image_set, imageFrameInformation={"imageFrameId": frame})
        return answer["imageFrameBlob"].read(), answer["contentType"]

    def found(self, criteria: Json | None = None) -> list[Json]:
        """Everything that a search finds, page by page."""
        pages = self.boto.get_paginator("search_image_sets").paginate(
            datastoreId=self.datastore_id, searchCriteria=criteria or {}
        )
        return [summary for page in pages for summary in page["imageSetsMetadataSummaries"]]


@pytest.fixture
def imaging(tmp_path: Path) -> Iterator[Imaging]:
    with running(Options(state=tmp_path / "state")) as imaging:
        yield imaging


@pytest.fixture
def client(imaging: Imaging) -> Client:
    return Client(imaging)


Bring = Callable[..., Job]


@pytest.fixture
def bring(imaging: Imaging, tmp_path: Path) -> Bring:
    """Imports data sets, each in a file of its own; without failures unless told."""
    return bringing(imaging, tmp_path / "files")


def bringing(imaging: Imaging, folder: Path) -> Bring:
    folder.mkdir(exist_ok=True)

    def bring(*datasets: Dataset) -> Job:
        paths = []
        for dataset in datasets:
            paths.append(folder / f"{len(list(folder.iterdir()))}.dcm")
            paths[-1].write_bytes(as_file(dataset))
        job = imaging.import_files(paths)
        assert (job.status, job.message) == ("COMPLETED", None)
        return job

    return bring


def instance(number: int, **elements: Any) -> Dataset:
    """One of the instances of a series; an element given as None is left out."""
    own = {
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": SERIES,
        "SOPInstanceUID": f"{SERIES}.{number}",
        "InstanceNumber": number,
        "StudyID": "S1",
    }
    return make_dataset(**(own | elements))
