"""Who is at the door and what they may do: the gate ahead of Streamlit, and the questions pages ask it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import streamlit as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

VERDICT = "x-aze-local"
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})

_gate_stands = False


def authority(text: str) -> tuple[str, int | None] | None:
    """Split ``host[:port]`` as it stands in a Host header or behind the ``//`` of an origin.

    Parameters
    ----------
    text : str
        A host name, an IPv4 address or a bracketed IPv6 address, with or without a port.

    Returns
    -------
    tuple[str, int or None] or None
        The name in lower case without brackets or closing dot, and the port; None for anything else.

    Examples
    --------
    >>> authority("LocalHost:8501")
    ('localhost', 8501)
    >>> authority("[::1]")
    ('::1', None)
    >>> authority("localhost@elsewhere.example") is None
    True
    """
    name, port = text, ""
    if text.startswith("["):
        name, bracket, port = text[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return None
        port = port[1:]
    elif ":" in text:
        name, _, port = text.partition(":")
    name = name.lower().removesuffix(".")
    if not name or not name.isascii() or not all(c.isalnum() or c in "-._:" for c in name):
        return None
    if not port:
        return name, None
    if not (port.isascii() and port.isdigit()) or int(port) > 65535:
        return None
    return name, int(port)


def is_loopback(address: str | None) -> bool:
    """Tell whether an IP address belongs to this machine alone; False for names and for None.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::ffff:127.0.0.1"), is_loopback("192.168.1.7")
    (True, True, False)
    """
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


def _is_forwarding(header: str) -> bool:
    return header.startswith("x-forwarded") or header in {"forwarded", "x-real-ip"}


class Gate:
    """ASGI middleware that lets in only requests meant for this server and says who is local.

    A request passes when its one Host header names this server and its Origin, where there is one, is that
    same address. Otherwise it is refused before Streamlit sees it (400 or 403; a websocket before it is
    accepted), because Streamlit asks an outside service for its own address when it meets a foreign origin.

    What passes loses every forwarding header, and gets the header ``x-aze-local``, which no client can set:
    ``1`` when the peer of the socket is this machine and nobody says to have relayed the request, else ``0``.
    Do not trust the verdict behind a proxy on the same machine that adds no forwarding header.

    Parameters
    ----------
    app : ASGI application
        What stands behind the gate.
    hosts : iterable of str
        Names and addresses, without port, under which this server may be addressed.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = LOOPBACK_NAMES) -> None:
        self.app = app
        self.hosts = frozenset(host.lower().removesuffix(".") for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or hand it on with the verdict."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = [(name.decode("latin-1").lower(), value) for name, value in scope["headers"]]
        refusal = self._refusal(scope["scheme"], headers)
        if refusal:
            await _refuse(scope["type"], send, *refusal)
            return
        peer = scope.get("client")
        relayed = any(_is_forwarding(name) for name, _ in headers)
        local = peer is not None and is_loopback(peer[0]) and not relayed
        kept = [
            (name, value)
            for name, value in scope["headers"]
            if not _is_forwarding(lower := name.decode("latin-1").lower()) and lower != VERDICT
        ]
        kept.append((VERDICT.encode(), b"1" if local else b"0"))

        async def send_unframed(message: Message) -> None:
            # A foreign page that shows this one in a frame could borrow the visitor's clicks.
            if message["type"] == "http.response.start":
                policy = (b"content-security-policy", b"frame-ancestors 'self'")
                message = {**message, "headers": [*message.get("headers", ()), policy]}
            await send(message)

        await self.app({**scope, "headers": kept}, receive, send_unframed)

    def _refusal(self, scheme: str, headers: list[tuple[str, bytes]]) -> tuple[int, str] | None:
        given = [value.decode("latin-1") for name, value in headers if name == "host"]
        host = authority(given[0]) if len(given) == 1 else None
        if host is None or host[0] not in self.hosts:
            return (
                400,
                "This server does not answer to that host name. Open the address that it printed at start.",
            )
        secure = scheme in {"https", "wss"}
        default = 443 if secure else 80
        here = ("https" if secure else "http", host[0], host[1] or default)
        for origin in (value.decode("latin-1") for name, value in headers if name == "origin"):
            origin_scheme, _, rest = origin.partition("://")
            there = authority(rest)
            if there is None or (origin_scheme.lower(), there[0], there[1] or default) != here:
                return 403, "Requests from other sites are refused."
        return None


async def _refuse(kind: str, send: Send, status: int, reason: str) -> None:
    if kind == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    body = f"{reason}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def trust_gate() -> None:
    """Declare that every request of this process has passed a `Gate`, so that its verdict is the only proof.

    Without this, anyone could send the header, and a session whose client has left would look local.
    """
    global _gate_stands
    _gate_stands = True


def is_local() -> bool:
    """Tell whether the visitor of the current session sits at the machine that runs the server.

    Behind the gate its verdict decides, and no verdict means no. Without a gate (``streamlit run app.py``,
    AppTest) a visitor is local only when the configured ``server.address`` is a loopback address, the Host
    header names this machine, and nobody relayed the request.

    Returns
    -------
    bool
        True for the machine itself. Someone who opens the network address on that machine counts as remote.
    """
    headers = st.context.headers
    if _gate_stands:
        return headers.get(VERDICT) == "1"
    address = config.get_option("server.address")
    if address != "localhost" and not is_loopback(address):
        return False
    given = headers.get("host")
    host = authority(given) if given is not None else ("localhost", None)
    return (
        host is not None
        and host[0] in LOOPBACK_NAMES
        and not any(_is_forwarding(name.lower()) for name in headers)
    )


def may_write() -> bool:
    """Tell whether the visitor may change what is stored; to be asked inside every action that does.

    Returns
    -------
    bool
        True on the machine itself; away from it everything is read-only.
    """
    return is_local()
