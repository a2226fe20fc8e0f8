"""HealthImaging as the running stack has it: S3 by the roles of jobs, events on the stack's own bus, shells."""

import gzip
import json
import time
import zlib
from collections.abc import Iterator
from typing import Any

import imagecodecs
import pytest
from botocore.exceptions import ClientError
from pydicom.data import get_testdata_file

from local.place import Place
from tests.system.conftest import LocalStack

Json = dict[str, Any]
BUCKET = "healthimaging-test"
EVERYTHING = ("s3:ListBucket", "s3:GetObject", "s3:PutObject")
SECONDS = 30


class Archive:
    """The service, and a bucket with files to import."""

    def __init__(self, stack: LocalStack) -> None:
        self.s3, self.iam = stack.client("s3"), stack.client("iam")
        self.imaging = stack.client("medical-imaging")
        (store,) = self.imaging.list_datastores(datastoreStatus="ACTIVE")["datastoreSummaries"]
        self.datastore_id = store["datastoreId"]

    def role(self, name: str, *actions: str, service: str = "medical-imaging.amazonaws.com", **condition: Any) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **condition}
        resources = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
        allowed = {"Effect": "Allow", "Action": actions, "Resource": resources}
        policies = [json.dumps({"Version": "2012-10-17", "Statement": [each]}) for each in (trust, allowed)]
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policies[0])["Role"]["Arn"]
        self.iam.put_role_policy(RoleName=name, PolicyName="Import", PolicyDocument=policies[1])
        return str(role)

    def imported(self, role: str, prefix: str = "input/") -> Json:
        """The properties of an import job that has ended."""
        job = self.imaging.start_dicom_import_job(
            datastoreId=self.datastore_id,
            dataAccessRoleArn=role,
            inputS3Uri=f"s3://{BUCKET}/{prefix}",
            outputS3Uri=f"s3://{BUCKET}/output",
        )
        for _ in range(SECONDS * 10):
            told = self.imaging.get_dicom_import_job(datastoreId=self.datastore_id, jobId=job["jobId"])["jobProperties"]
            if told["jobStatus"] in {"COMPLETED", "FAILED"}:
                return dict(told)
            time.sleep(0.1)
        raise AssertionError(told["jobStatus"])

    def result(self, job: Json, name: str) -> bytes:
        bucket, _, folder = job["outputS3Uri"].removeprefix("s3://").partition("/")
        return bytes(self.s3.get_object(Bucket=bucket, Key=f"{folder}{name}")["Body"].read())


@pytest.fixture(scope="module")
def archive(stack: LocalStack) -> Iterator[Archive]:
    archive = Archive(stack)
    archive.s3.create_bucket(Bucket=BUCKET)
    path = get_testdata_file("CT_small.dcm", download=False)
    archive.s3.upload_file(str(path), BUCKET, "input/a b/é.dcm")
    archive.s3.put_object(Bucket=BUCKET, Key="input/notes.txt", Body=b"no image")
    archive.s3.put_object(Bucket=BUCKET, Key="input/folder/")
    yield archive
    for entry in archive.s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        archive.s3.delete_object(Bucket=BUCKET, Key=entry["Key"])
    archive.s3.delete_bucket(Bucket=BUCKET)


def test_the_stack_has_a_data_store_of_its_name(stack: LocalStack, archive: Archive) -> None:
    told = archive.imaging.get_datastore(datastoreId=archive.datastore_id)["datastoreProperties"]
    assert told["datastoreName"] == "serverless-dicom"
    assert stack.outputs["healthImagingUrl"] == f"http://127.0.0.1:{stack.port + 3}"


