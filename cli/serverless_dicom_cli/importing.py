"""Imports into the archive: asked for, watched until they end, and told."""

from __future__ import annotations

import json
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from serverless_dicom_cli.places import SCHEME
from serverless_dicom_cli.text import shown
from serverless_dicom_cli.uploading import uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_lambda import LambdaClient

    from serverless_dicom_cli.aws import Stack
    from serverless_dicom_cli.progress import Bar

ENDED = frozenset({"complete", "partial", "failed"})
"""States of an import that do not change any more."""

FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
"""Seconds between two looks; each is longer than the one before."""


def ask(client: LambdaClient, function: str, request: dict[str, Any]) -> dict[str, Any]:
    """Call a function of the API directly, and return what it answers.

    Raises:
        click.ClickException: the function refuses, or failed.

    """
    answer = client.invoke(FunctionName=function, Payload=json.dumps(request).encode())
    body: Any = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError") or not isinstance(body, dict):
        raise click.ClickException(f"the function {function} failed, its log says why: try again later")
    if body.get("success") is False:
        raise click.ClickException(shown(f"{body['message']} ({body['error']})"))
    return body


def watched(
    look: Callable[[], dict[str, Any]], sleep: Callable[[float], None] = time.sleep
) -> Iterator[dict[str, Any]]:
    """Yield what is known of an import, again and again, until it has ended."""
    wait = FIRST_WAIT
    while True:
        job = look()
        yield job
        if job["status"] in ENDED:
            return
        sleep(wait)
        wait = min(LONGEST_WAIT, wait * 1.3)


def state_of(job: Mapping[str, Any]) -> str:
    """How far an import is, in one line."""
    counts, shards = job["counts"], job["shards"]
    if job["status"] == "importing":
        done = sum(shard["status"] in {"complete", "failed"} for shard in shards)
        files = sum(shard.get("imported", 0) for shard in shards)
        return f"importing: {files} of {counts['found'] - counts['skipped']} files, {done} of {len(shards)} jobs done"
    if job["status"] == "verifying":
        return f"verifying: {counts.get('framesVerified', 0)} frames of {counts['imageSets']} image sets"
    return str(job["status"])


def found(job: Mapping[str, Any]) -> str:
    """What will be imported, known as soon as it is planned."""
    counts, skipped = job["counts"], job["skipped"]
    why = ", ".join(f"{number} {code}" for code, number in sorted(skipped.items()))
    files = counts["found"] - counts["skipped"]
    return f"found {files} DICOM files in {len(job['shards'])} jobs" + (f"; skipped {why}" if why else "")


def problems(job: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each file that failed or was taken with a warning, and each frame that is another.

    `names` are what the user calls files, by their keys.
    """
    for kind, notes in (("failed", job["failures"]), ("warning", job["warnings"])):
        for note in notes:
            code = f" ({shown(note['code'])})" if note["code"] else ""
            yield f"{kind}: {shown(names.get(note['file'], note['file']))}: {shown(note['message'])}{code}"
    for frame in job["frames"]:
        place = f"frame {frame['frame']} of instance {frame['instance']}, image set {frame['imageSetId']}"
        yield f"not what was imported: {shown(place)}: {shown(frame['reason'])}"
    counts = job["counts"]
    if counts.get("failed", 0) > len(job["failures"]):
        yield f"all {counts['failed']} failures: {job['documents']['failures']}"


def outcome(job: Mapping[str, Any]) -> str:
    """What an import has come to, in one line."""
    counts = job["counts"]
    told = [
        f"{counts.get('imported', 0)} imported",
        f"{counts.get('failed', 0)} failed",
        f"{counts.get('skipped', 0)} skipped",
        f"{counts.get('imageSets', 0)} image sets",
        f"{counts.get('framesVerified', 0)} frames verified",
    ]
    if counts.get("framesMismatched"):
        told.append(f"{counts['framesMismatched']} of them are not what was imported")
    error = job.get("error")
    return f"{job['status']}: {', '.join(told)}" + (f"\n{shown(error['message'])} ({error['code']})" if error else "")


def uploaded(stack: Stack, paths: Sequence[str], bar: Bar) -> tuple[str, dict[str, str], int]:
    """Upload files to a folder of their own: its URL, the files' paths by their keys, and how many did not go."""
    bucket, folder = stack.output("ImportBucket"), f"imports/{uuid.uuid4()}/"
    roots = {f"{number}/{Path(path).resolve().name}": Path(path) for number, path in enumerate(paths)}
    names: dict[str, str] = {}
    lost = 0
    for upload in uploads(stack.aws.s3, roots, bucket, folder, bar.advance):
        if upload.state == "uploaded":
            names[upload.url.removeprefix(f"{SCHEME}{bucket}/")] = upload.path
        else:
            lost += upload.state == "failed"
            bar.note(f"{upload.state}: {shown(upload.path)}: {shown(upload.message)} ({upload.code})")
    bar.note(f"{len(names)} uploaded")
    return f"{SCHEME}{bucket}/{folder}", names, lost


def followed(stack: Stack, job_id: str, names: dict[str, str]) -> dict[str, Any]:
    """Tell how far an import is whenever that changes, and what is wrong in the end; returns what is known then."""
    function, told, is_planned = stack.output("GetImportFunction"), "", False
    job: dict[str, Any] = {}
    for job in watched(lambda: ask(stack.aws.functions, function, {"jobId": job_id})):
        if job["shards"] and not is_planned:
            is_planned = True
            print(found(job), file=sys.stderr)
        if (state := state_of(job)) != told:
            print(state, file=sys.stderr)
            told = state
    for line in problems(job, names):
        print(line, file=sys.stderr)
    return job
