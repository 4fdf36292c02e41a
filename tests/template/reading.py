"""Ways to ask an expanded template a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Template:
    """An expanded template; `document` is its JSON."""

    document: dict[str, Any]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.document["Resources"]
        return found

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of a type, by logical name."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        """The properties of every function, by the folder it comes from."""
        return {
            properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: properties
            for properties in self.of_type("AWS::Lambda::Function").values()
        }

    def properties(self, name: str) -> dict[str, Any]:
        properties: dict[str, Any] = self.resources[name]["Properties"]
        return properties


def name(value: Any) -> str:
    """A reference in short: `Table.Arn` for GetAtt, `Table` for Ref, Sub's own text, a plain string itself."""
    match value:
        case {"Fn::GetAtt": [logical, attribute]}:
            return f"{logical}.{attribute}"
        case {"Ref": logical}:
            return str(logical)
        case {"Fn::Sub": text}:
            return str(text)
    return str(value)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def find(value: Any, wanted: Any) -> Iterator[tuple[str, ...]]:
    """The path of every place in a document where `wanted` stands."""
    if value == wanted:
        yield ()
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        for path in find(child, wanted):
            yield (str(key), *path)
