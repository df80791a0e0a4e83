"""The other ECDSA signature of a certificate: (r, n-s) verifies wherever (r, s) does, over P-256 and P-384."""

import base64
import textwrap

ORDERS = {32: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
          48: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973}


def element(octets, at=0):
    """(tag, content, the whole, what follows) of a DER element."""
    length, head = octets[at + 1], 2
    if length & 0x80:
        count = length & 0x7f
        length, head = int.from_bytes(octets[at + 2:at + 2 + count], "big"), 2 + count
    end = at + head + length
    return octets[at], octets[at + head:end], octets[at:end], end


def encode(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def integer(value):
    return encode(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def other_signature(pem, size=32):
    """The PEM of the same certificate with the other signature; `size`: octets of the CA's curve."""
    der = base64.b64decode(pem.split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0])
    body = element(der)[1]
    _, _, tbs, at = element(body)
    _, _, algorithm, at = element(body, at)
    signature = element(body, at)[1][1:]
    numbers = element(signature)[1]
    _, r, _, at = element(numbers)
    s = element(numbers, at)[1]
    twin = encode(0x30, integer(int.from_bytes(r, "big")) + integer(ORDERS[size] - int.from_bytes(s, "big")))
    made = encode(0x30, tbs + algorithm + encode(3, b"\0" + twin))
    return ("-----BEGIN CERTIFICATE-----\n" + "\n".join(textwrap.wrap(base64.b64encode(made).decode(), 64)) +
            "\n-----END CERTIFICATE-----\n")
