"""The stack on this machine: it comes up once, tells how to use it, listens to this machine only, and goes."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.commands import commands
from local.place import Place
from local.processes import PORTS
from tests.system.conftest import LocalStack, local, processes_of

SECONDS = 60
LISTEN = "0A"
"""The kernel's word for a socket that listens."""


def listening(port: int) -> set[str]:
    """The addresses, as the kernel writes them, on which something listens to a port."""
    lines = [line for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    sockets = [(fields[1].rpartition(":"), fields[3]) for fields in map(str.split, lines)]
    return {address for (address, _, at), state in sockets if state == LISTEN and int(at, 16) == port}


def test_a_second_up_changes_nothing(stack: LocalStack) -> None:
    before = (stack.folder / "emulator.json").read_text()
    started = time.monotonic()
    again = stack.local("up")
    assert again.returncode == 0, again.stderr
    assert "runs already" in again.stdout
    assert "nothing has changed" in again.stdout
    assert (stack.folder / "emulator.json").read_text() == before
    assert time.monotonic() - started < 20


def test_outputs_name_everything_that_others_rely_on(stack: LocalStack) -> None:
    assert set(stack.outputs) >= {
        *("endpointUrl", "region", "InboxBucket", "HeaderBucket", "MetadataTable", "ObjectsTable"),
        *("IndexObjectFunction", "SummarizeStudyFunction", "IndexQueueUrl", "IndexDeadLetterQueueUrl"),
        *("SummaryDeadLetterQueueUrl", "RuleDeadLetterQueueUrl"),
        *("ApiUrl", "ApiId", "ConvertFunction", "ResultsBucket", "UserPoolId", "UserPoolClientId"),
    }
    assert stack.outputs["ApiUrl"] == f"{stack.endpoint_url}/_aws/execute-api/{stack.outputs['ApiId']}/live"
    assert stack.endpoint_url == f"http://127.0.0.1:{stack.port}"
    assert stack.outputs["InboxBucket"] == "serverless-dicom-inbox-000000000000-us-east-1"


def test_it_listens_to_this_machine_only(stack: LocalStack) -> None:
    assert [listening(stack.port + offset) for offset in range(PORTS)] == [{"0100007F"}] * PORTS


def test_whoever_starts_it_is_told_where_the_page_is_and_how_to_log_in(stack: LocalStack) -> None:
    printed = stack.local("up").stdout
    assert f"the page: http://127.0.0.1:{stack.port + 1}/" in printed
    assert f"log in as {stack.login['USERNAME']} with the password {stack.login['PASSWORD']}" in printed


@pytest.mark.parametrize("name", ["rekognition", "healthimaging", "site"])
def test_what_died_is_started_again_beside_what_lives(stack: LocalStack, name: str) -> None:
    emulator = (stack.folder / "emulator.json").read_text()
    os.kill(json.loads((stack.folder / f"{name}.json").read_text())["pid"], signal.SIGKILL)
    again = stack.local("up")
    assert again.returncode == 0, again.stderr
    assert "nothing has changed" in again.stdout
    assert (stack.folder / "emulator.json").read_text() == emulator
    assert [len(listening(stack.port + offset)) for offset in range(PORTS)] == [1] * PORTS


def test_the_printed_commands_work_as_printed(stack: LocalStack) -> None:
    place = Place(stack.folder)
    printed = stack.local("up").stdout
    lines = [command.line for command in commands(place, stack.outputs)]
    assert all(line in printed for line in lines)
    source, upload, look, invoke, query, search, draw, request, put, poll, archive, archived, export, health = lines
    uploaded = stack.shell(f"{source}\n{upload}")
    assert uploaded.returncode == 0, uploaded.stderr
    state = ""
    deadline = time.monotonic() + SECONDS
    while not state and time.monotonic() < deadline:
        looked = stack.shell(f"{source}\n{look}")
        assert looked.returncode == 0, looked.stderr
        state = json.loads(looked.stdout or "{}").get("Item", {}).get("State", {}).get("S", "")
    assert state == "indexed"
    invoked = stack.shell(f"{source}\n{invoke}")
    assert invoked.returncode == 0, invoked.stderr
    answer = json.loads((stack.folder / "answer.json").read_text())
    assert answer == {"statusCode": 200, "body": "Successfully processed file demo/CT_small.dcm"}
    studies: list[str] = []
    while not studies and time.monotonic() < deadline:
        queried = stack.shell(f"{source}\n{query}")
        assert queried.returncode == 0, queried.stderr
        studies = [item["PatientID"]["S"] for item in json.loads(queried.stdout)["Items"]]
    assert "1CT1" in studies
    found = stack.shell(f"{source}\n{search}")
    assert found.returncode == 0, found.stderr
    assert "CompressedSamples^CT1" in found.stdout
    drawn = stack.shell(f"{source}\n{draw}")
    assert drawn.returncode == 0, drawn.stderr
    assert (stack.folder / "picture.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    analysed = stack.shell(f"{source}\n{request}\n{put}\n{poll}")
    assert analysed.returncode == 0, analysed.stderr
    result = json.loads((stack.folder / "result.json").read_text())
    assert (result["status"], result["results"]["kind"]) == ("complete", "dicom")
    taken = stack.shell(f"{source}\n{archive}\n{archived}")
    assert taken.returncode == 0, taken.stderr
    assert "complete: 1 imported" in taken.stdout
    assert '"1CT1"' in taken.stdout
    returned = stack.shell(f"{source}\n{export}")
    assert returned.returncode == 0, returned.stderr
    assert [path.suffix for path in (stack.folder / "study").iterdir()] == [".dcm"]
    asked = stack.shell(f"{source}\n{health}")
    assert json.loads(asked.stdout)["status"] == "ok"


def test_the_demo_user_keeps_the_password_while_the_stack_runs(stack: LocalStack) -> None:
    environment = Place(stack.folder).environment
    before = environment.read_text()
    assert "export SERVERLESS_DICOM_USERNAME=demo" in before
    assert stack.local("up").returncode == 0
    assert environment.read_text() == before
    assert environment.stat().st_mode & 0o077 == 0


def test_a_shell_that_sourced_the_environment_reaches_the_queues(stack: LocalStack) -> None:
    source = f"source {Place(stack.folder).shown(stack.folder / 'env')}"
    listed = stack.shell(
        f"export AWS_PROFILE=nobody AWS_ENDPOINT_URL_SQS=http://127.0.0.1:9\n{source}\naws sqs list-queues"
    )
    assert listed.returncode == 0, listed.stderr
    assert any("IndexDeadLetterQueue" in url for url in json.loads(listed.stdout)["QueueUrls"])


def test_whoever_has_no_permission_is_refused(stack: LocalStack) -> None:
    users = stack.client("iam")
    users.create_user(UserName="nobody")
    key = users.create_access_key(UserName="nobody")["AccessKey"]
    nobody = stack.client("s3", key["AccessKeyId"], key["SecretAccessKey"])
    with pytest.raises(ClientError, match="AccessDenied"):
        nobody.list_objects_v2(Bucket=stack.outputs["InboxBucket"])


def test_a_port_in_use_is_named_with_a_way_out(stack: LocalStack, tmp_path: Path) -> None:
    refused = local("up", "--port", str(stack.port), "--state", str(tmp_path))
    assert refused.returncode == 1
    assert f"port {stack.port} of 127.0.0.1 is in use" in refused.stderr
    assert "PORT=" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert processes_of(tmp_path) == []


def test_down_without_a_stack_says_so(tmp_path: Path) -> None:
    down = local("down", "--state", str(tmp_path))
    assert (down.returncode, down.stdout) == (0, "was not running\n")


def test_status_without_a_stack_says_how_to_start_it(tmp_path: Path) -> None:
    status = local("status", "--state", str(tmp_path))
    assert status.returncode == 1
    assert "make up" in status.stderr
