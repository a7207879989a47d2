import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allswell.domain import password

SALT = bytes(range(16))


@settings(max_examples=5)
@given(st.text(min_size=1), st.binary(min_size=16, max_size=16))
def test_a_password_matches_its_own_hash_and_the_hash_has_the_written_form(
    secret: str, salt: bytes
) -> None:
    written = password.hash_password(secret, salt)
    assert re.search(password.PATTERN, written)
    assert password.matches(secret, written)


@pytest.mark.parametrize("wrong", ["", "open", "Open sesame", "open sesame ", "open\0sesame"])
def test_another_password_does_not_match(wrong: str) -> None:
    assert not password.matches(wrong, password.hash_password("open sesame", SALT))


def test_the_same_password_has_another_hash_with_another_salt() -> None:
    assert password.hash_password("a", SALT) != password.hash_password("a", SALT[::-1])
