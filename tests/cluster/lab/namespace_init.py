"""Run as the first process of a lab with a node: what runs there ends with it.

It is started in a mount, a network and a process namespace of its own. It lays the lab's own
folders over those of the machine where daemons have fixed places, so that nothing is left on the
machine; then it reaps. It is run by path, without the project, and uses the standard library alone.
"""

import signal
import subprocess
import sys
from pathlib import Path

# The kubelet sets these for the whole machine; here it finds them as it wants them.
_TUNABLES = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def run(*command: str) -> None:
    """Run a command that must work."""
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def lay_folders(data: Path) -> None:
    """Give the lab its own /run, /var/lib and /var/log, and the machine's /proc below /run."""
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "tmpfs", "-o", "mode=755,nosuid,nodev", "lab", "/run")
    machine = Path("/run/machine-proc")
    machine.mkdir()
    run("mount", "--bind", "/proc", str(machine))
    for name in ("lib", "log"):
        (data / name).mkdir(exist_ok=True)
        run("mount", "--bind", str(data / name), f"/var/{name}")
    run("mount", "-t", "proc", "-o", "nosuid,nodev,noexec", "proc", "/proc")


def fake_tunables() -> None:
    """Show the kubelet the settings that it would make, without making them."""
    for name, value in _TUNABLES.items():
        real = Path("/proc/sys") / name
        if real.exists():
            fake = Path("/run/tunables") / name
            fake.parent.mkdir(parents=True, exist_ok=True)
            fake.write_text(f"{value}\n")
            run("mount", "--bind", str(fake), str(real))


def main(data: Path, record: Path) -> None:
    """Make the place, say by ``record`` that it is ready, and reap until the end."""
    own = Path("/proc/self/stat").read_text()  # still the machine's: its number is known outside
    lay_folders(data)
    fake_tunables()
    # Shared within the lab, which volumes of pods need; never with the machine.
    run("mount", "--make-rshared", "/")
    run("ip", "link", "set", "lo", "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    ready = record.with_suffix(".new")
    ready.write_text(own)
    ready.rename(record)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
