# SPDX-License-Identifier: Apache-2.0
"""Sends a file by TLS to a server in another thread, and gets it back: python_tls.py IDENTITY FILE"""
import socket
import ssl
import sys
import threading


def receive(connection, length):
    data = bytearray()
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            sys.exit("connection ended early")
        data += piece
    return bytes(data)


def serve(end, identity, length):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity)
    with context.wrap_socket(end, server_side=True) as connection:
        connection.sendall(receive(connection, length))


def main(identity, name):
    with open(name, "rb") as file:
        data = file.read()
    ends = socket.socketpair()
    server = threading.Thread(target=serve, args=(ends[0], identity, len(data)))
    server.start()
    context = ssl.create_default_context(cafile=identity)
    with context.wrap_socket(ends[1], server_hostname="localhost") as connection:
        if connection.cipher()[0] != "TLS_AES_256_GCM_SHA384":
            sys.exit(f"unexpected cipher {connection.cipher()}")
        sender = threading.Thread(target=connection.sendall, args=(data,))
        sender.start()
        back = receive(connection, len(data))
        sender.join()
    server.join()
    if back != data:
        sys.exit("other data came back")


main(*sys.argv[1:])
