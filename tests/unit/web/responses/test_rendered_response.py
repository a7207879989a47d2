from dataclasses import replace

import pytest
from flask import Flask

from allswell_web.cache.response_store import BytesSerializer, ResponseStore
from allswell_web.errors import DamagedResponse
from allswell_web.responses import rendered_response
from allswell_web.responses.rendered_response import RenderedResponse
from tests.unit.web.fakes import NOW

SHEET = RenderedResponse(
    headers=(("Content-Type", "text/html"),),
    etag='W/"x"',
    body=b"<p>\x00\xff</p>",
    gzip=rendered_response.in_gzip(b"<p>\x00\xff</p>"),
    brotli=rendered_response.in_brotli(b"<p>\x00\xff</p>"),
    rendered_at=NOW,
    fresh_until=NOW,
    usable_until=NOW,
    version=7,
)


def test_a_sheet_is_read_back_as_it_was_written() -> None:
    assert rendered_response.read(rendered_response.write(SHEET)) == SHEET


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x00\x02{}", b"\xff\xff\xff\xff{", b"\x80\x04."])
def test_bytes_that_are_no_sheet_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedResponse):
        rendered_response.read(data)


def test_the_store_takes_bytes_and_nothing_else() -> None:
    serializer = BytesSerializer()
    assert serializer.loads(serializer.dumps(b"x")) == b"x"
    with pytest.raises(TypeError):
        serializer.dumps({"a": 1})


def test_the_store_holds_many_more_responses_than_the_library_would_by_itself() -> None:
    store = ResponseStore(Flask("test"))
    for number in range(1500):
        store.put(str(number), replace(SHEET, version=number))
    stored = [store.get(str(number)) for number in range(1500)]
    assert [one.version for one in stored if one is not None] == list(range(1500))


def test_what_is_not_stored_is_none() -> None:
    assert ResponseStore(Flask("test")).get("nothing") is None
