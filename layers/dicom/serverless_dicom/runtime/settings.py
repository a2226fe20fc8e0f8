"""The environment of each function, read once at its cold start."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

from serverless_dicom.errors import InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """A function's variables: field `metadata_table` is variable METADATA_TABLE."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """The settings in an environment; raises InvalidSetting with the names of the variables that are not set."""
        names = {field.name: field.name.upper() for field in fields(cls)}
        missing = [variable for variable in names.values() if not environment.get(variable)]
        if missing:
            raise InvalidSetting(f"set the environment variable{'s' * (len(missing) > 1)} {', '.join(missing)}")
        return cls(**{name: environment[variable] for name, variable in names.items()})


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
