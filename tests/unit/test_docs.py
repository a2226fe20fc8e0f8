"""The documents say what is true: their tables are held to the code, their links to the tree."""

import re
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.healthimaging.__main__ import parser as parser_of_healthimaging
from serverless_dicom import errors
from serverless_dicom.analysis import fitting, pictures, results
from serverless_dicom.analysis import request as upload_request
from serverless_dicom.archive import client, fetching, finding, listing, places, planning, sharding, summing
from serverless_dicom.header import deflate, model, ranges, structure
from serverless_dicom.image import codecs, codestream, description, fragments, request, voi
from serverless_dicom.image.syntaxes import FAMILIES
from serverless_dicom.imageset import elements, frames, metadata, part10
from serverless_dicom.imageset import request as export_request
from serverless_dicom.runtime import apart, redelivery
from serverless_dicom.sources import spool
from serverless_dicom.stores import import_jobs, jobs, paging, study_request
from serverless_dicom_cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
TABLES = (ROOT / "docs" / "tables.md").read_text()
CONVERT = (ROOT / "docs" / "convert.md").read_text()
ARCHIVE = (ROOT / "docs" / "archive.md").read_text()
HEALTHIMAGING = (ROOT / "docs" / "healthimaging.md").read_text()
ANALYZE = (ROOT / "docs" / "analyze.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")]
FOR_DEVELOPERS = {"help", "setup", "lock"}


def rows(text: str, heading: str) -> list[tuple[str, ...]]:
    """The cells of the Markdown table whose first row is `heading`, without backticks."""
    table = text.split(f"{heading}\n", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    return [tuple(cell.strip().replace("`", "") for cell in line.strip("| ").split(" | ")) for line in table]


class CloudFormation(yaml.SafeLoader):
    """Reads a template's own tags as nothing."""


CloudFormation.add_multi_constructor("!", lambda *_: None)


def test_every_make_target_is_in_the_readme() -> None:
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", README)) == targets - FOR_DEVELOPERS


def test_every_parameter_of_the_template_is_in_the_readme() -> None:
    parameters = yaml.load((ROOT / "template.yaml").read_text(), CloudFormation)["Parameters"]  # noqa: S506 - a SafeLoader
    expected = [(name, str(of["Default"]), of["Description"].strip()) for name, of in parameters.items()]
    assert rows(README, "| parameter | default | what it is |") == expected


def test_every_command_is_in_the_readme() -> None:
    expected = [(f"serverless-dicom {name}", purpose) for name, purpose in COMMANDS.items()]
    assert rows(README, "| command | what it does there |") == expected


def test_every_reason_of_a_rejection_is_documented() -> None:
    expected = [(kind.code, str(kind.__doc__)) for kind in errors.RejectedObject.__subclasses__()]
    assert rows(TABLES, "| code | what it means |") == expected


def test_every_limit_is_documented() -> None:
    limits = {
        "bytes read for one header": ranges.MAX_HEADER_BYTES,
        "elements before the pixel data, an item or an own element of the data set counting as five": (
            structure.MAX_ELEMENTS
        ),
        "values in all elements together": model.MAX_VALUES,
        "levels of sequences": structure.MAX_DEPTH,
        "bytes that a deflated data set inflates to": deflate.MAX_INFLATED_BYTES,
    }
    assert dict(rows(TABLES, "| limit | value |")) == {name: f"{value:,}" for name, value in limits.items()}


def test_every_field_of_a_conversion_is_documented() -> None:
    with pytest.raises(errors.InvalidRequest) as raised:
        request.ConvertRequest.parse({"url": "s3://bucket/key", "no field": 1})
    known = str(raised.value).partition("there are ")[2].split(", ")

    told = [name.strip() for row in rows(CONVERT, "| field | default | what it may be |") for name in row[0].split(",")]
    assert sorted(told) == known


def test_every_error_of_a_conversion_is_documented() -> None:
    elsewhere = {
        errors.RejectedObject,
        *errors.RejectedObject.__subclasses__(),
        *errors.CannotAnalyze.__subclasses__(),
        errors.ArchiveError,
        *errors.ArchiveError.__subclasses__(),
        errors.ArchiveBusy,
        errors.CannotImport,
        *errors.CannotImport.__subclasses__(),
        errors.JobNotFound,
        errors.JobBusy,
        errors.InvalidEvent,
        errors.InvalidSetting,
    }
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and "code" in vars(kind)]
    expected = {
        (kind.code, str(errors.http_status(kind("x"))), str(kind.__doc__).replace("`", ""))
        for kind in kinds
        if kind not in {*elsewhere, errors.ServerlessDicomError, errors.CannotRender}
    }
    assert set(rows(CONVERT, "| error | status | what it means |")) == expected


