"""Every example of docs/python.md and of the package's own pages runs as it stands."""

import re
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

ROOT = Path(__file__).resolve().parents[3]
PAGES = ["docs/python.md", "bindings/python/README.md", "README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run(page, tmp_path, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert blocks, f"{page} has no example"
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    x, y = torch.randn(6, 5), torch.tensor([0, 1, 2, 0, 1, 2])
    model = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3))
    names = {"model": model, "x": x, "y": y, "loader": [(x, y)] * 3}
    for block in blocks:
        exec(compile("import fenchel\n" + block, page, "exec"), names)
    # What an example calls m holds as the page says.
    assert (names["m"].lower <= names["m"].loss).all() and (names["m"].loss <= names["m"].upper).all()
    assert (tmp_path / "out.html").read_text().startswith("<!doctype html>")
