"""What the template promises, asked of what CloudFormation gets: SAM's own translator has expanded it, offline."""

import copy
import dataclasses
import json
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from boto3 import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from serverless_dicom.runtime import settings

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())
DEAD_LETTER_QUEUES = {
    "AnalysisDeadLetterQueue",
    "IndexDeadLetterQueue",
    "RuleDeadLetterQueue",
    "SummaryDeadLetterQueue",
    "UploadRuleDeadLetterQueue",
}
QUEUES = {"AnalysisQueue", "IndexQueue"}
WORKERS = ["AnalyzeImage", "IndexObject", "SummarizeStudy"]
"""The functions that work through batches."""
BUCKETS = ["HeaderBucket", "InboxBucket", "ResultsBucket", "SiteBucket", "UploadBucket"]
TABLES = ["DicomMetadata", "ImageAnalysisResults", "IndexedObjects"]
SETTINGS = {
    "AnalyzeImage": settings.AnalyzeImageSettings,
    "Convert": settings.ConvertSettings,
    "GetResult": settings.GetResultSettings,
    "IndexObject": settings.IndexObjectSettings,
    "RequestUpload": settings.RequestUploadSettings,
    "SearchStudies": settings.SearchStudiesSettings,
    "SummarizeStudy": settings.SummarizeStudySettings,
}
FUNCTIONS = sorted(SETTINGS)


def expand(layer: str = "s3://bucket/layer.zip", **parameters: str) -> dict[str, Any]:
    """The template as CloudFormation sees it once SAM's transform is done."""
    template = copy.deepcopy(TEMPLATE)
    template["Resources"]["DicomLayer"]["Properties"]["ContentUri"] = layer
    for name in FUNCTIONS:
        template["Resources"][name]["Properties"]["CodeUri"] = f"s3://bucket/{name}.zip"
    defaults = {name: str(parameter["Default"]) for name, parameter in template["Parameters"].items()}
    translator = Translator({}, Parser(), boto_session=Session(region_name="us-east-1"))
    return translator.translate(template, defaults | parameters)


EXPANDED = expand()


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: item for name, item in EXPANDED["Resources"].items() if item["Type"] == kind}


def properties(name: str) -> dict[str, Any]:
    return EXPANDED["Resources"][name]["Properties"]


def references(value: Any) -> Iterator[str]:
    """The logical ids that Ref, Fn::GetAtt and Fn::Sub name anywhere in a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0] if isinstance(inner, list) else inner.split(".")[0]
            elif key == "Fn::Sub":
                text = inner if isinstance(inner, str) else inner[0]
                yield from re.findall(r"\$\{([A-Za-z0-9]+)", text)
            elif key == "DependsOn":
                yield from [inner] if isinstance(inner, str) else inner
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resources_in(value: Any) -> set[str]:
    """What a value names of the template, without what AWS gives every one."""
    return {name for name in references(value) if not name.startswith("AWS")}


def statements(role: str) -> list[dict[str, Any]]:
    """What a role may do, all of its conditions met."""
    entries = [entry for policy in properties(role)["Policies"] for entry in policy["PolicyDocument"]["Statement"]]
    return [entry["Fn::If"][1] if "Fn::If" in entry else entry for entry in entries]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def role_of(function: str) -> str:
    return properties(function)["Role"]["Fn::GetAtt"][0]


def mapping_of(function: str) -> dict[str, Any]:
    """The event source mapping that calls a function's alias."""
    mappings = [item["Properties"] for item in of_type("AWS::Lambda::EventSourceMapping").values()]
    (found,) = [mapping for mapping in mappings if f"{function}Aliaslive" in references(mapping["FunctionName"])]
    return found


