"""What the files under deploy/ promise each other, the image and the kernel: numbers that must fit although they stand in different files."""

import os
import re
import sys
import tomllib

import yaml

UNITS = {"ms": 0.001, "s": 1, "m": 60, "": 1}
DAEMON_GRACE = 30  # seconds, the daemon's default for drain.grace


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def seconds(text):
    number, unit = re.fullmatch(r"([0-9.]+)\s*(ms|s|m|)", str(text)).groups()
    return float(number) * UNITS[unit]


def settings(text):
    """The `key = value` and `key=value` lines that are in force."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [tuple(part.strip() for part in line.split("=", 1)) for line in lines if "=" in line]


CONTAINER = tomllib.loads(read("config/container.toml"))
COMPOSE = yaml.safe_load(read("deploy/compose/compose.yaml"))
DAEMON = COMPOSE["services"]["oread"]


def ports_are_the_same_everywhere():
    inside = {CONTAINER["admin"]["bind"].split(":")[-1], CONTAINER["listener"]["echo"]["bind"].split(":")[-1]}
    exposed = set(re.search(r"^EXPOSE (.*)$", read("Dockerfile"), re.M).group(1).split())
    published = {mapping.split(":")[-1] for mapping in DAEMON["ports"]}
    assert inside == exposed == published, (inside, exposed, published)


def the_image_drains_before_docker_stop_kills():
    assert seconds(CONTAINER["drain"]["grace"]) < 10


def compose_waits_longer_than_the_drain():
    assert seconds(DAEMON["stop_grace_period"]) > seconds(DAEMON["environment"]["OREAD__DRAIN__GRACE"])


def compose_gives_descriptors_and_no_rights():
    assert DAEMON["ulimits"]["nofile"]["soft"] == DAEMON["ulimits"]["nofile"]["hard"] >= 65536
    for service in COMPOSE["services"].values():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
        assert all(":" in mapping and mapping.startswith("127.0.0.1:") for mapping in service["ports"]), service["ports"]


def compose_finds_its_files():
    here = "deploy/compose"
    assert os.path.exists(os.path.join(here, DAEMON["build"]["context"], "Dockerfile"))
    for mount in COMPOSE["services"]["prometheus"]["volumes"]:
        source = mount.split(":")[0]
        assert source in COMPOSE["volumes"] or os.path.exists(os.path.join(here, source)), source


def prometheus_scrapes_the_admin_port():
    scrape = yaml.safe_load(read("deploy/compose/prometheus.yml"))["scrape_configs"][0]
    target = scrape["static_configs"][0]["targets"][0]
    assert target == "oread:" + CONTAINER["admin"]["bind"].split(":")[-1], target


def the_unit_waits_longer_than_the_drain():
    unit = dict(settings(read("deploy/systemd/oread.service")))
    assert seconds(unit["TimeoutStopSec"]) > DAEMON_GRACE
    assert "78" in unit["RestartPreventExitStatus"].split()


def every_sysctl_exists_and_has_its_reason():
    text = read("deploy/sysctl/60-oread.conf")
    for name, value in settings(text):
        path = "/proc/sys/" + name.replace(".", "/")
        assert os.path.exists(path), f"this kernel has no {name}"
        assert len(value.split()) == len(read(path).split()), f"{name} takes {len(read(path).split())} values"
    has_reason(text)


def every_limit_has_its_form_and_reason():
    text = read("deploy/limits/oread.conf")
    for line in text.splitlines():
        assert line.startswith("#") or re.fullmatch(r"oread\s+(soft|hard)\s+nofile\s+\d+", line), line
    has_reason(text)


def has_reason(text):
    """Each block of lines begins with a comment."""
    for block in text.split("\n\n"):
        assert re.match(r"# \w", block.lstrip("\n")), f"without a reason: {block}"


def main():
    promises = [promise for name, promise in globals().items() if callable(promise) and "_" in name and promise is not has_reason]
    failed = 0
    for promise in promises:
        try:
            promise()
            print("ok  ", promise.__name__.replace("_", " "))
        except (AssertionError, KeyError, AttributeError) as problem:
            failed += 1
            print("FAIL", promise.__name__.replace("_", " "), "\n    ", problem)
    return 1 if failed or not promises else 0


if __name__ == "__main__":
    sys.exit(main())
