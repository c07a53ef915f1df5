"""Calls of an alias: who answers, who answers instead, and who is asked behind the answer."""

import asyncio
import logging
import random
import time
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from rft_app.domain.deployment import Variant, fraction_of
from rft_app.errors import RftError
from rft_app.gateway.asgi import Message, Receive, Send, refuse
from rft_app.gateway.headers import Inbound, authorize
from rft_app.gateway.providers import Caller, Provider, add_fields, rename_model
from rft_app.gateway.recorder import Recorder
from rft_app.gateway.relay import Call, Relay
from rft_app.gateway.resting import Rests
from rft_app.llm.catalogue import Connection
from rft_app.services.routes import Route, Target
from rft_app.traces.recorded_call import Routed

logger = logging.getLogger("rft.gateway")

MAX_SHADOWS: Final = 16
"""Answers that nobody waits for, under way at a time; more are not asked for."""
MAX_SHADOW_BYTES: Final = 1_000_000
_ID_BITS: Final = 64
_random = random.Random()  # as in `relay`


class Arrived(NamedTuple):
    """A call as it came."""

    path: str
    """Below `/v1`, e.g. `chat/completions`."""
    query: str
    inbound: Inbound
    key_id: str
    body: bytes
    receive: Receive
    send: Send


class _Ask(NamedTuple):
    """One model that is asked for a call."""

    arrived: Arrived
    route: Route
    routed: Routed


