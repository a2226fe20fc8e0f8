"""The command line as a whole: its help, its exit status, and what it says when something is wrong."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydicom.data import get_testdata_file

from serverless_dicom_cli.aws import Aws
from serverless_dicom_cli.main import COMMANDS, main
from tests.unit.cli.account import Account

CT = str(get_testdata_file("CT_small.dcm", download=False))
HEAVY = ("boto3", "botocore", "rich", "pydicom", "numpy")


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, with nothing of the user's AWS set-up."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    } | options.pop("env", {})
    return subprocess.run(
        [sys.executable, "-m", "serverless_dicom_cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_printed_without_what_only_the_work_needs(command: list[str]) -> None:
    program = (
        "import sys\nfrom serverless_dicom_cli.main import main\n"
        f"main({[*command, '--help']!r})\nprint('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.startswith("Usage: serverless-dicom")
    assert ran.stdout.splitlines()[-1] == "HEAVY []"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_within_80_columns(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert "--profile" in out
    assert "\b" not in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in COMMANDS)


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.split()[-1] == project["version"]


def test_what_is_no_command_or_no_option_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["heders"]) == 2
    assert main(["headers"]) == 2
    assert main(["search", "--patient", "x"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "No such command 'heders'" in err


def test_an_endpoint_that_is_no_url_is_status_2() -> None:
    ran = run("search", "--endpoint-url", "ftp://x")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "must begin with http://" in ran.stderr


def test_without_credentials_one_line_says_what_to_do() -> None:
    ran = run("search", "--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("Error: there are no AWS credentials: log in")
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--profile", "nobody"], "there is no such profile"),
        ([], "no region is chosen"),
        (["--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9"], "AWS cannot be reached"),
    ],
)
def test_what_is_wrong_before_aws_answers(arguments: list[str], told: str) -> None:
    ran = run("search", *arguments, env={"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"})
    assert ran.returncode == 1
    assert told in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


class Fails(Aws):
    """An account in which looking up a stack ends in an error."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def describe_stack(self, name: str) -> Any:  # noqa: ARG002 - the seam's signature
        raise self.error


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ExpiredToken", "the credentials have expired: log in"),
        ("AccessDenied", "may not do that"),
        ("InvalidClientTokenId", "does not know this access key"),
        ("RequestTimeTooSkewed", "clock"),
        ("SomethingNew", "DescribeStacks: SomethingNew: AWS's own words"),
    ],
)
def test_what_aws_refuses_is_one_line_that_says_what_to_do(account: Account, code: str, told: str) -> None:
    refusal = ClientError({"Error": {"Code": code, "Message": "AWS's own words"}}, "DescribeStacks")
    ran = account.run("search", aws=Fails(refusal))
    assert (ran.status, ran.out) == (1, "")
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1


def test_an_output_that_the_stack_lacks_is_named(account: Account) -> None:
    del account.outputs["MetadataTable"]
    ran = account.run("search")
    assert ran.status == 1
    assert "no output MetadataTable" in ran.err


def test_a_fault_of_the_program_quotes_nothing(account: Account) -> None:
    ran = account.run("search", aws=Fails(KeyError("Doe^John")))
    assert ran.status == 1
    assert "unexpected KeyError at" in ran.err
    assert "Doe" not in ran.err


def test_ctrl_c_is_status_130(account: Account) -> None:
    ran = account.run("search", aws=Fails(KeyboardInterrupt()))
    assert (ran.status, ran.err.split()) == (130, ["interrupted"])


def test_a_reader_that_goes_away_ends_the_run_quietly(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number}.dcm").symlink_to(CT)
    command = [sys.executable, "-m", "serverless_dicom_cli", "headers", str(tmp_path), "--output", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(1)
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


def test_names_in_any_script_are_printed_on_any_terminal(tmp_path: Path) -> None:
    (tmp_path / "é.dcm").symlink_to(CT)
    (tmp_path / os.fsdecode(b"\xff.dcm")).symlink_to(CT)
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    text = run("headers", str(tmp_path), env=plain)
    assert (text.returncode, text.stderr) == (0, "")
    as_json = run("headers", str(tmp_path), "--output", "json", env=plain)
    assert (as_json.returncode, as_json.stderr) == (0, "")
    assert len(json.loads(as_json.stdout)) == 2
