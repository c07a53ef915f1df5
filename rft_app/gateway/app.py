"""The gateway as an application: who may call, which provider answers, what is refused."""

import asyncio
from contextlib import suppress
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

from rft_app.domain.intake import Outcome
from rft_app.gateway.asgi import (
    App,
    ClientGoneError,
    Headers,
    Message,
    Receive,
    Scope,
    Send,
    answer_json,
    read_body,
    refuse,
)
from rft_app.gateway.deployed import Arrived, Deployed
from rft_app.gateway.feedback import take_feedback
from rft_app.gateway.headers import Inbound, authorize, drop_keys, read_headers
from rft_app.gateway.memory import Memory, Share
from rft_app.gateway.models import describe_model, list_models, share_headers
from rft_app.gateway.providers import Caller, Provider, Providers, read_caller
from rft_app.gateway.recorder import Recorder
from rft_app.gateway.relay import Call, Relay
from rft_app.services.intake_keys import find_key, read_keys
from rft_app.services.routes import Routes, Target, find_own_models, find_routes
from rft_app.services.upstreams import Upstream, find_upstreams
from rft_app.settings import Settings, get_settings

PREFIX: Final = "/gateway/"
_CALLS: Final = frozenset({"chat/completions", "responses", "embeddings"})
_PLAIN: Final = "/:@"
"""What ids of models hold and need not escape."""
_LOOPBACK: Final = ("127.", "::1", "::ffff:127.")
_OTHER_PAGES: Final = ("cross-site", "same-site")
_VERSION: Final = "v1"
_LARGE_BYTES: Final = 1_000_000
"""From here on, looking for the model is left to a thread."""
_NO_RETRY: Headers = [(b"x-should-retry", b"false")]
"""OpenAI's clients ask again after 503 otherwise."""
_RETRY_SOON: Headers = [(b"retry-after", b"1")]
_NO_KEY: Final = (
    "Send a key of `rft keys` or RFT_OTLP_KEYS, as `Authorization: Bearer KEY` or `x-api-key: KEY`."
)
_NO_KEYS: Final = (
    "Without keys the gateway takes calls from its own machine only, at localhost or 127.0.0.1. "
    "Create one with `rft keys create NAME`, or under Intake at /traces."
)
NO_PROVIDER: Final = (
    "The gateway has no provider for this. Add one in Settings: it is asked a second later. Or set "
    "RFT_LLM_BASE_URL and RFT_LLM_API_KEY, or RFT_GATEWAY_PROVIDERS (see docs/running.md), and "
    "start the server again."
)


class _Request(NamedTuple):
    """One request, its body unread."""

    method: str
    path: str
    """Below `/gateway/`."""
    query: str
    inbound: Inbound
    """Without keys of ours."""
    receive: Receive
    send: Send
    key_id: str
    """Of the key it came with; empty where there are none."""

    def headers_for(self, provider: Provider) -> list[tuple[str, str]]:
        """What a provider gets to see."""
        return authorize(self.inbound, provider.authorization)


