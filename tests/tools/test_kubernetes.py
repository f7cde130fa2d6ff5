# SPDX-License-Identifier: BSD-2-Clause
"""deploy/kubernetes: the OCI image holds what went in, and the manifests agree
with it and with one another."""

import base64
import json
import os
import re
import subprocess

import pytest
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "deploy", "kubernetes")
PREFIX = "com.urunc.unikernel."


def run(*argv, **more):
    done = subprocess.run(argv, capture_output=True, text=True, env={**os.environ, **more})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=["alone", "with a pack"])
def oci(request, tmp_path_factory):
    """(what went in, the files that came out, the manifest, skopeo's view)."""
    top = tmp_path_factory.mktemp("oci")
    given = {"/thimble.elf": os.urandom(200_000)}
    if request.param == "with a pack":
        given["/site.pack"] = os.urandom(50_000)
    for name, data in given.items():
        (top / name[1:]).write_bytes(data)
    pack = str(top / "site.pack") if "/site.pack" in given else ""
    layout = str(top / "layout")
    run(os.path.join(FOLDER, "image"), layout, IMAGE=str(top / "thimble.elf"), MODULE=pack)
    seen = json.loads(run("skopeo", "inspect", f"oci:{layout}:latest"))
    raw = json.loads(run("skopeo", "inspect", "--raw", f"oci:{layout}:latest"))
    run("umoci", "unpack", "--rootless", "--image", layout + ":latest", str(top / "bundle"))
    rootfs = top / "bundle" / "rootfs"
    files = {"/" + str(p.relative_to(rootfs)): p for p in rootfs.rglob("*")}
    return given, files, raw, seen


def test_the_files_are_those_given(oci):
    given, files, _, _ = oci
    assert set(files) == {*given, "/urunc.json"}
    for name, data in given.items():
        assert files[name].read_bytes() == data


def test_urunc_is_told_where_they_are(oci):
    given, files, manifest, seen = oci
    told = json.loads(files["/urunc.json"].read_text())
    told = {key: base64.b64decode(value).decode() for key, value in told.items()}
    assert manifest["annotations"] == told == seen["Labels"]
    assert {told[PREFIX + k] for k in ("binary", "initrd") if PREFIX + k in told} == set(given)
    assert {PREFIX + "unikernelType", PREFIX + "hypervisor"} <= set(told)
    assert (seen["Architecture"], seen["Os"]) == ("amd64", "linux")


def test_without_the_image_it_says_what_to_do(tmp_path):
    env = {**os.environ, "IMAGE": str(tmp_path / "none")}
    argv = [os.path.join(FOLDER, "image"), str(tmp_path / "out")]
    done = subprocess.run(argv, capture_output=True, text=True, env=env)
    assert done.returncode == 1 and "make image" in done.stderr
    assert os.listdir(tmp_path) == []


@pytest.fixture(scope="module")
def objects():
    """{(kind, name): object} of all manifests."""
    found = {}
    for name in sorted(os.listdir(FOLDER)):
        if name.endswith(".yaml"):
            with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
                for thing in yaml.safe_load_all(f):
                    key = (thing["kind"], thing["metadata"]["name"])
                    assert key not in found, f"{key} twice"
                    found[key] = thing
    return found


def template(objects, kind):
    return objects[kind, "thimble"]["spec"]["template"]


def test_selectors_choose_the_replicas(objects):
    pods = template(objects, "Deployment")["metadata"]["labels"]
    machines = template(objects, "VirtualMachineInstanceReplicaSet")["metadata"]["labels"]
    assert pods != machines
    for (kind, name), thing in objects.items():
        selector = thing["spec"].get("selector") if "spec" in thing else None
        wanted = machines if kind.startswith("Virtual") or name.endswith("kubevirt") else pods
        if selector:
            assert selector.get("matchLabels", selector) == wanted, (kind, name)


def test_ports_lead_to_http(objects):
    container = template(objects, "Deployment")["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": 80}
    service = objects["Service", "thimble"]["spec"]["ports"][0]
    assert ports[service["targetPort"]] == 80
    monitored = objects["PodMonitor", "thimble"]["spec"]["podMetricsEndpoints"][0]["port"]
    assert monitored in ports
    path = objects["Ingress", "thimble"]["spec"]["rules"][0]["http"]["paths"][0]
    backend = path["backend"]["service"]
    assert backend == {"name": "thimble", "port": {"name": service["name"]}}


def test_references_exist(objects):
    pod = template(objects, "Deployment")["spec"]
    assert ("RuntimeClass", pod["runtimeClassName"]) in objects
    target = objects["HorizontalPodAutoscaler", "thimble"]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) in objects


def test_the_pages_asked_for_exist(objects):
    with open(os.path.join(ROOT, "site", "routes.c"), encoding="utf-8") as f:
        routes = set(re.findall(r'"(/\S*)"', f.read()))
    asked = set(re.findall(r"path: (/\w+)", open(os.path.join(FOLDER, "thimble.yaml")).read()))
    asked.add(objects["PodMonitor", "thimble"]["spec"]["podMetricsEndpoints"][0]["path"])
    assert {"/healthz", "/metrics"} <= asked <= routes


def test_kubevirt_takes_the_kernel_of_the_image(objects, oci):
    domain = template(objects, "VirtualMachineInstanceReplicaSet")["spec"]["domain"]
    boot = domain["firmware"]["kernelBoot"]["container"]
    assert boot["kernelPath"] in oci[1]
    assert boot["image"] == template(objects, "Deployment")["spec"]["containers"][0]["image"]