def test_cloudformation_makes_and_deletes_data_stores(stack: LocalStack, archive: Archive) -> None:
    formation = stack.client("cloudformation")
    store = {"Type": "AWS::HealthImaging::Datastore", "Properties": {"DatastoreName": "of-a-template"}}
    names = {name: {"Value": {"Fn::GetAtt": ["Store", name]}} for name in ("DatastoreId", "DatastoreArn")}
    template = json.dumps({"Resources": {"Store": store}, "Outputs": names})
    formation.create_stack(StackName="store", TemplateBody=template)
    formation.get_waiter("stack_create_complete").wait(StackName="store", WaiterConfig={"Delay": 1})
    told = formation.describe_stacks(StackName="store")["Stacks"][0]["Outputs"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in told}
    properties = archive.imaging.get_datastore(datastoreId=outputs["DatastoreId"])["datastoreProperties"]
    assert (properties["datastoreName"], properties["datastoreArn"]) == ("of-a-template", outputs["DatastoreArn"])
    formation.delete_stack(StackName="store")
    formation.get_waiter("stack_delete_complete").wait(StackName="store", WaiterConfig={"Delay": 1})
    properties = archive.imaging.get_datastore(datastoreId=outputs["DatastoreId"])["datastoreProperties"]
    assert properties["datastoreStatus"] in {"DELETING", "DELETED"}


def test_a_prefix_is_imported_by_the_role_of_the_job(archive: Archive) -> None:
    mine = {"Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}}}
    job = archive.imported(archive.role("import-all", *EVERYTHING, **mine))
    assert (job["jobStatus"], job.get("message")) == ("COMPLETED", None)
    summary = json.loads(archive.result(job, "job-output-manifest.json"))["jobSummary"]
    counts = [summary[f"numberOf{what}"] for what in ("ScannedFiles", "ImportedFiles", "FilesWithCustomerError")]
    assert counts == [2, 1, 1]
    (success,) = archive.result(job, "SUCCESS/success.ndjson").splitlines()
    assert json.loads(success)["inputFile"] == "input/a b/é.dcm"
    (failure,) = archive.result(job, "FAILURE/failure.ndjson").splitlines()
    assert json.loads(failure)["inputFile"] == "input/notes.txt"
    where = {"datastoreId": archive.datastore_id, "imageSetId": json.loads(success)["importResponse"]["imageSetId"]}
    metadata = archive.imaging.get_image_set_metadata(**where)["imageSetMetadataBlob"].read()
    (series,) = json.loads(gzip.decompress(metadata))["Study"]["Series"].values()
    (frame,) = next(iter(series["Instances"].values()))["ImageFrames"]
    answer = archive.imaging.get_image_frame(**where, imageFrameInformation={"imageFrameId": frame["ID"]})
    pixels = imagecodecs.htj2k_decode(answer["imageFrameBlob"].read())
    assert zlib.crc32(pixels) == frame["PixelDataChecksumFromBaseToFullResolution"][-1]["Checksum"]


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        (("s3:GetObject", "s3:PutObject"), "The input could not be listed: AccessDenied"),
        (("s3:GetObject", "s3:ListBucket"), "The results could not be written: AccessDenied"),
    ],
)
def test_what_the_role_may_not_fails_the_job(archive: Archive, actions: tuple[str, ...], told: str) -> None:
    job = archive.imported(archive.role(f"import-{'-'.join(actions)}".replace(":", "-"), *actions))
    assert (job["jobStatus"], job["message"]) == ("FAILED", told)


def test_files_that_the_role_may_not_read_fail_alone(archive: Archive) -> None:
    job = archive.imported(archive.role("import-blind", "s3:ListBucket", "s3:PutObject"))
    assert job["jobStatus"] == "COMPLETED"
    failures = [json.loads(line) for line in archive.result(job, "FAILURE/failure.ndjson").splitlines()]
    assert [each["exception"]["exceptionType"] for each in failures] == ["AccessDeniedException"] * 2


@pytest.mark.parametrize(
    ("name", "trust"),
    [
        ("of-another-service", {"service": "lambda.amazonaws.com"}),
        ("of-another-account", {"Condition": {"StringEquals": {"aws:SourceAccount": "111111111111"}}}),
    ],
)
def test_a_role_has_to_trust_the_service(archive: Archive, name: str, trust: Json) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*cannot be assumed by medical-imaging"):
        archive.imported(archive.role(name, *EVERYTHING, **trust))


