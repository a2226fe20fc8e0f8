"""Image sets that are built, and a data store of them: a peer of boto3's client, without a network."""

import gzip
import json
import threading
import zlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
from botocore.response import StreamingBody
from numpy.typing import NDArray

from tests.peers import refusal

DATASTORE = "d" * 32
IMAGE_SET = "a" * 32
STUDY, SERIES = "1.2.3.100", "1.2.3.200"
HTJ2K = "1.2.840.10008.1.2.4.202"
CT = "1.2.840.10008.5.1.4.1.1.2"

PATIENT: dict[str, Any] = {"PatientID": "PAT-4711", "PatientName": "Zzyzx^Quentin", "PatientSex": "O"}


def frame_id(number: int) -> str:
    return f"{number:032x}"


def noise(*shape: int, dtype: str = "<i2", seed: int = 1) -> NDArray[Any]:
    """A frame that looks like none, of values between -1000 and 1000 where they fit."""
    found = np.random.default_rng(seed).normal(0, 40 if np.dtype(dtype).itemsize == 1 else 300, shape)
    return (found + (0 if np.dtype(dtype).kind == "i" else 100)).clip(0 if "u" in dtype else None).astype(dtype)


def encoded(frame: NDArray[Any], *, box: bool = False) -> bytes:
    """A frame as HealthImaging stores it: HTJ2K lossless RPCL, in the boxes of a JPH file or without."""
    stream = bytes(imagecodecs.htj2k_encode(np.ascontiguousarray(frame), reversible=True, tlm=True))
    return boxed(stream) if box else stream


def boxed(stream: bytes) -> bytes:
    """A JPH file (ISO/IEC 15444-15 D) with what its reader has to skip."""
    signature = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
    kind = b"\x00\x00\x00\x14ftypjph \x00\x00\x00\x00jph "
    header = b"\x00\x00\x00\x10jp2h" + bytes(8)
    return signature + kind + header + (8 + len(stream)).to_bytes(4, "big") + b"jp2c" + stream


def frame_json(identifier: str, frame: NDArray[Any]) -> dict[str, Any]:
    """What the metadata say of a frame."""
    checksum = {"Width": frame.shape[1], "Height": frame.shape[0], "Checksum": zlib.crc32(frame.tobytes())}
    return {
        "ID": identifier,
        "PixelDataChecksumFromBaseToFullResolution": [checksum],
        "MinPixelValue": int(frame.min()),
        "MaxPixelValue": int(frame.max()),
        "FrameSizeInBytes": frame.nbytes,
    }


def pixel_module(frame: NDArray[Any]) -> dict[str, Any]:
    """The Image Pixel module of a frame (PS3.3 C.7.6.3)."""
    bits, colour = 8 * frame.itemsize, frame.ndim == 3
    module: dict[str, Any] = {
        "SamplesPerPixel": 3 if colour else 1,
        "PhotometricInterpretation": "RGB" if colour else "MONOCHROME2",
        "Rows": frame.shape[0],
        "Columns": frame.shape[1],
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(frame.dtype.kind == "i"),
        "PixelData": None,
    }
    return module | ({"PlanarConfiguration": 0} if colour else {})


