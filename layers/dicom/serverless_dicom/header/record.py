"""The model of a header -> the flat record that is searched (attributes named by DICOM keywords)."""

from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from pydicom.datadict import tag_for_keyword

from serverless_dicom.header.model import Model
from serverless_dicom.header.values import FORM

Record: TypeAlias = dict[str, Any]
"""Values by keyword: text, whole numbers, Decimal, lists of these where there are several, None."""

HEADERS = ("PatientID", "PatientName", "ReferringPhysicianName", "StudyDate", "StudyDescription")
"""In every record, None where the object has no value."""

IDENTIFIERS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")

INDEXED = (
    *HEADERS,
    *IDENTIFIERS,
    *("TransferSyntaxUID", "SpecificCharacterSet", "TimezoneOffsetFromUTC", "ImageType", "ConversionType"),
    *("IssuerOfPatientID", "OtherPatientIDs", "PatientBirthDate", "PatientSex", "PatientAge", "PatientWeight"),
    *("PatientIdentityRemoved", "PatientComments", "PatientPosition", "ResponsiblePerson"),
    *("AccessionNumber", "StudyID", "StudyTime", "AdmissionID", "RequestedProcedureID"),
    *("RequestedProcedureDescription", "RequestingPhysician", "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy"),
    *("Modality", "SeriesNumber", "SeriesDate", "SeriesTime", "SeriesDescription", "ProtocolName", "BodyPartExamined"),
    *("Laterality", "PerformingPhysicianName", "OperatorsName", "PerformedProcedureStepID"),
    *("PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime", "PerformedProcedureStepDescription"),
    *("FrameOfReferenceUID", "Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions"),
    *("StationName", "InstitutionName", "InstitutionalDepartmentName"),
    *("InstanceNumber", "AcquisitionNumber", "AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime"),
    *("ContentDate", "ContentTime", "InstanceCreationDate", "InstanceCreationTime", "ImageLaterality", "ViewPosition"),
    *("ContrastBolusAgent", "KVP", "SliceThickness", "SpacingBetweenSlices", "SliceLocation", "PixelSpacing"),
    *("ImagerPixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "MagneticFieldStrength"),
    *("NumberOfFrames", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "WindowCenter", "WindowWidth"),
    *("RescaleIntercept", "RescaleSlope", "RescaleType", "BurnedInAnnotation", "LossyImageCompression"),
    *("PresentationIntentType", "ContentLabel", "DocumentTitle", "CompletionFlag", "VerificationFlag"),
)
"""What a record holds of a header, by level: patient, study, series and equipment, object."""

MAX_TEXT, MAX_VALUES = 1024, 64
"""Characters and values of one element that a record holds; the full header has all of them."""

_TAGS = {keyword: f"{tag_for_keyword(keyword):08X}" for keyword in INDEXED}
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_DIGITS, _EXPONENT = 38, 125


def record_of(model: Model) -> Record:
    """The record of a header: what INDEXED names and the header has, and HEADERS in any case.

    A person name is one text, `Alphabetic=Ideographic=Phonetic` as in the file; PatientName's groups stand beside it
    as PatientNameAlphabetic and so on, so that each can be searched. DS and IS are numbers where they are valid and
    DynamoDB can hold them, and text otherwise.
    """
    record: Record = dict.fromkeys(HEADERS)
    for keyword, tag in _TAGS.items():
        element = model.get(tag, {})
        if element.get("vr") == "SQ":  # against the dictionary: no row has room for it
            continue
        held = element.get("Value", [])[:MAX_VALUES]
        values = [_value(value, element["vr"], MAX_TEXT // len(held)) for value in held]
        if values:
            record[keyword] = values[0] if len(values) == 1 else values
    name_element = model.get(_TAGS["PatientName"], {})
    for name in name_element.get("Value", [])[:1] if name_element.get("vr") == "PN" else []:
        record |= {f"PatientName{group}": text[:MAX_TEXT] for group, text in (name or {}).items()}
    return record


def person_name_text(groups: dict[str, str] | None) -> str | None:
    """A person name as it stands in a file (PS3.5 6.2.1.2)."""
    return "=".join((groups or {}).get(group, "") for group in _GROUPS).rstrip("=") or None


def _value(value: Any, vr: str, length: int) -> Any:
    if vr == "PN":
        value = person_name_text(value)
    if isinstance(value, float) or (vr in {"DS", "IS"} and value and FORM[vr].fullmatch(value)):
        value = _number(str(value))
    return value[:length] if isinstance(value, str) else value


def _number(text: str) -> int | Decimal | str:
    """A decimal or integer string as a number where DynamoDB can hold it: 38 digits, 10**±125, zero included."""
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent that Decimal itself cannot hold
        return text
    if len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) > _EXPONENT:
        return text
    return int(number) if text.lstrip("+-").isdigit() else number
