"""What the answers of all resolvers mean together."""

from dataclasses import replace

import pytest

from allswell.domain import preflight
from allswell.domain.hostname_claim import Proof
from allswell.domain.preflight import DnsTrouble, ExpectedProof, Preflight, ResolverAnswer

WANTED = ExpectedProof("status.acme.com", "acme-abc.pages.io", "allswell=token")
ADVICE = (
    "set status.acme.com CNAME acme-abc.pages.io; or, where it cannot be a CNAME,"
    ' _allswell.status.acme.com TXT "allswell=token"'
)
NOT = ResolverAnswer("192.0.2.53")
CNAME = replace(NOT, reached=True, cname=WANTED.target)
TXT = replace(NOT, token=True)
SILENT = replace(NOT, silent=True)
FAILED = replace(NOT, failed="SERVFAIL")


def judged(*answers: ResolverAnswer) -> Preflight:
    return preflight.judge(WANTED, answers, ["letsencrypt.org"])


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
def test_what_most_resolvers_see_is_proved(
    answers: tuple[ResolverAnswer, ...], proof: Proof
) -> None:
    assert judged(*answers) == Preflight(proof)


@pytest.mark.parametrize(
    ("answers", "trouble", "words"),
    [
        ((NOT, NOT), DnsTrouble.RECORD_MISSING, ADVICE),
        (
            (replace(NOT, cname="other.io"),),
            DnsTrouble.WRONG_TARGET,
            f"CNAME for other.io: {ADVICE}",
        ),
        ((CNAME, NOT), DnsTrouble.PROPAGATING, "1 of 2 resolvers"),
        ((CNAME, NOT, NOT), DnsTrouble.PROPAGATING, "1 of 3 resolvers"),
        ((FAILED, NOT), DnsTrouble.DNS_FAILED, f"SERVFAIL): {ADVICE}"),
        ((SILENT,), DnsTrouble.NO_RESOLVER, "192.0.2.53"),
        ((), DnsTrouble.NO_RESOLVER, "no resolver"),
    ],
)
def test_what_is_not_proved_says_what_to_do(
    answers: tuple[ResolverAnswer, ...], trouble: DnsTrouble, words: str
) -> None:
    found = judged(*answers)
    assert (found.proof, found.trouble) == (None, trouble)
    assert words in found.message
    assert found.is_conclusive is (trouble is not DnsTrouble.NO_RESOLVER)


def test_a_caa_record_that_forbids_is_told_and_leaves_the_proof() -> None:
    strict = replace(CNAME, issuers=("digicert.com",), caa_at="acme.com")
    found = judged(strict)
    assert (found.proof, found.trouble) == (Proof.CNAME, DnsTrouble.CAA_FORBIDS)
    assert 'acme.com CAA 0 issue "letsencrypt.org"' in found.message
    assert judged(replace(strict, issuers=("digicert.com", "letsencrypt.org"))).trouble is None
    assert judged(replace(strict, issuers=())).trouble is DnsTrouble.CAA_FORBIDS
    assert preflight.judge(WANTED, [strict], []).trouble is None


def test_a_long_name_from_a_stranger_is_cut() -> None:
    found = judged(replace(NOT, cname="a." * 120))
    assert len(found.message) < 400


def test_what_a_stranger_has_in_their_dns_steers_no_terminal() -> None:
    found = judged(replace(CNAME, issuers=("\x1b[2Jca.org\r\n",), caa_at="acme.com"))
    assert "let ?[2Jca.org?? certify" in found.message
