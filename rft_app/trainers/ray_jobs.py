"""The Jobs API of a Ray cluster, which its dashboard serves.

Every method is one call without a second try: whoever asks knows what may be repeated.  Ray's own
client needs the whole of `ray`; four of its calls do.

https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html
"""

import hashlib
import http.client
import ipaddress
import re
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
import orjson

from rft_app.errors import ProviderError

CALL_S: Final = 10.0
PROBE_S: Final = 2.0
"""Of a look whether it is there; somebody waits before a form."""
MAX_REPLY_BYTES: Final = 100_000_000
"""Logs come as a whole."""
_ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "STOPPED"})
_REFUSED: Final = frozenset({401, 403})
_GONE: Final = "does not exist"
_WRAPPED: Final = "Request failed with status code 400"
"""A bad request that the dashboard passed on, and answered with 500."""
_MADE_AT: Final = (1980, 1, 1, 0, 0, 0)
T = TypeVar("T")


class RayJob(msgspec.Struct):
    """A job as the cluster tells it."""

    status: str
    """`PENDING`, `RUNNING`, `SUCCEEDED`, `FAILED` or `STOPPED`."""
    message: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status in _ENDED

    @property
    def said(self) -> str:
        """The cluster's own words, shortened: after a failure they hold the log's end."""
        return " ".join((self.message or "").split())[:300]


class _Version(msgspec.Struct):
    ray_version: str


class _Logs(msgspec.Struct):
    logs: str


class Package(NamedTuple):
    """Files for a job; the same ones have the same name."""

    name: str
    body: bytes

    @property
    def uri(self) -> str:
        """What a job calls it."""
        return f"gcs://{self.name}"

    @classmethod
    def of(cls, files: Mapping[str, Path]) -> "Package":
        """Pack files by the names that they have there."""
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(files):
                facts = zipfile.ZipInfo(name, _MADE_AT)
                facts.external_attr = 0o644 << 16
                facts.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(facts, files[name].read_bytes())
        body = packed.getvalue()
        return cls(f"_ray_pkg_{hashlib.sha256(body).hexdigest()[:16]}.zip", body)


class RayOrder(NamedTuple):
    """A job to begin."""

    job_id: str
    """Chosen by us: a second job of the same name is refused."""
    entrypoint: str
    metadata: Mapping[str, str]
    package: Package | None = None
    """Its working folder."""
    environment: Mapping[str, str] = {}
    requirements: Sequence[str] = ()
    """What pip installs there before."""
    num_cpus: float = 0.0
    num_gpus: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As the API wants it."""
        return {
            "submission_id": self.job_id,
            "entrypoint": self.entrypoint,
            "runtime_env": {
                **({} if self.package is None else {"working_dir": self.package.uri}),
                **({"env_vars": dict(self.environment)} if self.environment else {}),
                **({"pip": list(self.requirements)} if self.requirements else {}),
            },
            "metadata": dict(self.metadata),
            "entrypoint_num_cpus": self.num_cpus or None,
            "entrypoint_num_gpus": self.num_gpus or None,
        }


class RayJobs:
    """The jobs of one cluster.

    Every method raises `ProviderError`: it does not answer, or refuses; `retryable` tells apart
    what may pass by itself.
    """

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        self.address = address.rstrip("/")
        self._headers = dict(headers)
        handlers: list[urllib.request.BaseHandler] = [_StayHere()]
        if _is_loopback(address):
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def get_version(self) -> str:
        """The version of Ray."""
        reply = self._call("GET", "/api/version", timeout_s=PROBE_S)
        return self._read(reply, _Version).ray_version

    def bring(self, package: Package) -> None:
        """Upload a package unless it is there."""
        path = f"/api/packages/gcs/{quote(package.name)}"
        if self._find(path) is None:
            self._call("PUT", path, package.body, "application/octet-stream")

    def begin(self, order: RayOrder) -> None:
        """Order a job whose package is there."""
        self._call("POST", "/api/jobs/", orjson.dumps(order.to_json()), "application/json")

    def find(self, job_id: str) -> RayJob | None:
        """A job; `None` where the cluster says that it knows none of that name."""
        reply = self._find(f"/api/jobs/{quote(job_id)}")
        return None if reply is None else self._read(reply, RayJob)

    def read_logs(self, job_id: str) -> str:
        """All that a job printed so far."""
        reply = self._find(f"/api/jobs/{quote(job_id)}/logs")
        return "" if reply is None else self._read(reply, _Logs).logs

    def stop(self, job_id: str) -> None:
        """End a job; after three seconds by force."""
        self._call("POST", f"/api/jobs/{quote(job_id)}/stop", b"")

    def _find(self, path: str) -> bytes | None:
        try:
            return self._call("GET", path)
        except ProviderError as error:
            if error.details.get("status") == http.HTTPStatus.NOT_FOUND and _GONE in error.message:
                return None  # other 404s are of a proxy before a cluster that is down
            raise

    def _read(self, reply: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(reply, type=kind)
        except msgspec.DecodeError as error:
            raise ProviderError(
                f"What answers at {self.address} is no Ray cluster: {error}", retryable=True
            ) from error

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str = "text/plain",
        *,
        timeout_s: float = CALL_S,
    ) -> bytes:
        headers = {**self._headers, **({} if body is None else {"Content-Type": kind})}
        request = urllib.request.Request(
            self.address + path, data=body, headers=headers, method=method
        )
        try:
            with self._opener.open(request, timeout=timeout_s) as reply:
                raw: bytes = reply.read(MAX_REPLY_BYTES + 1)
        except urllib.error.HTTPError as error:
            raise self._to_error(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise ProviderError(
                f"The Ray cluster at {self.address} does not answer ({_explain(error)})",
                retryable=True,
            ) from error
        if len(raw) > MAX_REPLY_BYTES:
            raise ProviderError(f"{self.address}{path} answered more than 100 MB", retryable=True)
        return raw

    def _to_error(self, error: urllib.error.HTTPError) -> ProviderError:
        with error:
            text = error.read(20_000).decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if re.search(r"\w", line)]
        said = lines[-1][:300] if lines else str(error.reason)
        words = f"The Ray cluster at {self.address} answered {error.code}: {said}"
        if error.code in _REFUSED:
            words = (
                f"The Ray cluster at {self.address} refused the call ({error.code}). Check "
                "RFT_RAY_HEADERS"
            )
        is_final = error.code in {*_REFUSED, http.HTTPStatus.BAD_REQUEST} or _WRAPPED in text
        return ProviderError(words, retryable=not is_final, status=error.code)


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere, for headers may hold a token."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # as inherited
        return None


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _explain(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__
