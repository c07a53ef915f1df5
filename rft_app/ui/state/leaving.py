"""A page that asks before it is left with something unsaved."""

import reflex as rx


class Leaving(rx.State, mixin=True):
    """The question and its answer; `leave_guard` shows the one and acts on the other."""

    is_asking_leave: bool = False
    leave_answer: str = ""
    """Empty until there is one: `leave` or `stay`."""

    @rx.event
    def ask_leave(self) -> None:
        """Somebody is about to go to another page."""
        self.is_asking_leave = True

    @rx.event
    def leave_page(self) -> None:
        """Go on to where the visitor wanted to go."""
        self.is_asking_leave, self.leave_answer = False, "leave"

    @rx.event
    def stay_on_page(self) -> None:
        """Stay on the page."""
        self.is_asking_leave, self.leave_answer = False, "stay"

    @rx.event
    def forget_answer(self) -> None:
        """The next attempt to leave is asked about anew."""
        self.is_asking_leave, self.leave_answer = False, ""
