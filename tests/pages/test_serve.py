"""The server: who gets in, who counts as local, whom it contacts, where it listens and how it ends."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.testing.v1 import AppTest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from pages.shell import access, serve

ROOT = Path(serve.__file__).resolve().parents[2]

FRAME = """
    import streamlit as st
    from pages.shell import access
    st.write("the frame")
    st.write(f"local={access.is_local()} write={access.may_write()}")
    st.navigation([
        st.Page("pages/first/home.py", title="Home", default=True),
        st.Page("pages/second/priorities.py", title="Priorities", url_path="priorities"),
    ]).run()
"""

# Started in place of the server: writes down every host that the process connects to or looks up.
WATCHER = """
    import ipaddress, socket, sys
    from pathlib import Path
    log = Path(sys.argv.pop(1))
    def note(event, args):
        if event == "socket.connect" and isinstance(args[1], tuple):
            host = args[1][0]
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = args[0]
        else:
            return
        with log.open("a") as file:
            file.write(f"{host}\\n")
    sys.addaudithook(note)
    socket.getaddrinfo("127.0.0.1", 1)
    from pages.shell.serve import main
    sys.exit(main())
"""


class Running:
    """A server process for the small app, its port and what it said at start."""

    def __init__(self, folder: Path, *options: str, watcher: bool = False) -> None:
        for name, text in {
            "app.py": FRAME,
            "pages/first/home.py": "import streamlit as st\nst.write('home page')",
            "pages/second/priorities.py": "import streamlit as st\nst.write('priorities page')",
            "watcher.py": WATCHER,
        }.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
        self.contacted = folder / "contacted.txt"
        start = [str(folder / "watcher.py"), str(self.contacted)] if watcher else ["-m", "pages.shell.serve"]
        self.process = subprocess.Popen(
            [
                *(sys.executable, *start, "--app", str(folder / "app.py")),
                *("--store", str(folder / "store"), "--port", "0", "--until-eof", *options),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = []
        for line in self.process.stdout:
            if "http://" in line:
                self.said.append(line.strip())
                if len(self.said) == 1 + ("--lan" in options):
                    break
        assert self.said, "the server ended before it was ready"
        self.port = int(self.said[0].rpartition(":")[2])

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()

    def get(self, path: str, address: str = "127.0.0.1", **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(address, self.port, timeout=20)
        try:
            connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def visit(self, page: str = "", address: str = "127.0.0.1", **headers: str) -> str:
        """Everything that the app writes into a new session that opens `page`."""
        shown: list[str] = []
        here = f"{address}:{self.port}"
        with connect(
            f"ws://{here}/_stcore/stream",
            origin=Origin(f"http://{here}"),
            subprotocols=[Subprotocol("streamlit")],
            additional_headers={k.replace("_", "-"): v for k, v in headers.items()},
            proxy=None,
        ) as websocket:
            request = BackMsg()
            request.rerun_script.page_name = page
            websocket.send(request.SerializeToString())
            while True:
                answer = ForwardMsg()
                answer.ParseFromString(websocket.recv(timeout=20))  # type: ignore[arg-type]
                kind = answer.WhichOneof("type")
                if kind == "page_not_found":
                    shown.append("PAGE NOT FOUND")
                elif kind == "delta":
                    shown.append(str(answer.delta.new_element))
                elif kind == "script_finished":
                    return "\n".join(shown)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    servers: list[Running] = []

    def run(*options: str, watcher: bool = False) -> Running:
        servers.append(Running(tmp_path, *options, watcher=watcher))
        return servers[-1]

    yield run
    for server in servers:
        server.stop()


def ask(
    headers: list[tuple[str, str]],
    *,
    peer: str | None = "127.0.0.1",
    kind: str = "http",
    scheme: str | None = None,
    hosts: frozenset[str] = access.LOOPBACK_NAMES,
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Send one hand-made request through the gate: the scope that came out behind it, and the answers."""
    seen: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"in"})
        else:
            await send({"type": "websocket.accept"})

    async def receive() -> Any:
        raise AssertionError("the gate reads nothing")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "scheme": scheme or ("ws" if kind == "websocket" else "http"),
        "client": None if peer is None else (peer, 50000),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }
    asyncio.run(access.Gate(behind, hosts)(scope, receive, send))
    return (seen[0] if seen else None), sent


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8501", "localhost", "LOCALHOST:1", "localhost.", "[::1]:8501", "[::1]"]
)
def test_own_names_pass(host: str) -> None:
    scope, sent = ask([("Host", host)])
    assert scope is not None
    assert sent[0]["status"] == 200


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Host", "")],
        [("Host", "planner.example")],
        [("Host", "127.0.0.1.planner.example")],
        [("Host", "192.168.1.5:8501")],
        [("Host", "localhost@planner.example")],
        [("Host", "planner.example@localhost")],
        [("Host", "localhost/x")],
        [("Host", "localhost:port")],
        [("Host", "localhost:99999")],
        [("Host", "[::1")],
        [("Host", "[::1]x")],
        [("Host", "localhost"), ("Host", "planner.example")],
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_unknown_host_is_refused(headers: list[tuple[str, str]], kind: str) -> None:
    scope, sent = ask(headers, kind=kind)
    assert scope is None
    if kind == "http":
        assert sent[0]["status"] == 400
    else:
        assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize(
    ("origin", "scheme", "passes"),
    [
        ("http://localhost:8501", "http", True),
        ("HTTP://LocalHost:8501", "http", True),
        ("https://localhost:8501", "https", True),
        ("http://localhost:8502", "http", False),  # another program on this machine
        ("http://127.0.0.1:8501", "http", False),
        ("https://localhost:8501", "http", False),
        ("http://planner.example", "http", False),
        ("http://localhost:8501.planner.example", "http", False),
        ("null", "http", False),
        ("", "http", False),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_only_the_same_origin_passes(origin: str, scheme: str, passes: bool, kind: str) -> None:
    if kind == "websocket":
        scheme = {"http": "ws", "https": "wss"}[scheme]
    scope, sent = ask([("Host", "localhost:8501"), ("Origin", origin)], kind=kind, scheme=scheme)
    assert (scope is not None) is passes
    if not passes:
        assert sent[0].get("status", sent[0]["type"]) == (403 if kind == "http" else "websocket.close")


def test_default_ports_are_the_same_origin_as_none() -> None:
    assert ask([("Host", "localhost:80"), ("Origin", "http://localhost")])[0] is not None
    assert ask([("Host", "localhost"), ("Origin", "http://localhost:80")])[0] is not None
    assert ask([("Host", "localhost"), ("Origin", "https://localhost:443")], scheme="https")[0] is not None
    assert ask([("Host", "localhost"), ("Origin", "http://localhost:443")])[0] is None


@pytest.mark.parametrize(
    ("peer", "verdict"),
    [
        ("127.0.0.1", b"1"),
        ("127.8.9.1", b"1"),
        ("::1", b"1"),
        ("::ffff:127.0.0.1", b"1"),
        ("192.168.1.7", b"0"),
        ("::ffff:192.168.1.7", b"0"),
        ("fe80::1", b"0"),
        ("localhost", b"0"),  # a name proves nothing
        (None, b"0"),
    ],
)
@pytest.mark.parametrize("claimed", ["0", "1"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_peer_alone_decides_who_is_local(
    peer: str | None, verdict: bytes, claimed: str, kind: str
) -> None:
    headers = [("Host", "localhost"), ("X-AZE-Local", claimed), ("x-aze-local", "1"), ("Accept", "*/*")]
    scope, _ = ask(headers, peer=peer, kind=kind)
    assert scope is not None
    assert [value for name, value in scope["headers"] if name == b"x-aze-local"] == [verdict]
    assert (b"accept", b"*/*") in scope["headers"]


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP"]
)
@pytest.mark.parametrize("peer", ["127.0.0.1", "192.168.1.7"])
def test_forwarding_headers_are_removed_and_never_make_anyone_local(header: str, peer: str) -> None:
    scope, _ = ask([("Host", "localhost"), (header, "127.0.0.1")], peer=peer)
    assert scope is not None
    assert dict(scope["headers"]) == {b"host": b"localhost", b"x-aze-local": b"0"}


def test_no_other_site_may_show_the_app_in_a_frame() -> None:
    _, sent = ask([("Host", "localhost")])
    assert (b"content-security-policy", b"frame-ancestors 'self'") in sent[0]["headers"]


def test_gate_leaves_lifespan_alone() -> None:
    seen = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    async def nothing(*_: Any) -> Any:
        raise AssertionError("nothing to read or send")

    asyncio.run(access.Gate(behind)({"type": "lifespan"}, nothing, nothing))
    assert seen == [{"type": "lifespan"}]


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.168.1.5", False),
        (None, False),
    ],
)
def test_without_a_gate_only_a_loopback_server_is_local(
    monkeypatch: pytest.MonkeyPatch, address: str | None, local: bool
) -> None:
    monkeypatch.setattr(config, "get_option", {"server.address": address}.get)
    assert access.is_local() is local
    assert access.may_write() is local


@pytest.mark.parametrize(
    ("headers", "local"),
    [
        ({"host": "localhost:8501"}, True),
        ({"host": "planner.example"}, False),
        ({"host": "localhost", "x-aze-local": "0"}, True),  # without a gate the header is only a claim
        ({"host": "localhost", "X-Forwarded-For": "192.168.1.7"}, False),
        ({"host": "planner.example", "x-aze-local": "1"}, False),
    ],
)
def test_without_a_gate_the_host_must_be_this_machine(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], local: bool
) -> None:
    monkeypatch.setattr(config, "get_option", {"server.address": "127.0.0.1"}.get)
    monkeypatch.setattr(access.st, "context", type("Context", (), {"headers": headers}))
    assert access.is_local() is local