class Gateway:
    """Answers everything below `/gateway/`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stored: tuple[Upstream, ...] = ()
        self._providers = Providers(settings)
        self._max_bytes = settings.max_gateway_bytes
        self._recorder = Recorder(settings.max_gateway_backlog_bytes)
        self._relay = Relay(self._recorder, settings.gateway_timeout_s, settings.max_gateway_bytes)
        self._memory = Memory(settings.max_gateway_bytes)
        self._routes: Routes = {}
        self._own: dict[str, Target] = {}
        self._is_warm = False
        self._deployed = Deployed(
            self._relay,
            self._recorder,
            timeout_s=settings.gateway_timeout_s,
            patience_s=settings.gateway_fallback_s,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        inbound = read_headers(scope["headers"])
        keys = await read_keys()
        key_id = find_key(inbound.known.get, keys) if keys else ""
        refusal = self._find_refusal(scope, inbound, key_id, has_keys=bool(keys))
        if refusal is not None:
            await refuse(send, *refusal)
            return
        await self._refresh_providers()
        path = scope["path"].removeprefix(PREFIX).rstrip("/")
        query = scope["query_string"].decode("latin-1")
        inbound = drop_keys(inbound, keys)
        request = _Request(scope["method"], path, query, inbound, receive, send, key_id or "")
        with suppress(ClientGoneError):  # nobody is there to be answered
            await self._answer(request)

    async def _refresh_providers(self) -> None:
        """Take those that people added or changed since, and deployments."""
        if not self._is_warm:  # where the database is away, all wait at the same time
            await asyncio.gather(find_routes().read(), find_own_models().read())
            self._is_warm = True
        self._routes = await find_routes().read()
        self._own = await find_own_models().read()
        stored = await find_upstreams().read()
        if stored != self._stored:
            self._stored, self._providers = stored, Providers(self._settings, stored)

    async def close(self) -> None:
        """Write what waits, and close the connections."""
        await self._deployed.close()
        await asyncio.to_thread(self._recorder.close)
        await self._relay.close()

    def _find_refusal(
        self, scope: Scope, inbound: Inbound, key_id: str | None, *, has_keys: bool
    ) -> tuple[int, str, str] | None:
        """Why a caller may not go on: no key where there are keys, else another machine."""
        if key_id is None:
            self._recorder.count(Outcome.NO_KEY)
            return 401, "invalid_api_key", _NO_KEY
        if not has_keys and not (_is_near(scope) and _is_called_near(inbound)):
            self._recorder.count(Outcome.NO_KEY)
            return 403, "no_keys", _NO_KEYS
        if inbound.known.get("sec-fetch-site") in _OTHER_PAGES:
            return 403, "cross_site", "Pages of other addresses cannot use the gateway."
        return None

    async def _answer(self, request: _Request) -> None:
        is_post = request.method == "POST"
        version, _, path = request.path.partition("/")
        if is_post and version == _VERSION and path in _CALLS:
            await self._pass_on(request, path)
        elif is_post and request.path == f"{_VERSION}/feedback":
            await take_feedback(self._recorder, request.receive, request.send)
        elif request.method == "GET" and version == _VERSION and _is_models(path):
            await self._read_models(request, path.removeprefix("models").lstrip("/"))
        elif request.method == "GET" and request.path == "status":
            await answer_json(request.send, self._describe())
        else:
            await _refuse_unknown(request)

    async def _pass_on(self, request: _Request, path: str) -> None:
        """Pass a call on, unless others take the memory that its body would need."""
        limit = 0 if _read_size(request.inbound) > self._max_bytes else self._max_bytes
        with Share(self._memory) as share:
            body = await read_body(request.receive, limit, share.take)
            if body is not None:
                await self._take_call(request, path, body)
            elif share.is_refused:
                self._recorder.count(Outcome.BUSY)
                told = "Too many large requests are being served. Send it again."
                await refuse(request.send, 503, "busy", told, _RETRY_SOON)
            else:
                self._recorder.count(Outcome.TOO_LARGE)
                limit_told = f"{self._max_bytes:,} bytes (RFT_MAX_GATEWAY_BYTES)"
                told = f"The request holds more than {limit_told}."
                await refuse(request.send, 413, "too_large", told)

    async def _take_call(self, request: _Request, path: str, body: bytes) -> None:
        caller = await _read_caller(body)
        model = caller.model or ""
        if (route := self._routes.get(model)) is not None:
            await self._deployed.answer(_arrive(request, path, body), route, caller)
            return
        provider = self._providers.find_by_model(model)
        if (own := self._own.get(model)) is not None and not (provider and provider.models):
            await self._deployed.answer_own(_arrive(request, path, body), own)
            return
        if provider is None:
            has_any = bool(self._providers.all)
            self._recorder.count(Outcome.NO_MODEL if has_any else Outcome.NO_PROVIDER)
            await self._refuse_model(model, request.send)
            return
        if provider.fault:
            self._recorder.count(Outcome.NO_PROVIDER)
            await refuse(request.send, 503, "no_key", provider.fault, _NO_RETRY)
            return
        call = Call(path, request.query, request.headers_for(provider), body)
        call.labels, call.key_id = request.inbound.known, request.key_id
        await self._relay.record(call, provider, request.receive, request.send)

    async def _read_models(self, request: _Request, model: str) -> None:
        """One provider's answer as it comes, the lists of several joined."""
        names = {**dict.fromkeys(self._own, "rft"), **dict.fromkeys(self._routes, "rft-deployment")}
        if model in names:
            await answer_json(request.send, describe_model(model, names[model]))
            return
        if not model and (
            len(self._providers.all) > 1 or self._routes or (names and not self._providers.all)
        ):
            usable = [each for each in self._providers.all if not each.fault]
            asked = share_headers(request.inbound, usable)
            await list_models(self._relay, asked, request.send, names)
            return
        provider = self._providers.find_by_model(model)
        if provider is None:
            await self._refuse_model(model, request.send)
            return
        if provider.fault:
            await refuse(request.send, 503, "no_key", provider.fault, _NO_RETRY)
            return
        path = f"models/{quote(model, safe=_PLAIN)}" if model else "models"
        call = Call(path, request.query, request.headers_for(provider), b"")
        await self._relay.pass_on(call, provider, "GET", request.send)

    async def _refuse_model(self, model: str, send: Send) -> None:
        if not self._providers.all:
            await refuse(send, 503, "no_provider", NO_PROVIDER, _NO_RETRY)
            return
        known = "; ".join(f"{each.name}: {' '.join(each.models)}" for each in self._providers.all)
        told = f"No provider takes the model {model!r}. They take: {known}."
        await refuse(send, 404, "model_not_found", told)

    def _describe(self) -> dict[str, object]:
        """How recording goes, also while there is no database to ask."""
        recorder = self._recorder
        return {
            "recording": {
                "isFailing": recorder.is_failing,
                "waiting": recorder.num_waiting,
                "waitingBytes": recorder.num_bytes,
                "notRecorded": recorder.num_lost,
            },
            "providers": [
                {"name": each.name, "models": list(each.models)} for each in self._providers.all
            ],
            "aliases": {
                "names": sorted(self._routes),
                "notShadowed": self._deployed.num_unshadowed,
            },
        }


