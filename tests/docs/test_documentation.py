"""Whatever the documentation shows, a reader can type, and gets what is shown."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from examples import Reader, examples, pattern

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)], ids=lambda page: page.name)
def test_examples_do_what_the_page_says(page: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path, Path(sys.executable).parent)
    try:
        for example in examples(page):
            output = reader.run(example)
            if example.promise:
                assert pattern(example.promise).fullmatch(output), (
                    f"{page.name}:{example.line}: {example.command}\n--- promised\n"
                    + "\n".join(example.promise)
                    + f"\n--- came\n{output}"
                )
    finally:
        reader.close()


def test_the_readme_has_examples() -> None:
    assert len(examples(ROOT / "README.md")) >= 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} points to {target}, which is not there"


def test_generated_pages_are_up_to_date() -> None:
    check = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (check.returncode, check.stderr) == (0, "")
