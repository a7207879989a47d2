"""What the answers of all resolvers mean together."""

from dataclasses import replace

import pytest

from allswell.domain import preflight
from allswell.domain.hostname_claim import Proof
from allswell.domain.preflight import Finding, Seen, Trouble, Wanted

WANTED = Wanted("status.acme.com", "acme-abc.pages.io", "allswell=token")
ADVICE = (
    "set status.acme.com CNAME acme-abc.pages.io; or, where it cannot be a CNAME,"
    ' _allswell.status.acme.com TXT "allswell=token"'
)
NOT = Seen("192.0.2.53")
CNAME = replace(NOT, reached=True, cname=WANTED.target)
TXT = replace(NOT, token=True)
SILENT = replace(NOT, silent=True)
FAILED = replace(NOT, failed="SERVFAIL")


def judged(*answers: Seen) -> Finding:
    return preflight.judged(WANTED, answers, ["letsencrypt.org"])


@pytest.mark.parametrize(
    ("answers", "proof"),
    [
        ((CNAME,), Proof.CNAME),
        ((TXT,), Proof.TXT),
        ((CNAME, CNAME, NOT), Proof.CNAME),
        ((CNAME, TXT, TXT), Proof.TXT),
        ((CNAME, CNAME, TXT), Proof.CNAME),
        ((CNAME, SILENT, SILENT), Proof.CNAME),
        ((CNAME, CNAME, FAILED), Proof.CNAME),
        ((replace(TXT, cname="other.io"),), Proof.TXT),
    ],
)
def test_what_most_resolvers_see_is_proved(answers: tuple[Seen, ...], proof: Proof) -> None:
    assert judged(*answers) == Finding(proof)


@pytest.mark.parametrize(
    ("answers", "trouble", "words"),
    [
        ((NOT, NOT), Trouble.RECORD_MISSING, ADVICE),
        ((replace(NOT, cname="other.io"),), Trouble.WRONG_TARGET, f"CNAME for other.io: {ADVICE}"),
        ((CNAME, NOT), Trouble.PROPAGATING, "1 of 2 resolvers"),
        ((CNAME, NOT, NOT), Trouble.PROPAGATING, "1 of 3 resolvers"),
        ((FAILED, NOT), Trouble.DNS_FAILED, f"SERVFAIL): {ADVICE}"),
        ((SILENT,), Trouble.NO_RESOLVER, "192.0.2.53"),
        ((), Trouble.NO_RESOLVER, "no resolver"),
    ],
)
def test_what_is_not_proved_says_what_to_do(
    answers: tuple[Seen, ...], trouble: Trouble, words: str
) -> None:
    found = judged(*answers)
    assert (found.proof, found.trouble) == (None, trouble)
    assert words in found.message
    assert found.known is (trouble is not Trouble.NO_RESOLVER)


def test_a_caa_record_that_forbids_is_told_and_leaves_the_proof() -> None:
    strict = replace(CNAME, issuers=("digicert.com",), caa_at="acme.com")
    found = judged(strict)
    assert (found.proof, found.trouble) == (Proof.CNAME, Trouble.CAA_FORBIDS)
    assert 'acme.com CAA 0 issue "letsencrypt.org"' in found.message
    assert judged(replace(strict, issuers=("digicert.com", "letsencrypt.org"))).trouble is None
    assert judged(replace(strict, issuers=())).trouble is Trouble.CAA_FORBIDS
    assert preflight.judged(WANTED, [strict], []).trouble is None


def test_a_long_name_from_a_stranger_is_cut() -> None:
    found = judged(replace(NOT, cname="a." * 120))
    assert len(found.message) < 400


def test_what_a_stranger_has_in_their_dns_steers_no_terminal() -> None:
    found = judged(replace(CNAME, issuers=("\x1b[2Jca.org\r\n",), caa_at="acme.com"))
    assert "let ?[2Jca.org?? certify" in found.message
