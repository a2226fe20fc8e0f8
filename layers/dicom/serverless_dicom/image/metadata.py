"""What an answer says of the object beside its picture."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from serverless_dicom.header.model import JsonModel
from serverless_dicom.header.parse import as_rejection
from serverless_dicom.header.record import record_of

if TYPE_CHECKING:
    from serverless_dicom.header.parse import Parsed

METADATA = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "StudyDescription", "StudyInstanceUID", "AccessionNumber"),
    *("Modality", "SeriesDescription", "SeriesNumber", "SeriesInstanceUID", "BodyPartExamined"),
    *("InstanceNumber", "SOPInstanceUID", "SOPClassUID", "Manufacturer", "InstitutionName"),
    *(
        "Rows",
        "Columns",
        "NumberOfFrames",
        "PhotometricInterpretation",
        "SamplesPerPixel",
        "BitsAllocated",
        "BitsStored",
    ),
    *("PixelRepresentation", "WindowCenter", "WindowWidth", "RescaleIntercept", "RescaleSlope"),
    *("PixelSpacing", "SliceThickness"),
)
"""Keywords of an answer's metadata, each always there."""

_NEEDED = tuple(BaseTag(tag_for_keyword(keyword) or 0) for keyword in ("SpecificCharacterSet", *METADATA))


def metadata_of(parsed: Parsed) -> dict[str, Any]:
    """METADATA of a header, None where it has no value: text, numbers, lists of them; ready for JSON.

    Raises a RejectedObject.
    """
    dataset = parsed.dataset
    chosen = Dataset({tag: dataset.get_item(tag, keep_deferred=True) for tag in _NEEDED if tag in dataset})
    with as_rejection():
        record = record_of(JsonModel(lambda *_: "").convert(chosen))
    values = {keyword: _plain(record.get(keyword)) for keyword in METADATA}
    return values | {"TransferSyntaxUID": parsed.transfer_syntax_uid}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value