@pytest.mark.parametrize(("headers", "local"), [({"x-aze-local": "1"}, True), ({"x-aze-local": "0"}, False)])
def test_behind_the_gate_its_verdict_decides(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], local: bool
) -> None:
    monkeypatch.setattr(access, "_gate_stands", False)
    access.trust_gate()
    monkeypatch.setattr(access.st, "context", type("Context", (), {"headers": headers}))
    assert access.is_local() is local
    # A session whose client has left has no headers: nobody is there who could be local.
    monkeypatch.setattr(access.st, "context", type("Context", (), {"headers": {}}))
    assert access.is_local() is False


def test_app_test_counts_as_local_on_a_loopback_server() -> None:
    def script() -> None:
        import streamlit as st

        from pages.shell.access import is_local

        st.text(str(is_local()))

    assert config.get_option("server.address") == "127.0.0.1"
    assert AppTest.from_function(script, default_timeout=60).run().text[0].value == "True"


def test_addresses_that_are_not_ours_are_named() -> None:
    with pytest.raises(serve.ServeError, match=r"198\.51\.100\.1 is not an address of this machine"):
        serve.listen(["127.0.0.1", "198.51.100.1"], 0)


@pytest.mark.parametrize("wanted", ["0.0.0.0", "::", "127.0.0.1", "planner.example"])
def test_only_one_concrete_address_can_be_shared(wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve.main(["--port", "0", "--lan", wanted]) == 1
    assert capsys.readouterr().err.strip() == (
        f"{wanted} cannot be shared: give --lan the address of one network of this machine."
    )


def test_a_machine_on_no_network_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "network_addresses", list)
    assert serve.main(["--port", "0", "--lan"]) == 1
    assert "This machine is on no network" in capsys.readouterr().err


