import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import base64_text


@given(st.binary())
def test_what_the_standard_library_writes_is_read_back(data: bytes) -> None:
    written = base64.b64encode(data).decode()
    assert base64_text.decode(written) == data


@given(st.binary(), st.integers(0, 2))
def test_padding_counts_for_nothing(data: bytes, padding: int) -> None:
    bare = base64.b64encode(data).decode().rstrip("=")
    assert base64_text.decode(bare + "=" * padding) == data


@pytest.mark.parametrize(
    "text",
    ["A", "AAAAA", "AA===", "===", "AA=A", "AA AA", "AAAA\n", "A-__", "ÄAAA", "AA A", "٣٣٣٣"],
)
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not base64"):
        base64_text.decode(text)
