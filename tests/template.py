"""The template as CloudFormation gets it: SAM's own translator has expanded it, offline."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boto3 import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from serverless_dicom.runtime import settings

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())
DEAD_LETTER_QUEUES = {
    "AnalysisDeadLetterQueue",
    "ArchiveDeadLetterQueue",
    "ArchiveRuleDeadLetterQueue",
    "IndexDeadLetterQueue",
    "RuleDeadLetterQueue",
    "SummaryDeadLetterQueue",
    "UploadRuleDeadLetterQueue",
}
QUEUES = {"AnalysisQueue", "ArchiveQueue", "IndexQueue"}
WORKERS = ["AnalyzeImage", "BatchImports", "IndexObject", "SummarizeStudy"]
"""The functions that work through batches."""
BUCKETS = ["HeaderBucket", "ImportBucket", "InboxBucket", "ResultsBucket", "SiteBucket", "UploadBucket"]
TABLES = ["DicomMetadata", "ImageAnalysisResults", "ImportJobs", "IndexedObjects"]
SETTINGS = {
    "AnalyzeImage": settings.AnalyzeImageSettings,
    "BatchImports": settings.BatchImportsSettings,
    "Convert": settings.ConvertSettings,
    "ExportImageSet": settings.ExportImageSetSettings,
    "FinishImport": settings.FinishImportSettings,
    "GetImageFrame": settings.GetImageFrameSettings,
    "GetImageSet": settings.GetImageSetSettings,
    "GetImport": settings.GetImportSettings,
    "GetResult": settings.GetResultSettings,
    "IndexObject": settings.IndexObjectSettings,
    "PlanImport": settings.PlanImportSettings,
    "RequestUpload": settings.RequestUploadSettings,
    "ResumeImport": settings.ResumeImportSettings,
    "RunImportJob": settings.RunImportJobSettings,
    "SearchImageSets": settings.SearchImageSetsSettings,
    "SearchStudies": settings.SearchStudiesSettings,
    "StartImport": settings.StartImportSettings,
    "SummarizeStudy": settings.SummarizeStudySettings,
    "VerifyImageSet": settings.VerifyImageSetSettings,
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


def variables(function: str) -> dict[str, str]:
    """A function's environment: parameters have their defaults, "1" stands for what only a stack can tell."""

    def told(value: Any) -> Any:
        return TEMPLATE["Parameters"].get(value.get("Ref"), {}).get("Default", 1) if isinstance(value, dict) else value

    return {name: str(told(value)) for name, value in properties(function)["Environment"]["Variables"].items()}


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
