from dataclasses import replace
from datetime import timedelta

import pytest

from allswell.controller.workload import rollout
from allswell.controller.workload.rollout import Batch, Progress
from allswell.kube import manifest, statefulset
from allswell.kube.manifest import Json
from allswell.kube.views.pod import PodView
from allswell.kube.views.statefulset import StatefulSetView
from tests.unit.controller.objects import NOW, SHAPE, live_statefulset, parsed, pod, with_meta

LONG_AGO = "2026-11-23T11:00:00Z"
NEW = replace(SHAPE, image="local/allswell:2")


def marked(seen: Json) -> dict[str, object]:
    return statefulset.mark_rolled_out(seen)


def is_due(live: Json, desired: Json) -> bool:
    return rollout.is_due(StatefulSetView.parse(live), StatefulSetView.parse(desired))


def disturbs(live: Json, pod: Json | None) -> bool:
    view = PodView.parse(pod) if pod else None
    return rollout.disturbs(StatefulSetView.parse(live), view, NOW)


def progress(live: Json, pod: Json | None) -> Progress:
    view = PodView.parse(pod) if pod else None
    return rollout.progress(StatefulSetView.parse(live), view)


@pytest.mark.parametrize(
    ("text", "total", "expected"),
    [("10", 1000, 10), ("10", 3, 10), ("5%", 1000, 50), ("5%", 3, 1), ("5%", 0, 1), ("5%", 21, 2)],
)
def test_a_batch_is_a_number_or_per_cent_of_all_rounded_up(
    text: str, total: int, expected: int
) -> None:
    assert rollout.parse(text).of(total) == expected


@pytest.mark.parametrize("text", ["0", "-1", "0%", "101%", "five", "5 per cent", ""])
def test_a_batch_of_nothing_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        rollout.parse(text)


def test_another_image_or_rule_is_the_installations_doing() -> None:
    for shape in (NEW, replace(SHAPE, allow_private=False), replace(SHAPE, cpu_request=20)):
        assert is_due(live_statefulset(), statefulset.build(parsed(), shape))


def test_a_change_of_the_spec_is_not_even_together_with_a_new_image() -> None:
    for fields in ({"interval": "10s"}, {"paused": True}, {"retentionDays": 3}):
        assert not is_due(live_statefulset(), statefulset.build(parsed(**fields), NEW))


def test_the_way_to_the_collector_is_too_urgent_to_wait() -> None:
    for shape in (replace(NEW, ca="another"), replace(NEW, collector_url="https://moved:8443")):
        assert not is_due(live_statefulset(), statefulset.build(parsed(), shape))


def test_what_somebody_changed_by_hand_is_no_change_of_the_installation() -> None:
    by_hand = {**live_statefulset(), "spec": {"replicas": 7}}
    assert not is_due(by_hand, statefulset.build(parsed(), SHAPE))


def test_only_a_checker_that_runs_or_just_ran_is_disturbed() -> None:
    live = live_statefulset()
    assert disturbs(live, pod())
    assert disturbs(live, pod(ready=False))
    assert not disturbs(live, pod(ready=False, since=LONG_AGO))
    assert not disturbs(live, None)
    assert not disturbs(live_statefulset(paused=True), pod())


def test_the_mark_is_added_to_what_is_there_already() -> None:
    made = statefulset.build(parsed(), SHAPE)
    assert manifest.is_subset(marked(made), made)
    assert not manifest.is_subset(made, marked(made))


def test_a_replacement_is_under_way_until_the_new_checker_has_run_for_a_while() -> None:
    live = marked(live_statefulset())
    recent, settled = "2026-11-23T11:59:51Z", "2026-11-23T11:59:50Z"
    states = {
        since: progress(live, pod(since=since)).is_under_way(NOW) for since in (recent, settled)
    }
    assert states == {recent: True, settled: False}


def test_it_is_under_way_while_the_new_checker_is_not_there_or_not_ready() -> None:
    live = marked(live_statefulset())
    unobserved = with_meta(live, generation=2)
    cases = [
        progress(live, None),
        progress(live, pod(ready=False, since=LONG_AGO)),
        progress(live, pod(revision="r0", since=LONG_AGO)),
        progress(unobserved, pod(since=LONG_AGO)),
    ]
    assert [far.is_under_way(NOW) for far in cases] == [True] * 4


def test_what_was_not_replaced_in_slot_never_counts() -> None:
    assert progress(live_statefulset(), None) == Progress(in_slot=False)
    paused = marked(live_statefulset(paused=True))
    assert not progress(paused, None).is_under_way(NOW + timedelta(days=1))


def test_a_batch_says_how_it_was_meant() -> None:
    assert rollout.parse("5%") == Batch(5, percent=True)
