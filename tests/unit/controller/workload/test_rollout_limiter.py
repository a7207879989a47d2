"""The slots over the course of a roll-out, on a cache that holds real manifests."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allswell.controller.cache.cache import Cache
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.workload import rollout
from allswell.controller.workload.rollout import Batch, RolloutSlot
from allswell.controller.workload.rollout_limiter import RolloutLimiter
from allswell.domain.spec import monitor as spec
from allswell.kube import statefulset
from allswell.kube.kinds import MONITOR, POD, STATEFULSET
from tests.unit.controller.objects import NOW, SHAPE, pod, with_meta

LONG_AGO = "2026-11-23T11:00:00Z"


@dataclass
class Scene:
    """A cache with some running checkers, and a limiter of their roll-out."""

    now: datetime = NOW
    cache: Cache = field(default_factory=Cache)
    metrics: OperatorMetrics = field(default_factory=OperatorMetrics)
    version: int = 0

    def limiter(self, batch: str) -> RolloutLimiter:
        return RolloutLimiter(self.cache, rollout.parse(batch), self.metrics, lambda: self.now)

    def put(self, name: str, *, in_slot: bool = False, ready_since: str = "") -> None:
        """A Monitor with a checker that is ready since then, or not."""
        self.version += 1
        version = str(self.version)
        place = {"name": name, "namespace": "acme", "uid": f"m-{name}", "resourceVersion": version}
        check = {"http": {"url": "https://example.com/"}}
        seen = {"apiVersion": "allswell.dev/v1alpha1", "kind": "Monitor", "spec": check}
        monitor = {**seen, "metadata": place}
        made = statefulset.build(spec.read(monitor), SHAPE)
        live = with_meta(
            statefulset.mark_rolled_out(made) if in_slot else made, uid=name, generation=1
        )
        status = {"observedGeneration": 1, "updateRevision": "r1"}
        self.cache.observe(MONITOR, monitor)
        self.cache.observe(
            STATEFULSET, with_meta({**live, "status": status}, resourceVersion=version)
        )
        held = pod(ready=bool(ready_since), since=ready_since or LONG_AGO)
        self.cache.observe(POD, with_meta(held, name=f"{name}-check-0", resourceVersion=version))

    def figures(self) -> tuple[float | None, float | None]:
        names = ("allswell_rollout_waiting", "allswell_rollout_under_way")
        waiting, rolling = (self.metrics.registry.get_sample_value(name) for name in names)
        return waiting, rolling


def places(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple(("acme", name) for name in names)


def scene(*names: str) -> Scene:
    it = Scene()
    for name in names:
        it.put(name, ready_since=LONG_AGO)
    return it


def ask(limiter: RolloutLimiter, *names: str) -> list[str]:
    """Return who of those that ask gets a slot."""
    return [name for name in names if limiter.acquire(("acme", name)) is RolloutSlot.TAKEN]


def test_nobody_goes_before_a_count() -> None:
    assert ask(scene("a").limiter("10"), "a") == []


def test_as_many_go_as_the_batch_holds_and_the_rest_wait_in_order() -> None:
    it = scene("a", "b", "c", "d")
    limiter = it.limiter("2")
    limiter.count()
    assert ask(limiter, "a", "b", "c", "d") == ["a", "b"]
    assert limiter.count() == ()
    assert it.figures() == (2, 0)
    for name in ("a", "b"):
        it.put(name, in_slot=True)
        limiter.release(("acme", name))
    assert limiter.count() == ()
    assert it.figures() == (2, 2)
    it.put("a", in_slot=True, ready_since="2026-11-23T11:59:59Z")
    assert limiter.count() == ()
    it.now += timedelta(seconds=10)
    assert limiter.count() == places("c")
    assert ask(limiter, "d", "c") == ["d"]


def test_checkers_that_do_not_come_back_stop_all_that_would_follow() -> None:
    it = scene("a", "b", "c")
    limiter = it.limiter("1")
    limiter.count()
    assert ask(limiter, "a", "b", "c") == ["a"]
    it.put("a", in_slot=True)
    limiter.release(("acme", "a"))
    it.now += timedelta(days=1)
    assert limiter.count() == ()
    assert ask(limiter, "b", "c") == []


def test_what_only_looks_like_a_checker_stops_nobody() -> None:
    it = scene("a", "b")
    limiter = it.limiter("1")
    for name, owner in (("fake", {}), ("a-check-2", {"uid": "m-a"}), ("b-check", {"uid": "old"})):
        parent = {"kind": "Monitor", "name": name[0], "controller": True, **owner}
        dressed = with_meta(
            statefulset.mark_rolled_out({"metadata": {"namespace": "acme", "name": name}}),
            labels={"allswell.dev/monitor": name[0]},
            ownerReferences=[parent],
            resourceVersion="1000",
        )
        it.cache.observe(STATEFULSET, {**dressed, "spec": {"replicas": 1}})
    limiter.count()
    assert it.figures() == (0, 0)
    assert ask(limiter, "a", "b") == ["a"]


def test_a_repair_goes_first_to_those_that_are_under_way_also_after_a_restart() -> None:
    it = scene("b", "c")
    it.put("a", in_slot=True)
    restarted = it.limiter("1")
    assert ask(restarted, "b", "a") == []
    assert restarted.count() == places("a")
    assert ask(restarted, "b", "a") == ["a"]


def test_one_that_could_not_be_replaced_gives_its_slot_back() -> None:
    it = scene("a", "b")
    limiter = it.limiter("1")
    limiter.count()
    assert ask(limiter, "a", "b") == ["a"]
    limiter.release(("acme", "a"))
    assert limiter.count() == places("b")


def test_a_slot_that_was_taken_is_not_taken_twice() -> None:
    it = scene("a", "b")
    limiter = it.limiter("1")
    limiter.count()
    assert ask(limiter, "a", "a", "b") == ["a", "a"]


def test_who_is_gone_or_wants_nothing_any_more_is_not_waited_for() -> None:
    it = scene("a", "b")
    limiter = RolloutLimiter(it.cache, Batch(1), it.metrics, lambda: it.now)
    ask(limiter, "gone", "a", "b")
    limiter.release(("acme", "a"))
    assert (limiter.count(), limiter.waiting()) == (places("b"), 1)
