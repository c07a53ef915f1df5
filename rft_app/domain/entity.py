"""The base of the domain's values."""

from pydantic import BaseModel, ConfigDict


class Entity(BaseModel):
    """An immutable value that refuses unknown fields.

    The docstring under a field becomes its description in the REST schema.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
