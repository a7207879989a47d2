import socket

from allswell.cli.up import program


def test_a_port_that_is_taken_wants_another_port_and_a_strange_address_another_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert (program.taken("127.0.0.1", port) or "").endswith("choose another --port")
    assert (program.taken("192.0.2.1", 8080) or "").endswith("choose another --host")
