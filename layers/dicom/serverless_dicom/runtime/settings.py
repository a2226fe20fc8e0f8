"""The environment of each function, read once at its cold start."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Self

from serverless_dicom.errors import InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """A function's variables: field `metadata_table` is variable METADATA_TABLE; one with a default may be empty."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """The settings in an environment; raises InvalidSetting with the names of the variables that are not set."""
        names = {field.name: field.name.upper() for field in fields(cls)}
        needed = [field.name.upper() for field in fields(cls) if field.default is MISSING]
        missing = [variable for variable in needed if not environment.get(variable)]
        if missing:
            raise InvalidSetting(f"set the environment variable{'s' * (len(missing) > 1)} {', '.join(missing)}")
        return cls(**{name: value for name, variable in names.items() if (value := environment.get(variable))})


@dataclass(frozen=True, slots=True)
class IndexObjectSettings(Settings):
    """Of `index_object`: two tables, and the bucket for headers that are too large for a row."""

    metadata_table: str
    objects_table: str
    header_bucket: str


@dataclass(frozen=True, slots=True)
class SummarizeStudySettings(Settings):
    """Of `summarize_study`."""

    metadata_table: str


@dataclass(frozen=True, slots=True)
class ConvertSettings(Settings):
    """Of `convert`: where images may come from, lists with commas between; the bucket for large pictures; the pages."""

    allowed_buckets: str
    results_bucket: str
    allowed_hosts: str = ""
    allow_ftp: str = "false"
    r2_accounts: str = ""
    r2_secret_arn: str = ""
    allowed_origin: str = ""


@dataclass(frozen=True, slots=True)
class RequestUploadSettings(Settings):
    """Of `request_upload`: where jobs and uploads are kept, and how many bytes an upload may have."""

    results_table: str
    upload_bucket: str
    max_upload_bytes: str
    allowed_origin: str = ""


@dataclass(frozen=True, slots=True)
class AnalyzeImageSettings(Settings):
    """Of `analyze_image`: `max_labels` and `min_confidence` (percent) are what Rekognition is asked for."""

    results_table: str
    upload_bucket: str
    results_bucket: str
    max_upload_bytes: str
    max_labels: str
    min_confidence: str


@dataclass(frozen=True, slots=True)
class GetResultSettings(Settings):
    """Of `get_result`: where jobs are kept, and the pictures that were analysed."""

    results_table: str
    results_bucket: str
    allowed_origin: str = ""


@dataclass(frozen=True, slots=True)
class SearchStudiesSettings(Settings):
    """Of `search_studies`."""

    metadata_table: str
    allowed_origin: str = ""


@dataclass(frozen=True, slots=True)
class StartImportSettings(Settings):
    """Of `start_import`: where imports are kept, their workflow, the data store (or `none`), allowed buckets."""

    imports_table: str
    workflow_arn: str
    datastore_id: str
    allowed_buckets: str
    allowed_origin: str = ""


@dataclass(frozen=True, slots=True)
class GetImportSettings(Settings):
    """Of `get_import`."""

    imports_table: str
    results_bucket: str
    allowed_origin: str = ""


@dataclass(frozen=True, slots=True)
class PlanImportSettings(Settings):
    """Of `plan_import`: where imports are kept, where they write, and the bucket that copies will lie in."""

    imports_table: str
    results_bucket: str
    import_bucket: str


@dataclass(frozen=True, slots=True)
class RunImportJobSettings(Settings):
    """Of `run_import_job`: `import_role_arn` is the role that HealthImaging reads and writes as."""

    imports_table: str
    results_bucket: str
    datastore_id: str
    import_role_arn: str


@dataclass(frozen=True, slots=True)
class ResumeImportSettings(Settings):
    """Of `resume_import`."""

    imports_table: str


@dataclass(frozen=True, slots=True)
class ExportImageSetSettings(Settings):
    """Of `export_image_set`: the data store, and the bucket that exports are written to."""

    datastore_id: str
    results_bucket: str


@dataclass(frozen=True, slots=True)
class VerifyImageSetSettings(Settings):
    """Of `verify_image_set`."""

    imports_table: str
    results_bucket: str
    datastore_id: str


@dataclass(frozen=True, slots=True)
class FinishImportSettings(Settings):
    """Of `finish_import`."""

    imports_table: str
    results_bucket: str


@dataclass(frozen=True, slots=True)
class BatchImportsSettings(Settings):
    """Of `batch_imports`."""

    imports_table: str
    results_bucket: str
    workflow_arn: str


@dataclass(frozen=True, slots=True)
class SearchImageSetsSettings(Settings):
    """Of `search_image_sets`."""

    datastore_id: str
    allowed_origin: str = ""


@dataclass(frozen=True, slots=True)
class GetImageSetSettings(Settings):
    """Of `get_image_set`: the data store, and the bucket for what is too large for an answer."""

    datastore_id: str
    results_bucket: str
    allowed_origin: str = ""


@dataclass(frozen=True, slots=True)
class GetImageFrameSettings(Settings):
    """Of `get_image_frame`: the data store, and the bucket for what is too large for an answer."""

    datastore_id: str
    results_bucket: str
    allowed_origin: str = ""


def listed(text: str) -> frozenset[str]:
    """The parts of a list with commas between: `a, b` is a and b, and an empty text none."""
    return frozenset(part.strip() for part in text.split(",") if part.strip())
