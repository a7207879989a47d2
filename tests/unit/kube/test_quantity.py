import pytest

from allswell.kube import quantity


@pytest.mark.parametrize(
    ("count", "text"),
    [(16 * 2**20, "16Mi"), (1024 * 2**20, "1Gi"), (1536 * 2**20, "1536Mi"), (2**10, "1Ki")],
)
def test_a_size_is_spelled_as_the_server_spells_it(count: int, text: str) -> None:
    assert quantity.size(count) == text


@pytest.mark.parametrize(("milli", "text"), [(10, "10m"), (1500, "1500m"), (2000, "2")])
def test_cores_are_spelled_as_the_server_spells_them(milli: int, text: str) -> None:
    assert quantity.cores(milli) == text
