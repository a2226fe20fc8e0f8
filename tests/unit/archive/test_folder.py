"""A folder's files are whole or not there, however many pieces they come in and however few bytes the system takes."""

import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from serverless_dicom.archive.folder import Folder

PIECES: list[bytes | memoryview] = [b"head", b"", memoryview(b"frame" * 1000), *[bytes([n % 256]) for n in range(2000)]]
WHOLE = b"".join(PIECES)


def test_all_pieces_are_written_in_order(tmp_path: Path) -> None:
    Folder(tmp_path).keep("a/b/one.dcm", PIECES)
    assert (tmp_path / "a/b/one.dcm").read_bytes() == WHOLE
    Folder(tmp_path).keep("none.dcm", [])
    assert (tmp_path / "none.dcm").read_bytes() == b""


@pytest.mark.parametrize("most", [1, 7, 4999])
def test_a_system_that_takes_a_part_is_given_the_rest(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writev = os.writev

    def reluctant(descriptor: int, pieces: Sequence[Any]) -> int:
        return writev(descriptor, [memoryview(b"".join(pieces))[:most]])

    monkeypatch.setattr("os.writev", reluctant)
    Folder(tmp_path).keep("one.dcm", PIECES)
    assert (tmp_path / "one.dcm").read_bytes() == WHOLE


def test_frames_are_written_as_they_come_and_not_kept(tmp_path: Path) -> None:
    frame, sizes = bytes(1 << 20), list[int]()

    def frames() -> Iterator[bytes]:
        for _ in range(4):
            yield frame
            (part,) = tmp_path.glob(".*.part")
            sizes.append(part.stat().st_size)

    Folder(tmp_path).keep("one.dcm", frames())
    assert sizes == [len(frame) * number for number in range(1, 5)]


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(tmp_path)
    folder.keep("one.dcm", [b"before"])

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.writev", full)
    with pytest.raises(OSError, match="No space"):
        folder.keep("one.dcm", PIECES)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("one.dcm", b"before")]


def test_files_are_the_users_as_his_mask_says(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        Folder(tmp_path).keep("one.dcm", PIECES)
    finally:
        os.umask(before)
    assert (tmp_path / "one.dcm").stat().st_mode & 0o777 == 0o640
