"""An image set: what HealthImaging keeps of a series, in the order in which people number it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

Attributes: TypeAlias = dict[str, Any]
"""Elements as the metadata have them: by keyword, or by 8 hexadecimal digits where there is none."""

HTJ2K_LOSSLESS_RPCL = "1.2.840.10008.1.2.4.202"
"""What frames are stored in unless their instance says otherwise (PS3.5 A.4.11)."""


class Checksum(NamedTuple):
    """The CRC-32 of a frame at one resolution, whose size is in pixels."""

    width: int
    height: int
    crc32: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One stored frame; `number` counts from 1, `checksums` go from the smallest resolution to the full one.

    `minimum` and `maximum` are stored values; None where the frame was kept as it came.
    """

    id: str
    number: int
    checksums: tuple[Checksum, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def checksum(self) -> Checksum | None:
        """That of the full resolution; None where the metadata have none."""
        return self.checksums[-1] if self.checksums else None


@dataclass(frozen=True, slots=True)
class Level:
    """The elements that all below share: a patient's, a study's or a series', with the VRs of private ones."""

    attributes: Attributes
    vrs: dict[str, str]


@dataclass(frozen=True, slots=True)
class Instance:
    """One SOP instance; `stored_syntax` is the transfer syntax that its frames are stored in.

    The UIDs are the metadata's keys: they have not been checked to be UIDs.
    """

    sop_instance_uid: str
    series_instance_uid: str
    level: Level
    stored_syntax: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class ImageSet:
    """The parsed metadata; instances in the order of SeriesNumber, then InstanceNumber."""

    image_set_id: str
    datastore_id: str
    study_instance_uid: str
    patient: Level
    study: Level
    series: dict[str, Level]
    instances: tuple[Instance, ...]

    @property
    def frames(self) -> int:
        """How many frames all instances have."""
        return sum(len(instance.frames) for instance in self.instances)
