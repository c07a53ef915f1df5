"""The models of several providers in one list."""

import asyncio
from collections.abc import Mapping, Sequence

import aiohttp
import msgspec

from rft_app.gateway.asgi import Send, answer_json, refuse
from rft_app.gateway.headers import Inbound, authorize
from rft_app.gateway.providers import Provider
from rft_app.gateway.relay import Relay

Pairs = list[tuple[str, str]]


class _Listed(msgspec.Struct):
    data: list[msgspec.Raw]


_decode = msgspec.json.Decoder(_Listed).decode
_MAX_S = 20.0


def share_headers(inbound: Inbound, providers: Sequence[Provider]) -> list[tuple[Provider, Pairs]]:
    """What each provider is told; the caller's own key is for the first without one in settings."""
    plain = [pair for pair in inbound.passed_on if pair[0] != "accept-encoding"]
    plain.append(("accept-encoding", "identity"))
    callers = next((each for each in providers if not each.authorization), None)
    shared = Inbound(plain, {})
    own = Inbound(plain, inbound.known)
    return [
        (each, authorize(own if each is callers else shared, each.authorization))
        for each in providers
    ]


def describe_model(name: str, owner: str) -> dict[str, object]:
    """A model that the gateway answers for, in the list of models."""
    return {"id": name, "object": "model", "created": 0, "owned_by": owner}


async def list_models(
    relay: Relay, asked: Sequence[tuple[Provider, Pairs]], send: Send, own: Mapping[str, str]
) -> None:
    """Answer with the models of all providers; those that do not tell them are left out.

    Args:
        relay: The connections.
        asked: Each provider, and the headers that it gets.
        send: To the client.
        own: Names that the gateway answers for, and whose they are; they come first.
    """
    found = await asyncio.gather(*(_ask(relay, *each) for each in asked))
    if not own and all(models is None for models in found):
        names = ", ".join(provider.name for provider, _ in asked)
        await refuse(send, 502, "upstream_broken", f"No provider lists its models: {names}.")
        return
    told = [msgspec.json.decode(model) for some in found for model in some or ()]
    models = [model for model in told if model.get("id") not in own]
    ours = [describe_model(name, own[name]) for name in sorted(own)]
    await answer_json(send, {"object": "list", "data": [*ours, *models]})


async def _ask(relay: Relay, provider: Provider, headers: Pairs) -> list[msgspec.Raw] | None:
    """A provider's models; `None` where it does not tell them."""
    url = provider.url("models", "")
    try:
        async with (
            asyncio.timeout(_MAX_S),
            relay.session.get(
                url, headers=headers, proxy=provider.proxy, proxy_headers=provider.proxy_headers
            ) as response,
        ):
            return _decode(await response.read()).data
    except (TimeoutError, OSError, aiohttp.ClientError, msgspec.DecodeError):
        return None