@pytest.fixture
def user(stack: LocalStack, archive: Archive) -> Iterator[Any]:
    """A client of somebody who may search, and nothing else."""
    store = f"arn:aws:medical-imaging:us-east-1:000000000000:datastore/{archive.datastore_id}"
    allowed = {"Effect": "Allow", "Action": "medical-imaging:Search*", "Resource": store}
    archive.iam.create_user(UserName="reader")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    archive.iam.put_user_policy(UserName="reader", PolicyName="Search", PolicyDocument=policy)
    key = archive.iam.create_access_key(UserName="reader")["AccessKey"]
    yield stack.client("medical-imaging", key["AccessKeyId"], key["SecretAccessKey"])
    archive.iam.delete_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"])
    archive.iam.delete_user_policy(UserName="reader", PolicyName="Search")
    archive.iam.delete_user(UserName="reader")


def test_callers_may_what_their_policies_say(stack: LocalStack, archive: Archive, user: Any) -> None:
    where = {"datastoreId": archive.datastore_id}
    assert "imageSetsMetadataSummaries" in user.search_image_sets(**where, searchCriteria={})
    with pytest.raises(ClientError) as caught:
        user.get_datastore(**where)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert error["Message"] == (
        "User: arn:aws:iam::000000000000:user/reader is not authorized to perform: medical-imaging:GetDatastore on "
        f"resource: arn:aws:medical-imaging:us-east-1:000000000000:datastore/{archive.datastore_id}"
    )
    with pytest.raises(ClientError, match=r"not authorized to perform: medical-imaging:GetImageSet on .*/imageset/"):
        user.get_image_set(**where, imageSetId="0" * 32)
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        stack.client("medical-imaging", "AKIANOBODY", "secret").list_datastores()


def test_events_reach_whoever_asks_for_them(stack: LocalStack, archive: Archive) -> None:
    queues, events = stack.client("sqs"), stack.client("events")
    queue = queues.create_queue(QueueName="healthimaging-events")["QueueUrl"]
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    queues.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="healthimaging", EventPattern=json.dumps({"source": ["aws.medical-imaging"]}))
    events.put_targets(Rule="healthimaging", Targets=[{"Id": "queue", "Arn": arn}])
    try:
        job = archive.imported(archive.role("import-told", *EVERYTHING))
        told: list[Json] = []
        for _ in range(SECONDS):
            received = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            told += [json.loads(message["Body"]) for message in received.get("Messages", [])]
            if any(event["detail-type"] == "Import Job Completed" for event in told):
                break
        of_job = {event["detail-type"]: event for event in told if event["detail"].get("jobId") == job["jobId"]}
        assert set(of_job) == {"Import Job Submitted", "Import Job In Progress", "Import Job Completed"}
        detail = of_job["Import Job Completed"]["detail"]
        assert detail == {
            "imagingVersion": "1.0",
            "datastoreId": archive.datastore_id,
            "jobId": job["jobId"],
            "jobName": job["jobName"],
            "jobStatus": "COMPLETED",
            "inputS3Uri": job["inputS3Uri"],
            "outputS3Uri": job["outputS3Uri"],
        }
        assert any(event["detail-type"].startswith("Image Set ") for event in told)
    finally:
        events.remove_targets(Rule="healthimaging", Ids=["queue"])
        events.delete_rule(Name="healthimaging")
        queues.delete_queue(QueueUrl=queue)


def test_nobody_else_sends_its_events(stack: LocalStack) -> None:
    entry = {"Source": "aws.medical-imaging", "DetailType": "Import Job Completed", "Detail": "{}"}
    (told,) = stack.client("events").put_events(Entries=[entry])["Entries"]
    assert told["ErrorCode"] == "NotAuthorizedForSourceException"


def test_a_shell_that_sourced_the_environment_reaches_it(stack: LocalStack) -> None:
    source = f"source {Place(stack.folder).shown(stack.folder / 'env')}"
    asked = stack.shell(f"{source}\naws medical-imaging list-datastores --datastore-status ACTIVE")
    assert asked.returncode == 0, asked.stderr
    (store,) = json.loads(asked.stdout)["datastoreSummaries"]
    program = 'import boto3; print(boto3.client("medical-imaging").search_image_sets(datastoreId="{}"))'
    ran = stack.shell(f"{source}\npython -c '{program.format(store['datastoreId'])}'")
    assert ran.returncode == 0, ran.stderr
