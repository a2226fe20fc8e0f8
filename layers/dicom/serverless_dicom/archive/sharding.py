"""The files below a prefix -> shards, each within what one import job of HealthImaging may have.

HealthImaging imports everything below a prefix, so a folder that is small enough is a shard as it lies. A larger one is
split into its folders; only files that share a folder with too many others are copied, into a prefix of their own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Limits:
    """What HealthImaging takes: files and bytes of a job, bytes of a file, jobs at once. Its defaults are the quotas.

    Newer pages say that a file may have 10 GB; an account may or may not have that quota.
    """

    files: int = 5_000
    size: int = 10 * 1000**3
    file_size: int = 4 * 1000**3
    jobs: int = 100


QUOTAS = Limits()

MAX_PREFIX = 900
"""Bytes of a prefix that is handed to HealthImaging, whose URIs have 1,024 characters at most."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An object of a bucket; `size` in bytes."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Shard:
    """What one job of HealthImaging imports: all below `prefix`, or where that is None, copies of `files`."""

    prefix: str | None
    files: tuple[StoredFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def shards(prefix: str, files: Sequence[StoredFile], limits: Limits = QUOTAS) -> list[Shard]:
    """Split what lies below a prefix, largest folders first; files that are too large are in no shard.

    A shard that is imported in place holds every file below its prefix, also those that turned out not to be DICOM:
    HealthImaging counts them too. Where there would be more of these than HealthImaging has jobs at once, the smallest
    are copied together.
    """
    in_place, loose = _split(prefix, files, limits)
    in_place.sort(key=lambda shard: (-len(shard.files), shard.prefix))
    for shard in in_place[limits.jobs :]:
        loose += shard.files
    return in_place[: limits.jobs] + packed(loose, limits)


def packed(files: Iterable[StoredFile], limits: Limits = QUOTAS) -> list[Shard]:
    """Files in order, as many a shard as fit; those that are too large are left out."""
    found: list[Shard] = []
    batch: list[StoredFile] = []
    size = 0
    for file in files:
        if file.size > limits.file_size:
            continue
        if batch and (len(batch) == limits.files or size + file.size > limits.size):
            found.append(Shard(None, tuple(batch)))
            batch, size = [], 0
        batch.append(file)
        size += file.size
    return [*found, Shard(None, tuple(batch))] if batch else found


def _split(prefix: str, files: Sequence[StoredFile], limits: Limits) -> tuple[list[Shard], list[StoredFile]]:
    """The folders that fit, and the files that are in none of them."""
    in_place: list[Shard] = []
    loose: list[StoredFile] = []
    waiting = [(prefix, files)]
    while waiting:
        folder, inside = waiting.pop()
        if _fits(folder, inside, limits):
            in_place.append(Shard(folder, tuple(inside)))
            continue
        for below, group in _folders(folder, inside):
            if below == folder:
                loose += group
            else:
                waiting.append((below, group))
    return in_place, sorted(loose, key=lambda file: file.key)


def _fits(prefix: str, files: Sequence[StoredFile], limits: Limits) -> bool:
    if len(files) > limits.files or len(prefix.encode()) > MAX_PREFIX:
        return False
    return sum(file.size for file in files) <= limits.size and all(file.size <= limits.file_size for file in files)


def _folders(prefix: str, files: Iterable[StoredFile]) -> Iterator[tuple[str, list[StoredFile]]]:
    """Files by the folder directly below a prefix; those that are in none of them by the prefix itself."""
    groups: dict[str, list[StoredFile]] = defaultdict(list)
    for file in files:
        name, slash, _ = file.key[len(prefix) :].partition("/")
        groups[f"{prefix}{name}/" if slash else prefix].append(file)
    yield from sorted(groups.items())
