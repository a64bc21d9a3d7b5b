"""Start the app: Streamlit's own ASGI application behind our gate, on sockets that we open ourselves."""

from __future__ import annotations

import argparse
import errno
import ipaddress
import os
import socket
import struct
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import streamlit
import uvicorn
from streamlit import net_util
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import bootstrap
from streamlit.web.server import server_util
from streamlit.web.server.starlette import starlette_server

from pages.shell.access import LOOPBACK_NAMES, Gate, trust_gate

ROOT = Path(__file__).resolve().parents[2]
PORT_TAKEN = 3
BACKLOG = 2048


class ServeError(Exception):
    """The server cannot start; the message says what to do and `status` is the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def build_app(script: str | Path, hosts: Iterable[str] = LOOPBACK_NAMES, port: int = 8501) -> Gate:
    """Make the ASGI application: the gate, then Streamlit running `script`.

    Settings are those of ``.streamlit/config.toml`` beside the script and in the current folder, except for
    the ones that decide who can reach the server and whom it may reach. One application per process, because
    Streamlit keeps its settings and its runtime in globals.

    Parameters
    ----------
    script : str or Path
        The Streamlit script, for example ``app.py``.
    hosts : iterable of str
        Names and addresses, without port, under which the server may be addressed.
    port : int
        The port that the sockets are bound to; Streamlit needs it for the addresses that it writes.

    Raises
    ------
    ServeError
        When there is no such script.
    """
    path = Path(script).resolve()
    if not path.is_file():
        raise ServeError(f"There is no app at {path}: name the script with --app.")
    names = sorted(hosts)
    # A root folder called pages/ would otherwise make Streamlit open deep links without the app's frame.
    PagesManager.uses_pages_directory = False
    # These two are otherwise asked of an outside service and of the routing table.
    net_util._external_ip = net_util._internal_ip = "127.0.0.1"
    for folder in (str(ROOT), str(path.parent)):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    app = streamlit.App(path)
    bootstrap.load_config_options(
        {
            "server.address": "127.0.0.1",
            "server.port": port,
            "server.allowedHosts": names,
            "server.headless": True,
            "server.enableCORS": True,
            "server.enableXsrfProtection": True,
            "server.enableAgentApi": False,
            "browser.gatherUsageStats": False,
            "browser.serverPort": port,
            "global.developmentMode": False,
        }
    )
    return Gate(app, names)


def listen(addresses: Sequence[str], port: int) -> list[socket.socket]:
    """Bind and open one socket for each address.

    Parameters
    ----------
    addresses : sequence of str
        IP addresses of this machine; never a wildcard.
    port : int
        The port for all of them; 0 lets the system choose one at the first address.

    Returns
    -------
    list[socket.socket]
        Listening sockets in the order of `addresses`.

    Raises
    ------
    ServeError
        When the port is taken or reserved, or an address is not one of this machine's.
    """
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            sockets.append(sock := socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET))
            if sys.platform == "win32":
                # There SO_REUSEADDR would let two servers share a port.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, port))
            sock.listen(BACKLOG)
            sock.setblocking(False)
            port = sock.getsockname()[1]
    except OSError as error:
        for sock in sockets:
            sock.close()
        if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
            raise ServeError(
                f"{address} is not an address of this machine: name one that is with --lan ADDRESS."
            ) from error
        if error.errno == errno.EADDRINUSE:
            raise ServeError(f"Port {port} is in use: choose another with --port.", PORT_TAKEN) from error
        if error.errno == errno.EACCES:
            raise ServeError(
                f"Port {port} is reserved by the system: choose another with --port.", PORT_TAKEN
            ) from error
        raise
    return sockets


def network_addresses() -> list[str]:
    """List this machine's IPv4 addresses on its networks, the likeliest for a local network first.

    The interfaces are read, nothing is sent and no name is looked up outside. Loopback addresses are left
    out; where several networks are connected, the first need not be the one that is meant.
    """
    if sys.platform == "win32":
        found = socket.gethostbyname_ex(socket.gethostname())[2]
    else:
        import fcntl

        request = 0xC0206921 if sys.platform == "darwin" else 0x8915  # SIOCGIFADDR
        routed = _default_interfaces()
        names = [name for _, name in socket.if_nameindex()]
        # Virtual bridges come last: nobody in the room can reach them.
        names.sort(key=lambda name: (name not in routed, not name.startswith(("en", "eth", "wl"))))
        found = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for name in names:
                try:
                    answer = fcntl.ioctl(sock.fileno(), request, struct.pack("256s", name.encode()[:15]))
                except OSError:
                    continue  # an interface without an IPv4 address
                found.append(socket.inet_ntoa(answer[20:24]))
    usable = [a for a in dict.fromkeys(found) if not ipaddress.ip_address(a).is_loopback]
    return sorted(usable, key=lambda a: ipaddress.ip_address(a).is_link_local)


def _default_interfaces() -> set[str]:
    try:
        rows = Path("/proc/net/route").read_text().splitlines()[1:]
    except OSError:
        return set()
    return {row.split()[0] for row in rows if row.split()[1] == "00000000"}


def _lan_address(wanted: str) -> str:
    if not wanted:
        found = network_addresses()
        if not found:
            raise ServeError("This machine is on no network: connect it to one, or start without --lan.")
        return found[0]
    try:
        ip = ipaddress.ip_address(wanted)
    except ValueError:
        ip = None
    if ip is None or ip.is_unspecified or str(ip) == "127.0.0.1":
        raise ServeError(f"{wanted} cannot be shared: give --lan the address of one network of this machine.")
    return str(ip)


class _Server(uvicorn.Server):
    """Prints where the app is once it answers."""

    def __init__(self, settings: uvicorn.Config, addresses: Sequence[str]) -> None:
        super().__init__(settings)
        self.addresses = addresses

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        for label, address in zip(("Ready", "On this network, read-only"), self.addresses, strict=False):
            host = f"[{address}]" if ":" in address else address
            print(f"{label}: {server_util.get_url(host)}", flush=True)

    def stop_when_input_ends(self) -> None:
        """End the server when standard input does: whoever started it has gone, however it went."""

        def wait() -> None:
            while os.read(0, 1024):
                pass
            self.should_exit = True

        threading.Thread(target=wait, daemon=True).start()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pages.shell.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=8501, help="port to listen on (default 8501)")
    parser.add_argument("--store", default=os.environ.get("AZE_STORE", ROOT / ".store"), help="store folder")
    parser.add_argument(
        "--lan", nargs="?", const="", metavar="ADDRESS", help="also serve the local network, read-only"
    )
    parser.add_argument("--app", default=ROOT / "app.py", help="the Streamlit script (default app.py)")
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input ends")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the app until it is stopped.

    Parameters
    ----------
    argv : sequence of str, optional
        Command-line arguments; those of the process when left out.

    Returns
    -------
    int
        Exit status: 0 after a normal stop, 3 where the port cannot be had, 1 for other failures.
    """
    args = _parser().parse_args(argv)
    try:
        hosts, addresses = set(LOOPBACK_NAMES), ["127.0.0.1"]
        if args.lan is not None:
            addresses.append(_lan_address(args.lan))
            name = socket.gethostname().lower()
            hosts |= {addresses[1], name, f"{name.removesuffix('.local')}.local"}
        sockets = listen(addresses, args.port)
        os.environ["AZE_STORE"] = str(Path(args.store).resolve())
        app = build_app(args.app, hosts, sockets[0].getsockname()[1])
    except ServeError as error:
        print(error, file=sys.stderr)
        return error.status
    trust_gate()
    sys.argv = [str(args.app)]
    settings = uvicorn.Config(
        app,
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=3,
        **starlette_server._get_uvicorn_config_kwargs(),
    )
    server = _Server(settings, addresses)
    if args.until_eof:
        server.stop_when_input_ends()
    try:
        server.run(sockets=sockets)
    except KeyboardInterrupt:
        return 0
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
