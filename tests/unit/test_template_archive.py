"""What the template promises of the archive: its data store, its workflow, and who may read and write what."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from serverless_dicom.archive import summing
from serverless_dicom.stores import import_jobs
from tests.template import ROOT, TEMPLATE, as_list, expand, of_type, properties, references, resources_in, statements

WORKFLOW = TEMPLATE["Resources"]["ImportWorkflow"]["Properties"]["Definition"]
SPELLED = "stateMachine:${AWS::StackName}-import"


def states(machine: dict[str, Any] = WORKFLOW) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Each state by its name, with the machine that it is in."""
    for name, state in machine["States"].items():
        yield name, state, machine
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def leads_to(state: dict[str, Any]) -> Iterator[str]:
    """The states that may come next."""
    yield from (one["Next"] for one in [*state.get("Choices", []), *state.get("Catch", [])])
    yield from (state[name] for name in ("Next", "Default") if name in state)


def test_a_data_store_is_made_unless_one_is_named_or_none_is_wanted() -> None:
    assert TEMPLATE["Parameters"]["DatastoreId"]["Default"] == "new"
    (store,) = of_type("AWS::CloudFormation::Stack").values()
    assert (store["Condition"], store["DeletionPolicy"]) == ("MakesDatastore", {"Ref": "RemovalPolicy"})
    nested = yaml_parse((ROOT / store["Properties"]["TemplateURL"]).read_text())
    assert {resource["Type"] for resource in nested["Resources"].values()} == {"AWS::HealthImaging::Datastore"}
    assert store["Properties"]["Parameters"].keys() == nested["Parameters"].keys()
    assert "DatastoreId" in nested["Outputs"]
    assert TEMPLATE["Outputs"]["DatastoreId"]["Condition"] == "HasArchive"
    pattern = TEMPLATE["Parameters"]["DatastoreId"]["AllowedPattern"]
    assert all(re.fullmatch(pattern, value) for value in ("new", "none", "0123456789abcdef0123456789abcdef"))
    assert not re.fullmatch(pattern, "")


def test_regions_without_health_imaging_take_the_template() -> None:
    """CloudFormation refuses a type that a region does not have, whatever its condition is."""
    assert not of_type("AWS::HealthImaging::Datastore")


def test_health_imaging_alone_takes_its_role_and_in_this_account_alone() -> None:
    (entry,) = properties("ImportRole")["AssumeRolePolicyDocument"]["Statement"]
    assert entry["Principal"] == {"Service": "medical-imaging.amazonaws.com"}
    assert entry["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    (passed,) = [entry for entry in statements("RunImportJobRole") if "iam:PassRole" in as_list(entry["Action"])]
    assert resources_in(passed["Resource"]) == {"ImportRole"}
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "medical-imaging.amazonaws.com"}}


@pytest.mark.parametrize("role", ["ImportRole", "ImportWorkflowRole"])
def test_neither_role_has_wildcards(role: str) -> None:
    for entry in statements(role):
        assert all("*" not in action for action in as_list(entry["Action"])), entry
        assert ("*" in as_list(entry["Resource"])) == entry["Sid"].startswith("SendTraces"), entry


def test_what_is_imported_from_is_what_is_allowed() -> None:
    policy = properties("ReadSources")
    assert {role["Ref"] for role in policy["Roles"]} == {"ImportRole", "PlanImportRole", "RunImportJobRole"}
    buckets = {"InboxBucket", "ImportBucket", "ExistingBucket", "AllowedBuckets", "Names"}
    for entry in policy["PolicyDocument"]["Statement"]:
        assert resources_in(entry) <= buckets
        assert as_list(entry.get("Fn::If", [{}, entry])[1]["Action"])[0] in {"s3:GetObject", "s3:ListBucket"}
    allowed = properties("StartImport")["Environment"]["Variables"]["ALLOWED_BUCKETS"]["Fn::Sub"]
    assert re.findall(r"-([a-z]+)-\$", allowed[0]) == ["inbox", "imports"]
    assert resources_in(allowed) == {"ExistingBucket", "AllowedBuckets"}


def test_health_imaging_writes_below_imports_alone() -> None:
    written = [entry for entry in statements("ImportRole") if "s3:PutObject" in as_list(entry["Action"])]
    assert [entry["Resource"] for entry in written] == [{"Fn::Sub": "${ResultsBucket.Arn}/imports/*"}]


def test_every_task_is_tried_again_and_whatever_goes_wrong_then_is_written_down() -> None:
    for name, state, machine in states():
        if state["Type"] not in {"Task", "Map"}:
            continue
        caught = [one for one in state.get("Catch", []) if one["ErrorEquals"] == ["States.ALL"]]
        if name not in {"Close", "Lose", "Verify"}:
            assert caught, name
            assert {one["Next"] for one in caught} <= {"Close", "Lose", "Pause"}, name
        if state["Type"] == "Task":
            assert state["TimeoutSeconds"], name
        assert set(leads_to(state)) <= set(machine["States"]), name


