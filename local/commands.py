"""The commands that `make up` prints. They are tried as they stand, by a test, in a shell."""

from __future__ import annotations

from dataclasses import dataclass

from local.place import Place
from local.samples import FOR_PLAY, PREFIX


@dataclass(frozen=True, slots=True)
class Command:
    """One line for the shell, and what it does."""

    purpose: str
    line: str


def commands(place: Place, outputs: dict[str, str]) -> list[Command]:
    """Return what to type, in order and in one shell, in the repository's folder."""
    inbox, table, objects = outputs["InboxBucket"], outputs["MetadataTable"], outputs["ObjectsTable"]
    uri, picture = f"s3://{inbox}/{PREFIX}{FOR_PLAY}", place.shown(place.folder / "picture.jpg")
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
            'curl -sS --fail-with-body -H "Authorization: $(serverless-dicom token)" -H "Accept: image/jpeg" '
            f"""--data '{{"url": "{uri}"}}' -o {picture} {outputs["ApiUrl"]}/convert""",
        ),
        Command("ask the API whether its decoders work", f"curl -sS --fail-with-body {outputs['ApiUrl']}/health"),
    ]
