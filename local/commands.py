"""The commands that `make up` prints. They are tried as they stand, by a test, in a shell."""

from __future__ import annotations

from dataclasses import dataclass

from local.place import Place
from local.samples import FOR_PLAY, PREFIX, STUDY_FOR_PLAY
from local.users import PASSWORD, USERNAME


@dataclass(frozen=True, slots=True)
class Command:
    """One line for the shell, and what it does."""

    purpose: str
    line: str


def commands(place: Place, outputs: dict[str, str]) -> list[Command]:
    """Return what to type, in order and in one shell, in the repository's folder."""
    inbox, table, objects = outputs["InboxBucket"], outputs["MetadataTable"], outputs["ObjectsTable"]
    uri, picture = f"s3://{inbox}/{PREFIX}{FOR_PLAY}", place.shown(place.folder / "picture.jpg")
    job, result = place.shown(place.folder / "job.json"), place.shown(place.folder / "result.json")
    call = 'curl -sS --fail-with-body -H "Authorization: $(serverless-dicom token)"'
    return [
        Command("talk to the local stack in this shell", f"source {place.shown(place.environment)}"),
        Command("upload an object", f"aws s3 cp {place.shown(place.samples / FOR_PLAY)} {uri}"),
        Command(
            "see what became of it",
            f"""aws dynamodb get-item --table-name {objects} --key '{{"S3Uri": {{"S": "{uri}"}}}}'""",
        ),
        Command(
            "have it indexed directly, without the queue",
            f"aws lambda invoke --function-name {outputs['IndexObjectFunction']} "
            f"--payload file://events/index_object.json {place.shown(place.folder / 'answer.json')}",
        ),
        Command(
            "list the studies of a year",
            f"aws dynamodb query --table-name {table} --index-name ByStudyDate "
            "--key-condition-expression 'StudyYear = :year' "
            """--expression-attribute-values '{":year": {"S": "2004"}}'""",
        ),
        Command("find a patient's studies", "serverless-dicom search --patient-id 1CT1"),
        Command(
            "have it drawn, by the API",
            f"""{call} -H "Accept: image/jpeg" --data '{{"url": "{uri}"}}' -o {picture} {outputs["ApiUrl"]}/convert""",
        ),
        Command(
            "ask for a place to upload a picture to that is to be analysed",
            f"""{call} --data '{{"fileName": "{FOR_PLAY}", "fileType": "application/dicom"}}' """
            f"-o {job} {outputs['ApiUrl']}/uploads",
        ),
        Command(
            "upload it there",
            'curl -sS --fail-with-body -H "Content-Type: application/dicom" '
            f'-T {place.shown(place.samples / FOR_PLAY)} "{_of(job, "uploadUrl")}"',
        ),
        Command(
            "look again and again, until it is told what is in it",
            f"""until {call} -o {result} "{outputs["ApiUrl"]}/results/{_of(job, "jobId")}" """
            f"""&& grep -E '"status": ?"(complete|error)"' {result}; do sleep 1; done""",
        ),
        Command("archive it in HealthImaging, and see every frame verified", f"serverless-dicom import {uri}"),
        Command(
            "see what is archived",
            f"aws medical-imaging search-image-sets --datastore-id {outputs['DatastoreId']} --search-criteria '{{}}'",
        ),
        Command(
            "have its study back, as DICOM files",
            f"serverless-dicom export --study {STUDY_FOR_PLAY} -o {place.shown(place.folder / 'study')}",
        ),
        Command("ask the API whether its decoders work", f"curl -sS --fail-with-body {outputs['ApiUrl']}/health"),
    ]


def page_and_login(place: Place, outputs: dict[str, str], login: dict[str, str]) -> str:
    """Return where the page is and who may log in there, for the eyes of whoever started the stack."""
    return (
        f"the page: {outputs['SiteUrl']}\n"
        f"log in as {login[USERNAME]} with the password {login[PASSWORD]} "
        f"(it stands in {place.shown(place.environment)}, and is another at each start)"
    )


def _of(file: str, member: str) -> str:
    """Return what a shell puts a member of a file of JSON in the place of."""
    return f"""$(python -c 'import json; print(json.load(open("{file}"))["{member}"])')"""
