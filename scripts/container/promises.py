"""What the image promises, each as one function over real sockets: `promises.py IMAGE`.

Not a test of the daemon itself: tests/ does that. Here is what only a container can break: user, file system, signals, ports,
configuration. Every container is removed, whatever happens.
"""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from frames import DEADLINE, connect, fill, frame, read_exactly, read_to_end, whole_frames

MIB = 1024 * 1024
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
        """Status and body of an admin page; (0, "") when nobody answers."""
        try:
            with urllib.request.urlopen("http://%s:%d%s" % (*self.admin, path), timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except OSError:
            return 0, ""

    def state(self):
        return json.loads(podman("inspect", "--format", "{{json .State}}", self.identity))

    def logs(self):
        return subprocess.run(["podman", "logs", self.identity], capture_output=True, text=True, check=False).stderr

    def stop(self):
        """Sends what the image names as its stop signal; `wait` for the end."""
        return subprocess.Popen(["podman", "stop", "--time", "30", self.identity], stdout=subprocess.DEVNULL)


def podman(*arguments):
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"podman {arguments[0]}: {done.stderr.strip()[-600:]}")
    return done.stdout.strip()


def until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"not within {DEADLINE:.0f} s: {what}"
        time.sleep(0.02)


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
    assert image["HealthCheck" if "HealthCheck" in image else "Healthcheck"]["Test"] == ["CMD", "/usr/local/bin/oread", "probe"]
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
    with running() as container, connect(container.data) as client:
        for size in (0, 1, 100, 65536, MIB):
            sent = frame(size)
            client.sendall(sent)
            assert read_exactly(client, len(sent)) == sent, f"{size} bytes came back otherwise"


def a_frame_over_the_limit_ends_its_session_only():
    with running() as container, connect(container.data) as neighbour, connect(container.data) as offender:
        offender.sendall((MIB + 1).to_bytes(4, "big"))
        assert read_to_end(offender) == b""
        sent = frame(100)
        neighbour.sendall(sent)
        assert read_exactly(neighbour, len(sent)) == sent


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
        podman("exec", container.identity, "/usr/local/bin/oread", "probe")


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
    owed = b"".join(frame(MIB) for _ in range(16))
    with running() as container, connect(container.data) as half, connect(container.data) as busy:
        half.sendall(frame(1000)[:500])
        sent = fill(busy, owed)
        stopping = container.stop()
        until(lambda: container.fetch("/readyz")[0] != 200, "not ready after TERM")
        echoed = read_to_end(busy)
        busy.close()
        assert read_to_end(half) == b"", "half a frame was answered"
        half.close()
        assert stopping.wait(DEADLINE) == 0
        count, torn = whole_frames(echoed)
        print(f"     drain: {sent} bytes in flight, {count} whole frames came back")
        assert torn == 0, f"{torn} bytes of an unfinished frame"
        assert count > 0 and echoed == owed[: len(echoed)]
        assert container.state()["ExitCode"] == 0, container.logs()


def a_drain_cut_short_has_its_own_exit_code():
    with running("--env", "OREAD__DRAIN__GRACE=200ms") as container, connect(container.data) as client:
        fill(client, b"".join(frame(MIB) for _ in range(16)))
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
    failed = 0
    for promise in PROMISES:
        name = promise.__name__.replace("_", " ")
        try:
            promise()
            print(f"ok   {name}", flush=True)
        except (AssertionError, OSError, subprocess.TimeoutExpired, KeyError, IndexError) as problem:
            failed += 1
            print(f"FAIL {name}\n     {type(problem).__name__}: {problem}", flush=True)
    print(f"container: {len(PROMISES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