class Deployed:
    """Answers calls of aliases."""

    def __init__(
        self, relay: Relay, recorder: Recorder, *, timeout_s: float, patience_s: float
    ) -> None:
        self._relay = relay
        self._recorder = recorder
        self._timeout_s = timeout_s
        self._patience_s = min(patience_s, timeout_s)
        """How long somebody may say nothing before the other one is asked."""
        self._providers: dict[tuple[str, Connection], Provider] = {}
        self._rests = Rests()
        self._shadows: set[asyncio.Task[None]] = set()
        self.num_unshadowed = 0
        """Requests since the start that were not asked twice: too many were under way."""

    async def answer(self, arrived: Arrived, route: Route, caller: Caller) -> None:
        """Answer by the model that the alias goes to; by the other one where that one cannot."""
        request_id = f"{_random.getrandbits(_ID_BITS):016x}"
        session = arrived.inbound.known.get("x-rft-session", "")
        key = session or caller.user or caller.safety_identifier or request_id
        assigned = route.pick(key)
        is_sampled = route.is_active and fraction_of(request_id) < route.graded_share
        counted_for = route.deployment_id if route.is_active else ""
        routed = Routed(counted_for, route.alias, assigned, assigned, request_id, False, is_sampled)
        if route.target_of(assigned) is None:
            told = f"The endpoint {route.alias!r} was rolled back and has no other model."
            await refuse(arrived.send, 404, "model_not_found", told)
            return
        call = await self._ask(_Ask(arrived, route, routed))
        if call.is_provisional and call.is_failed and not call.has_begun:
            if call.is_client_gone:
                return
            instead = msgspec.structs.replace(
                routed, variant=assigned.other.value, is_sampled=False
            )
            await self._ask(_Ask(arrived, route, instead), is_last=True)
        elif route.is_shadowed and not call.is_failed and call.status == 200:
            self._begin_shadow(_Ask(arrived, route, routed))

    async def answer_own(self, arrived: Arrived, target: Target) -> None:
        """Answer by a model that the product serves itself, which may have to start first."""
        call = Call(arrived.path, arrived.query, [], arrived.body)
        call.labels, call.key_id = arrived.inbound.known, arrived.key_id
        provider = await self._address(call, arrived, target)
        if provider is not None:
            await self._relay.record(call, provider, arrived.receive, arrived.send)
            return
        self._recorder.add_call(call.finish())
        code, told = call.fault or ("not_available", target.fault)
        await refuse(arrived.send, 503, code, told)

    async def close(self) -> None:
        """Let go of those that nobody waits for."""
        for task in self._shadows:
            task.cancel()
        await asyncio.gather(*self._shadows, return_exceptions=True)

    async def _ask(self, ask: _Ask, *, is_last: bool = False) -> Call:
        """Ask one model for the client; where another is left, its failure is only recorded."""
        route, variant = ask.route, Variant(ask.routed.variant)
        can_fall_back = not is_last and route.may_fall_back(variant)
        call = _make_call(ask)
        if not can_fall_back:
            await self._carry_out(call, ask)
            return call
        call.is_provisional, call.patience_s = True, self._patience_s
        key, began = (route.deployment_id, variant), time.monotonic()
        call.fault = self._rests.find_fault(key, call)
        if call.fault is not None:
            self._recorder.add_call(call.finish())
            return call
        try:
            await self._carry_out(call, ask)
        finally:
            self._rests.note(key, call, began)
        return call

    async def _carry_out(self, call: Call, ask: _Ask) -> None:
        """Ask whom a call is for; where nobody else may answer, the client is told of a failure."""
        arrived = ask.arrived
        provider = await self._prepare(call, ask)
        if provider is None:
            self._recorder.add_call(call.finish())
            if not call.is_provisional:
                code, told = call.fault or ("not_available", "")
                call.has_begun = True
                await refuse(arrived.send, 503, code, told, call.answer_headers([]))
        else:
            await self._relay.record(call, provider, arrived.receive, arrived.send)

    async def _prepare(self, call: Call, ask: _Ask) -> Provider | None:
        """Find where a call goes, and write it for there; `None` with a fault where it cannot."""
        target = ask.route.target_of(Variant(ask.routed.variant))
        assert target is not None, "Whoever picks a variant looks whether it is there."
        return await self._address(call, ask.arrived, target)

    async def _address(self, call: Call, arrived: Arrived, target: Target) -> Provider | None:
        call.provider = target.provider
        try:
            call.request = rename_model(arrived.body, target.model)
        except (msgspec.DecodeError, UnicodeDecodeError):
            call.request = arrived.body
        try:
            connection = await _connect(target)
        except RftError as error:
            call.fault = ("not_available", error.message)
            return None
        if connection is None:
            call.fault = ("not_available", target.fault)
            return None
        provider = self._find_provider(target.provider, connection)
        if connection.more:
            with suppress(msgspec.DecodeError, UnicodeDecodeError):
                call.request = add_fields(call.request, connection.more)
        call.headers = authorize(arrived.inbound, provider.authorization)
        return provider

    def _find_provider(self, name: str, connection: Connection) -> Provider:
        found = self._providers.get((name, connection))
        if found is None:
            if len(self._providers) >= 100:
                self._providers.clear()
            found = Provider(name, connection.base_url, connection.api_key)
            self._providers[name, connection] = found
        return found

    def _begin_shadow(self, ask: _Ask) -> None:
        """Ask the tuned model the same, behind the back of who asked."""
        if len(self._shadows) >= MAX_SHADOWS or len(ask.arrived.body) > MAX_SHADOW_BYTES:
            self.num_unshadowed += 1
            return
        tuned = Variant.TUNED.value
        routed = msgspec.structs.replace(ask.routed, variant=tuned, assigned=tuned, is_shadow=True)
        task = asyncio.create_task(self._shadow(ask._replace(routed=routed)))
        self._shadows.add(task)
        task.add_done_callback(self._shadows.discard)

    async def _shadow(self, ask: _Ask) -> None:
        call = _make_call(ask)
        try:
            async with asyncio.timeout(self._timeout_s):
                provider = await self._prepare(call, ask)
                if provider is not None:
                    await self._relay.pass_on(call, provider, "POST", _drop)
        except TimeoutError:
            told = f"The answer was not whole after {self._timeout_s:g} s."
            call.fault = ("upstream_timeout", told)
        except Exception:
            logger.exception("a shadow call failed")
            call.fault = ("shadow_failed", "The call failed; the log says why.")
        self._recorder.add_call(call.finish())


def _make_call(ask: _Ask) -> Call:
    arrived = ask.arrived
    call = Call(arrived.path, arrived.query, [], arrived.body)
    call.labels, call.key_id = arrived.inbound.known, arrived.key_id
    call.routed = ask.routed
    return call


async def _connect(target: Target) -> Connection | None:
    """Where a target is now; a server of our own may have to start first.

    Raises:
        RftError: It does not start.
    """
    if target.connect is not None:
        return await asyncio.to_thread(target.connect)
    return target.connection


async def _drop(_message: Message) -> None:
    """Nobody waits."""
