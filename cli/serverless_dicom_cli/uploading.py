"""Local files -> objects in a bucket, several at once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import ProgressCallbackInvoker, TransferConfig, create_transfer_manager
from botocore.exceptions import BotoCoreError, ClientError

from serverless_dicom.errors import DicomDirectory, EmptyObject, NotDicom, RejectedObject
from serverless_dicom.header.parse import parse_header
from serverless_dicom.header.ranges import FileRanges
from serverless_dicom_cli.places import NOTHING_FOUND, SCHEME, UNREADABLE, files, open_regular
from serverless_dicom_cli.problems import concerns_all, explain, service_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

UNDER_WAY = 20
"""Files that wait for the connections: enough for many small ones to use them all."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of a file: where it went, or why it did not."""

    path: str
    state: Literal["uploaded", "skipped", "failed"]
    url: str = ""
    code: str = ""
    message: str = ""


def sizes(roots: Iterable[Path]) -> int:
    """Return the bytes of all files together; those that cannot be looked at count nothing."""
    return sum(file.stat().st_size for root in roots for file in files(root) if file.is_file())


def uploads(
    client: S3Client, roots: Mapping[str, Path], bucket: str, folder: str, advance: Callable[[int], None]
) -> Iterator[Upload]:
    """Upload files and what is below folders, in order; a root's name is the first part of its keys.

    `advance` is told of bytes as they are done with. Raises what would fail for every other file too.
    """
    manager = create_transfer_manager(client, TransferConfig())
    pending: deque[tuple[Upload, Any]] = deque()
    with manager:
        for name, root in roots.items():
            found = False
            for file, key in _keys(name, root):
                found = True
                verdict = _refused(file, key, listed=root.is_dir())
                if verdict:
                    advance(file.stat().st_size if file.is_file() else 0)
                    pending.append((verdict, None))
                else:
                    planned = Upload(str(file), "uploaded", f"{SCHEME}{bucket}/{folder}{key}")
                    watch: Any = ProgressCallbackInvoker(advance)
                    pending.append((planned, manager.upload(str(file), bucket, f"{folder}{key}", subscribers=[watch])))
                while len(pending) > UNDER_WAY:
                    yield _finished(*pending.popleft())
            if not found:
                pending.append((Upload(str(root), "failed", code=NOTHING_FOUND, message="nothing is there"), None))
        while pending:
            yield _finished(*pending.popleft())


def _keys(name: str, root: Path) -> Iterator[tuple[Path, str]]:
    for file in files(root):
        below = file.relative_to(root).as_posix()
        yield file, "/".join(part for part in (name, below) if part not in {"", "."})


def _refused(file: Path, key: str, *, listed: bool) -> Upload | None:
    """Say why a file is not uploaded: it cannot be read or named, or was found in a folder and is not DICOM."""
    try:
        key.encode()
        with open_regular(file) as opened:
            if listed:
                parse_header(FileRanges.of(opened))
    except UnicodeEncodeError:
        return Upload(str(file), "failed", code=UNREADABLE, message="its name is no UTF-8, which keys are: rename it")
    except OSError as error:
        return Upload(str(file), "failed", code=UNREADABLE, message=error.strerror or type(error).__name__)
    except (NotDicom, EmptyObject, DicomDirectory) as error:
        return Upload(str(file), "skipped", code=error.code, message=str(error))
    except RejectedObject:
        return None  # it is DICOM, though damaged: its row will say how
    return None


def _finished(upload: Upload, future: Any) -> Upload:
    if future is None:
        return upload
    try:
        future.result()
    except (ClientError, BotoCoreError, Boto3Error, OSError) as error:
        if concerns_all(error):
            raise
        code = service_code(error) or UNREADABLE
        return Upload(upload.path, "failed", code=code, message=explain(error))
    return upload
