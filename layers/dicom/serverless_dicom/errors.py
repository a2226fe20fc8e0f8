"""Every error that this package raises, and the HTTP status of each.

ServerlessDicomError
├── PermanentError              the same call fails again: recorded, never retried
│   ├── RejectedObject          the object is not what may be indexed
│   │   ├── EmptyObject         empty_object
│   │   ├── NotDicom            not_dicom
│   │   ├── DicomDirectory      dicomdir
│   │   ├── TruncatedHeader     truncated_header
│   │   ├── MalformedHeader     malformed_header
│   │   ├── NestedTooDeep       nested_too_deep
│   │   ├── HeaderTooLarge      header_too_large
│   │   ├── InflatedTooLarge    inflated_too_large
│   │   ├── InvalidTransferSyntax  invalid_transfer_syntax
│   │   └── InvalidIdentifier   invalid_identifier
│   ├── CannotRender            the object has no picture that can be drawn
│   │   ├── NoPixelData         no_pixel_data
│   │   ├── UnsupportedTransferSyntax  unsupported_transfer_syntax
│   │   ├── InvalidPixelDescription    invalid_pixel_description
│   │   ├── TruncatedPixelData  truncated_pixel_data
│   │   ├── UndecodablePixelData       undecodable_pixel_data
│   │   └── ImageTooLarge       image_too_large
│   ├── CannotAnalyze           the upload cannot be analysed, or was not
│   │   ├── UploadMissing       upload_missing
│   │   ├── UploadTooLarge      upload_too_large
│   │   ├── UnsupportedImage    unsupported_image
│   │   ├── AnalysisRefused     analysis_refused
│   │   ├── AnalysisInterrupted        analysis_interrupted
│   │   └── AnalysisFailed      analysis_failed
│   ├── ArchiveError            HealthImaging does not have it, or has it damaged
│   │   ├── ImageSetNotFound    image_set_not_found
│   │   ├── FrameNotFound       frame_not_found
│   │   ├── FrameCorrupt        frame_corrupt
│   │   ├── InvalidMetadata     invalid_metadata
│   │   └── ArchiveRefused      archive_refused
│   ├── CannotImport            nothing is imported, or not all of it
│   │   ├── NoArchive           no_archive
│   │   ├── NothingToImport     nothing_to_import
│   │   ├── TooManyFiles        too_many_files
│   │   ├── FileTooLarge        file_too_large
│   │   ├── ImportJobFailed     import_job_failed
│   │   ├── NothingImported     nothing_imported
│   │   ├── FramesDiffer        frames_differ
│   │   └── ImportInterrupted   import_interrupted
│   ├── JobNotFound             job_not_found
│   ├── ObjectNotFound          object_not_found
│   ├── SourceNotAllowed        source_not_allowed
│   ├── SourceTooLarge          source_too_large
│   ├── InvalidRequest          invalid_request
│   ├── InvalidEvent            invalid_event
│   └── InvalidSetting          invalid_setting
└── TransientError              transient: the same call may succeed later, so the queue retries it
    ├── ArchiveBusy             archive_busy
    ├── JobBusy                 job_busy
    ├── SourceFailed            source_failed
    └── SourceTimeout           source_timeout

A message names offsets, lengths, tags and object keys, never a value of the data set: it is logged and stored.
"""

from typing import ClassVar


class ServerlessDicomError(Exception):
    """The base of all; `code` is stable and made for programs, the message for people."""

    code: ClassVar[str] = "error"


class PermanentError(ServerlessDicomError):
    """Trying again cannot help."""


class RejectedObject(PermanentError):
    """The object's bytes are the reason."""

    code = "rejected"


class EmptyObject(RejectedObject):
    """An object of 0 bytes."""

    code = "empty_object"


class NotDicom(RejectedObject):
    """Neither a DICOM file (PS3.10 7.1) nor a bare data set."""

    code = "not_dicom"


class DicomDirectory(RejectedObject):
    """A DICOMDIR (PS3.3 F.2): an index of other files, not an object of a study."""

    code = "dicomdir"


class TruncatedHeader(RejectedObject):
    """The object ends before the header that it declares."""

    code = "truncated_header"


class MalformedHeader(RejectedObject):
    """The header contradicts its own encoding (PS3.5 7)."""

    code = "malformed_header"


class NestedTooDeep(RejectedObject):
    """More levels of sequences than are accepted."""

    code = "nested_too_deep"


class HeaderTooLarge(RejectedObject):
    """More bytes, elements or values before the pixel data than are accepted."""

    code = "header_too_large"


class InflatedTooLarge(RejectedObject):
    """A deflated data set (PS3.5 A.5) that inflates beyond what is accepted."""

    code = "inflated_too_large"


class InvalidTransferSyntax(RejectedObject):
    """The file meta information names no transfer syntax that could exist."""

    code = "invalid_transfer_syntax"


class InvalidIdentifier(RejectedObject):
    """A UID that a row is keyed by is absent or cannot be a UID."""

    code = "invalid_identifier"


class CannotRender(PermanentError):
    """The object is DICOM, but no picture can be drawn of it."""

    code = "cannot_render"


class NoPixelData(CannotRender):
    """An object without pixel data: a report, a plan, an encapsulated document."""

    code = "no_pixel_data"


class UnsupportedTransferSyntax(CannotRender):
    """Pixel data in a transfer syntax that is not decoded here, such as a video's."""

    code = "unsupported_transfer_syntax"


class InvalidPixelDescription(CannotRender):
    """The Image Pixel module (PS3.3 C.7.6.3) is incomplete or contradicts itself, or the pixel data contradict it."""

    code = "invalid_pixel_description"


