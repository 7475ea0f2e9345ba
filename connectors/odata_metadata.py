"""What `$metadata` says of a service: its entity sets with keys and typed properties, V2 and V4. No calls.

XML is read without entities, without external references and without a document type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from concilia.errors import RunMustStop
from connectors.contract import StreamSchema
from connectors.odata_values import COLUMN_TYPES


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an entity; `day_only`: a moment that stands for a day."""

    name: str
    edm: str
    nullable: bool = True
    day_only: bool = False

    @property
    def column_type(self) -> str:
        """The type of its column."""
        return "date" if self.day_only else COLUMN_TYPES.get(self.edm, "object")


@dataclass(frozen=True, slots=True)
class EntitySet:
    """One list of a service."""

    name: str
    key: tuple[str, ...] = ()
    properties: Mapping[str, Property] = field(default_factory=dict)

    def schema(self, *, cursor: str | None = None) -> StreamSchema:
        """The list as a stream."""
        columns = {name: one.column_type for name, one in self.properties.items()}
        return StreamSchema(self.name, columns, key=self.key, cursor=cursor)


def entity_sets(document: bytes, *, system: str) -> Mapping[str, EntitySet]:
    """The entity sets of a `$metadata` document by name, in its order; RunMustStop when it is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as fault:
        raise _no_metadata(system) from fault
    if root.getroottree().docinfo.doctype or _local(root) != "Edmx":
        raise _no_metadata(system)
    types = _types(root)
    found = {}
    for container in _every(root, "EntityContainer"):
        for one in _every(container, "EntitySet"):
            name = str(one.get("Name"))
            key, properties = _described(types, str(one.get("EntityType")))
            found[name] = EntitySet(name, key, properties)
    return found


def _types(root: Any) -> dict[str, Any]:
    """Entity types by their name within namespace and within alias."""
    types: dict[str, Any] = {}
    for schema in _every(root, "Schema"):
        for one in _every(schema, "EntityType"):
            for prefix in (schema.get("Namespace"), schema.get("Alias")):
                if prefix:
                    types[f"{prefix}.{one.get('Name')}"] = one
    return types


def _described(types: Mapping[str, Any], name: str) -> tuple[tuple[str, ...], dict[str, Property]]:
    """Key and properties of a type, those it inherits first."""
    lineage: list[Any] = []
    while name in types and types[name] not in lineage:
        lineage.insert(0, types[name])
        name = str(types[name].get("BaseType"))
    key: tuple[str, ...] = ()
    properties: dict[str, Property] = {}
    for one in lineage:
        named = tuple(str(ref.get("Name")) for group in _children(one, "Key") for ref in _every(group, "PropertyRef"))
        key = named or key
        properties |= {p.name: p for p in map(_property, _children(one, "Property"))}
    return key, properties


def _property(one: Any) -> Property:
    shown = next((value for name, value in one.attrib.items() if name.rpartition("}")[2] == "display-format"), "")
    edm = str(one.get("Type"))
    return Property(
        name=str(one.get("Name")),
        edm=edm,
        nullable=one.get("Nullable", "true").lower() != "false",
        day_only=edm == "Edm.DateTime" and shown == "Date",
    )


def _every(root: Any, name: str) -> Iterator[Any]:
    return (one for one in root.iter() if _local(one) == name)


def _children(root: Any, name: str) -> Iterator[Any]:
    return (one for one in root if _local(one) == name)


def _local(one: Any) -> str:
    return one.tag.rpartition("}")[2] if isinstance(one.tag, str) else ""


def _no_metadata(system: str) -> RunMustStop:
    return RunMustStop(
        f"{system} answered $metadata with something else.", mend="Check that the url is that of an OData service."
    )
