import re
from pathlib import Path

import pytest

from allswell import cli

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("page", ["README.md", "docs/guide/manifests.md"])
def test_the_manifests_that_we_show_are_valid(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, page: str
) -> None:
    shown = re.findall(r"^```yaml\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "shown.yaml").write_text("---\n".join(shown))
    code = cli.main(["validate", str(tmp_path / "shown.yaml")])
    assert (code, capsys.readouterr().err) == (0, "")
