"""The studies of the guided workflow: four of the NCI Imaging Data Commons, in a bucket that anyone may read."""

from __future__ import annotations

from dataclasses import dataclass

BUCKET = "idc-open-data"
"""The bucket of the Imaging Data Commons (https://registry.opendata.aws/nci-imaging-data-commons/)."""


@dataclass(frozen=True, slots=True)
class Study:
    """A study that can be chosen; its files lie below `directory/` of BUCKET."""

    number: int
    title: str
    directory: str

    @property
    def prefix(self) -> str:
        """What its keys begin with."""
        return f"{self.directory}/"


STUDIES = {
    study.number: study
    for study in (
        Study(1, "CT of a chest", "00029d25-fb18-4d42-aaa5-a0897d1ac8f7"),
        Study(2, "CT of a pelvis", "00025d30-ef8f-4135-a35a-d83eff264fc1"),
        Study(3, "MRI of a head", "0002d261-8a5d-4e63-8e2e-0cbfac87b904"),
        Study(4, "MRI of a breast", "0002dd07-0b7f-4a68-a655-44461ca34096"),
    )
}
"""By the numbers under which they are chosen."""
