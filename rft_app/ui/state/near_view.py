"""A group of near-duplicates, laid out for review."""

from dataclasses import dataclass, field

from rft_app.domain.near_duplicate import NearGroup, NearMember, NearReport, NearState
from rft_app.text.difference import Change, Piece, compare_texts
from rft_app.ui.words import ago, count, reward, share


@dataclass(frozen=True)
class MemberView:
    """One record of a group."""

    id: str
    label: str
    """Name of its box for screen readers."""
    facts: str
    pieces: list[Piece]
    """What the user said, with what differs from the suggested record marked."""
    is_suggested: bool
    is_current: bool


@dataclass(frozen=True)
class GroupView:
    """The group that is looked at."""

    position: int = 0
    title: str = ""
    state: str = NearState.OPEN.value
    state_words: str = ""
    members: list[MemberView] = field(default_factory=list[MemberView])
    more: str = ""
    """Said of records that are not shown."""

    @classmethod
    def of(cls, group: NearGroup) -> "GroupView":
        """Build the view."""
        first = group.members[0].text if group.members else ""
        members = [_view_member(place, one, first) for place, one in enumerate(group.members, 1)]
        num_hidden = group.num_members - len(members)
        num_gone = sum(not member.is_current for member in group.members)
        return cls(
            position=group.position,
            title=f"{count(group.num_members, 'record')} that ask nearly the same",
            state=group.state.value,
            state_words={
                NearState.OPEN: "",
                NearState.SETTLED: f"{num_gone:,} archived"
                + (" of those shown" if num_hidden else ""),
                NearState.DISMISSED: "all kept",
            }[group.state],
            members=members,
            more=f"{num_hidden:,} more are not shown. They are as near." if num_hidden else "",
        )


def _view_member(place: int, member: NearMember, first: str) -> MemberView:
    pieces = [Piece(Change.SAME, member.text)]
    if not member.is_suggested and member.text != first:
        pieces = compare_texts(first, member.text).new
    facts = ["suggested" if member.is_suggested else f"{share(member.similarity)} alike"]
    if member.reward is not None:
        facts.append(f"reward {reward(member.reward)}")
    facts.append(count(member.num_messages, "message"))
    if not member.is_current:
        facts.append("archived")
    return MemberView(
        id=member.record_id,
        label=f"Keep record {place}",
        facts=" · ".join(facts),
        pieces=pieces,
        is_suggested=member.is_suggested,
        is_current=member.is_current,
    )


@dataclass(frozen=True)
class ReportView:
    """The last search."""

    witness: str = ""
    summary: str = ""
    num_groups: int = 0
    num_open: int = 0
    removable: str = ""
    is_outdated: bool = False

    @classmethod
    def of(cls, report: NearReport) -> "ReportView":
        """Build the view."""
        if report.num_groups:
            found = f"{count(report.num_groups, 'group')}, {report.num_open:,} not decided yet"
        else:
            found = "No near-duplicates"
        return cls(
            witness=f"{report.num_compared:,} compared at {report.threshold:.0%} ·"
            f" {ago(report.finished_at)}",
            summary=found,
            num_groups=report.num_groups,
            num_open=report.num_open,
            removable=f"{report.num_removable:,}",
            is_outdated=report.is_outdated,
        )
