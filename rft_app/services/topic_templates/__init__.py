"""Topic trees for common kinds of products, one module each."""

from rft_app.errors import InvalidInputError
from rft_app.services.topic_templates._base import TopicTemplate
from rft_app.services.topic_templates.coding_assistant import CODING_ASSISTANT
from rft_app.services.topic_templates.customer_support import CUSTOMER_SUPPORT
from rft_app.services.topic_templates.knowledge_base import KNOWLEDGE_BASE
from rft_app.services.topic_templates.shopping import SHOPPING

TEMPLATES: tuple[TopicTemplate, ...] = (
    CUSTOMER_SUPPORT,
    CODING_ASSISTANT,
    SHOPPING,
    KNOWLEDGE_BASE,
)

__all__ = ["TEMPLATES", "TopicTemplate", "find_template"]


def find_template(template_id: str | None) -> TopicTemplate:
    """The template of that id.

    Raises:
        InvalidInputError: There is none; the message lists those there are.
    """
    for template in TEMPLATES:
        if template.id == template_id:
            return template
    known = [template.id for template in TEMPLATES]
    raise InvalidInputError(
        f"There is no topic template {template_id!r}. Choose one of: {', '.join(known)}.",
        known=known,
    )
