"""What a script in Python does with Kubernetes' client: `deeds.py DEED NAMESPACE`. Ends with 0 when it came about."""

import sys

from kubernetes import client, config, dynamic, watch

GROUP, VERSION, PLURAL = "kubevirt.io", "v1", "virtualmachines"
# Everything here takes milliseconds on a good server.
PATIENCE_SECONDS = 30


def machine(name):
    """One that does not run and has nothing to boot from."""
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "VirtualMachine",
        "metadata": {"name": name},
        "spec": {
            "runStrategy": "Halted",
            "template": {"spec": {"domain": {"memory": {"guest": "16Mi"}, "devices": {}}}},
        },
    }


def must(holds, words):
    if not holds:
        sys.exit(words)


def objects(namespace):
    api = client.CustomObjectsApi()
    own = (GROUP, VERSION, namespace, PLURAL)
    api.create_namespaced_custom_object(*own, machine("box"))
    found = api.get_namespaced_custom_object(*own, "box")
    found["metadata"]["labels"] = {"tier": "gold"}
    written = api.replace_namespaced_custom_object(*own, "box", found)
    must(written["metadata"]["labels"]["tier"] == "gold", "the label was not written")
    api.delete_namespaced_custom_object(*own, "box")


def watched(namespace):
    api = client.CustomObjectsApi()
    own = (GROUP, VERSION, namespace, PLURAL)
    since = api.list_namespaced_custom_object(*own)["metadata"]["resourceVersion"]
    api.create_namespaced_custom_object(*own, machine("followed"))
    api.delete_namespaced_custom_object(*own, "followed")
    seen = []
    following = watch.Watch()
    for event in following.stream(
        api.list_namespaced_custom_object, *own, resource_version=since, timeout_seconds=PATIENCE_SECONDS
    ):
        seen.append(event["type"])
        if event["type"] == "DELETED":
            break
    must(seen[0] == "ADDED" and seen[-1] == "DELETED", f"saw {seen}")


def patch(namespace):
    api = client.CoreV1Api()
    api.create_namespaced_config_map(namespace, {"metadata": {"name": "patched"}, "data": {"a": "1"}})
    strategic = api.patch_namespaced_config_map("patched", namespace, {"data": {"b": "2"}})
    must(strategic.data == {"a": "1", "b": "2"}, f"the patch left {strategic.data}")
    applied = api.patch_namespaced_config_map(
        "applied",
        namespace,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"c": "3"}},
        field_manager="matrix",
        _content_type="application/apply-patch+yaml",
    )
    must(applied.data == {"c": "3"}, f"the apply left {applied.data}")
    custom = client.CustomObjectsApi()
    own = (GROUP, VERSION, namespace, PLURAL)
    custom.create_namespaced_custom_object(*own, machine("merged"))
    merged = custom.patch_namespaced_custom_object(*own, "merged", {"metadata": {"labels": {"a": "b"}}})
    must(merged["metadata"]["labels"] == {"a": "b"}, "the merge patch left no label")


def discovered(namespace):
    found = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version=f"{GROUP}/{VERSION}", kind="VirtualMachine")
    found.create(body=machine("found"), namespace=namespace)
    must(found.get(name="found", namespace=namespace).spec.runStrategy == "Halted", "it is not what was made")
    found.delete(name="found", namespace=namespace)


def selected(namespace):
    api = client.CoreV1Api()
    for number in range(5):
        labels = {"parity": "even" if number % 2 == 0 else "odd"}
        api.create_namespaced_config_map(namespace, {"metadata": {"name": f"page-{number}", "labels": labels}})
    even = api.list_namespaced_config_map(namespace, label_selector="parity=even")
    must(len(even.items) == 3, f"{len(even.items)} are even")
    one = api.list_namespaced_config_map(namespace, field_selector="metadata.name=page-1")
    must([item.metadata.name for item in one.items] == ["page-1"], "the field selector found another")
    names, token = [], None
    while True:
        page = api.list_namespaced_config_map(namespace, limit=2, _continue=token, label_selector="parity")
        names += [item.metadata.name for item in page.items]
        token = page.metadata._continue
        if not token:
            break
    must(names == [f"page-{number}" for number in range(5)], f"the pages held {names}")


DEEDS = {"objects": objects, "watch": watched, "patch": patch, "dynamic": discovered, "table": selected}

if __name__ == "__main__":
    config.load_kube_config()
    DEEDS[sys.argv[1]](sys.argv[2])
