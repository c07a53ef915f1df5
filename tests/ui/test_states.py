"""Rules of the states that a machine can check."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
import reflex as rx

import rft_app.ui.state

ALLOWED = {"wanted"}
"""What is given another default on purpose: the picker begins with another filter than lists."""


def all_states() -> Iterator[type[rx.State]]:
    for module in pkgutil.iter_modules(rft_app.ui.state.__path__):
        importlib.import_module(f"rft_app.ui.state.{module.name}")
    waiting = [rx.State]
    while waiting:
        for state in waiting.pop().__subclasses__():
            waiting.append(state)
            if state.__module__.startswith("rft_app."):
                yield state


@pytest.mark.parametrize("state", sorted(set(all_states()), key=str), ids=lambda s: s.__name__)
def test_no_part_of_a_state_writes_into_a_field_of_another(state: type[rx.State]) -> None:
    """Two mixins, or a state and its mixin, with fields of one name share it by accident."""
    owners: dict[str, type] = {}
    for base in state.__mro__:
        if not base.__module__.startswith("rft_app."):
            continue
        for name, value in vars(base).get("__annotations__", {}).items():
            if "ClassVar" in str(value) or name in ALLOWED:
                continue
            owner = owners.setdefault(name, base)
            assert owner is base, f"{name} of {owner.__name__} and of {base.__name__}"
