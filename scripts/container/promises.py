"""What the image promises, each as one function over real sockets: `promises.py IMAGE`.

Not a test of the daemon itself: tests/ does that. Here is what only a container can break: user, file system, signals, ports,
configuration. Every container is removed, whatever happens.
"""

import json
import subprocess
import sys
from contextlib import contextmanager

import conversation
from conversation import DEADLINE, MIB, connect, frame, read_exactly, until

IMAGE_BOUND = 48 * MIB  # the runtime base is about 25 MiB, the binary under 10
SETTINGS = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges"]
IMAGE = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)


class Container:
    """A running container of the image and the addresses of its two ports."""

    def __init__(self, identity):
        self.identity = identity
        assert self.state()["Running"], self.logs()
        self.data = self.port(7000)
        self.admin = self.port(9464)

    def port(self, inside):
        host, _, port = podman("port", self.identity, f"{inside}/tcp").splitlines()[0].rpartition(":")
        return host, int(port)

    def fetch(self, path):
        return conversation.fetch(self.admin, path)

    def state(self):
        return json.loads(podman("inspect", "--format", "{{json .State}}", self.identity))

    def logs(self):
        return subprocess.run(["podman", "logs", self.identity], capture_output=True, text=True, check=False).stderr

    def stop(self):
        """Sends what the image names as its stop signal; `wait` for the end."""
        return subprocess.Popen(["podman", "stop", "--time", "30", self.identity], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def podman(*arguments):
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"podman {arguments[0]}: {done.stderr.strip()[-600:]}")
    return done.stdout.strip()


@contextmanager
def running(*options):
    identity = podman("run", "--detach", *SETTINGS, "-p", "127.0.0.1::7000", "-p", "127.0.0.1::9464", *options, IMAGE)
    try:
        container = Container(identity)
        until(lambda: container.fetch("/readyz")[0] == 200 or not container.state()["Running"], "ready")
        assert container.state()["Running"], container.logs()
        yield container
    finally:
        podman("rm", "--force", "--time", "0", identity)


def the_image_says_how_to_run_it():
    image = json.loads(podman("image", "inspect", IMAGE))[0]
    config = image["Config"]
    assert config["User"] == "65532:65532", config["User"]
    assert config["Entrypoint"] == ["/usr/local/bin/oread"], config["Entrypoint"]
    assert config["StopSignal"] in ("SIGTERM", "15"), config["StopSignal"]
    assert set(config["ExposedPorts"]) == {"7000/tcp", "9464/tcp"}, config["ExposedPorts"]
    health = image.get("HealthCheck") or image["Healthcheck"]
    assert health["Test"][:3] == ["CMD", "/usr/local/bin/oread", "probe"], health
    labels = config["Labels"]
    for name in ("title", "description", "licenses", "version", "revision", "base.name"):
        assert labels.get(f"org.opencontainers.image.{name}"), f"no label {name}"


def the_image_is_small():
    size = int(podman("image", "inspect", "--format", "{{.Size}}", IMAGE))
    print(f"     image: {size / MIB:.1f} MiB, bound {IMAGE_BOUND // MIB} MiB")
    assert size < IMAGE_BOUND


def the_image_has_no_shell():
    shell = subprocess.run(["podman", "run", "--rm", "--entrypoint", "/bin/sh", IMAGE, "-c", "true"], capture_output=True, check=False)
    assert shell.returncode == 127, f"a shell ended with {shell.returncode}"


def it_runs_without_root_or_capabilities():
    with running() as container:
        with open(f"/proc/{container.state()['Pid']}/status", encoding="ascii") as status:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
        assert set(fields["Uid"].split()) == {"65532"} and set(fields["Gid"].split()) == {"65532"}, fields
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(fields[name], 16) == 0, f"{name} {fields[name]}"
        assert fields["NoNewPrivs"] == "1"


def it_answers_every_frame_up_to_its_limit():
    with running() as container:
        conversation.every_size_comes_back(container.data)


def a_frame_over_the_limit_ends_its_session_only():
    with running() as container:
        conversation.too_large_ends_its_session_only(container.data)


def it_is_scraped_from_outside():
    with running() as container:
        with connect(container.data) as client:
            client.sendall(frame(64))
            assert len(read_exactly(client, 68)) == 68
            status, page = container.fetch("/metrics")
        assert status == 200
        series = [line for line in page.splitlines() if line.startswith("oread_")]
        assert any(line.startswith("oread_build_info") for line in series), page[:400]
        accepted = [line for line in series if line.startswith("oread_sessions_accepted_total{") and 'listener="echo"' in line]
        assert accepted and float(accepted[0].split()[-1]) == 1, accepted
        print(f"     metrics: {len(series)} oread_ series")
        assert container.fetch("/livez")[0] == 200


def its_health_check_passes():
    with running() as container:
        podman("healthcheck", "run", container.identity)
        podman("exec", container.identity, "/usr/local/bin/oread", "probe", "--admin", "127.0.0.1:9464")


def the_environment_changes_its_configuration():
    with running("--env", "OREAD__LISTENER__ECHO__CODEC=lines") as container, connect(container.data) as client:
        client.sendall(b"hello\n")
        assert read_exactly(client, 6) == b"hello\n"


def a_wrong_variable_is_refused_by_name():
    wrong = subprocess.run(["podman", "run", "--rm", *SETTINGS, "--env", "OREAD__LISTENER__ECHO__CODEX=lines", IMAGE],
                           capture_output=True, text=True, check=False, timeout=60)
    assert wrong.returncode == 78, f"exit {wrong.returncode}: {wrong.stderr}"
    assert "codec" in wrong.stderr.lower(), wrong.stderr


def stopped_mid_frame_it_drains_and_tears_nothing():
    with running() as container:
        with conversation.mid_frame(container.data) as drain:
            stopping = container.stop()
            until(lambda: container.fetch("/readyz")[0] != 200, "not ready after TERM")
        assert stopping.wait(DEADLINE) == 0
        print(f"     drain: {drain.sent} bytes in flight, {drain.frames} whole frames came back")
        assert container.state()["ExitCode"] == 0, container.logs()


def a_drain_cut_short_has_its_own_exit_code():
    with running("--env", "OREAD__DRAIN__GRACE=200ms") as container, connect(container.data) as client:
        conversation.leave_unread(client)
        assert container.stop().wait(DEADLINE) == 0
        assert container.state()["ExitCode"] == 75, container.logs()


PROMISES = [
    the_image_says_how_to_run_it,
    the_image_is_small,
    the_image_has_no_shell,
    it_runs_without_root_or_capabilities,
    it_answers_every_frame_up_to_its_limit,
    a_frame_over_the_limit_ends_its_session_only,
    it_is_scraped_from_outside,
    its_health_check_passes,
    the_environment_changes_its_configuration,
    a_wrong_variable_is_refused_by_name,
    stopped_mid_frame_it_drains_and_tears_nothing,
    a_drain_cut_short_has_its_own_exit_code,
]


def main():
    failed = conversation.keep(PROMISES)
    print(f"container: {len(PROMISES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
