"""The notebook runs from top to bottom."""

import pytest
from conftest import ROOT

NOTEBOOK = ROOT / "Examples" / "python" / "quickstart.ipynb"


@pytest.mark.skipif(not NOTEBOOK.exists(), reason="no notebook beside the package")
def test_quickstart():
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    said = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
    assert "steps" in said and "cube" in said
