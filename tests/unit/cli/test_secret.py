import base64

import pytest

from allswell.cli import secret
from allswell.domain.spec.problem import dotted


def manifest(**fields: object) -> dict[object, object]:
    head = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "api"}}
    return dict((head | fields).items())


def coded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def problems(**fields: object) -> list[str]:
    resource, wrong = secret.read(manifest(**fields))
    assert resource is None
    return [dotted(problem.path) for problem in wrong]


def test_plain_text_wins_over_base64_as_on_kubernetes() -> None:
    resource, _ = secret.read(
        manifest(data={"a": coded(b"1"), "b": coded(b"2")}, stringData={"a": "x"})
    )
    assert resource is not None
    assert dict(resource.values) == {"a": "x", "b": "2"}


def test_base64_may_be_folded_over_lines() -> None:
    resource, _ = secret.read(manifest(data={"a": "aGVs\nbG8=\n"}))
    assert resource is not None
    assert dict(resource.values) == {"a": "hello"}


def test_a_value_that_is_no_text_leaves_the_others_usable() -> None:
    resource, _ = secret.read(manifest(data={"store.p12": coded(b"\xff\xfe"), "b": coded(b"2")}))
    assert resource is not None
    assert dict(resource.values) == {"b": "2"}


def test_an_absent_value_is_empty() -> None:
    resource, _ = secret.read(manifest(data=None, stringData={"a": None}))
    assert resource is not None
    assert dict(resource.values) == {"a": ""}


def test_every_problem_has_its_own_path() -> None:
    data = {"a": "%%%", 5: "eA==", "..": "eA==", "x/y": "eA=="}
    assert problems(data=data, stringData={"b": 7, "c": ["x"]}) == [
        "data.a",
        "data.5",
        "data['..']",
        "data['x/y']",
        "stringData.b",
        "stringData.c",
    ]


@pytest.mark.parametrize("name", [None, 5, "", "../../etc", "a/b", "A", ["x"]])
def test_a_name_that_is_none_is_a_problem(name: object) -> None:
    assert problems(metadata={"name": name}) == ["metadata.name"]


def test_a_namespace_that_is_no_label_is_a_problem() -> None:
    assert problems(metadata={"name": "a", "namespace": "../x"}) == ["metadata.namespace"]


def test_a_block_that_is_a_list_is_a_problem() -> None:
    assert problems(data=["a"]) == ["data"]


def test_no_text_of_it_holds_a_value() -> None:
    resource, _ = secret.read(manifest(stringData={"a": "hunter2"}))
    assert "hunter2" not in repr(resource)
    _, wrong = secret.read(manifest(data={"a": "hunter2!"}))
    assert "hunter2" not in str(wrong)
