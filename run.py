#!/usr/bin/env python3
"""Set the planner up and start it: ``python run.py``. Needs Python 3.11 or newer and nothing else.

The first start makes the folder ``.venv`` beside this file, installs the pinned packages into it and builds
the database; later starts find all that in place, need no network and take seconds.
``python run.py test [pytest arguments]`` sets up the same way and checks everything.
"""

# Python 3.6 must be able to read this file, if only to say that it is too old: no newer syntax here.
import argparse
import contextlib
import errno
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import typing
import webbrowser

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
DATA = os.path.join(ROOT, "data")
WINDOWS = os.name == "nt"
BIN = os.path.join(VENV, "Scripts" if WINDOWS else "bin")
PYTHON = os.path.join(BIN, "python.exe" if WINDOWS else "python")
REQUIREMENTS = {"app": ["requirements.txt"], "test": ["requirements.txt", "requirements-dev.txt"]}
UV = "uv==0.13.9"
OLDEST = (3, 11)
FIRST_PORT = 8501
PORTS_TRIED = 50
PORT_TAKEN = 3  # exit status of the server when another program holds its port
PATIENCE = 8  # seconds that a child gets to end by itself

DISK_FULL = "The disk is full: free about 2 GB where {} lies, then start again."
NO_NETWORK = (
    "The packages could not be downloaded: connect to the internet (or set HTTPS_PROXY behind a proxy) and "
    "start again; only the first start needs it."
)
NOT_WRITABLE = (
    "{} cannot be written: make it writable, or move the planner to a folder of yours, then start again."
)
NO_VENV = (
    "This Python cannot make virtual environments: install its venv module (Debian and Ubuntu: apt install "
    "python3-venv), then start again."
)
# What pip, uv and the operating systems write about each cause, in lower case.
SIGNS = {
    DISK_FULL: "no space left|os error 28)|errno 28]|not enough space|os error 112)|quota exceeded",
    NO_NETWORK: (
        "name resolution|name or service not known|nodename nor servname|getaddrinfo failed|dns error"
        "|failed to lookup|new connection|connecttimeouterror|connect error|error sending request"
        "|max retries exceeded|network is unreachable|no route to host|timed out"
        "|connection refused|connection reset|connection aborted|connection broken"
        "|proxyerror|sslerror|certificate_verify_failed|invalid peer certificate"
    ),
    NOT_WRITABLE: "permission denied|access is denied|os error 13)|read-only file system",
}
PROGRESS = ("Resolved", "Downloading", "Prepared", "Installed", "Collecting", "Installing", "Successfully")


class Stop(Exception):
    """The planner cannot start; the message is one sentence that says what to do."""


def too_old(version: "tuple[int, ...]") -> "str | None":
    """Say what is needed when `version` is older than the oldest Python that works, else None."""
    if version[:2] >= OLDEST:
        return None
    needed, found = (".".join(map(str, v[:2])) for v in (OLDEST, version))
    return f"Python {needed} or newer is needed and this is {found}: install one and start run.py with it."


def diagnose(output: str, place: str = VENV) -> "str | None":
    """Find the cause in what a failed program wrote; None for a cause that is not known.

    >>> diagnose("error: Failed to write: No space left on device (os error 28)", "/x")
    'The disk is full: free about 2 GB where /x lies, then start again.'
    """
    low = output.lower()
    for sentence, signs in SIGNS.items():
        if any(sign in low for sign in signs.split("|")):
            return sentence.format(place)
    return None


def explain(error: OSError) -> str:
    """Turn an error of the operating system into a sentence that says what to do."""
    place = error.filename or ROOT
    full = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    if error.errno in full or getattr(error, "winerror", 0) == 112:
        return DISK_FULL.format(place)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return NOT_WRITABLE.format(place)
    return f"The system refused {place} ({error.strerror or error}): put that right, then start again."


def environment(store: "str | None" = None) -> "dict[str, str]":
    """The environment for everything that is started from here."""
    env = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8")
    env.pop("__PYVENV_LAUNCHER__", None)  # macOS: would lead the new environment back to the old Python
    if store:
        env["AZE_STORE"] = store
    return env


