"""Write the standard's names of elements and UIDs, as pydicom has them, for the page: elements.txt and uids.txt."""  # noqa: INP001 - a script

from __future__ import annotations

from pathlib import Path

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom.uid import UID_dictionary

HERE = Path(__file__).parent
REPEATED = ("50xx", "60xx")
"""Groups that repeat, of which objects still have some: curves and overlays."""


def elements() -> str:
    """A line an element: tag, VR, keyword; of repeating groups the first."""
    repeated = {
        int(tag.replace("xx", "00"), 16): entry
        for tag, entry in RepeatersDictionary.items()
        if tag.startswith(REPEATED) and "x" not in tag[4:]
    }
    entries = sorted((DicomDictionary | repeated).items())
    lines = [f"{tag:08X} {vr.replace(' or ', '/')} {keyword}" for tag, (vr, _, _, _, keyword) in entries if keyword]
    return "\n".join(lines) + "\n"


def uids() -> str:
    """A line a UID of the standard: the UID and its name."""
    return "".join(f"{uid} {name}\n" for uid, (name, *_) in sorted(UID_dictionary.items()) if name)


if __name__ == "__main__":
    (HERE / "elements.txt").write_text(elements(), "utf-8")
    (HERE / "uids.txt").write_text(uids(), "utf-8")
