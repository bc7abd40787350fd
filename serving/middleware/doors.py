"""Which door a request knocks at, and who may knock: Host, forwarded headers, peer, identifiers in addresses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote_plus

from serving.middleware.errors import Fault, fault_of_status
from serving.refusals import refusal
from serving.settings import is_loopback

Door = Literal["api", "health", "internal", "page"]
HEALTH = frozenset({"/livez", "/readyz", "/healthz"})
INTERNAL = frozenset({"/metrics", "/docs.json", "/schema.json"})
UPLOADS = frozenset({"/forecasts/upload", "/forecasts/overrides/upload", "/scenarios/upload"})
"""Pages that take a form with a file, and therefore a larger body."""
PROXIED = frozenset({"forwarded", "x-real-ip", "via"})
"""Headers that proxies add, besides every X-Forwarded-*."""
MAX_HEADER_CHARACTERS = 32_768
"""Of all headers together besides the token, which has a limit of its own."""
_IDENTIFIER = re.compile(r"(?<!\d)\d{6}[-+A-FU-Y]\d{3}[0-9A-Y](?![0-9A-Za-z])", re.IGNORECASE)


@dataclass(frozen=True)
class DoorRules:
    """Who may knock."""

    allowed_hosts: tuple[str, ...]
    is_development: bool
    trusted_proxies: tuple[str, ...] = ()
    """Whose X-Forwarded-For is believed; only the counting of failures looks at it."""


def door_of(path: str) -> Door:
    """The kind of address."""
    if path == "/v1" or path.startswith("/v1/"):
        return "api"
    if path in HEALTH:
        return "health"
    return "internal" if path in INTERNAL else "page"


def is_upload(scope: Mapping[str, Any], headers: Mapping[str, str], door: Door) -> bool:
    """True for a form with a file, sent by a browser that holds a session cookie, to a page that takes one."""
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    signed_in = "luotain_session=" in headers.get("cookie", "")
    return door == "page" and scope["path"] in UPLOADS and media == "multipart/form-data" and signed_in


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Header values by lower-case name; several of one name are joined with a comma."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def door_fault(scope: Mapping[str, Any], headers: Mapping[str, str], rules: DoorRules) -> Fault | None:
    """Why this request may not come in at all, or None."""
    if sum(len(value) for name, value in headers.items() if name != "authorization") > MAX_HEADER_CHARACTERS:
        return fault_of_status(431)
    if _host_name(headers.get("host", "")) not in rules.allowed_hosts:
        return Fault(400, "bad_host", refusal("bad_host"))
    if rules.is_development and not _is_direct(scope, headers):
        return Fault(403, "development_only", refusal("development_only"))
    query = scope.get("query_string", b"").decode("latin-1")
    if _IDENTIFIER.search(scope["path"]) or _IDENTIFIER.search(unquote_plus(query)):
        return Fault(400, "identifier_in_address", refusal("identifier_in_address"))
    return None


def address_of(scope: Mapping[str, Any], headers: Mapping[str, str], trusted: tuple[str, ...]) -> str:
    """Where a request comes from: the peer, or behind a trusted proxy whom that proxy names last."""
    peer = scope.get("client")
    address = str(peer[0]) if peer else ""
    if address not in trusted:
        return address
    return headers.get("x-forwarded-for", address).rpartition(",")[2].strip()[:64]


def _is_direct(scope: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """True when the request comes from this machine and through no proxy."""
    forwarded = any(name in PROXIED or name.startswith("x-forwarded") for name in headers)
    peer = scope.get("client")
    return not forwarded and (peer is None or is_loopback(str(peer[0])))


def _host_name(host: str) -> str:
    """The Host header without its port."""
    name = host.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]
