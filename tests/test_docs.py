"""The pages that `make docs` builds: every link leads somewhere, and a docstring stands there as it was written."""

import html
import inspect
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import minigrad

ROOT = Path(minigrad.__file__).parents[1]


class Page(HTMLParser):
    """A page's links, and the places in it that a link may lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")
        self.places.add(values.get("id") or "")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the Makefile's own command fills."""
    folder = tmp_path_factory.mktemp("docs")
    told = subprocess.run(["make", "-n", "docs"], cwd=ROOT, check=True, capture_output=True, text=True)
    (recipe,) = (line for line in told.stdout.splitlines() if "-m pdoc " in line)
    command = [sys.executable, *shlex.split(recipe.replace("docs/api", str(folder)))[1:]]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=300)
    assert "Warn" not in done.stderr
    return folder


def test_every_link_leads_to_a_page_and_a_place_in_it(built: Path) -> None:
    pages = {path.resolve(): Page(path.read_text()) for path in built.rglob("*.html")}
    assert len(pages) > 50
    followed = 0
    for path, page in pages.items():
        for link in page.links:
            if not link.startswith(("http:", "https:")):
                file, _, place = link.partition("#")
                target = (path.parent / file).resolve() if file else path
                assert target in pages, f"{path.name}: {link}"
                assert not place or place in pages[target].places, f"{path.name}: {link}"
                followed += 1
    assert followed > 1000


def test_every_file_has_a_page_and_the_first_one_names_every_function_and_class(built: Path) -> None:
    files = [path.relative_to(ROOT) for path in (ROOT / "minigrad").rglob("*.py") if not path.name.startswith("__")]
    assert len(files) > 80 and [file for file in files if not (built / file.with_suffix(".html")).exists()] == []
    text = (built / "minigrad.html").read_text()
    names = [name for name, value in vars(minigrad).items()
             if not name.startswith("_") and (inspect.isfunction(value) or inspect.isclass(value))]  # fmt: skip
    assert len(names) > 100
    for package in (minigrad.nn, minigrad.nn.functional, minigrad.optim):
        names += [name for name in package.__all__ if not inspect.ismodule(getattr(package, name))]
    assert [name for name in names if not re.search(rf'<a href="[^"]*#\w+">{name}</a>', text)] == []


def test_a_docstring_stands_there_as_it_was_written(built: Path) -> None:
    page = html.unescape((built / "minigrad" / "ops" / "elementwise.html").read_text())
    assert (minigrad.exp.__doc__ or "").split("\n")[0] in page and "Shape: (*) -> (*)." in page
    page = html.unescape((built / "minigrad" / "optim" / "adam.html").read_text())
    blocks = inspect.cleandoc(minigrad.optim.Adam.__doc__ or "").split("\n\n")
    examples = [block for block in blocks if block.startswith(">>>")]
    assert examples and all(f"{block}</pre>" in page for block in examples)  # the lines of an example are its own
    assert f"<p>{blocks[0]}</p>" in page
