"""run.py without a network: what it says when something is missing, how it starts and ends its children."""

from __future__ import annotations

import ast
import doctest
import errno
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

RUN = Path(__file__).resolve().parents[1] / "run.py"

BUILDER = """
    import os, pathlib, sys
    store = sys.argv[sys.argv.index("--store") + 1]
    assert os.environ["AZE_STORE"] == store
    outcome = pathlib.Path("outcome.txt")
    exec(outcome.read_text() if outcome.exists() else "print('up to date')")
"""

SERVER = """
    import os, pathlib, socket, sys
    port = int(sys.argv[sys.argv.index("--port") + 1])
    assert os.environ["AZE_STORE"] == sys.argv[sys.argv.index("--store") + 1]
    with socket.create_server(("127.0.0.1", port)):
        print(f"Ready: http://127.0.0.1:{port}", flush=True)
        while os.read(0, 1):
            pass
    pathlib.Path("ended.txt").write_text("in order")
"""


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A planner in small: run.py, requirements, and stand-ins for the builder and the server."""
    files = {
        "requirements.txt": "alpha==1\n",
        "requirements-dev.txt": "beta==2\n",
        "aze_core/__init__.py": "",
        "aze_core/__main__.py": BUILDER,
        "pages/__init__.py": "",
        "pages/shell/__init__.py": "",
        "pages/shell/serve.py": SERVER,
    }
    root = tmp_path / "planner"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text), encoding="utf-8")
    (root / "run.py").write_bytes(RUN.read_bytes())
    return root


@pytest.fixture
def run(tree: Path) -> ModuleType:
    return load(tree / "run.py")


@pytest.fixture
def ready(tree: Path, run: ModuleType) -> ModuleType:
    """The same, with an environment that counts as installed."""
    venv.create(tree / ".venv", with_pip=False, symlinks=os.name != "nt")
    for kind in run.REQUIREMENTS:
        Path(run.stamp(kind)).write_text(run.fingerprint(kind, run.venv_version()), encoding="utf-8")
    return run


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def call(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(tree / "run.py"), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )


def sentence(text: str) -> str:
    """The one line of `text`; fails when there are more, as there are in a traceback."""
    (line,) = text.strip().splitlines()
    return line


def test_old_pythons_can_read_the_file_and_it_needs_nothing_installed() -> None:
    tree = ast.parse(RUN.read_text(encoding="utf-8"), feature_version=(3, 6))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).partition(".")[0])
    assert "subprocess" in imported
    assert imported <= sys.stdlib_module_names
    assert "__future__" not in imported  # `annotations` is unknown to 3.6


@pytest.mark.parametrize("version", ["(3, 6, 9)", "(3, 10, 13, 'final', 0)"])
def test_old_python_is_one_sentence(version: str) -> None:
    patched = (
        f"import runpy, sys; sys.version_info = {version}; runpy.run_path({str(RUN)!r}, run_name='__main__')"
    )
    result = subprocess.run(
        [sys.executable, "-c", patched, str(RUN)], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    assert sentence(result.stderr).startswith("Python 3.11 or newer is needed and this is 3.")
    assert result.stdout == ""


def test_version_limit(run: ModuleType) -> None:
    assert run.too_old((3, 10, 99)) is not None
    assert run.too_old((3, 11, 0)) is None
    assert run.too_old((4, 0, 0)) is None


def test_examples_in_run(run: ModuleType) -> None:
    assert doctest.testmod(run).attempted > 0
    assert doctest.testmod(run).failed == 0


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        (
            "ERROR: Could not install packages: OSError: [Errno 28] No space left on device",
            "DISK_FULL",
        ),
        ("error: failed to copy file: No space left on device (os error 28)", "DISK_FULL"),
        ("OSError: [Errno 122] Disk quota exceeded", "DISK_FULL"),
        ("There is not enough space on the disk. (os error 112)", "DISK_FULL"),
        (
            "Failed to establish a new connection: [Errno -3] Temporary failure in name resolution",
            "NO_NETWORK",
        ),
        ("  Caused by: client error (Connect)\n  Caused by: tcp connect error", "NO_NETWORK"),
        ("  Caused by: dns error: failed to lookup address information", "NO_NETWORK"),
        ("ProxyError('Unable to connect to proxy')", "NO_NETWORK"),
        ("error: failed to create directory: Permission denied (os error 13)", "NOT_WRITABLE"),
        ("[WinError 5] Access is denied: 'C:\\\\planner'", "NOT_WRITABLE"),
        # The first cause hides those that follow from it.
        ("Permission denied\nConnection refused\nNo space left on device", "DISK_FULL"),
    ],
)
def test_causes_are_found_in_what_installers_write(run: ModuleType, output: str, cause: str) -> None:
    assert run.diagnose(output, "/planner") == getattr(run, cause).format("/planner")


def test_other_failures_have_no_known_cause(run: ModuleType) -> None:
    assert run.diagnose("ERROR: No matching distribution found for alpha==1", "/planner") is None


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOSPC, "The disk is full: free about 2 GB where /planner/x lies, then start again."),
        (errno.EACCES, "/planner/x cannot be written: make it writable, or move the planner"),
        (errno.EROFS, "/planner/x cannot be written"),
        (errno.EIO, "The system refused /planner/x (Input/output error): put that right, then start again."),
    ],
)
def test_system_errors_become_sentences(run: ModuleType, number: int, text: str) -> None:
    assert text in sentence(run.explain(OSError(number, os.strerror(number), "/planner/x")))


def test_system_errors_without_a_file_name_the_planner(run: ModuleType, tree: Path) -> None:
    assert str(tree) in run.explain(OSError(errno.ENOSPC, "No space left on device"))


def test_options(run: ModuleType, tree: Path) -> None:
    plain = run.parse([])
    assert (plain.port, plain.browser, plain.store, plain.lan) == (None, True, str(tree / ".store"), None)
    full = run.parse(["--port", "9000", "--no-browser", "--store", "x", "--lan"])
    assert (full.port, full.browser, full.store, full.lan) == (9000, False, "x", "")
    assert run.parse(["--lan", "192.168.1.5"]).lan == "192.168.1.5"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x", "8501.5", "²"])
def test_impossible_ports_are_refused(run: ModuleType, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        run.parse([f"--port={port}"])
    assert refused.value.code == 2
    assert f"'{port}' is not a port: name a number from 1 to 65535" in capsys.readouterr().err


def test_named_busy_port_is_refused(run: ModuleType, taken: int) -> None:
    with pytest.raises(run.Stop, match=f"Port {taken} is in use or reserved: name another with --port"):
        run.choose_port(taken)


def test_unnamed_busy_port_gives_way(
    run: ModuleType, taken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "FIRST_PORT", taken)
    chosen = run.choose_port(None, taken)
    assert chosen > taken
    assert run.port_is_free(chosen)
    assert capsys.readouterr().out == f"Port {taken} is in use; taking {chosen}.\n"


def test_no_free_port_at_all(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "port_is_free", lambda port: False)
    with pytest.raises(run.Stop, match="No port is free from 8501 on"):
        run.choose_port(None)


def test_fingerprint_follows_requirements_and_python(run: ModuleType, tree: Path) -> None:
    before = {kind: run.fingerprint(kind, "3.11.7") for kind in run.REQUIREMENTS}
    assert before["app"] != before["test"]
    assert run.fingerprint("app", "3.12.1") != before["app"]
    (tree / "requirements.txt").write_bytes(b"alpha==1\r\n")  # the same file, checked out on Windows
    assert run.fingerprint("app", "3.11.7") == before["app"]
    (tree / "requirements-dev.txt").write_text("beta==3\n", encoding="utf-8")
    assert run.fingerprint("app", "3.11.7") == before["app"]
    assert run.fingerprint("test", "3.11.7") != before["test"]
    (tree / "requirements.txt").write_text("alpha==2\n", encoding="utf-8")
    assert run.fingerprint("app", "3.11.7") != before["app"]


def test_installed_means_stamped_and_not_cut_off(ready: ModuleType, tree: Path) -> None:
    assert ready.installed("app")
    assert ready.installed("test")
    Path(ready.unfinished()).touch()
    assert not ready.installed("app")
    Path(ready.unfinished()).unlink()
    (tree / "requirements.txt").write_text("alpha==2\n", encoding="utf-8")
    assert not ready.installed("app")


def test_an_environment_without_its_python_is_none(ready: ModuleType) -> None:
    assert ready.venv_version() == ".".join(map(str, sys.version_info[:3]))
    Path(ready.PYTHON).unlink()
    assert ready.venv_version() is None
    assert not ready.installed("app")


def test_missing_requirements_are_one_sentence(tree: Path) -> None:
    (tree / "requirements.txt").unlink()
    result = call(tree, "--no-browser")
    assert result.returncode == 1
    assert sentence(result.stderr) == (
        "requirements.txt is missing beside run.py: get the planner again, complete."
    )


def test_set_up_stamps_what_it_installed(
    ready: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "requirements-dev.txt").write_text("beta==3\n", encoding="utf-8")
    asked = []

    def install(kind: str) -> bool:
        assert Path(ready.unfinished()).exists()  # so that being killed here is noticed
        asked.append(kind)
        return True

    monkeypatch.setattr(ready, "install", install)
    monkeypatch.setattr(ready, "make_venv", lambda: pytest.fail("the environment was sound"))
    ready.set_up("app")
    assert asked == []
    ready.set_up("test")
    ready.set_up("test")
    assert asked == ["test"]
    assert ready.installed("app")
    assert ready.installed("test")
    assert not Path(ready.unfinished()).exists()


def test_a_cut_off_installation_is_made_anew(
    ready: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = tree / ".venv" / "half-made"
    half.mkdir()
    Path(ready.unfinished()).touch()
    make = ready.run_quietly

    def without_pip(command: list[str]) -> tuple[int, str]:
        assert command[1:] == ["-m", "venv", ready.VENV]
        return make([*command, "--without-pip"])  # the whole command would take seconds

    monkeypatch.setattr(ready, "run_quietly", without_pip)
    monkeypatch.setattr(ready, "install", lambda kind: True)
    ready.set_up("app")
    assert not half.exists()
    assert ready.installed("app")
    assert not ready.installed("test")


def test_without_a_network_what_worked_stays(
    ready: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "requirements.txt").write_text("alpha==2\n", encoding="utf-8")
    monkeypatch.setattr(ready.shutil, "which", lambda name: None)
    monkeypatch.setattr(ready, "run_quietly", lambda command: (1, "Temporary failure in name resolution"))
    with pytest.raises(ready.Stop, match="could not be downloaded: connect to the internet"):
        ready.set_up("app")
    assert not Path(ready.unfinished()).exists()
    (tree / "requirements.txt").write_text("alpha==1\n", encoding="utf-8")
    assert ready.installed("app")


@pytest.mark.parametrize(
    ("uv_on_path", "fails", "expected"),
    [
        (True, [], ["uv pip"]),
        (False, [], ["pip uv", "uv pip"]),
        (False, ["pip uv"], ["pip uv", "pip"]),
        (True, ["uv pip"], ["uv pip", "pip"]),
        (False, ["uv pip"], ["pip uv", "uv pip", "pip"]),
    ],
)
def test_uv_first_then_pip(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, uv_on_path: bool, fails: list[str], expected: list[str]
) -> None:
    tried = []

    def installer(command: list[str]) -> tuple[int, str]:
        if command[-1] == run.UV:
            name = "pip uv"
        else:
            assert command[-2:] == ["-r", os.path.join(run.ROOT, "requirements.txt")]
            name = "uv pip" if "--python" in command else "pip"
        tried.append(name)
        return (1, "it broke") if name in fails else (0, "")

    monkeypatch.setattr(run.shutil, "which", lambda name: "/bin/uv" if uv_on_path else None)
    monkeypatch.setattr(run, "run_quietly", installer)
    assert run.install("app") is True
    assert tried == expected


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("No space left on device (os error 28)", "The disk is full"),
        ("Permission denied (os error 13)", "cannot be written"),
        ("some\nlast words\n", "The packages could not be installed; send this line .*: last words$"),
    ],
)
def test_failed_installations_say_why(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, output: str, text: str
) -> None:
    monkeypatch.setattr(run, "run_quietly", lambda command: (1, output))
    with pytest.raises(run.Stop, match=text):
        run.install("app")


@pytest.mark.parametrize(
    "output",
    [
        "The virtual environment was not created successfully because ensurepip is not available.",
        "/usr/bin/python3: No module named venv",
    ],
)
def test_missing_venv_module_names_the_package(
    run: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    (tree / ".venv").mkdir()
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    monkeypatch.setattr(run, "run_quietly", lambda command: (1, output))
    with pytest.raises(run.Stop, match="apt install python3-venv"):
        run.make_venv()


def test_unwritable_folder_is_one_sentence(tree: Path) -> None:
    (tree / ".venv").write_text("a file where the folder should be", encoding="utf-8")
    result = call(tree, "--no-browser")
    assert result.returncode == 1
    assert sentence(result.stderr) == (
        f"{tree / '.venv'} cannot be written: make it writable, or move the planner to a folder of yours, "
        "then start again."
    )


def test_unwritable_store_is_one_sentence(ready: ModuleType, tree: Path) -> None:
    result = call(tree, "--no-browser", "--store", str(tree / "run.py" / "store"))
    assert result.returncode == 1
    assert sentence(result.stderr) == (
        f"The store {tree / 'run.py' / 'store'} cannot be written: name another folder with --store."
    )


def test_store_is_made_and_left_empty(run: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    assert run.open_store("a/b") == str(tree / "a" / "b")
    assert list((tree / "a" / "b").iterdir()) == []


def test_busy_named_port_is_told_before_anything_is_installed(tree: Path, taken: int) -> None:
    result = call(tree, "--port", str(taken))
    assert result.returncode == 1
    assert sentence(result.stderr).startswith(f"Port {taken} is in use or reserved")
    assert not (tree / ".venv").exists()


@pytest.mark.parametrize(
    ("outcome", "status", "text"),
    [
        (
            "raise OSError(28, 'No space left on device')",
            1,
            "The disk is full: free about 2 GB where {store} lies, then start again.",
        ),
        (
            "raise TimeoutError('timed out')",
            1,
            "The database could not be built; send this line to whoever looks after the planner: {error}",
        ),
        ("sys.exit('Row 3 of sites.csv has no name.')", 1, "Row 3 of sites.csv has no name."),
        ("sys.stderr.write('Row 3.\\n'); sys.exit(4)", 4, "Row 3."),
    ],
)
def test_failed_builds_are_one_sentence(
    ready: ModuleType, tree: Path, outcome: str, status: int, text: str
) -> None:
    (tree / "outcome.txt").write_text(outcome, encoding="utf-8")
    result = call(tree, "--no-browser")
    assert result.returncode == status
    assert sentence(result.stderr) == text.format(store=tree / ".store", error="TimeoutError: timed out")


def begin(tree: Path, port: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, str(tree / "run.py"), "--no-browser", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line.strip())
        if line.startswith("Press "):
            break
    assert said == [
        "up to date",
        "Starting the planner …",
        f"Ready: http://127.0.0.1:{port}",
        "Press Ctrl-C here to stop it.",
    ]
    return process


@pytest.mark.skipif(os.name == "nt", reason="sends the signals of POSIX systems")
@pytest.mark.parametrize(
    ("number", "to_group", "status"),
    [
        (signal.SIGINT, False, 0),
        (signal.SIGTERM, False, 143),
        (signal.SIGTERM, True, 143),
        (signal.SIGKILL, False, -9),
    ],
)
def test_the_server_ends_with_run(
    ready: ModuleType, tree: Path, number: int, to_group: bool, status: int
) -> None:
    port = free_port()
    process = begin(tree, port)
    assert not ready.port_is_free(port)
    (os.killpg if to_group else os.kill)(process.pid, number)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == status
    assert "Traceback" not in rest
    for _ in range(100):  # after SIGKILL nobody is left to wait for the server
        if ready.port_is_free(port):
            break
        time.sleep(0.1)
    assert ready.port_is_free(port)
    if not to_group:
        assert (tree / "ended.txt").read_text(encoding="utf-8") == "in order"


def test_the_status_of_the_server_is_passed_on(ready: ModuleType, tree: Path) -> None:
    (tree / "pages" / "shell" / "serve.py").write_text("import sys; sys.exit(7)", encoding="utf-8")
    assert call(tree, "--no-browser", "--port", str(free_port())).returncode == 7


def test_a_port_lost_at_the_last_moment_gives_way(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tree: Path
) -> None:
    served = []

    def serve(port: int, *_: object) -> int:
        served.append(port)
        return 0 if len(served) == 3 else run.PORT_TAKEN

    monkeypatch.setattr(run, "set_up", lambda kind: None)
    monkeypatch.setattr(run, "build", lambda store: 0)
    monkeypatch.setattr(run, "serve", serve)
    monkeypatch.setattr(run, "port_is_free", lambda port: True)
    assert run.start(run.parse([])) == 0
    assert served == [8501, 8502, 8503]
    served.clear()
    assert run.start(run.parse(["--port", "9000"])) == run.PORT_TAKEN
    assert served == [9000]


def test_two_starts_take_turns(ready: ModuleType, tree: Path) -> None:
    lock = str(tree / ".venv" / "lock")
    program = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('run', {str(tree / 'run.py')!r})\n"
        "run = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(run)\n"
        f"with run.only_one({lock!r}):\n"
        "    print('mine', flush=True)\n"
    )
    with ready.only_one(lock):
        other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert other.stdout.readline() == "Another start is setting the planner up; waiting for it.\n"
        assert other.poll() is None
    assert other.communicate(timeout=30)[0] == "mine\n"


@pytest.mark.parametrize("failing", [None, "ruff check", "ruff format", "mypy", "lint-imports", "pytest"])
def test_checks_run_in_order_and_stop_at_the_first_failure(
    ready: ModuleType, tree: Path, failing: str | None
) -> None:
    order = ["ruff check", "ruff format", "mypy", "lint-imports", "pytest"]
    for name in ("ruff", "mypy", "pytest"):
        (tree / f"{name}.py").write_text(
            textwrap.dedent(f"""
                import sys
                words = [{name!r}, *(a for a in sys.argv[1:2] if {name!r} == "ruff")]
                print(" ".join(words), *(sys.argv[1:] if {name!r} == "pytest" else []), sep="|")
                sys.exit(5 if " ".join(words) == {failing!r} else 0)
            """),
            encoding="utf-8",
        )
    lint = Path(ready.BIN) / ("lint-imports.exe" if os.name == "nt" else "lint-imports")
    if os.name == "nt":
        pytest.skip("a stand-in for lint-imports.exe cannot be written here")
    lint.write_text(f"#!/bin/sh\necho lint-imports\nexit {5 if failing == 'lint-imports' else 0}\n")
    lint.chmod(0o755)
    result = call(tree, "test", "-k", "some")
    assert result.returncode == (0 if failing is None else 5)
    said = [line.partition("|")[0] for line in result.stdout.splitlines()]
    assert said == (order if failing is None else order[: order.index(failing) + 1])
    if failing is None:
        assert (
            result.stdout.splitlines()[-1]
            == "pytest|--numprocesses=auto|--maxprocesses=4|--dist=loadgroup|-k|some"
        )


def test_no_file_of_the_set_up_names_a_package_index() -> None:
    for name in ("run.py", ".ci/run", "requirements.txt", "requirements-dev.txt"):
        text = (RUN.parent / name).read_text(encoding="utf-8").lower()
        assert "index-url" not in text
        assert "https://" not in text
