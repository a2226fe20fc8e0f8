"""How the service runs: where it keeps what it has, whom it calls, and what goes wrong on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that can be told to the service; what is left out is as on AWS, but at once."""

    state: Path | None = None
    """The folder of all that it keeps; a temporary one, gone at the end, where it is None."""
    endpoint_url: str | None = None
    """Where S3, IAM, STS and EventBridge are. Without it no import job can be started, and no event is sent."""
    checks_roles: bool = True
    """Whether a job's role has to trust the service, and its permissions decide what the job may read and write.

    Without it the job calls S3 with this machine's keys: for S3s that know no roles. Callers' own permissions are
    asked of the stack's emulator, if that is what `endpoint_url` leads to.
    """
    rates: Literal["published", "none"] = "none"
    """`published`: what comes faster than AWS lets by is throttled."""
    frames: Literal["jph", "codestream"] = "jph"
    """What a frame is sent as: a JPH file (ISO/IEC 15444-15 annex D), or the bare codestream within it."""
    checksums: Literal["levels", "full"] = "levels"
    """Whether metadata has the checksums of lower resolutions too; on AWS, newer image sets have one only."""
    locked_ms: float = 0
    """How long image sets are LOCKED when they are updated, copied, deleted or imported."""
    most_files: int = 5_000
    """Files of one import job."""
    most_bytes_of_a_job: int = 10_000_000_000
    most_bytes_of_a_file: int = 4_000_000_000
    delay_ms: float = 0
    """Added to every request."""
    failing_frames: float = 0
    """Which part of all requests for frames fails, 0 to 1: with InternalServerException, by chance."""
    seed: int | None = None
    """What chance begins with."""
    workers: int | None = None
    """Threads that read, parse and encode; two for each processor where it is None."""
