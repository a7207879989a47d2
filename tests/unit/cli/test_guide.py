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


def test_every_reason_that_operations_explains_is_one_that_the_product_gives() -> None:
    guide = (ROOT / "docs/guide/operations.md").read_text()
    first_cells = re.findall(r"^\| (`[A-Z].*?) \|", guide, re.MULTILINE)
    explained = {word for cell in first_cells for word in re.findall(r"`([A-Za-z]+)`", cell)}
    source = "".join(path.read_text() for path in (ROOT / "operator").rglob("*.py"))
    assert len(explained) > 15
    assert {word for word in explained if f'"{word}"' not in source} == set()


def test_every_reason_of_a_host_name_is_explained() -> None:
    guide = (ROOT / "docs/guide/hostnames.md").read_text()
    explained = set(re.findall(r"^\| `([A-Z][A-Za-z]+)` \|", guide, re.MULTILINE))
    rooms = [*(ROOT / "operator/allswell/controller/hostnames").glob("*.py")]
    rooms.append(ROOT / "operator/allswell/domain/preflight.py")
    source = "".join(path.read_text() for path in rooms)
    pattern = r"(?:Condition\([\w.]+, [A-Z]+, |_(?:true|false|unknown)\( ?| = )\"([A-Z][A-Za-z]+)\""
    in_source = set(re.findall(pattern, re.sub(r"\s+", " ", source)))
    names = {"DomainVerified", "HostnamesReady", "CertificateReady", "Issuer", "Gateway"}
    assert in_source - names - explained <= {"Serving", "Incomplete"}
    assert explained - in_source <= {"WaitingForDomain"}


def test_the_manifests_for_a_cluster_are_valid() -> None:
    assert cli.main(["validate", str(ROOT / "examples" / "kubernetes.yaml")]) == 0
