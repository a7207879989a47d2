"""What every way to a Kubernetes API does, told as stories: each with a namespace of its own."""

from collections.abc import Awaitable, Callable

import pytest

from allswell.kube import hostname_objects, manifest
from allswell.kube.client import Api
from allswell.kube.errors import KubeConflict, KubeMissing, KubeRejected
from allswell.kube.hostname_objects import IngressSettings, PageHostname
from allswell.kube.kinds import CONFIGMAP, INGRESS, MONITOR, NAMESPACE, Kind

Story = Callable[[Api, str], Awaitable[None]]


def configmap(namespace: str, name: str = "it", **data: str) -> dict[str, object]:
    metadata = {"name": name, "namespace": namespace, "labels": {"story": "told"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def monitor(namespace: str, **spec: object) -> dict[str, object]:
    return {
        "apiVersion": MONITOR.api,
        "kind": MONITOR.name,
        "metadata": {"name": "it", "namespace": namespace},
        "spec": spec or {"http": {"url": "https://example.com/"}},
    }


def status(namespace: str, **said: object) -> dict[str, object]:
    metadata = {"name": "it", "namespace": namespace}
    return {"apiVersion": MONITOR.api, "kind": MONITOR.name, "metadata": metadata, "status": said}


async def version(api: Api, kind: Kind, namespace: str, name: str = "it") -> str:
    return manifest.text(await api.get(kind, namespace, name), "metadata", "resourceVersion")


async def what_is_not_there_is_none(api: Api, namespace: str) -> None:
    assert await api.get(CONFIGMAP, namespace, "it") is None


async def what_is_applied_is_there_with_an_identity(api: Api, namespace: str) -> None:
    made = await api.apply(CONFIGMAP, configmap(namespace, a="1"))
    assert manifest.uid(made)
    assert await api.get(CONFIGMAP, namespace, "it") == made
    assert manifest.block(made, "data") == {"a": "1"}


async def applying_the_same_again_changes_nothing(api: Api, namespace: str) -> None:
    await api.apply(CONFIGMAP, configmap(namespace, a="1"))
    before = await version(api, CONFIGMAP, namespace)
    await api.apply(CONFIGMAP, configmap(namespace, a="1"))
    assert await version(api, CONFIGMAP, namespace) == before


async def every_character_arrives_as_it_was_sent(api: Api, namespace: str) -> None:
    """An apply is read as YAML, which knows neither JSON's pairs of escapes nor every character."""
    odd = 'a\u2028b\u0085c\ufeffd\U0001f600\\ud83d\\n\x01\x1f\x7f\x9f\ufffe\t\r\n "é \U0010ffff '
    made = await api.apply(CONFIGMAP, configmap(namespace, a=odd))
    assert manifest.block(made, "data") == {"a": odd}


async def what_is_applied_no_more_goes_and_what_others_wrote_stays(
    api: Api, namespace: str
) -> None:
    await api.create(CONFIGMAP, configmap(namespace, theirs="1"))
    await api.apply(CONFIGMAP, configmap(namespace, a="1", b="1"))
    made = await api.apply(CONFIGMAP, configmap(namespace, a="2"))
    assert manifest.block(made, "data") == {"theirs": "1", "a": "2"}


async def only_the_very_object_is_applied_to(api: Api, namespace: str) -> None:
    with pytest.raises(KubeConflict):
        await api.apply(CONFIGMAP, configmap(namespace, a="1"), uid="another")
    made = await api.apply(CONFIGMAP, configmap(namespace, a="1"))
    with pytest.raises(KubeConflict):
        await api.apply(CONFIGMAP, configmap(namespace, a="2"), uid="another")
    again = await api.apply(CONFIGMAP, configmap(namespace, a="2"), uid=manifest.uid(made))
    assert manifest.uid(again) == manifest.uid(made)


async def a_status_is_written_whatever_uid_is_named(api: Api, namespace: str) -> None:
    """The API server overlooks it there; so nothing may rely on it."""
    await api.apply(MONITOR, monitor(namespace))
    told = await api.apply(MONITOR, status(namespace, state="up"), "status", uid="another")
    assert manifest.text(told, "status", "state") == "up"


async def a_status_is_held_to_the_version_that_was_seen(api: Api, namespace: str) -> None:
    made = await api.apply(MONITOR, monitor(namespace))
    seen = {"resourceVersion": manifest.text(made, "metadata", "resourceVersion")}

    def told(state: str) -> dict[str, object]:
        wanted = status(namespace, state=state)
        return {**wanted, "metadata": {**manifest.block(wanted, "metadata"), **seen}}

    await api.apply(MONITOR, told("up"), "status")
    with pytest.raises(KubeConflict):
        await api.apply(MONITOR, told("down"), "status")


async def nothing_is_created_twice(api: Api, namespace: str) -> None:
    await api.create(CONFIGMAP, configmap(namespace))
    with pytest.raises(KubeConflict):
        await api.create(CONFIGMAP, configmap(namespace))


async def only_the_very_object_is_deleted_and_its_absence_is_no_error(
    api: Api, namespace: str
) -> None:
    made = await api.create(CONFIGMAP, configmap(namespace))
    with pytest.raises(KubeConflict):
        await api.delete(CONFIGMAP, namespace, "it", "another", force=False)
    for _ in range(2):
        await api.delete(CONFIGMAP, namespace, "it", manifest.uid(made), force=True)
    assert await api.get(CONFIGMAP, namespace, "it") is None


async def what_is_made_anew_is_another_object(api: Api, namespace: str) -> None:
    old = await api.create(CONFIGMAP, configmap(namespace))
    await api.delete(CONFIGMAP, namespace, "it", manifest.uid(old), force=False)
    new = await api.create(CONFIGMAP, configmap(namespace))
    assert manifest.uid(new) != manifest.uid(old)


async def a_list_holds_what_is_selected_and_is_no_older_than_that(api: Api, namespace: str) -> None:
    for name in ("a", "b"):
        await api.apply(CONFIGMAP, configmap(namespace, name))
    found = await api.every(CONFIGMAP, [namespace], "story=told")
    assert [manifest.name(seen)[1] for seen in found.objects] == ["a", "b"]
    versions = [int(manifest.text(seen, "metadata", "resourceVersion")) for seen in found.objects]
    assert max(versions) <= found.version
    assert (await api.every(CONFIGMAP, [namespace], "story=another")).objects == ()


async def a_spec_has_generations_and_a_status_has_none(api: Api, namespace: str) -> None:
    made = await api.apply(MONITOR, monitor(namespace))
    told = await api.apply(MONITOR, status(namespace, state="up"), "status")
    assert manifest.number(told, "metadata", "generation") == 1
    assert manifest.text(told, "status", "state") == "up"
    assert manifest.block(told, "spec") == manifest.block(made, "spec")
    changed = await api.apply(MONITOR, monitor(namespace, tcp={"host": "example.com", "port": 1}))
    assert manifest.number(changed, "metadata", "generation") == 2
    assert manifest.text(changed, "status", "state") == "up"


async def a_status_of_what_is_not_there_is_missing(api: Api, namespace: str) -> None:
    with pytest.raises(KubeMissing):
        await api.apply(MONITOR, status(namespace, state="up"), "status")


async def one_field_is_changed_or_removed_and_the_others_stay(api: Api, namespace: str) -> None:
    await api.apply(MONITOR, monitor(namespace))
    await api.apply(MONITOR, status(namespace, state="up", target="a"), "status")
    changed = {**status(namespace, state=None, reason="Timeout")}
    told = await api.merge(MONITOR, changed, "status")
    assert manifest.block(told, "status") == {"target": "a", "reason": "Timeout"}
    with pytest.raises(KubeMissing):
        await api.merge(CONFIGMAP, configmap(namespace, "other", a="1"))


async def what_comes_in_a_list_may_not_say_its_kind(api: Api, namespace: str) -> None:
    await api.create(CONFIGMAP, configmap(namespace))
    await api.apply(MONITOR, monitor(namespace))
    for kind, says in ((CONFIGMAP, False), (MONITOR, True)):
        found = await api.every(kind, (namespace,))
        assert {"kind" in seen for seen in found.objects if manifest.name(seen)[1] == "it"} == {
            says
        }


async def a_list_shows_a_route_as_an_apply_answered(api: Api, namespace: str) -> None:
    """So what others have made of it is known again."""
    around = IngressSettings(namespace, "web", 80, ("ClusterIssuer", "le"), "nginx")
    ((_, wanted),) = hostname_objects.routes(
        PageHostname("a.acme.com", "acme", "main", "uid"), around
    )
    made = await api.apply(INGRESS, wanted)
    (listed,) = (await api.every(INGRESS, (namespace,))).objects
    assert manifest.is_subset(made, wanted)
    assert manifest.declared_hash(listed) == manifest.declared_hash(made)


async def without_a_uid_whichever_there_is_is_deleted(api: Api, namespace: str) -> None:
    await api.create(CONFIGMAP, configmap(namespace))
    for _ in range(2):
        await api.delete(CONFIGMAP, namespace, "it", "", force=False)
    assert await api.get(CONFIGMAP, namespace, "it") is None


async def what_is_not_valid_is_rejected(api: Api, namespace: str) -> None:
    with pytest.raises(KubeRejected):
        await api.apply(MONITOR, monitor(namespace, interval="2w"))


async def a_namespace_has_an_identity(api: Api, namespace: str) -> None:
    assert manifest.uid(await api.get(NAMESPACE, "", namespace))


STORIES: tuple[Story, ...] = (
    what_is_not_there_is_none,
    what_is_applied_is_there_with_an_identity,
    applying_the_same_again_changes_nothing,
    every_character_arrives_as_it_was_sent,
    what_is_applied_no_more_goes_and_what_others_wrote_stays,
    only_the_very_object_is_applied_to,
    a_status_is_written_whatever_uid_is_named,
    a_status_is_held_to_the_version_that_was_seen,
    nothing_is_created_twice,
    only_the_very_object_is_deleted_and_its_absence_is_no_error,
    what_is_made_anew_is_another_object,
    a_list_holds_what_is_selected_and_is_no_older_than_that,
    a_spec_has_generations_and_a_status_has_none,
    a_status_of_what_is_not_there_is_missing,
    one_field_is_changed_or_removed_and_the_others_stay,
    what_comes_in_a_list_may_not_say_its_kind,
    a_list_shows_a_route_as_an_apply_answered,
    without_a_uid_whichever_there_is_is_deleted,
    what_is_not_valid_is_rejected,
    a_namespace_has_an_identity,
)


def name(story: Story) -> str:
    """Return what a test of the story is called."""
    return getattr(story, "__name__", "")
