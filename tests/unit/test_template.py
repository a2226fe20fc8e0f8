"""What the template promises of what it keeps: buckets, queues and tables."""

import json
import re
from graphlib import CycleError, TopologicalSorter

import pytest

from serverless_dicom.stores.import_jobs import KEEP_SECONDS
from tests.template import (
    BUCKETS,
    DEAD_LETTER_QUEUES,
    EXPANDED,
    QUEUES,
    TABLES,
    TEMPLATE,
    expand,
    mapping_of,
    of_type,
    properties,
    references,
    refuses_plain_http,
    resources_in,
)


@pytest.mark.parametrize("existing", ["", "archive"])
def test_no_resource_waits_for_itself(existing: str) -> None:
    resources = expand(ExistingBucket=existing)["Resources"]
    graph = {name: {other for other in references(item) if other in resources} for name, item in resources.items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"the resources wait for each other: {error.args[1]}")


def test_a_cycle_would_be_found() -> None:
    policy = {"Bucket": {"Ref": "A"}, "Resource": {"Fn::Sub": "${B.Arn}/*"}, "Other": {"Fn::GetAtt": ["C", "Arn"]}}
    assert set(references(policy)) == {"A", "B", "C"}


@pytest.mark.parametrize("name", BUCKETS)
def test_buckets_are_private_encrypted_and_tidy(name: str) -> None:
    bucket = properties(name)
    assert sorted(of_type("AWS::S3::Bucket")) == BUCKETS
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert any("AbortIncompleteMultipartUpload" in rule for rule in bucket["LifecycleConfiguration"]["Rules"])


@pytest.mark.parametrize("name", ["InboxBucket", "HeaderBucket"])
def test_what_is_overwritten_can_be_brought_back(name: str) -> None:
    assert properties(name)["VersioningConfiguration"]["Status"] == "Enabled"


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("UploadBucket", {"": 1}),
        ("ImportBucket", {"": 7}),
        ("ResultsBucket", {"converted/": 1, "exports/": 7, "imports/": KEEP_SECONDS // (24 * 3600)}),
    ],
)
def test_pictures_are_gone_after_a_day_and_what_archives_need_when_nobody_asks_any_more(
    name: str, days: dict[str, int]
) -> None:
    bucket = properties(name)
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert {rule.get("Prefix", ""): rule["ExpirationInDays"] for rule in rules} == days
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    assert "VersioningConfiguration" not in bucket


@pytest.mark.parametrize("name", BUCKETS)
def test_what_cannot_wait_for_a_bucket_spells_its_name_as_the_bucket_does(name: str) -> None:
    """The API's functions: buckets wait for the page, the page for the API, and the API for them."""
    text = properties(name)["BucketName"]["Fn::Sub"]
    assert re.fullmatch(r"\$\{AWS::StackName\}-[a-z]+-\$\{AWS::AccountId\}-\$\{AWS::Region\}", text)
    spelled = set(
        re.findall(r"\$\{AWS::StackName\}-[a-z]+-\$\{AWS::AccountId\}-\$\{AWS::Region\}", json.dumps(EXPANDED))
    )
    assert spelled == {properties(bucket)["BucketName"]["Fn::Sub"] for bucket in BUCKETS}


@pytest.mark.parametrize("name", BUCKETS)
def test_buckets_refuse_plain_http(name: str) -> None:
    policies = [item["Properties"] for item in of_type("AWS::S3::BucketPolicy").values()]
    (policy,) = [policy for policy in policies if policy["Bucket"] == {"Ref": name}]
    allowed = [entry for entry in policy["PolicyDocument"]["Statement"] if entry["Effect"] == "Allow"]
    assert refuses_plain_http(policy)
    assert resources_in(policy["PolicyDocument"]) == {name} | ({"Site"} if allowed else set())


def test_only_the_site_reads_the_files_of_the_page() -> None:
    (entry,) = [
        entry
        for item in of_type("AWS::S3::BucketPolicy").values()
        for entry in item["Properties"]["PolicyDocument"]["Statement"]
        if entry["Effect"] == "Allow"
    ]
    assert (entry["Action"], entry["Principal"]) == ("s3:GetObject", {"Service": "cloudfront.amazonaws.com"})
    assert set(references(entry["Resource"])) == {"SiteBucket"}
    assert resources_in(entry["Condition"]["StringEquals"]) == {"Site"}


