"""What goes out: security headers, no server name, and every error of the API in the one shape."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from serving.middleware.errors import Fault, fault_of_answer

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

API_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
PAGE_HEADERS = {
    **API_HEADERS,
    "content-security-policy": "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
HIDDEN = (b"server", b"x-bentoml-request-id", b"x-bentoml-trace-id")


class Outgoing:
    """One response on its way out.  After `abandon` nothing of the inner app's answer is sent any more."""

    def __init__(self, send: Send, request_id: str, language: str, is_page: bool, is_production: bool) -> None:
        self._send = send
        self._request_id = request_id
        self._language = language
        self._is_page = is_page
        self._defaults = dict(PAGE_HEADERS if is_page else API_HEADERS)
        if is_production:
            self._defaults["strict-transport-security"] = "max-age=31536000"
        self._failed: tuple[int, list[tuple[bytes, bytes]], bytearray] | None = None
        self._abandoned = False
        self.started = False
        self.closes = False
        """True: the connection ends with this answer."""

    async def send(self, message: Message) -> None:
        """The inner app's `send`."""
        if self._abandoned:
            return
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body" and self._failed is not None:
            await self._collect(message)
        else:
            await self._send(message)

    async def refuse(self, fault: Fault) -> None:
        """Answer with a fault instead of the inner app."""
        self._abandoned = True
        if self.started:
            return
        self.started = True
        body, media = fault.body(self._request_id, self._language), b"application/json"
        if self._is_page:
            body, media = (
                f"{fault.message[self._language]}\n({self._request_id})\n".encode(),
                b"text/plain; charset=utf-8",
            )
        headers = [(name.encode(), value.encode()) for name, value in (fault.headers or {}).items()]
        await self._send_whole(fault.status, [*headers, (b"content-type", media)], body)

    async def _start(self, message: Message) -> None:
        self.started = True
        if message["status"] >= 400 and not self._is_page:
            self._failed = (message["status"], list(message.get("headers", ())), bytearray())
            return
        await self._send({**message, "headers": self._dressed(message.get("headers", ()))})

    async def _collect(self, message: Message) -> None:
        """Keep the body of a failed answer until it is whole, then say it in our shape."""
        if self._failed is None:
            return
        status, headers, body = self._failed
        body += message.get("body", b"")
        if message.get("more_body", False):
            return
        fault = fault_of_answer(status, bytes(body))
        kept = [(name, value) for name, value in headers if name.lower() in (b"allow", b"retry-after")]
        content = fault.body(self._request_id, self._language)
        await self._send_whole(fault.status, [*kept, (b"content-type", b"application/json")], content)

    async def _send_whole(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        headers = [*headers, (b"content-language", self._language.encode())]
        length = (b"content-length", str(len(body)).encode())
        start = {"type": "http.response.start", "status": status, "headers": self._dressed([*headers, length])}
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})

    def _dressed(self, headers: Any) -> list[tuple[bytes, bytes]]:
        kept = [(name, value) for name, value in headers if name.lower() not in HIDDEN]
        present = {name.lower().decode("latin-1") for name, _ in kept}
        added = {name: value for name, value in self._defaults.items() if name not in present}
        added["x-request-id"] = self._request_id
        if self.closes:
            added["connection"] = "close"
        return [*kept, *((name.encode(), value.encode()) for name, value in added.items())]
