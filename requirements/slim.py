"""Take out of an image what a running program has no use for: `slim.py ROOT`.

ROOT is a root file system or a virtual environment. Package managers, compilers' headers, documents
and test suites go; what is left is compiled, because the root file system will be read-only. The
list of Debian's packages stays, so that scanners still see what the image is made of.
"""

import compileall
import py_compile
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

# As the shell's patterns, below the root.
UNUSED = (
    # What installs software.
    "usr/bin/apt*",
    "usr/bin/dpkg*",
    "usr/lib/apt",
    "usr/lib/dpkg",
    "usr/share/dpkg",
    "usr/share/debconf",
    "usr/sbin/dpkg*",
    "var/lib/apt/*",
    "var/lib/dpkg/info",
    "var/cache/*",
    "etc/apt",
    "root/.cache",
    # Perl, which Debian needs to install packages.
    "usr/bin/*perl*",
    "usr/share/perl*",
    "usr/lib/*/perl*",
    "usr/lib/*/libperl*",
    # What people read.
    "usr/share/doc/*",
    "usr/share/info/*",
    "usr/share/man/*",
    "usr/share/locale/*",
    "usr/share/lintian",
    "usr/share/bash-completion",
    "usr/share/python-wheels",
    "usr/share/zsh",
    "usr/share/pixmaps",
    "var/log/*",
)
# Below each folder of Python's, standard library or packages.
UNUSED_PYTHON = (
    "ensurepip",
    "idlelib",
    "lib2to3",
    "pydoc_data",
    "test",
    "tkinter",
    "turtledemo",
    "venv",
    "config-*",
    "pip",
    "pip-*",
    "setuptools",
    "setuptools-*",
    "_distutils_hack",
    "distutils-precedence.pth",
    "pkg_resources",
    "wheel",
    "wheel-*",
    # Parts of packages. What is left is compiled anew.
    "**/__pycache__",
    "*/tests",
    "*/test",
    "**/*.pyi",
    "**/*.pyx",
    "**/*.pxd",
    "**/*.[ch]",
    "kubernetes/**/*_test.py",
    # The official client's classes for each kind; known paths are asked instead.
    "kubernetes/client/api",
    "kubernetes/aio/client/api",
)
# (The same; a few are kept, which kopf looks for.)
MODELS = ("kubernetes/client/models", "kubernetes/aio/client/models")
KEPT_MODELS = ("__init__", "v1_managed_fields_entry", "v1_object_meta", "v1_owner_reference")
PROGRAMS = ("pip*", "easy_install*", "idle*", "pydoc*", "2to3*", "*-config", "wheel*")
# The services that we speak with; the description of each of the others is larger than our code.
SERVICES = ("s3", "sts", "sso", "sso-oidc")
AWS = ("botocore/data", "boto3/data")


def pythons(root: Path) -> Iterator[Path]:
    """The folders that hold Python's modules."""
    for pattern in ("lib/python3*", "usr/lib/python3*", "usr/local/lib/python3*"):
        for library in root.glob(pattern):
            yield library
            yield from (library / name for name in ("site-packages", "dist-packages"))


def unused(root: Path) -> Iterator[Path]:
    """What is to go."""
    for pattern in UNUSED:
        yield from root.glob(pattern)
    for folder in ("bin", "usr/bin", "usr/local/bin"):
        for pattern in PROGRAMS:
            yield from (root / folder).glob(pattern)
    for library in pythons(root):
        for pattern in UNUSED_PYTHON:
            yield from library.glob(pattern)
        for models in MODELS:
            yield from (
                entry for entry in (library / models).glob("*.py") if entry.stem not in KEPT_MODELS
            )
        for data in AWS:
            yield from (
                entry for entry in (library / data).glob("*/") if entry.name not in SERVICES
            )


def remove(path: Path) -> None:
    """Remove a file or a folder; one that went with its folder is no trouble."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def main(root: Path) -> None:
    """Remove what is unused, and compile what is left."""
    for path in list(unused(root)):
        remove(path)
    # Never checked against the source: it does not change, and its time may.
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    for library in pythons(root):
        if library.is_dir():
            compileall.compile_dir(library, quiet=2, force=True, invalidation_mode=mode)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
