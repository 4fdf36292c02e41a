"""The template as CloudFormation gets to see it."""

from __future__ import annotations

from typing import Any

import pytest

from local import template as template_yaml
from tests.template.reading import Template


@pytest.fixture(scope="session")
def template() -> Template:
    """template.yaml after SAM's transform."""
    return Template(template_yaml.expand())


@pytest.fixture(scope="session")
def written() -> dict[str, Any]:
    """template.yaml as a person reads it."""
    return template_yaml.load()
