"""Build a TokenReview, and parse its answer."""

from dataclasses import dataclass
from typing import Self

from allswell.kube import manifest, names
from allswell.kube.kinds import TOKEN_REVIEW
from allswell.kube.manifest import Json

EXTRA = "authentication.kubernetes.io"


@dataclass(frozen=True, slots=True)
class TokenReviewView:
    """The API server's answer; `pod` and `pod_uid` are empty for a token that is bound to none."""

    authenticated: bool
    audiences: tuple[str, ...]
    user: str
    pod: str
    pod_uid: str

    @classmethod
    def parse(cls, answer: Json) -> Self:
        """Parse an answer."""
        status = manifest.block(answer, "status")
        return cls(
            authenticated=status.get("authenticated") is True,
            audiences=manifest.texts(status, "audiences"),
            user=manifest.text(status, "user", "username"),
            pod=_first(status, f"{EXTRA}/pod-name"),
            pod_uid=_first(status, f"{EXTRA}/pod-uid"),
        )


def build(token: str) -> Json:
    """Build the question whether a token is of the collector's audience."""
    spec = {"token": token, "audiences": [names.AUDIENCE]}
    return {"apiVersion": TOKEN_REVIEW.api, "kind": TOKEN_REVIEW.name, "spec": spec}


def _first(status: Json, key: str) -> str:
    return next(iter(manifest.texts(status, "user", "extra", key)), "")