def test_every_preset_is_documented() -> None:
    expected = [(name, f"{center:g}", f"{width:g}") for name, (center, width) in voi.PRESETS.items()]
    assert rows(CONVERT, "| preset | centre | width |") == expected


def test_every_decoder_is_documented() -> None:
    told = {
        decoders
        for _, decoders in rows(CONVERT, "| transfer syntaxes | decoders, in the order in which they are tried |")
    }
    fullest = {
        family: max((order for uid, order in codecs.ORDER.items() if FAMILIES[uid] is family), key=len, default=())
        for family in FAMILIES.values()
    }
    assert told == {"none", "zlib", "libjxl"} | {", ".join(order) for order in fullest.values() if order}


def test_every_limit_of_a_conversion_is_documented() -> None:
    limits = {
        "bytes of one frame when decoded": description.MAX_FRAME_BYTES,
        "bytes of one encoded frame": fragments.MAX_ENCODED_BYTES,
        "bytes that are fetched in one piece": spool.MAX_BYTES,
        "bytes of memory that drawing may take beyond the function's own": apart.MEMORY,
        "seconds that drawing may take": int(apart.SECONDS),
        "tiles of a JPEG 2000 codestream": codestream.MAX_TILES,
        "pixels of an asked for width or height": request.MAX_SIDE,
    }
    assert dict(rows(CONVERT, "| limit | value |")) == {name: f"{value:,}" for name, value in limits.items()}


def test_every_field_of_an_upload_and_of_a_search_is_documented() -> None:
    parsers: dict[str, Callable[[Any], object]] = {
        "an upload": lambda sent: upload_request.UploadRequest.parse(sent, 1),
        "a search": lambda sent: study_request.StudiesRequest.parse(sent, date(2024, 2, 29)),
    }
    for what, parse in parsers.items():
        with pytest.raises(errors.InvalidRequest) as raised:
            parse({"fileName": "a", "fileType": "", "no field": 1})
        known = str(raised.value).rpartition("there are ")[2].split(", ")
        assert sorted(name for name, *_ in rows(ANALYZE, f"| field of {what} | default | what it may be |")) == known


def test_every_error_of_an_analysis_is_documented() -> None:
    kinds = [*errors.CannotAnalyze.__subclasses__(), errors.JobNotFound]
    expected = [(kind.code, str(errors.http_status(kind("x"))), str(kind.__doc__)) for kind in kinds]
    assert rows(ANALYZE, "| error | status | what it means |") == expected


def test_every_field_of_an_export_is_documented() -> None:
    with pytest.raises(errors.InvalidRequest) as raised:
        export_request.ExportRequest.parse({"imageSetId": "0" * 32, "no field": 1})
    known = str(raised.value).rpartition("there are ")[2].split(", ")
    assert sorted(name for name, *_ in rows(ARCHIVE, "| field of an export | default | what it may be |")) == known


def test_every_error_of_the_archive_is_documented() -> None:
    kinds = [*errors.ArchiveError.__subclasses__(), errors.ArchiveBusy]
    expected = [(kind.code, str(errors.http_status(kind("x"))), str(kind.__doc__)) for kind in kinds]
    assert rows(ARCHIVE, "| error | status | what it means |") == expected


def test_every_limit_of_an_export_is_documented() -> None:
    limits = {
        "bytes of an image set's metadata": metadata.MAX_METADATA_BYTES,
        "frames of an image set": metadata.MAX_FRAMES,
        "elements of an instance": elements.MAX_ELEMENTS,
        "levels of sequences": structure.MAX_DEPTH,
        "bytes of a stored frame, and of a decoded one": frames.MAX_FRAME_BYTES,
        "bytes of decoded pixel data in one file": part10.MAX_VALUE,
        "tries of a call that fails": client.TRIES,
        "seconds that a throttled call, or one for metadata that are being changed, is tried again": int(
            client.PATIENCE
        ),
        "frames that are fetched at once": fetching.THREADS,
        "bytes of decoded frames that are under way at once": fetching.MEMORY,
        "characters of a function's prefix": export_request.MAX_PREFIX,
    }
    assert dict(rows(ARCHIVE, "| limit of an export | value |")) == {name: f"{of:,}" for name, of in limits.items()}


