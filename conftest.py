"""Shared fixtures of tests and doctests: one store for the whole run, away from the user's own."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# set before anything asks for the default store, doctests included
_STORE = tempfile.TemporaryDirectory(prefix="aze-store-")
os.environ["AZE_STORE"] = _STORE.name

from aze_core import build  # noqa: E402
from aze_core.store import folder  # noqa: E402
from aze_core.store.inventory import load  # noqa: E402

settings.register_profile("planner", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("planner")

ROOT = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file together, and all that drive a browser: each group runs in one process."""
    for item in items:
        path = item.nodeid.split("::")[0]
        group = "browser" if path.startswith("tests/e2e") else path
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def store() -> Path:
    """A store with the shipped inventory built."""
    build.ensure(folder.DATA, Path(_STORE.name))
    return Path(_STORE.name)


@pytest.fixture(scope="session")
def shipped(store):
    """The shipped inventory."""
    return load(build.ensure(folder.DATA, store))
