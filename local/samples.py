"""DICOM files to try the stack with: pydicom's wheel ships them."""

from __future__ import annotations

import shutil
from pathlib import Path

from pydicom.data import get_charset_files, get_testdata_file

from local.place import Place

DAMAGED = "damaged.dcm"
BYTES_OF_DAMAGED = 1500

FOR_DEMO = {
    "CT_small.dcm": "CT",
    "examples_overlay.dcm": "MR",
    "examples_ybr_color.dcm": "US, 30 frames",
    "rtplan.dcm": "radiotherapy plan",
    "waveform_ecg.dcm": "ECG",
    "SC_rgb_small_odd.dcm": "secondary capture",
    "SC_rgb_rle_2frame.dcm": "capture of the same series",
    "chrH31.dcm": "name in three scripts",
    "chrKoreanMulti.dcm": "name in Korean",
    DAMAGED: "CT, cut off in its header",
}
"""What the demo uploads, and what each file is."""

WITH_TEXT = "examples_palette.dcm"
"""The file that the demo has analysed: the scanner wrote into its pixels."""

FOR_PLAY = "CT_small.dcm"
STUDY_FOR_PLAY = "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"
"""The file that the printed commands upload, and its StudyInstanceUID."""

PREFIX = "demo/"
"""Where in the inbox the samples go; events/index_object.json tells of one of them."""


def copy(place: Place) -> None:
    """Put the samples into the place, the damaged one made on the spot."""
    place.samples.mkdir(parents=True, exist_ok=True)
    for name in (*FOR_DEMO, WITH_TEXT):
        if name != DAMAGED:
            shutil.copyfile(_shipped(name), place.samples / name)
    whole = (place.samples / "CT_small.dcm").read_bytes()
    (place.samples / DAMAGED).write_bytes(whole[:BYTES_OF_DAMAGED])


def _shipped(name: str) -> Path:
    """Return the path of one of the files in pydicom's wheel; nothing is downloaded."""
    found = get_charset_files(name) if name.startswith("chr") else [get_testdata_file(name, download=False)]
    if not found or found[0] is None:
        raise FileNotFoundError(f"pydicom's wheel holds no {name}")
    return Path(str(found[0]))
