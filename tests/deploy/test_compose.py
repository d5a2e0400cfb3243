"""docker-compose.yml without an engine: what it names exists, and nothing in it is lax."""

import ast
import importlib.util
import os
from typing import Any

import pytest
from celery.app.utils import find_app
from django.core.management import get_commands

from tests.deploy.compose import DOCUMENT, LASTING, OURS, ROOT, SERVICES, VARIABLE, variables
from tools.check import compose_file

SETTINGS = ast.parse((ROOT / "smartsvar" / "settings.py").read_text())


def strings(tree: ast.AST) -> set[str]:
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def required_settings() -> set[str]:
    """Variables read without a default: `env.str("NAME")` and the like."""
    return {
        str(node.args[0].value)
        for node in ast.walk(SETTINGS)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and not node.keywords
        and isinstance(node.args[0], ast.Constant)
    }


def test_the_client_or_at_least_yaml_accepts_it() -> None:
    assert compose_file(os.environ)


def resolves(command: list[str]) -> bool:
    match command:
        case ["gunicorn", module, *_]:
            return importlib.util.find_spec(module) is not None  # started for real elsewhere
        case ["celery", "-A", app, "worker" | "beat", *_]:
            return bool(find_app(app).main == "smartsvar")
        case ["python", "manage.py", name, *_]:
            return name in get_commands()
        case ["python", "-m", module, *_]:
            return importlib.util.find_spec(module) is not None
    return command == ["true"]


@pytest.mark.parametrize("name", OURS)
def test_what_a_service_runs_exists(name: str) -> None:
    assert resolves(OURS[name]["command"])


def test_each_queue_has_a_worker_of_its_own() -> None:
    routes = find_app("smartsvar").conf.task_routes.values()
    listening = [
        option.removeprefix("--queues=")
        for service in OURS.values()
        for option in service["command"]
        if option.startswith("--queues=")
    ]
    assert sorted(listening) == sorted({"celery", *(route["queue"] for route in routes)})


@pytest.mark.parametrize("name", [name for name in OURS if name in LASTING])
def test_its_probe_exists(name: str) -> None:
    kind, *command = OURS[name]["healthcheck"]["test"]
    assert kind == "CMD"
    assert resolves(command)


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_or_may_become_it(name: str) -> None:
    service = SERVICES[name]
    assert str(service["user"]).split(":")[0] not in ("root", "0", "")
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", OURS)
def test_our_containers_cannot_write_their_code(name: str) -> None:
    assert OURS[name]["read_only"] is True
    assert OURS[name]["cap_drop"] == ["ALL"]


def test_only_the_web_is_reachable_and_only_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])
    assert DOCUMENT["networks"]["inside"]["internal"] is True
    stores = SERVICES.keys() - OURS.keys()
    assert all(SERVICES[name]["networks"] == ["inside"] for name in stores)


def test_the_keys_live_in_a_cluster_and_volume_of_their_own() -> None:
    main, keys = SERVICES["postgres-main"], SERVICES["postgres-keys"]
    assert main["volumes"][0].split(":")[0] != keys["volumes"][0].split(":")[0]
    assert main["environment"]["POSTGRES_PASSWORD"] != keys["environment"]["POSTGRES_PASSWORD"]


@pytest.mark.parametrize("name", [name for name in OURS if OURS[name].get("environment")])
def test_a_service_is_given_what_the_settings_read_and_no_more(name: str) -> None:
    given = OURS[name]["environment"].keys()
    assert given <= strings(SETTINGS), "no such setting"
    disk_only = {"STORAGE_DIR", "LEDGER_DIR"}
    assert required_settings() - disk_only <= given | {"DATABASE_URL", "KEYS_DATABASE_URL"}


def test_no_variable_has_a_default_and_each_is_explained() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    used = list(VARIABLE.finditer(text))
    assert used
    # Which of the root key's ways is used, and whether people may come in by a broker, is the
    # operator's choice: the settings want exactly one, and all or none of a broker's.
    chosen = ("ROOT_K", "OIDC_")
    for name, rule in {(match[1], match[2]) for match in used}:
        assert rule == (":-" if name.startswith(chosen) else f":?set {name}"), name
    example = [
        line.partition("=")
        for line in (ROOT / ".env.example").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert {name for name, _, _ in example} == variables()
    assert all(value == "" for _, _, value in example), ".env.example holds no values"


def test_the_store_is_in_the_eu() -> None:
    regions = {OURS["web"]["environment"]["S3_REGION"], SERVICES["s3"]["environment"]["VGW_REGION"]}
    assert len(regions) == 1
    assert regions.pop().startswith("eu-")


def test_volumes_are_declared_and_owned_by_the_images_user() -> None:
    mounts: list[tuple[str, str, dict[str, Any]]] = [
        (*mount.split(":")[:2], service)
        for service in SERVICES.values()
        for mount in service.get("volumes", [])
        if not mount.startswith("./")
    ]
    assert {source for source, _, _ in mounts} == DOCUMENT["volumes"].keys()
    made = (ROOT / "Dockerfile").read_text()
    for _, target, service in mounts:
        if service["user"] == "10001:10001":
            assert target in made, f"{target} would belong to root"


def test_the_image_has_what_it_copies_and_ends_without_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users[-1] == OURS["web"]["user"]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in ignored if line.startswith("!")]
    missing = [path for path in allowed if not (ROOT / path).exists()]
    assert not missing
    assert not any("tests" in path for path in allowed)


def test_every_package_of_ours_is_in_the_image() -> None:
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    packages -= {"tests", "bench", "drill"}
    assert {f"!{package}/" for package in packages} <= set(allowed)
