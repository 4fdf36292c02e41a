"""template.yaml as CloudFormation gets to see it: SAM's transform applied, roles, permissions and mappings spelt out."""

import json
from pathlib import Path
from typing import Any

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local.places import ROOT

SOURCE = ROOT / "template.yaml"
# SAM refuses folders where `sam deploy` will have put what it uploaded.
UPLOADED = "s3://uploaded/by-sam-deploy"


def load(path: Path = SOURCE) -> dict[str, Any]:
    """Return the template as written, CloudFormation's tags in their long form (`!Ref x` is {"Ref": "x"})."""
    template: dict[str, Any] = yaml_parse(path.read_text())
    return template


def expand(path: Path = SOURCE) -> dict[str, Any]:
    """Return the template after SAM's transform."""
    template = load(path)
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = UPLOADED
    region = boto3.session.Session(region_name="us-east-1")
    translator = Translator(managed_policy_map={}, sam_parser=Parser(), boto_session=region)
    expanded: dict[str, Any] = translator.translate(sam_template=template, parameter_values={})
    return expanded


if __name__ == "__main__":
    print(json.dumps(expand(), indent=1))  # noqa: T201 -- for cfn-lint to read
