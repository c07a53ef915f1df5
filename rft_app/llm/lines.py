"""Connections to one provider, and what goes wrong on them, with secrets hidden."""

import ssl
import threading
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import httpx2
import msgspec
import openai
from openai.resources.chat import Chat

from rft_app.domain.provider import ProviderKind, hide_credentials
from rft_app.domain.provider_check import is_key
from rft_app.errors import NotAvailableError
from rft_app.llm._error_rules import find_kind_in
from rft_app.llm._errors import MAX_MESSAGE, StatusFailure, read_status_failure
from rft_app.llm._secrets import Secrets
from rft_app.llm.catalogue import Connection, Endpoint
from rft_app.llm.failures import CallFailure, CallFailureKind

CONNECT_TIMEOUT_S = 10.0
_NO_KEY = "none"
"""Sent where no key is set; the library insists on one."""
_SHOWN_OF_BODY = 120
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

GATEWAY_TIMEOUT = 504
_BEFORE_SENDING = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.WriteError,
    httpx2.WriteTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
    httpx2.ProxyError,
    UnicodeError,
)

Send = Callable[[openai.OpenAI], Any]
"""Makes one call with the library's client, asking for the raw response."""


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The authorities that the library trusts; reading them takes longer than all the rest."""
    return httpx2.create_ssl_context()


class Lines:
    """The library's clients, one for each call under way at a time.

    A client that many threads share asks all its open connections before each call whether they
    are still open, behind one lock.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        timeout_s = endpoint.provider.timeout_s
        self._timeout = openai.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
        self._lock = threading.Lock()
        self._free: defaultdict[tuple[str, str], list[openai.OpenAI]] = defaultdict(list)
        """By address and key, which may change."""
        self._secrets = Secrets()
        self._keys: set[str] = set()
        """Those that were sent, and that no message may show."""

    def close(self) -> None:
        """Give the connections back."""
        for clients in self._free.values():
            while clients:
                clients.pop().close()

    def complete(self, arguments: dict[str, Any]) -> bytes | StatusFailure:
        """Ask for a chat completion."""

        def send(client: openai.OpenAI, more: dict[str, Any]) -> Any:  # noqa: ANN401
            create: Any = Chat(client).completions.with_raw_response.create
            return create(**arguments, extra_body=more) if more else create(**arguments)

        return self._send(send, str(arguments["model"]))

    def send(self, send: Send) -> bytes | StatusFailure:
        """The body of an answer with a good status, without keys that it says, or why not."""
        return self._send(lambda client, _more: send(client), None)

    def _send(
        self, send: Callable[[openai.OpenAI, dict[str, Any]], Any], model: str | None
    ) -> bytes | StatusFailure:
        try:
            connection = self.connect(model)
        except NotAvailableError as error:
            return self.explain_unready(error)
        try:
            with self._borrow(connection) as client:
                body = send(client, connection.more).http_response.content
            return self._secrets.hide_in_body(body)
        except openai.APIError as error:
            return self.explain(error, connection)

    def explain_unready(self, error: NotAvailableError) -> StatusFailure:
        """Nothing could be sent."""
        return StatusFailure(self._fail(CallFailureKind.NOT_READY, error.message))

    def explain(self, error: openai.APIError, connection: Connection) -> StatusFailure:
        """What went wrong with a call."""
        if isinstance(error, openai.APITimeoutError):
            limit = f"No answer within {self._endpoint.provider.timeout_s:g} s."
            failure = self._fail(CallFailureKind.TIMEOUT, limit, may_be_charged=_was_sent(error))
            return StatusFailure(failure)
        if isinstance(error, openai.APIConnectionError):
            where = self.hide(f"{connection.base_url}: {error.__cause__ or error}")
            failure = self._fail(
                CallFailureKind.UNREACHABLE, where, may_be_charged=_was_sent(error)
            )
            return StatusFailure(failure)
        if isinstance(error, openai.APIStatusError):
            found = read_status_failure(error, self.hide)
            is_late = error.status_code == GATEWAY_TIMEOUT
            failure = self._fail(found.failure.kind, found.failure.message, may_be_charged=is_late)
            return StatusFailure(failure, found.retry_after_s, found.refused_parameter)
        said = self.hide(error.message)
        return StatusFailure(self._fail(CallFailureKind.SERVER_ERROR, said))

    def explain_completion(self, body: bytes) -> CallFailure:
        """An answer with a good status that holds no chat completion; JSON was made by a model.

        A page is what proxies and gateways serve for a while, so that call may be made again.
        """
        if body.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] == b"<":
            shown = self.hide(body.decode(errors="replace"))[:_SHOWN_OF_BODY]
            return self._fail(
                CallFailureKind.WEB_PAGE,
                f"The provider answered with a web page instead of a chat completion: {shown}",
            )
        found = self.explain_body(body, "chat completion")
        is_of_model = found.kind is CallFailureKind.NO_COMPLETION and body.lstrip()[:1] == b"{"
        return found.model_copy(update={"may_be_charged": is_of_model})

    def explain_body(self, body: bytes, wanted: str) -> CallFailure:
        """An answer that is not what it should be, e.g. no `list of models`."""
        shown = self.hide(body.decode(errors="replace"))[:_SHOWN_OF_BODY] or "nothing"
        message = f"The provider answered with no {wanted}: {shown}"
        told = None
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            told = find_kind_in(msgspec.json.decode(body))
        return self._fail(told or CallFailureKind.NO_COMPLETION, message)

    def connect(self, model: str | None) -> Connection:
        """To the provider, for calls of a model where one is meant.

        Raises:
            NotAvailableError: It cannot be reached; the message says what to do.
        """
        reached = self._endpoint
        found = reached.connect() if model is None else reached.connect_to(model)
        connection = found._replace(api_key=found.api_key.strip())
        if connection.api_key and not is_key(connection.api_key):
            raise NotAvailableError(
                f"The key of the provider {self._endpoint.provider.name!r} holds blanks or letters "
                "that no key has. Copy it anew."
            )
        with self._lock:
            if connection.api_key not in self._keys:
                self._keys.add(connection.api_key)
                self._secrets = Secrets(self._keys)
        return connection

    @contextmanager
    def _borrow(self, connection: Connection) -> Generator[openai.OpenAI]:
        """The client that was used last, whose connection is the likeliest to be open still."""
        free = self._free[connection.base_url, connection.api_key]
        try:
            client = free.pop()
        except IndexError:
            http = openai.DefaultHttpxClient(verify=_trusted())
            client = openai.OpenAI(**self.to_options(connection), http_client=http)
        try:
            yield client
        finally:
            free.append(client)

    def to_options(self, connection: Connection) -> dict[str, Any]:
        """What the library's clients are made with."""
        return {
            "base_url": connection.base_url,
            "api_key": connection.api_key or _NO_KEY,
            "max_retries": 0,
            "timeout": self._timeout,
        }

    def hide(self, text: str) -> str:
        """Without any key that was sent, and without passwords in addresses."""
        return hide_credentials(self._secrets.hide(text))

    def _fail(
        self, kind: CallFailureKind, message: str, *, may_be_charged: bool = False
    ) -> CallFailure:
        provider = self._endpoint.provider
        is_own = provider.kind is ProviderKind.ENVIRONMENT
        named = "" if is_own else provider.name
        return CallFailure(
            kind=kind,
            message=message[:MAX_MESSAGE],
            provider=named,
            may_be_charged=may_be_charged,
        )


def _was_sent(error: openai.APIConnectionError) -> bool:
    """Whether the whole question may have reached the provider before the line broke."""
    return not isinstance(error.__cause__, _BEFORE_SENDING)
