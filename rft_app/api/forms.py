"""How the upload forms look in the OpenAPI document; they are parsed by hand."""

from typing import Any


def form(**fields: str) -> dict[str, Any]:
    """The `requestBody` of a multipart form with a file and text fields.

    Args:
        fields: Description by name; a trailing `?` marks an optional field.
    """
    properties: dict[str, Any] = {"file": {"type": "string", "format": "binary"}}
    for name, description in fields.items():
        properties[name] = {"type": "string", "description": description.removesuffix("?")}
    required = ["file", *(name for name, text in fields.items() if not text.endswith("?"))]
    schema = {"type": "object", "properties": properties, "required": required}
    return {
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": schema}},
        }
    }
