"""What edits, imports and reviews of topics answer."""

from datetime import datetime

from rft_app.api.schemas._base import Wire
from rft_app.api.schemas.topics import TopicHierarchy
from rft_app.domain import topic as domain
from rft_app.domain import topic_review as review
from rft_app.services import topic_edits as edits
from rft_app.services import topic_files as files
from rft_app.services.topic_templates import TopicTemplate as Template


class TopicEdited(Wire):
    """What an edit came to."""

    label: str
    num_records: int
    """Records whose topic is another one now, or none."""
    hierarchy: TopicHierarchy

    @classmethod
    def of(cls, edit: edits.TopicEdit) -> "TopicEdited":
        """Convert from the service's value."""
        return cls(
            label=edit.label,
            num_records=edit.num_records,
            hierarchy=TopicHierarchy.of_tree(edit.tree),
        )


class TopicChange(Wire):
    """One line of the history."""

    label: str
    num_records: int
    is_undone: bool
    created_at: datetime


class TopicHistory(Wire):
    """What can be undone and done again."""

    changes: list[TopicChange]
    """Newest first."""
    undo_label: str | None
    redo_label: str | None

    @classmethod
    def of(cls, history: edits.TopicHistory) -> "TopicHistory":
        """Convert from the service's value."""
        return cls(
            changes=[TopicChange(**change.model_dump()) for change in history.changes],
            undo_label=history.undo_label,
            redo_label=history.redo_label,
        )


class TopicTemplate(Wire):
    """A tree for a common kind of product."""

    id: str
    name: str
    description: str
    num_topics: int
    """Topics without topics below them."""
    hierarchy: TopicHierarchy

    @classmethod
    def of(cls, template: Template) -> "TopicTemplate":
        """Convert from the service's value."""
        return cls(
            id=template.id,
            name=template.name,
            description=template.description,
            num_topics=template.num_leaves,
            hierarchy=TopicHierarchy.of_tree(domain.TopicTree(nodes=template.to_nodes())),
        )


class TopicMove(Wire):
    """A topic that is under another one in a file."""

    before: str
    after: str


class TopicImportPreview(Wire):
    """What taking a file would change."""

    revision: int
    num_topics: int
    added: list[str]
    removed: list[str]
    kept: list[str]
    moved: list[TopicMove]
    num_records_kept: int
    """Records that keep a topic when assignments are kept."""
    num_records_without: int
    """Records that then have no topic, those included that have none now."""

    @classmethod
    def of(cls, preview: files.TopicImportPreview) -> "TopicImportPreview":
        """Convert from the service's value."""
        values = preview.model_dump()
        return cls(revision=values.pop("version"), **values)


class CategorizationResult(Wire):
    """Where a record is."""

    topic: str
    confidence: float
    method: domain.Method
    needs_review: bool = False


class ReviewItem(Wire):
    """A record that is unsure of its topic."""

    record_id: str
    title: str
    current: CategorizationResult
    choices: list[CategorizationResult]
    """Up to three best topics, best first."""

    @classmethod
    def of(cls, item: review.ReviewItem) -> "ReviewItem":
        """Convert from the domain."""
        return cls(
            record_id=item.id,
            title=item.title,
            current=CategorizationResult(
                topic=item.topic,
                confidence=item.confidence,
                method=item.method,
                needs_review=True,
            ),
            choices=[
                CategorizationResult(
                    topic=choice.key, confidence=choice.confidence, method=item.method
                )
                for choice in item.choices
            ],
        )