async def _read_caller(body: bytes) -> Caller:
    """Which model a call names; in a thread where that takes so long that others would notice."""
    if len(body) < _LARGE_BYTES:
        return read_caller(body)
    return await asyncio.to_thread(read_caller, body)


def _arrive(request: _Request, path: str, body: bytes) -> Arrived:
    return Arrived(
        path, request.query, request.inbound, request.key_id, body, request.receive, request.send
    )


def mount(inner: App, settings: Settings) -> App:
    """The gateway in front of an application, which gets everything else."""
    gateway = Gateway(settings)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await gateway(scope, receive, send)
        elif scope["type"] == "lifespan":
            await inner(scope, _closing(gateway, receive), send)
        else:
            await inner(scope, receive, send)

    return app


def create_gateway() -> App:
    """The gateway alone."""
    return mount(_alone, get_settings())


def _closing(gateway: Gateway, receive: Receive) -> Receive:
    async def receive_and_close() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await gateway.close()
        return message

    return receive_and_close


async def _alone(scope: Scope, receive: Receive, send: Send) -> None:
    """What is left where there is nothing else: the server's life, and whether it is alive."""
    if scope["type"] == "lifespan":
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})
    elif scope["type"] == "http" and scope["path"] == "/_health":
        await answer_json(send, {"status": True})
    elif scope["type"] == "http":
        told = f"There is nothing at {scope['path']}. The gateway is at {PREFIX}{_VERSION}."
        await refuse(send, 404, "not_found", told)
    else:
        await send({"type": "websocket.close"})


def _read_size(inbound: Inbound) -> int:
    """How large a request says that it is."""
    told = inbound.known.get("content-length", "")
    return int(told) if told.isdecimal() else 0


def _is_near(scope: Scope) -> bool:
    client = scope.get("client")
    return client is None or str(client[0]).startswith(_LOOPBACK)


def _is_models(path: str) -> bool:
    """Whether a path is that of models or of one model, and leads nowhere else."""
    first, *others = path.split("/")
    return first == "models" and not {"", ".", ".."} & set(others)


def _is_called_near(inbound: Inbound) -> bool:
    """Whether a caller names this machine; a page whose name was bent to it names another."""
    try:
        host = urlsplit(f"//{inbound.known.get('host', 'localhost')}").hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def _refuse_unknown(request: _Request) -> None:
    below = request.path.removeprefix(f"{_VERSION}/")
    if below in _CALLS or below == "feedback":
        allowed: Headers = [(b"allow", b"POST")]
        told = f"{PREFIX}{request.path} takes POST, not {request.method}."
        await refuse(request.send, 405, "method_not_allowed", told, allowed)
        return
    known = ", ".join(sorted({*_CALLS, "models", "feedback"}))
    told = f"There is nothing at {PREFIX}{request.path}. {PREFIX}{_VERSION}/ has {known}."
    await refuse(request.send, 404, "not_found", told)
