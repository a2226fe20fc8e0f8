"""A header -> a pydicom data set, whose values pydicom converts when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.tag import BaseTag

from serverless_dicom.imageset.elements import Elements, joined

if TYPE_CHECKING:
    from serverless_dicom.imageset.header import Header

_GROUP_LENGTH = 0x00020000
_UTF_8 = ["UTF8"]
"""What pydicom makes of ISO_IR 192."""


def raw_elements(elements: Elements) -> dict[BaseTag, RawDataElement | DataElement]:
    """Elements as pydicom's own reader gives them, in the order of their tags."""
    return {
        (tag := BaseTag(number)): RawDataElement(tag, vr, len(value), value or None, 0, False, True)
        for number, (vr, value, _) in sorted(elements.items())
    }


def raw_dataset(elements: Elements) -> Dataset:
    """Elements as a data set."""
    return Dataset(raw_elements(elements))


def dataset_of(header: Header, transfer_syntax_uid: str, pixel_data: DataElement | None = None) -> FileDataset:
    """The object, as if pydicom had read it from a file of that transfer syntax."""
    elements = raw_elements(header.elements)
    if pixel_data is not None:
        elements[pixel_data.tag] = pixel_data
    meta = header.file_meta(transfer_syntax_uid)
    file_meta = FileMetaDataset(raw_elements(meta))
    file_meta.set_original_encoding(False, True)
    file_meta.FileMetaInformationGroupLength = len(joined(meta))
    found = FileDataset(
        "", elements, preamble=bytes(128), file_meta=file_meta, is_implicit_VR=False, is_little_endian=True
    )
    found.set_original_encoding(False, True, _UTF_8)
    return found