class TruncatedPixelData(CannotRender):
    """The pixel data end before the frame does."""

    code = "truncated_pixel_data"


class UndecodablePixelData(CannotRender):
    """The decoder refused the frame, failed at it, or took more time or memory than it may."""

    code = "undecodable_pixel_data"


class ImageTooLarge(CannotRender):
    """A frame of more bytes, decoded, than are accepted."""

    code = "image_too_large"


class CannotAnalyze(PermanentError):
    """There is no analysis, and there will be none."""


class UploadMissing(CannotAnalyze):
    """Nothing was uploaded while the URL for it worked."""

    code = "upload_missing"


class UploadTooLarge(CannotAnalyze):
    """The file has more bytes than are accepted."""

    code = "upload_too_large"


class UnsupportedImage(CannotAnalyze):
    """The bytes are neither a DICOM object nor a JPEG, PNG or GIF."""

    code = "unsupported_image"


class AnalysisRefused(CannotAnalyze):
    """Rekognition took the picture for one that it cannot look at."""

    code = "analysis_refused"


class AnalysisInterrupted(CannotAnalyze):
    """The analysis ended without a result: its time was up, or its memory."""

    code = "analysis_interrupted"


class AnalysisFailed(CannotAnalyze):
    """The analysis was tried several times, and failed each time."""

    code = "analysis_failed"


class ArchiveError(PermanentError):
    """HealthImaging does not have what was asked for, or has it damaged."""

    code = "archive_error"


class ImageSetNotFound(ArchiveError):
    """There is no such image set, version or data store."""

    code = "image_set_not_found"


class FrameNotFound(ArchiveError):
    """The image set has no such frame."""

    code = "frame_not_found"


class FrameCorrupt(ArchiveError):
    """A stored frame is not what was imported: its checksum is another, or it cannot be decoded."""

    code = "frame_corrupt"


class InvalidMetadata(ArchiveError):
    """The metadata of an image set are not of the form that they should have, or too large."""

    code = "invalid_metadata"


class ArchiveRefused(ArchiveError):
    """HealthImaging refuses the call: it is invalid, not allowed, or beyond a quota."""

    code = "archive_refused"


class CannotImport(PermanentError):
    """Nothing is imported, or not all of it."""

    code = "cannot_import"


class NoArchive(CannotImport):
    """The stack has no data store: its parameter DatastoreId is `none`."""

    code = "no_archive"


class NothingToImport(CannotImport):
    """No file that was found there can be imported."""

    code = "nothing_to_import"


class TooManyFiles(CannotImport):
    """More files than one import takes."""

    code = "too_many_files"


class FileTooLarge(CannotImport):
    """The file has more bytes than HealthImaging takes."""

    code = "file_too_large"


class ImportJobFailed(CannotImport):
    """A job of HealthImaging failed as a whole."""

    code = "import_job_failed"


class NothingImported(CannotImport):
    """HealthImaging took none of the files."""

    code = "nothing_imported"


class FramesDiffer(CannotImport):
    """A stored frame is not the one that was imported, by its checksum."""

    code = "frames_differ"


class ImportInterrupted(CannotImport):
    """The import ended before it was done."""

    code = "import_interrupted"


class JobNotFound(PermanentError):
    """The caller has no such job: it was never made, belongs to somebody else, or has expired."""

    code = "job_not_found"


class ObjectNotFound(PermanentError):
    """There is no such object, or no longer."""

    code = "object_not_found"


class SourceNotAllowed(PermanentError):
    """The address is none that may be fetched from."""

    code = "source_not_allowed"


class SourceTooLarge(PermanentError):
    """More bytes than are fetched of one object."""

    code = "source_too_large"


class InvalidRequest(PermanentError):
    """What a caller asked for is no request; `problems` names each field that is wrong, and what would be right."""

    code = "invalid_request"

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class InvalidEvent(PermanentError):
    """The event that called a function is of no known shape."""

    code = "invalid_event"


class InvalidSetting(PermanentError):
    """An environment variable is absent or cannot be read."""

    code = "invalid_setting"


class TransientError(ServerlessDicomError):
    """Throttled, unreachable or in conflict just now."""

    code = "transient"


class ArchiveBusy(TransientError):
    """HealthImaging could not be reached, throttles, or is still at work on the image set."""

    code = "archive_busy"


class JobBusy(TransientError):
    """Another worker is at the job."""

    code = "job_busy"


class SourceFailed(TransientError):
    """The source could not be reached, or answered with an error."""

    code = "source_failed"


class SourceTimeout(TransientError):
    """The source took longer than it may."""

    code = "source_timeout"


_STATUS: dict[type[ServerlessDicomError], int] = {
    RejectedObject: 422,
    CannotRender: 422,
    ImageTooLarge: 413,
    CannotAnalyze: 422,
    UploadTooLarge: 413,
    ArchiveError: 422,
    ImageSetNotFound: 404,
    FrameNotFound: 404,
    ArchiveRefused: 403,
    CannotImport: 422,
    NoArchive: 409,
    JobNotFound: 404,
    ObjectNotFound: 404,
    SourceNotAllowed: 403,
    SourceTooLarge: 413,
    SourceFailed: 502,
    SourceTimeout: 504,
    InvalidRequest: 400,
    InvalidEvent: 400,
    TransientError: 503,
    ServerlessDicomError: 500,
}


def http_status(error: ServerlessDicomError) -> int:
    """The HTTP status of an error: that of its nearest class in the table."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
