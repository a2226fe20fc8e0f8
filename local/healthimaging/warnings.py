"""What an import warns of, by the codes of the guide's page on warnings: the instance is there, but not as it came."""

from __future__ import annotations

REASONS = {
    "COERCION_OF_DATA_ELEMENTS": 0xB000,
    "ELEMENTS_DISCARDED": 0xB006,
    "SOP_CLASS_DATA_MISMATCH": 0xB007,
    "TRANSCODING_EXCEPTION": 0xB100,
    "FRAMES_EXTRACTION_FAILURE": 0xB110,
    "FRAME_NUMBER_MISMATCH": 0xB111,
    "INVALID_OFFSET_TABLE": 0xB112,
    "UNSUPPORTED_TRANSFER_SYNTAX": 0xB120,
    "INVALID_UID_FORMAT": 0xB201,
    "INVALID_DICOM_VALUE_LENGTH": 0xB202,
}


class Warned(Exception):
    """One warning: its type, and a sentence without anything of the patient's."""

    def __init__(self, kind: str, message: str) -> None:
        """Make a warning of one of REASONS."""
        super().__init__(message)
        self.kind, self.reason = kind, REASONS[kind]

    @property
    def type(self) -> str:
        """Return the type as warning.ndjson spells it: InvalidOffsetTable."""
        return self.kind.title().replace("_", "")
