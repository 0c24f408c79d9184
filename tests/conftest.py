"""The pages that the API's and the browser's tests share; each is started once, in a process of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pages import serving
from tiny_networks import publish_tiny, publish_tiny_generator

if TYPE_CHECKING:
    from gradio_client import Client
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of published checkpoints for all tasks but generating, very small and without skill."""
    folder = tmp_path_factory.mktemp("weights")
    publish_tiny(folder)
    return folder


@pytest.fixture
def workplace(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder that commands run in, with `tiny_weights` as what is published."""
    monkeypatch.setattr("gan.api.WEIGHTS_DIR", tiny_weights)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def tiny_generator(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same folder with a generator of 32 px, two categories and all attributes, under the name that is served."""
    folder = tmp_path_factory.mktemp("generator") / "weights"
    shutil.copytree(tiny_weights, folder)
    publish_tiny_generator(folder)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; closed after each file, since its event loop must not run beside others'."""
    from browsing import CHROMIUM, FLAGS
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def studio_page(tiny_weights: Path) -> Iterator[str]:
    """Address of the page over the real studio."""
    with serving(["tests/pages.py", str(tiny_weights)]) as url:
        yield url


@pytest.fixture(scope="module")
def client(studio_page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Gradio's own client of `studio_page`."""
    from gradio_client import Client

    client = Client(studio_page, verbose=False, download_files=tmp_path_factory.mktemp("api"))
    yield client
    client.close()


@pytest.fixture(scope="session")
def quick_page() -> Iterator[str]:
    """Address of the page over a run that takes no time: means in holes, products told by their colour."""
    with serving(["tests/pages.py", "quick"]) as url:
        yield url


@pytest.fixture(scope="session")
def slow_page() -> Iterator[str]:
    """Address of the page over a run of ten slow steps."""
    with serving(["tests/pages.py", "slow"]) as url:
        yield url