def test_busy_port_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert serve.main(["--port", str(port)]) == serve.PORT_TAKEN
    assert capsys.readouterr().err == f"Port {port} is in use: choose another with --port.\n"


def test_missing_app_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve.main(["--port", "0", "--app", str(tmp_path / "none.py")]) == 1
    assert capsys.readouterr().err == (
        f"There is no app at {(tmp_path / 'none.py').resolve()}: name the script with --app.\n"
    )


def listening(pid: int) -> set[str]:
    """The `address:port` pairs, in the kernel's hexadecimal, on which a process listens."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(os.readlink(link))
        except FileNotFoundError:
            continue
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        if (path := Path(f"/proc/{pid}/net/{table}")).exists()
        for row in path.read_text().splitlines()[1:]
    ]
    return {row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes}


def test_first_request_to_a_deep_link_contacts_nobody_and_has_the_frame(
    start: Callable[..., Running],
) -> None:
    server = start(watcher=True)
    shown = server.visit("priorities")
    assert "the frame" in shown
    assert "priorities page" in shown
    assert "local=True write=True" in shown
    assert "PAGE NOT FOUND" not in shown

    status, body = server.get("/priorities")
    assert status == 200
    assert "<title>" in body
    assert server.get("/_stcore/health") == (200, "ok")
    assert server.get("/", Host="planner.example")[0] == 400
    assert server.get("/_stcore/health", Origin="http://planner.example")[0] == 403
    with pytest.raises(InvalidStatus) as refused:
        connect(
            f"ws://127.0.0.1:{server.port}/_stcore/stream",
            origin=Origin("http://planner.example"),
            subprotocols=[Subprotocol("streamlit")],
            proxy=None,
        )
    assert refused.value.response.status_code == 403
    assert "local=False write=False" in server.visit(X_Forwarded_For="192.168.1.7")

    # The watcher's own look-up shows that it sees; after it there is nothing but this machine.
    contacted = server.contacted.read_text(encoding="utf-8").split()
    assert contacted[0] == "127.0.0.1"
    assert [host for host in contacted if not access.is_loopback(host)] == []


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads the kernel's list of sockets in /proc")
def test_only_this_machine_can_reach_the_server_unless_asked_for(start: Callable[..., Running]) -> None:
    server = start()
    assert listening(server.process.pid) == {f"0100007F:{server.port:04X}"}
    for address in serve.network_addresses():
        with pytest.raises(ConnectionRefusedError):
            server.get("/", address)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no second loopback address")
def test_lan_adds_one_address_and_its_names(start: Callable[..., Running]) -> None:
    server = start("--lan", "127.0.0.2")
    assert server.said == [
        f"Ready: http://127.0.0.1:{server.port}",
        f"On this network, read-only: http://127.0.0.2:{server.port}",
    ]
    assert server.get("/_stcore/health", "127.0.0.2") == (200, "ok")
    assert server.get("/_stcore/health", "127.0.0.2", Host=socket.gethostname()) == (200, "ok")
    assert server.get("/_stcore/health", "127.0.0.2", Host="planner.example")[0] == 400
    with pytest.raises(ConnectionRefusedError):
        server.get("/_stcore/health", "127.0.0.3")


@pytest.mark.skipif(not serve.network_addresses(), reason="this machine is on no network")
def test_visitors_from_the_network_only_read(start: Callable[..., Running]) -> None:
    address = serve.network_addresses()[0]
    server = start("--lan", address)
    assert "local=False write=False" in server.visit(address=address)
    assert "local=False write=False" in server.visit(address=address, X_AZE_Local="1")
    assert "local=True write=True" in server.visit()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_the_server(start: Callable[..., Running], number: signal.Signals) -> None:
    server = start()
    server.process.send_signal(number)
    assert server.process.wait(10) == (-signal.SIGTERM if number == signal.SIGTERM else 0)


def test_the_end_of_its_input_ends_the_server(start: Callable[..., Running]) -> None:
    server = start()
    assert server.process.poll() is None
    assert server.process.stdin is not None
    server.process.stdin.close()
    assert server.process.wait(10) == 0


@pytest.mark.e2e
def test_browser_opens_a_deep_link_on_a_fresh_server(start: Callable[..., Running]) -> None:
    browsers = filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"]))
    executable = next(browsers, None)
    if executable is None:
        pytest.skip("NO CHROMIUM FOUND: the app was not opened in a browser (apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api")
    server = start()
    asked: set[str] = set()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            ],
        )
        page = browser.new_page()
        page.on("request", lambda request: asked.add(request.url))
        page.on("websocket", lambda websocket: asked.add(websocket.url))
        page.goto(f"http://127.0.0.1:{server.port}/priorities")
        page.get_by_text("priorities page").wait_for(timeout=30_000)
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=30_000)
        assert page.get_by_text("the frame").is_visible()
        assert page.get_by_text("Page not found").count() == 0
        browser.close()
    foreign = [
        url for url in asked if not re.match(rf"(http|ws)://127\.0\.0\.1:{server.port}/|data:|blob:", url)
    ]
    assert foreign == []
