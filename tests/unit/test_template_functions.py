"""What the template promises of its functions: what calls them, and what they may do."""

import dataclasses
import json
import re
from typing import Any

import pytest

from tests.template import (
    EXPANDED,
    FUNCTIONS,
    SETTINGS,
    TEMPLATE,
    WORKERS,
    as_list,
    expand,
    mapping_of,
    of_type,
    properties,
    references,
    role_of,
    statements,
)

QUEUES_OF = [("IndexQueue", "IndexObject"), ("AnalysisQueue", "AnalyzeImage"), ("ArchiveQueue", "BatchImports")]
OTHER_ROLES = {"ImportRole", "ImportWorkflowRole"}
WITHOUT_RESOURCES = ("xray:", "rekognition:Detect", "states:SendTask")
"""Actions that AWS knows no resources for."""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_has_a_role_of_its_own_without_wildcards(function: str) -> None:
    assert sorted(of_type("AWS::Lambda::Function")) == FUNCTIONS
    assert len({role_of(name) for name in FUNCTIONS}) == len(FUNCTIONS)
    assert set(of_type("AWS::IAM::Role")) == {role_of(name) for name in FUNCTIONS} | OTHER_ROLES
    assert "ManagedPolicyArns" not in properties(role_of(function))
    for entry in statements(role_of(function)):
        assert all("*" not in action for action in as_list(entry["Action"])), entry
        everywhere = "*" in as_list(entry["Resource"])
        without_resources = [action.startswith(WITHOUT_RESOURCES) for action in as_list(entry["Action"])]
        assert everywhere == all(without_resources) == any(without_resources), entry


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_is_traced_and_logs_into_a_group_of_its_own(function: str) -> None:
    logging = properties(function)["LoggingConfig"]
    group = properties(logging["LogGroup"]["Ref"])
    (write,) = [entry for entry in statements(role_of(function)) if "logs:PutLogEvents" in entry["Action"]]
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert set(references(write)) == {logging["LogGroup"]["Ref"]}
    assert properties(function)["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_runtime_and_architecture_are_parameters(function: str) -> None:
    layer = TEMPLATE["Resources"]["DicomLayer"]["Properties"]
    assert properties(function)["Runtime"] == {"Ref": "Runtime"}
    assert properties(function)["Architectures"] == [{"Ref": "Architecture"}]
    assert properties(function)["SnapStart"] == {"ApplyOn": {"Ref": "SnapStart"}}
    assert layer["CompatibleRuntimes"] == [{"Ref": "Runtime"}]
    assert layer["CompatibleArchitectures"] == [{"Ref": "Architecture"}]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_new_layer_reaches_the_version_that_events_call(function: str) -> None:
    def version(expanded: dict[str, Any]) -> Any:
        return expanded["Resources"][f"{function}Aliaslive"]["Properties"]["FunctionVersion"]

    assert version(EXPANDED) == version(expand())
    assert version(EXPANDED) != version(expand(layer="s3://bucket/other-layer.zip"))


@pytest.mark.parametrize("function", WORKERS)
def test_queues_and_streams_call_the_alias(function: str) -> None:
    assert mapping_of(function)


@pytest.mark.parametrize(("queue", "function"), QUEUES_OF)
def test_a_message_is_not_handed_out_again_while_it_is_worked_on(queue: str, function: str) -> None:
    gathering = mapping_of(function).get("MaximumBatchingWindowInSeconds", 0)
    assert properties(queue)["VisibilityTimeout"] >= 6 * properties(function)["Timeout"] + gathering


@pytest.mark.parametrize("function", WORKERS)
def test_one_bad_record_does_not_repeat_its_batch(function: str) -> None:
    assert mapping_of(function)["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_only_rows_of_objects_wake_the_summary_and_it_gives_up_in_time() -> None:
    mapping = mapping_of("SummarizeStudy")
    (chosen,) = mapping["FilterCriteria"]["Filters"]
    assert json.loads(chosen["Pattern"]) == {"dynamodb": {"Keys": {"SortKey": {"S": [{"prefix": "OBJECT#"}]}}}}
    assert mapping["BisectBatchOnFunctionError"] is True
    assert 0 < mapping["MaximumRetryAttempts"] < 100
    assert 0 < mapping["MaximumRecordAgeInSeconds"] < 24 * 3600


def test_uploads_alone_are_analysed() -> None:
    pattern = properties("UploadRule")["EventPattern"]
    assert pattern["detail-type"] == ["Object Created"]
    assert set(references(pattern["detail"]["bucket"])) == {"UploadBucket"}
    assert pattern["detail"]["object"] == {"key": [{"prefix": "uploads/"}]}


def test_an_existing_bucket_is_watched_and_read_too() -> None:
    watched = properties("InboxRule")["EventPattern"]["detail"]["bucket"]["name"]
    assert set(references(watched)) >= {"InboxBucket", "ExistingBucket"}
    read = [entry for entry in statements("IndexObjectRole") if "ExistingBucket" in references(entry["Resource"])]
    actions = {action for entry in read for action in as_list(entry["Action"])}
    assert actions >= {"s3:GetObject", "s3:ListBucket"}
    assert not {action for action in actions if not re.match(r"s3:(Get|List)", action)}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_variables_of_a_function_are_the_fields_of_its_settings(function: str) -> None:
    variables = properties(function)["Environment"]["Variables"]
    ours = {name for name in variables if not name.startswith("POWERTOOLS_")}
    assert ours == {field.name.upper() for field in dataclasses.fields(SETTINGS[function])}
    assert variables["POWERTOOLS_SERVICE_NAME"] == re.sub(r"(?<!^)(?=[A-Z])", "_", function).lower()


def test_converting_ends_before_the_api_stops_waiting() -> None:
    assert properties("Convert")["Timeout"] <= 29


def test_other_buckets_are_read_one_by_one() -> None:
    given = {"AllowedBuckets": "archive-a,archive.b"}
    (policy,) = expand(**given)["Resources"]["ConvertRole"]["Properties"]["Policies"]
    chosen = {
        entry["Fn::If"][1]["Sid"]: entry["Fn::If"][1]["Resource"]
        for entry in policy["PolicyDocument"]["Statement"]
        if "Fn::If" in entry and entry["Fn::If"][0] == "HasAllowedBuckets"
    }
    assert {sid: evaluated(resource, given) for sid, resource in chosen.items()} == {
        "ReadObjectsOfOtherBuckets": ["arn:aws:s3:::archive-a/*", "arn:aws:s3:::archive.b/*"],
        "TellMissingFromForbiddenThere": ["arn:aws:s3:::archive-a", "arn:aws:s3:::archive.b"],
    }


def evaluated(value: Any, parameters: dict[str, str]) -> Any:
    """What CloudFormation makes of Ref, Fn::Split, Fn::Join and Fn::Sub."""
    if isinstance(value, list):
        return [evaluated(inner, parameters) for inner in value]
    if not isinstance(value, dict):
        return value
    ((function, given),) = value.items()
    if function == "Ref":
        return parameters[given]
    if function == "Fn::Sub":
        text, names = given
        for name, inner in names.items():
            text = text.replace(f"${{{name}}}", evaluated(inner, parameters))
        return text
    delimiter, inner = given[0], evaluated(given[1], parameters)
    return inner.split(delimiter) if function == "Fn::Split" else delimiter.join(inner)


def test_pictures_are_all_that_convert_may_write() -> None:
    written = [
        entry
        for entry in statements("ConvertRole")
        for action in as_list(entry.get("Action", []))
        if re.match(r"s3:(Put|Delete)|dynamodb:|sqs:", action)
    ]
    (entry,) = written
    assert entry["Resource"]["Fn::Sub"].endswith(f"{properties('ResultsBucket')['BucketName']['Fn::Sub']}/converted/*")