def test_every_path_ends_in_finish_or_close() -> None:
    main = WORKFLOW["States"]
    endings = {name for name, state in main.items() if state.get("End") or state["Type"] in {"Fail", "Succeed"}}
    assert endings == {"Finish", "Failed"}
    assert {name for name, state in main.items() if "Failed" in leads_to(state)} == {"IsPlanned", "Close"}


def test_each_map_reads_what_the_step_before_has_written_and_runs_apart() -> None:
    for name, document in (("ImportShards", "plan.json"), ("VerifyImageSets", "batches.json")):
        state = WORKFLOW["States"][name]
        assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        assert state["ItemReader"]["Parameters"]["Key.$"] == f"States.Format('imports/{{}}/{document}', $.jobId)"
        assert state["ToleratedFailurePercentage"] == 100
    assert WORKFLOW["States"]["ImportShards"]["MaxConcurrency"] < 100
    assert WORKFLOW["States"]["VerifyImageSets"]["MaxConcurrency"] == summing.AT_ONCE
    assert WORKFLOW["TimeoutSeconds"] == import_jobs.MAX_SECONDS


def test_a_task_that_no_event_resumes_asks_itself() -> None:
    shard = WORKFLOW["States"]["ImportShards"]["ItemProcessor"]["States"]
    waiting = shard["Await"]
    assert waiting["Resource"]["Fn::Sub"].endswith(":lambda:invoke.waitForTaskToken")
    assert waiting["Parameters"]["Payload"]["token.$"] == "$$.Task.Token"
    assert (waiting["TimeoutSeconds"], waiting["Catch"][0]["ErrorEquals"]) == (60, ["States.Timeout"])
    assert waiting["Catch"][0]["Next"] == waiting["Next"] == "Check"


@pytest.mark.parametrize("function", ["PlanImport", "RunImportJob", "VerifyImageSet", "FinishImport"])
def test_the_workflow_calls_the_alias_and_waits_longer_than_the_function_runs(function: str) -> None:
    called = [
        state
        for _, state, _ in states()
        if state["Type"] == "Task" and function in references(state["Parameters"]["FunctionName"])
    ]
    assert called
    for state in called:
        assert state["Parameters"]["FunctionName"] == {"Fn::Sub": f"${{{function}.Arn}}:live"}
        if "waitForTaskToken" not in json.dumps(state["Resource"]):
            assert state["TimeoutSeconds"] > properties(function)["Timeout"]


def test_the_name_that_is_spelled_is_the_workflow_s() -> None:
    assert properties("ImportWorkflow")["StateMachineName"] == {"Fn::Sub": "${AWS::StackName}-import"}
    assert SPELLED in json.dumps(properties("StartImport")["Environment"]["Variables"]["WORKFLOW_ARN"])
    assert SPELLED in json.dumps(statements("ImportWorkflowRole"))


def test_the_ends_of_jobs_and_of_the_workflow_are_heard() -> None:
    rules = [item["Properties"]["EventPattern"] for item in of_type("AWS::Events::Rule").values()]
    (ends,) = [rule for rule in rules if rule["source"] == ["aws.medical-imaging"]]
    assert ends["detail-type"] == ["Import Job Completed", "Import Job Failed"]
    assert "DatastoreId" in resources_in(ends["detail"]["datastoreId"])
    (endings,) = [rule for rule in rules if rule["source"] == ["aws.states"]]
    assert endings["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert SPELLED in json.dumps(endings["detail"]["stateMachineArn"])


def test_the_inbox_is_archived_where_that_is_asked_for() -> None:
    assert TEMPLATE["Parameters"]["ArchiveInbox"]["Default"] == "false"
    assert properties("ArchiveRule")["State"] == {"Fn::If": ["ArchivesInbox", "ENABLED", "DISABLED"]}
    pattern = properties("ArchiveRule")["EventPattern"]
    assert pattern["detail-type"] == ["Object Created"]
    assert resources_in(pattern["detail"]["bucket"]) == {"InboxBucket", "ExistingBucket"}
    assert expand(DatastoreId="none")["Conditions"]["HasArchive"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "DatastoreId"}, "none"]}]
    }


def test_an_alarm_tells_of_an_import_that_ended_before_it_was_done() -> None:
    alarm = properties("ImportWorkflowAlarm")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/States", "ExecutionsFailed")
    assert resources_in(alarm["Dimensions"]) == {"ImportWorkflow"}
