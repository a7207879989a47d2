"""The domains that authorities count certificates under."""

import pytest

from allswell.domain import claim


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("status.acme.com", "acme.com"),
        ("acme.com", "acme.com"),
        ("a.b.c.acme.io", "acme.io"),
        ("status.acme.co.uk", "acme.co.uk"),
        ("status.acme.com.au", "acme.com.au"),
        ("status.web.de", "web.de"),
    ],
)
def test_certificates_are_counted_by_registered_domain(host: str, domain: str) -> None:
    assert claim.domain_of(host) == domain