def refuses_plain_http(policy: dict[str, Any]) -> bool:
    return any(
        entry["Effect"] == "Deny"
        and entry["Principal"] == "*"
        and entry["Action"] in {"s3:*", "sqs:*"}
        and entry["Condition"] == {"Bool": {"aws:SecureTransport": False}}
        for entry in policy["PolicyDocument"]["Statement"]
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


@pytest.mark.parametrize("name", ["ResultsBucket", "UploadBucket"])
def test_pictures_are_gone_after_a_day(name: str) -> None:
    bucket = properties(name)
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"], "Prefix" in rule) == ("Enabled", 1, False)
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
    for queue, dead_letters in (("IndexQueue", "IndexDeadLetterQueue"), ("AnalysisQueue", "AnalysisDeadLetterQueue")):
        redrive = properties(queue)["RedrivePolicy"]
        assert redrive["maxReceiveCount"] >= 5
        assert set(references(redrive)) == {dead_letters}
    for rule, dead_letters in (("InboxRule", "RuleDeadLetterQueue"), ("UploadRule", "UploadRuleDeadLetterQueue")):
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


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_has_a_role_of_its_own_without_wildcards(function: str) -> None:
    assert sorted(of_type("AWS::Lambda::Function")) == FUNCTIONS
    assert len({role_of(name) for name in FUNCTIONS}) == len(of_type("AWS::IAM::Role")) == len(FUNCTIONS)
    assert "ManagedPolicyArns" not in properties(role_of(function))
    for entry in statements(role_of(function)):
        assert all("*" not in action for action in as_list(entry["Action"])), entry
        everywhere = "*" in as_list(entry["Resource"])
        without_resources = [action.startswith(("xray:", "rekognition:Detect")) for action in as_list(entry["Action"])]
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


@pytest.mark.parametrize(("queue", "function"), [("IndexQueue", "IndexObject"), ("AnalysisQueue", "AnalyzeImage")])
def test_a_message_is_not_handed_out_again_while_it_is_worked_on(queue: str, function: str) -> None:
    assert properties(queue)["VisibilityTimeout"] >= 6 * properties(function)["Timeout"]


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


def test_the_rule_alone_may_fill_the_queue() -> None:
    rules = {"IndexQueue": "InboxRule", "RuleDeadLetterQueue": "InboxRule"}
    rules |= {"AnalysisQueue": "UploadRule", "UploadRuleDeadLetterQueue": "UploadRule"}
    for name, rule in rules.items():
        document = properties(f"{name}Policy")["PolicyDocument"]
        (allowed,) = [entry for entry in document["Statement"] if entry["Effect"] == "Allow"]
        assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
        assert set(references(allowed["Condition"])) == {rule}


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


def routes() -> dict[tuple[str, str], dict[str, Any]]:
    """The methods of the API by path and verb."""
    paths = properties("Api")["Body"]["paths"]
    return {(path, verb): method for path, verbs in paths.items() for verb, method in verbs.items()}


def test_every_route_wants_a_user_but_health_and_preflight() -> None:
    callers = {route: method.get("security") for route, method in routes().items()}
    for_users = {
        ("/convert", "post"),
        ("/uploads", "post"),
        ("/request-upload", "post"),
        ("/results/{jobId}", "get"),
        ("/get-results", "get"),
        ("/studies", "post"),
    }
    assert callers == {route: [{"Users": []}] for route in for_users} | {
        **{(path, "options"): [{"NONE": []}] for path, _ in for_users},
        ("/health", "get"): [{"NONE": []}],
    }
    (users,) = properties("Api")["Body"]["components"]["securitySchemes"].values()
    assert set(references(users["x-amazon-apigateway-authorizer"]["providerARNs"])) == {"UserPool"}


def test_users_are_created_by_administrators_and_have_strong_passwords() -> None:
    pool, client = properties("UserPool"), properties("UserPoolClient")
    password = pool["Policies"]["PasswordPolicy"]
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert password["MinimumLength"] >= 12
    assert all(password[f"Require{kind}"] for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols"))
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["TokenValidityUnits"]["IdToken"] == "minutes"
    assert client["IdTokenValidity"] <= 60


def test_the_page_logs_in_by_a_code_and_proves_itself_without_a_secret() -> None:
    client = properties("SiteClient")
    assert (client["AllowedOAuthFlows"], client["AllowedOAuthScopes"]) == (["code"], ["openid"])
    assert client["GenerateSecret"] is False
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["CallbackURLs"] == client["LogoutURLs"]
    assert resources_in(client["CallbackURLs"]) == {"Site", "SiteDomain", "AllowedOrigin"}


def test_the_page_loads_nothing_from_elsewhere_and_calls_only_what_it_must() -> None:
    headers = properties("SiteHeaders")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    delimiter, parts = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Join"]
    texts = [part if isinstance(part, str) else json.dumps(part) for part in parts]
    directives = {one.split()[0]: one.split()[1:] for one in delimiter.join(texts).split(";")}
    assert directives["default-src"] == directives["base-uri"] == directives["form-action"] == ["'none'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert directives["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert directives["style-src"] == directives["worker-src"] == ["'self'"]
    assert "unsafe-inline" not in delimiter.join(texts)
    hosts = [word for word in directives["connect-src"] if "https" in word]
    assert len(hosts) == 5  # three buckets, the one that was there before, the login


def test_the_page_and_the_api_are_of_one_origin() -> None:
    distribution = properties("Site")["DistributionConfig"]
    (api,) = distribution["CacheBehaviors"]
    origins = {origin["Id"]: origin for origin in distribution["Origins"]}
    assert api["PathPattern"] == f"/{properties('ApiliveStage')['StageName']}/*"
    assert resources_in(origins[api["TargetOriginId"]]["DomainName"]) == {"Api"}
    assert origins[distribution["DefaultCacheBehavior"]["TargetOriginId"]]["OriginAccessControlId"]
    assert distribution["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] == {"Ref": "SiteHeaders"}


def test_no_page_may_call_unless_a_parameter_names_its_origin() -> None:
    assert "'*'" not in json.dumps(EXPANDED)
    for response in properties("Api")["Body"]["x-amazon-apigateway-gateway-responses"].values():
        (origin,) = response["responseParameters"].values()
        condition, named, unnamed = origin["Fn::If"]
        assert (condition, unnamed) == ("HasAllowedOrigin", {"Ref": "AWS::NoValue"})
        assert named == {"Fn::Sub": "'${AllowedOrigin}'"}
    assert EXPANDED["Conditions"]["HasAllowedOrigin"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "AllowedOrigin"}, ""]}]}


def test_an_api_whose_origin_changes_is_deployed_anew() -> None:
    assert TEMPLATE["Resources"]["Api"]["Properties"]["AlwaysDeploy"] is True


def test_a_picture_is_bytes_whatever_the_accept_header_begins_with() -> None:
    assert properties("Api")["BinaryMediaTypes"] == ["*/*"]


def test_calls_are_throttled_and_their_bodies_never_logged() -> None:
    (stage,) = [item["Properties"] for item in of_type("AWS::ApiGateway::Stage").values()]
    (every,) = stage["MethodSettings"]
    assert (every["ResourcePath"], every["HttpMethod"], every["DataTraceEnabled"]) == ("/*", "*", False)
    assert 0 < every["ThrottlingRateLimit"] <= every["ThrottlingBurstLimit"] <= 100
    assert stage["TracingEnabled"] is True
    (condition, logs, _) = stage["AccessLogSetting"]["Fn::If"]
    assert condition == "HasAccessLogs"
    assert not re.findall(r"\$context\.(?:path|identity|authorizer)|querystring|body", logs["Format"])


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