@pytest.mark.parametrize("name", ["InboxBucket", "ResultsBucket", "UploadBucket"])
def test_only_pages_that_are_named_may_use_signed_urls(name: str) -> None:
    (rule,) = properties(name)["CorsConfiguration"]["CorsRules"]
    assert resources_in(rule["AllowedOrigins"]) == {"Site", "SiteDomain", "AllowedOrigin"}
    assert "*" not in json.dumps(rule)
    assert set(rule["AllowedMethods"]) <= ({"PUT", "POST"} if name == "UploadBucket" else {"GET"})


@pytest.mark.parametrize("name", ["InboxBucket", "UploadBucket"])
def test_buckets_that_receive_tell_event_bridge(name: str) -> None:
    notification = properties(name)["NotificationConfiguration"]
    assert notification == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


@pytest.mark.parametrize("name", sorted(QUEUES | DEAD_LETTER_QUEUES))
def test_queues_are_encrypted_and_refuse_plain_http(name: str) -> None:
    assert set(of_type("AWS::SQS::Queue")) == QUEUES | DEAD_LETTER_QUEUES
    assert properties(name)["SqsManagedSseEnabled"] is True
    policies = [item["Properties"] for item in of_type("AWS::SQS::QueuePolicy").values()]
    (policy,) = [policy for policy in policies if policy["Queues"] == [{"Ref": name}]]
    assert refuses_plain_http(policy)


def test_what_fails_at_any_step_is_set_aside() -> None:
    for queue in sorted(QUEUES):
        dead_letters = queue.replace("Queue", "DeadLetterQueue")
        redrive = properties(queue)["RedrivePolicy"]
        assert redrive["maxReceiveCount"] >= 5
        assert set(references(redrive)) == {dead_letters}
    for rule, dead_letters in (
        ("InboxRule", "RuleDeadLetterQueue"),
        ("UploadRule", "UploadRuleDeadLetterQueue"),
        ("ArchiveRule", "ArchiveRuleDeadLetterQueue"),
    ):
        (target,) = properties(rule)["Targets"]
        assert set(references(target["DeadLetterConfig"])) == {dead_letters}
    failures = mapping_of("SummarizeStudy")["DestinationConfig"]["OnFailure"]["Destination"]
    assert set(references(failures)) == {"SummaryDeadLetterQueue"}


@pytest.mark.parametrize("name", sorted(DEAD_LETTER_QUEUES))
def test_an_alarm_watches_each_dead_letter_queue(name: str) -> None:
    alarms = [item["Properties"] for item in of_type("AWS::CloudWatch::Alarm").values()]
    (alarm,) = [alarm for alarm in alarms if name in references(alarm["Dimensions"])]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert "AlarmTopicArn" in references(alarm["AlarmActions"])


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_encrypted_on_demand_and_can_be_brought_back(name: str) -> None:
    table = properties(name)
    assert sorted(of_type("AWS::DynamoDB::Table")) == TABLES
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize("name", [*BUCKETS, *TABLES, "UserPool"])
def test_data_outlives_the_stack_unless_asked_otherwise(name: str) -> None:
    resource = TEMPLATE["Resources"][name]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == {"Ref": "RemovalPolicy"}
    assert TEMPLATE["Parameters"]["RemovalPolicy"]["Default"] == "Retain"
    assert TEMPLATE["Transform"][0] == "AWS::LanguageExtensions"


def test_the_rule_alone_may_fill_the_queue() -> None:
    rules = {"IndexQueue": "InboxRule", "RuleDeadLetterQueue": "InboxRule"}
    rules |= {"AnalysisQueue": "UploadRule", "UploadRuleDeadLetterQueue": "UploadRule"}
    rules |= {"ArchiveQueue": "ArchiveRule", "ArchiveRuleDeadLetterQueue": "ArchiveRule"}
    for name, rule in rules.items():
        document = properties(f"{name}Policy")["PolicyDocument"]
        (allowed,) = [entry for entry in document["Statement"] if entry["Effect"] == "Allow"]
        assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
        assert set(references(allowed["Condition"])) == {rule}