def test_every_limit_of_an_analysis_is_documented() -> None:
    megabytes = yaml.load((ROOT / "template.yaml").read_text(), CloudFormation)["Parameters"]["MaxUploadMegabytes"]  # noqa: S506 - a SafeLoader
    limits = {
        "bytes of an upload, by the parameter MaxUploadMegabytes": int(megabytes["Default"]) * 1_000_000,
        "characters of a file's name": upload_request.MAX_NAME,
        "seconds that the URL of an upload works": jobs.UPLOAD_SECONDS,
        "seconds that an upload is waited for after that": jobs.GRACE_SECONDS,
        "seconds that a worker has a job for itself": jobs.LEASE_SECONDS,
        "seconds that a job waits for its next attempt": jobs.RETRY_SECONDS,
        "attempts": redelivery.MAX_RECEIVES,
        "seconds that a job is kept": jobs.KEEP_SECONDS,
        "pixels of a side, at least, of the analysed picture": fitting.MIN_SIDE,
        "pixels of a side, at most": fitting.MAX_SIDE,
        "bytes of a picture that is sent to Rekognition": fitting.MAX_SENT,
        "bytes of a picture that it reads from S3": fitting.MAX_STORED,
        "pixels of a PNG or GIF that is decoded": pictures.MAX_PIXELS,
        "pixels of a JPEG that is decoded": pictures.MAX_JPEG_PIXELS,
        "labels that are kept": results.MAX_LABELS,
        "lines of text that are kept": results.MAX_LINES,
        "rows of a page of studies or objects": study_request.MAX_LIMIT,
        "studies that are looked at for one page": paging.MAX_LOOKED_AT,
    }
    assert dict(rows(ANALYZE, "| limit | value |")) == {name: f"{value:,}" for name, value in limits.items()}


def test_every_field_and_error_of_an_import_is_documented() -> None:
    with pytest.raises(errors.InvalidRequest) as raised:
        places.parse_source({"source": "s3://bucket/", "no field": 1}, frozenset())
    known = str(raised.value).rpartition("there are ")[2].split(", ")
    assert [name for name, *_ in rows(ARCHIVE, "| field of an import | default | what it may be |")] == known
    expected = [
        (kind.code, str(errors.http_status(kind("x"))), str(kind.__doc__).replace("`", ""))
        for kind in errors.CannotImport.__subclasses__()
    ]
    assert rows(ARCHIVE, "| error of an import | status | what it means |") == expected


def test_every_limit_of_an_import_is_documented() -> None:
    limits = {
        "files": listing.MAX_LISTED,
        "files of a shard": sharding.QUOTAS.files,
        "bytes of a shard": sharding.QUOTAS.size,
        "bytes of a file": sharding.QUOTAS.file_size,
        "shards": planning.MAX_SHARDS,
        "shards that are imported where they lie": sharding.QUOTAS.jobs,
        "instances that are verified by one call, unless an image set has more": summing.MAX_BATCH,
        "failures, warnings and frames that are named": summing.MAX_TOLD,
        "seconds that an import may take": import_jobs.MAX_SECONDS,
        "seconds that it is known": import_jobs.KEEP_SECONDS,
    }
    assert dict(rows(ARCHIVE, "| limit of an import | value |")) == {
        name: f"{value:,}" for name, value in limits.items()
    }


def test_every_field_and_limit_of_the_page_s_archive_is_documented() -> None:
    with pytest.raises(errors.InvalidRequest) as raised:
        finding.SearchRequest.parse({"no field": 1})
    known = str(raised.value).rpartition("there are ")[2].split(", ")
    assert (
        sorted(name for name, *_ in rows(ARCHIVE, "| field of a search of the archive | default | what it may be |"))
        == known
    )
    limits = {
        "image sets of a page": client.MAX_PAGE,
        "pages of HealthImaging that are looked at for one of ours": finding.MAX_CALLS,
        "criteria that HealthImaging compares": finding.MAX_FILTERS,
        "seconds that HealthImaging is asked again while somebody waits": int(client.PATIENCE_OF_CALLERS),
    }
    assert dict(rows(ARCHIVE, "| limit of the page's archive | value |")) == {
        name: f"{value:,}" for name, value in limits.items()
    }


def test_every_option_of_the_local_healthimaging_is_documented() -> None:
    options = [action for action in parser_of_healthimaging()._actions if "--help" not in action.option_strings]
    assert rows(HEALTHIMAGING, "| option of the service | what it does |") == [
        (action.option_strings[0], action.help) for action in options
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_the_version_is_the_same_everywhere() -> None:
    version = import_module("serverless_dicom").__version__
    assert f'version = "{version}"' in (ROOT / "pyproject.toml").read_text()
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()