@contextlib.contextmanager
def child(
    command: "list[str]",
    store: "str | None" = None,
    stdin: "int | None" = None,
    stdout: "int | None" = None,
    stderr: "int | None" = None,
) -> "typing.Iterator[subprocess.Popen[bytes]]":
    """Start a program in the project folder; it has ended when the block is left, however that happens."""
    process = subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env=environment(store), stdin=stdin, stdout=stdout, stderr=stderr
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            # A second Ctrl-C must not cut this short.
            before = signal.signal(signal.SIGINT, signal.SIG_IGN)
            _end(process)
            signal.signal(signal.SIGINT, before)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()  # the server stops when its input ends
    else:
        process.terminate()
    for force in (process.terminate, process.kill):
        try:
            process.wait(PATIENCE)
            return
        except subprocess.TimeoutExpired:
            force()
    process.wait()


def run_quietly(command: "list[str]") -> "tuple[int, str]":
    """Run an installer, show only its lines of progress, and return its exit status and all that it wrote."""
    written = []
    with child(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").strip()
            written.append(line)
            if line.startswith(PROGRESS):
                print("  " + line, flush=True)
        return process.wait(), "\n".join(written)


def venv_version() -> "str | None":
    """The version of a usable Python in ``.venv``; None when there is none and it must be made anew."""
    command = [PYTHON, "-I", "-S", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"]
    try:
        version = subprocess.check_output(command, stderr=subprocess.DEVNULL).decode().strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    major, minor, _ = version.split(".")
    if (int(major), int(minor)) < OLDEST:
        return None
    # After an upgrade of the system's Python the packages of the old one are no longer looked at.
    library = ["Lib"] if WINDOWS else ["lib", f"python{major}.{minor}"]
    return version if os.path.isdir(os.path.join(VENV, *library, "site-packages")) else None


def fingerprint(kind: str, version: "str | None") -> str:
    """What an installation of `kind` ("app" or "test") rests on: the requirements and the Python version."""
    digest = hashlib.sha256(str(version).encode())
    for name in REQUIREMENTS[kind]:
        try:
            with open(os.path.join(ROOT, name), "rb") as file:
                digest.update(b"\0" + file.read().replace(b"\r\n", b"\n"))
        except FileNotFoundError:
            raise Stop(f"{name} is missing beside run.py: get the planner again, complete.") from None
    return digest.hexdigest()


def stamp(kind: str) -> str:
    """The file that says, by holding its fingerprint, that an installation is complete."""
    return os.path.join(VENV, "installed-" + kind)


def unfinished() -> str:
    """The file that stands while packages change: left behind, it says that an installation was cut off."""
    return os.path.join(VENV, "unfinished")


def installed(kind: str) -> bool:
    """Tell whether ``.venv`` holds everything that the requirements of `kind` ask for."""
    version = venv_version()
    wanted = fingerprint(kind, version)
    if version is None or os.path.exists(unfinished()):
        return False
    try:
        with open(stamp(kind)) as file:
            return file.read() == wanted
    except OSError:
        return False


@contextlib.contextmanager
def only_one(path: str) -> "typing.Iterator[None]":
    """Hold a lock on `path`; another start waits here. The system frees it even when its holder is killed."""
    with open(path, "a+") as file:
        said = False
        while True:
            try:
                if sys.platform == "win32":
                    import msvcrt

                    file.seek(0)
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    import fcntl

                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                    raise
            if not said:
                print("Another start is setting the planner up; waiting for it.", flush=True)
                said = True
            time.sleep(0.2)
        yield  # closing the file gives the lock back


def set_up(kind: str) -> None:
    """Make ``.venv`` and install the requirements of `kind` into it, unless that has been done."""
    if installed(kind):
        return
    os.makedirs(VENV, exist_ok=True)
    with only_one(os.path.join(VENV, "lock")):
        if installed(kind):
            return
        was_cut_off = os.path.exists(unfinished())
        with open(unfinished(), "w"):
            pass
        if was_cut_off or venv_version() is None:
            make_venv()
        if not install(kind):
            # Nothing was downloaded, so nothing was changed: what worked before still works.
            os.remove(unfinished())
            raise Stop(NO_NETWORK)
        version = venv_version()
        for done in REQUIREMENTS if kind == "test" else [kind]:
            with open(stamp(done), "w") as file:
                file.write(fingerprint(done, version))
        os.remove(unfinished())


def make_venv() -> None:
    """Make ``.venv`` from nothing, whatever it held before."""
    print(f"Making a Python environment in {VENV}", flush=True)
    for name in os.listdir(VENV):
        path = os.path.join(VENV, name)
        if path in (unfinished(), os.path.join(VENV, "lock")):
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.remove(path)
    base = getattr(sys, "_base_executable", None) or sys.executable
    status, output = run_quietly([base, "-m", "venv", VENV])
    no_module = "ensurepip" in output or "No module named venv" in output
    if status and no_module and shutil.which("uv"):
        status, output = run_quietly([base, "-m", "venv", "--without-pip", VENV])  # uv needs no pip
    if status or venv_version() is None:
        cause = diagnose(output) or (NO_VENV if no_module else None)
        raise Stop(cause or last_words("The Python environment could not be made", output))


def install(kind: str) -> bool:
    """Install the requirements of `kind`: by uv where it can be had, else by pip.

    Returns False when there was no network, in which case nothing has been changed.
    """
    print("Installing packages: about 700 MB, a minute or two, only this once.", flush=True)
    files = []
    for name in REQUIREMENTS[kind]:
        files += ["-r", os.path.join(ROOT, name)]
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar=off"]
    found = shutil.which("uv")
    status, output = (0, "") if found else run_quietly([*pip, UV])
    if status == 0:
        uv = [found] if found else [PYTHON, "-m", "uv"]
        status, output = run_quietly([*uv, "pip", "install", "--python", PYTHON, *files])
        if status == 0:
            return True
    elif diagnose(output) == NO_NETWORK:
        return False
    if diagnose(output) in (None, NO_NETWORK):  # pip may know of mirrors that uv does not
        print("uv could not do it; trying pip.", flush=True)
        status, output = run_quietly([*pip, *files])
        if status == 0:
            return True
    cause = diagnose(output)
    if cause == NO_NETWORK:
        return False
    raise Stop(cause or last_words("The packages could not be installed", output))


def last_words(what: str, output: str) -> str:
    """A sentence for a failure of unknown cause, with the last line that the failed program wrote."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    line = lines[-1] if lines else "no message"
    return f"{what}; send this line to whoever looks after the planner: {line}"


def open_store(folder: str) -> str:
    """Make the store folder, prove that it can be written, and return its absolute path."""
    path = os.path.abspath(folder)
    trial = os.path.join(path, f".trial-{os.getpid()}")
    try:
        os.makedirs(path, exist_ok=True)
        with open(trial, "w") as file:
            file.write("x" * 4096)
        os.remove(trial)
    except OSError as error:
        if explain(error) == DISK_FULL.format(error.filename or ROOT):
            raise Stop(DISK_FULL.format(path)) from error
        raise Stop(f"The store {path} cannot be written: name another folder with --store.") from error
    return path


def build(store: str) -> int:
    """Build the database where it is missing or older than its facts, and return the builder's exit status.

    What the builder writes is shown as it comes, except for a traceback: that becomes one sentence.
    """
    errors = []
    crashed = False
    command = [PYTHON, "-m", "aze_core", "build", "--data", DATA, "--store", store]
    with child(command, store, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for raw in process.stderr:
            line = raw.decode("utf-8", "replace").rstrip()
            errors.append(line)
            crashed = crashed or line.startswith("Traceback ")
            if not crashed:
                print(line, file=sys.stderr, flush=True)
        status = process.wait()
    if status and (crashed or not errors):
        output = "\n".join(errors)
        cause = diagnose(output, store)
        if cause is None or cause == NO_NETWORK:  # the builder asks no network for anything
            cause = last_words("The database could not be built", output)
        raise Stop(cause)
    return status


def port_is_free(port: int) -> bool:
    """Tell whether this machine's `port` can be listened on."""
    with contextlib.closing(socket.socket()) as sock:
        if sys.platform == "win32":
            # There SO_REUSEADDR would let two servers share a port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
            sock.listen(1)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def choose_port(named: "int | None", first: int = FIRST_PORT) -> int:
    """The port that was named, or the first free one from `first` on."""
    if named is not None:
        if port_is_free(named):
            return named
        raise Stop(f"Port {named} is in use or reserved: name another with --port, or leave --port out.")
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        if port_is_free(port):
            if port != FIRST_PORT:
                print(f"Port {FIRST_PORT} is in use; taking {port}.", flush=True)
            return port
    raise Stop(f"No port is free from {first} on: end another program, or name a port with --port.")


def show(address: str) -> None:
    """Open the address in the default browser where there is a desktop to show it on."""
    named = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    if WINDOWS or sys.platform == "darwin" or named:
        # Some browsers stay in the foreground until they are closed.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def serve(port: int, store: str, lan: "str | None", browser: bool) -> int:
    """Run the server until it ends; say where it is, and open the browser, once it answers."""
    command = [PYTHON, "-m", "pages.shell.serve", "--until-eof", "--port", str(port), "--store", store]
    if lan is not None:
        command += ["--lan", lan] if lan else ["--lan"]
    with child(command, store, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ready = False
        try:
            for raw in process.stdout:
                line = raw.decode("utf-8", "replace").rstrip()
                print(line, flush=True)
                if line.startswith("Ready: ") and not ready:
                    ready = True
                    print("Press Ctrl-C here to stop it.", flush=True)
                    if browser:
                        show(line[len("Ready: ") :])
            return process.wait()
        except KeyboardInterrupt:
            if not ready:
                raise
            print("\nStopping.", flush=True)  # the usual way to end the planner
            return 0


def start(options: argparse.Namespace) -> int:
    """Set up, build, serve."""
    if options.port is not None:
        choose_port(options.port)  # nobody should install for minutes to hear of a busy port
    set_up("app")
    store = open_store(options.store)
    status = build(store)
    if status:
        return status
    print("Starting the planner …", flush=True)
    port = choose_port(options.port)
    while True:
        status = serve(port, store, options.lan, options.browser)
        if status != PORT_TAKEN or options.port is not None:
            return status
        port = choose_port(None, port + 1)  # another program was quicker


def check(arguments: "list[str]") -> int:
    """Run every check, stopping at the first that fails; pytest comes last and has the last word."""
    set_up("test")
    for command in (
        [PYTHON, "-m", "ruff", "check", "."],
        [PYTHON, "-m", "ruff", "format", "--check", "."],
        [PYTHON, "-m", "mypy"],
        [os.path.join(BIN, "lint-imports.exe" if WINDOWS else "lint-imports")],
        [PYTHON, "-m", "pytest", "--numprocesses=auto", "--maxprocesses=4", "--dist=loadgroup", *arguments],
    ):
        with child(command) as process:
            status = process.wait()
        if status:
            return status
    return 0


def parse(arguments: "list[str]") -> argparse.Namespace:
    """Read the options of a start."""

    def port(text: str) -> int:
        if not (text.isdecimal() and 1 <= int(text) <= 65535):
            raise argparse.ArgumentTypeError(f"'{text}' is not a port: name a number from 1 to 65535")
        return int(text)

    parser = argparse.ArgumentParser(
        prog="run.py",
        description="Set the planner up and start it.",
        epilog="run.py test [pytest arguments] sets up the same way and checks everything.",
    )
    parser.add_argument("--port", type=port, help="port to listen on (default: the first free one from 8501)")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open the browser")
    parser.add_argument("--store", default=os.path.join(ROOT, ".store"), metavar="DIR", help="store folder")
    parser.add_argument(
        "--lan",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="let others on the local network read along, at this machine's ADDRESS (default: the likeliest)",
    )
    return parser.parse_args(arguments)


def main(arguments: "list[str]") -> int:
    """Do what the command line asks for and return the exit status."""
    old = too_old(tuple(sys.version_info[:3]))
    if old:
        print(old, file=sys.stderr)
        return 1
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) != signal.SIG_IGN:  # nohup wants it ignored
            # An exit, unlike the signal's own effect, ends the children first.
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # scripts start background jobs with it ignored
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a letter must not end the start
    try:
        status = check(arguments[1:]) if arguments[:1] == ["test"] else start(parse(arguments))
        return status if status >= 0 else 128 - status  # ended by a signal
    except Stop as reason:
        print(reason, file=sys.stderr)
    except OSError as error:
        print(explain(error), file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
