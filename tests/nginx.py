"""Configure every nginx of the tests to write below one folder only."""

from pathlib import Path

_KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def configuration(folder: Path, http: str, main: str = "user root; events {}") -> str:
    """Return the whole of nginx.conf around the content of its `http` block."""
    temporary = "".join(f"  {kind}_temp_path {folder}/temp;\n" for kind in _KINDS)
    return (
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"{main}\nhttp {{\n{temporary}{http}\n}}\n"
    )
