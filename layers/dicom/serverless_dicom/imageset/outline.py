"""An image set as a viewer needs it: its series and instances, their headers, and the names of their frames."""

from __future__ import annotations

from base64 import b64encode
from struct import Struct
from typing import TYPE_CHECKING, Any

from serverless_dicom.errors import InvalidPixelDescription, ServerlessDicomError
from serverless_dicom.image.syntaxes import FAMILIES
from serverless_dicom.imageset.header import Headers
from serverless_dicom.imageset.part10 import MAX_VALUE, head, vr_of
from serverless_dicom.imageset.pixels import EXPLICIT, pixels_of

if TYPE_CHECKING:
    from serverless_dicom.imageset.header import Header
    from serverless_dicom.imageset.model import Frame, ImageSet, Instance, Level

OF_SET = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyDescription", "AccessionNumber"),
)
OF_SERIES = ("SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "Modality", "BodyPartExamined")
OF_INSTANCE = ("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "Rows", "Columns", "NumberOfFrames")
"""The elements that are told beside the header, by their keywords and as they stand in the metadata."""

_ELEMENT, _ITEM = Struct("<HH2sHL"), Struct("<HHL")
_PIXEL_DATA, _UNDEFINED = (0x7FE0, 0x0010), 0xFFFFFFFF
_BYTE = 8


def outline(image_set: ImageSet) -> dict[str, Any]:
    """The image set as JSON: `series`, each with `instances`, each with `frames` and its `header`.

    A header is base64 of a DICOM file up to the place where its frames begin (see `beginning`). An instance that has no
    header, for what is in its metadata, has the reason as `problem`; what else could not be read of it is in `remarks`.
    """
    headers = Headers(image_set)
    series = {
        uid: {**_told(level, OF_SERIES), "SeriesInstanceUID": uid, "instances": []}
        for uid, level in image_set.series.items()
    }
    for instance in image_set.instances:
        series[instance.series_instance_uid]["instances"].append(_instance(instance, headers))
    found = {"imageSetId": image_set.image_set_id, **_told(image_set.patient, OF_SET), **_told(image_set.study, OF_SET)}
    return found | {"series": [one for one in series.values() if one["instances"]]}


def beginning(header: Header, instance: Instance) -> bytes:
    """The DICOM file of an instance whose frames stay as they are stored, up to the bytes of the first one.

    Of encapsulated ones an empty Basic Offset Table is there (PS3.5 A.4): each frame follows as an item, and a sequence
    delimiter comes last. Of an instance without frames it is the whole file. Raises InvalidPixelDescription.
    """
    if not instance.frames:
        return head(header, EXPLICIT)
    pixels = pixels_of(instance, header, keep_compressed=True, check=False)
    start = head(header, pixels.transfer_syntax_uid, pixels.tag)
    if pixels.description is None and pixels.stored_syntax in FAMILIES:
        raise InvalidPixelDescription("the header describes no pixels that can be shown: export the instance instead")
    if pixels.encapsulated or pixels.description is None:
        return start + _ELEMENT.pack(*_PIXEL_DATA, b"OB", 0, _UNDEFINED) + _ITEM.pack(0xFFFE, 0xE000, 0)
    length = -(-pixels.description.frame_bits * pixels.frames // _BYTE)
    place = pixels.tag >> 16, pixels.tag & 0xFFFF, vr_of(pixels.description)
    return start + _ELEMENT.pack(*place, 0, min(length + length % 2, MAX_VALUE))


def _instance(instance: Instance, headers: Headers) -> dict[str, Any]:
    found = _told(instance.level, OF_INSTANCE) | {
        "SOPInstanceUID": instance.sop_instance_uid,
        "storedTransferSyntaxUID": instance.stored_syntax,
        "frames": [_frame(frame) for frame in instance.frames],
    }
    try:
        header = headers.of(instance)
        found["header"] = b64encode(beginning(header, instance)).decode("ascii")
    except ServerlessDicomError as error:
        return found | {"header": None, "problem": {"code": error.code, "message": str(error)}}
    return found | ({"remarks": list(header.remarks)} if header.remarks else {})


def _frame(frame: Frame) -> dict[str, Any]:
    return {"frameId": frame.id, "checksum": frame.checksum.crc32 if frame.checksum else None}


def _told(level: Level, keywords: tuple[str, ...]) -> dict[str, Any]:
    return {keyword: value for keyword in keywords if (value := level.attributes.get(keyword)) is not None}
