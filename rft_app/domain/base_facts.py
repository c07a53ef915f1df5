"""A base model as its files tell of it."""

from rft_app.domain.entity import Entity


class BaseFacts(Entity):
    """What is known of a base model without loading it."""

    name: str
    num_parameters: int
    num_layers: int
    hidden_size: int
    vocabulary: int
    context_tokens: int
    key_value_size: int = 0
    """Of the keys of a token and layer; 0 where it is the hidden size."""
    shows_tools: bool = False
    """Whether its chat template shows the model the tools of a record."""
