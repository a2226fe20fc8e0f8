"""DICOM bytes -> the record of one object and its whole header."""

from dataclasses import dataclass

from serverless_dicom.header.model import JsonModel, Model, Note
from serverless_dicom.header.parse import as_rejection, parse_header
from serverless_dicom.header.ranges import ByteRanges
from serverless_dicom.header.record import Record, record_of


@dataclass(frozen=True, slots=True)
class Header:
    """What an object says of itself before its pixel data.

    `record` is what is searched, by DICOM keyword; `model` every element in the DICOM JSON model (PS3.18 F), file meta
    information included; `notes` what the model could not show as it stands in the object; `incomplete` says that the
    object ends inside its pixel data, or is an image and ends before them.
    """

    record: Record
    model: Model
    notes: tuple[Note, ...]
    incomplete: bool


def read_header(ranges: ByteRanges, location: str) -> Header:
    """Read the header of the object in `ranges`, fetching no pixel data.

    A value of more than 1 MiB is not read: the model points to it as `location?offset=…&length=…`. Raises a
    RejectedObject where the object is not DICOM or damaged, and whatever `ranges` raises.
    """
    parsed = parse_header(ranges)
    converter = JsonModel(lambda offset, length: f"{location}?offset={offset}&length={length}")
    with as_rejection():
        model = converter.convert(parsed.meta) | converter.convert(parsed.dataset)
    record = record_of(model) | {"TransferSyntaxUID": parsed.transfer_syntax_uid}
    return Header(record, model, tuple(converter.notes), parsed.incomplete())