@dataclass
class Set:
    """An image set that is being built: its metadata as JSON, and its stored frames."""

    identifier: str = IMAGE_SET
    study: str = STUDY
    primary: bool = True
    metadata: dict[str, Any] = field(default_factory=dict)
    frames: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin without any instance."""
        self.metadata = {
            "SchemaVersion": "1.1",
            "DatastoreID": DATASTORE,
            "ImageSetID": self.identifier,
            "Patient": {"DICOM": dict(PATIENT)},
            "Study": {"DICOM": {"StudyInstanceUID": self.study, "StudyDate": "20240229"}, "Series": {}},
        }

    def add(
        self, uid: str, *frames: NDArray[Any], series: str = SERIES, number: str = "1", box: bool = False, **more: Any
    ) -> dict[str, Any]:
        """Add an instance with such frames; what else it has is named by keyword. Its JSON, to be spoilt."""
        instances = self.series(series)["Instances"]
        start, identifiers = len(self.frames), []
        for index, frame in enumerate(frames):
            identifiers.append(frame_id(start + index + 1))
            self.frames[identifiers[-1]] = encoded(frame, box=box)
        elements = {"SOPInstanceUID": uid, "SOPClassUID": CT, "InstanceNumber": number}
        elements |= pixel_module(frames[0]) if frames else {}
        elements |= {"NumberOfFrames": str(len(frames))} if len(frames) > 1 else {}
        instances[uid] = {
            "DICOM": elements | {"TransferSyntaxUID": "1.2.840.10008.1.2", **more},
            "DICOMVRs": {},
            "StoredTransferSyntaxUID": HTJ2K,
            "ImageFrames": [frame_json(*pair) for pair in zip(identifiers, frames, strict=True)],
        }
        instance: dict[str, Any] = instances[uid]
        return instance

    def store(self, uid: str, syntax: str, *frames: bytes, **more: Any) -> dict[str, Any]:
        """Add an instance whose frames were kept as they came, in a transfer syntax."""
        instance = self.add(uid, **more)
        instance["StoredTransferSyntaxUID"] = syntax
        for data in frames:
            identifier = frame_id(len(self.frames) + 1)
            self.frames[identifier] = data
            checksum = {"Width": more["Columns"], "Height": more["Rows"], "Checksum": zlib.crc32(data)}
            instance["ImageFrames"].append(
                {"ID": identifier, "PixelDataChecksumFromBaseToFullResolution": [checksum], "MinPixelValue": None}
            )
        return instance

    def series(self, uid: str) -> dict[str, Any]:
        """The JSON of a series, which is made if it is new."""
        known = self.metadata["Study"]["Series"]
        number = str(len(known) + 1)
        series: dict[str, Any] = known.setdefault(
            uid,
            {"DICOM": {"SeriesInstanceUID": uid, "SeriesNumber": number, "Modality": "CT"}, "Instances": {}},
        )
        return series

    @property
    def blob(self) -> bytes:
        return gzip.compress(json.dumps(self.metadata).encode())


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def body(data: bytes) -> StreamingBody:
    return StreamingBody(BytesIO(data), len(data))


@dataclass
class DataStore:
    """Answers as boto3's client does; `before` may raise, by the operation's name and what is asked of it."""

    sets: list[Set]
    page: int = 50
    before: Callable[[str, dict[str, Any]], None] = lambda _name, _wanted: None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def search_image_sets(self, **wanted: Any) -> dict[str, Any]:
        self._called("search_image_sets", wanted)
        found = [one for one in self.sets if self._matches(one, wanted["searchCriteria"])]
        start = int(wanted.get("nextToken", "0"))
        summaries = [
            {"imageSetId": one.identifier, "version": 1, "isPrimary": one.primary}
            for one in found[start : start + self.page]
        ]
        more = {"nextToken": str(start + self.page)} if start + self.page < len(found) else {}
        return {"imageSetsMetadataSummaries": summaries} | more

    def get_image_set(self, **wanted: Any) -> dict[str, Any]:
        self._called("get_image_set", wanted)
        self._set(wanted)
        return {"imageSetId": wanted["imageSetId"], "versionId": "1", "imageSetState": "ACTIVE"}

    def get_image_set_metadata(self, **wanted: Any) -> dict[str, Any]:
        self._called("get_image_set_metadata", wanted)
        return {"imageSetMetadataBlob": body(self._set(wanted).blob), "contentEncoding": "gzip"}

    def get_image_frame(self, **wanted: Any) -> dict[str, Any]:
        with self.lock:
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            self._called("get_image_frame", wanted)
            frames = self._set(wanted).frames
            identifier = wanted["imageFrameInformation"]["imageFrameId"]
            if identifier not in frames:
                raise refusal("ResourceNotFoundException", "GetImageFrame")
            return {"imageFrameBlob": body(frames[identifier]), "contentType": "image/jph"}
        finally:
            with self.lock:
                self.under_way -= 1

    def delete_image_set(self, **wanted: Any) -> dict[str, Any]:
        self._called("delete_image_set", wanted)
        self.sets.remove(self._set(wanted))
        return {"imageSetId": wanted["imageSetId"], "imageSetWorkflowStatus": "DELETING"}

    def start_dicom_import_job(self, **wanted: Any) -> dict[str, Any]:
        self._called("start_dicom_import_job", wanted)
        return {"jobId": "e" * 32, "jobStatus": "SUBMITTED"}

    def get_dicom_import_job(self, **wanted: Any) -> dict[str, Any]:
        self._called("get_dicom_import_job", wanted)
        return {"jobProperties": {"jobId": wanted["jobId"], "jobStatus": "COMPLETED"}}

    def count(self, name: str) -> int:
        """How often an operation was called."""
        return sum(called == name for called, _ in self.calls)

    def _called(self, name: str, wanted: dict[str, Any]) -> None:
        assert wanted["datastoreId"] == DATASTORE
        with self.lock:
            self.calls.append((name, wanted))
        self.before(name, wanted)

    def _set(self, wanted: dict[str, Any]) -> Set:
        found = next((one for one in self.sets if one.identifier == wanted["imageSetId"]), None)
        if found is None:
            raise refusal("ResourceNotFoundException", "GetImageSet")
        return found

    def _matches(self, one: Set, criteria: dict[str, Any]) -> bool:
        values = [value for each in criteria.get("filters", []) for value in each["values"]]
        return all(value.get("DICOMStudyInstanceUID", one.study) == one.study for value in values)
