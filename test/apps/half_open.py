# SPDX-License-Identifier: Apache-2.0
"""Holds clients of an HTTPS server in the middle of their handshakes while others are served:
half_open.py SOCKET CERTIFICATE FILE CLIENTS

FILE has to come to the others, and then to the first and the last of those that were held.
"""
import select
import socket
import ssl
import sys

OTHERS = 5
REQUEST = b"GET /small HTTP/1.0\r\n\r\n"


class Client:
    """A connection that has said hello."""

    def __init__(self, path, context):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.received, self.sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.received, self.sent, server_hostname="localhost")
        self.advance(self.shake_hands)

    def shake_hands(self):
        self.tls.do_handshake()
        return True

    def advance(self, step, *args):
        """What a step returns, or None if the server has to say more first; tells it all that it led to."""
        try:
            result = step(*args)
        except ssl.SSLWantReadError:
            result = None
        if sent := self.sent.read():
            self.socket.sendall(sent)
        return result

    def finish(self, step, *args):
        """What a step returns in the end."""
        while (result := self.advance(step, *args)) is None:
            if received := self.socket.recv(65536):
                self.received.write(received)
            else:
                self.received.write_eof()
        return result

    def ask(self, expected):
        """Ends the handshake, and asks for the file."""
        self.finish(self.shake_hands)
        self.advance(self.tls.write, REQUEST)
        answer = b""
        while piece := self.finish(self.tls.read, 65536):
            answer += piece
        if answer.partition(b"\r\n\r\n")[2] != expected:
            sys.exit("another file came")
        self.socket.close()


def main(path, certificate, name, clients):
    contexts = []
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        context = ssl.create_default_context(cafile=certificate)
        context.minimum_version = context.maximum_version = version
        contexts.append(context)
    with open(name, "rb") as file:
        expected = file.read()
    # Few by TLS 1.3, whose handshakes take many requests.
    held = [Client(path, contexts[i % 10 == 9]) for i in range(int(clients))]
    for client in held:
        select.select([client.socket], [], [])
    for i in range(OTHERS):
        Client(path, contexts[i % 2]).ask(expected)
    for client in held[:3] + held[-3:]:
        client.ask(expected)


main(*sys.argv[1:])
