"""What `requirements/slim.py` leaves of the official Kubernetes client is all that is used."""

import os
import shutil
import subprocess
import sys
from importlib import util
from pathlib import Path

import kubernetes

ROOT = Path(__file__).parents[3]
WHOLE = Path(kubernetes.__file__).parent
# What in these tests is done by itself, in the tests of its own: each way to log in once.
WAYS = "pod_shows or plug_in_is_run or id_token_is_renewed or certificate_is_shown or no_model"
KOPF = (
    "import allswell.controller.main, sys;"
    "assert 'kubernetes.client.models.v1_object_meta' in sys.modules;"
    "print(sys.modules['kubernetes'].__path__[0])"
)


def slim(root: Path) -> None:
    spec = util.spec_from_file_location("slim", ROOT / "requirements/slim.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(root)


def run(packages: Path, *command: str) -> str:
    environ = {**os.environ, "PYTHONPATH": str(packages)}
    done = subprocess.run(
        [sys.executable, *command],
        check=False,
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_operator_needs_no_more_of_the_official_client_than_the_image_holds(
    tmp_path: Path,
) -> None:
    packages = tmp_path / "lib/python3.11/site-packages"
    shutil.copytree(
        WHOLE,
        packages / "kubernetes",
        copy_function=os.symlink,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    slim(tmp_path)
    left = list((packages / "kubernetes").rglob("*.py"))
    assert sum(path.stat().st_size for path in left) < 2_000_000
    assert run(packages, "-c", KOPF).strip() == str(packages / "kubernetes")
    tests = "tests/unit/kube/test_access.py"
    assert " passed" in run(
        packages, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", WAYS, tests
    )
    shutil.rmtree(tmp_path)
