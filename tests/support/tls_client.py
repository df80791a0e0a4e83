"""A client that sends exactly the octets it was given, with a certificate or without, and reads until the end."""

import contextlib
import socket
import ssl


def get(path="/", host="localhost", headers=""):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n".encode()


def exchange(port, request, *, sni="localhost", identity=None, plain=False, wait=5):
    """What a server on loopback answers; what was read before an error, without the error. `identity` is a pair of
    files, certificate and key. The server's certificate is not verified."""
    answer = b""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), wait) as connection:
        connection.settimeout(wait)
        with contextlib.ExitStack() as stack:
            if not plain:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                if identity:
                    context.load_cert_chain(*identity)
                connection = stack.enter_context(context.wrap_socket(connection, server_hostname=sni))
            connection.sendall(request)
            while chunk := connection.recv(65536):
                answer += chunk
    return answer
