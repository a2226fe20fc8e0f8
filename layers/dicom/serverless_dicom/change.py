"""What happened to an object in a bucket."""

from dataclasses import dataclass
from typing import Literal

SEQUENCER_WIDTH = 64
"""Sequencers vary in length: padded with zeros to this width they compare as text, as S3 says they must."""


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """An object was created, or a version of it or the whole of it was deleted.

    `sequencer` orders the changes of one key and is None where whoever tells of the change does not know it: then the
    object is looked at as it is now. `version_id` is the version that was created or permanently deleted; None where
    the bucket has no versions, and for a delete marker.
    """

    bucket: str
    key: str
    kind: Literal["created", "deleted"]
    sequencer: str | None = None
    version_id: str | None = None

    @property
    def uri(self) -> str:
        """The object as `s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def order(self) -> str | None:
        """The sequencer in the form that compares as text."""
        return self.sequencer.upper().ljust(SEQUENCER_WIDTH, "0") if self.sequencer else None
