"""Requests and certificates that are put together octet by octet and signed by openssl: what no usual tool makes."""

from malleable import encode, integer

NULL = b"\x05\x00"
UTF8, NUMERIC, PRINTABLE, TELETEX, IA5, UNIVERSAL, BMP = 0x0c, 0x12, 0x13, 0x14, 0x16, 0x1c, 0x1e
CN, O, C, SERIAL = "2.5.4.3", "2.5.4.10", "2.5.4.6", "2.5.4.5"
EMAIL, DC = "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
EXTENSION_REQUEST, MS_EXTENSIONS = "1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"
SAN, KEY_USAGE, BASIC, CONSTRAINTS = "2.5.29.17", "2.5.29.15", "2.5.29.19", "2.5.29.30"
SKI, PURPOSES = "2.5.29.14", "2.5.29.37"


def oid(dotted):
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = b""
    for arc in [40 * first + second, *rest]:
        octets = bytes([arc & 0x7f])
        while arc := arc >> 7:
            octets = bytes([0x80 | arc & 0x7f]) + octets
        content += octets
    return encode(0x06, content)


def sequence(*parts):
    return encode(0x30, b"".join(parts))


def bits(octets):
    return encode(0x03, b"\x00" + octets)


def name(*rdns):
    """Each RDN is one (type, tag, octets) or a list of those."""
    def rdn(values):
        values = values if isinstance(values, list) else [values]
        return encode(0x31, b"".join(sorted(sequence(oid(kind), encode(tag, octets)) for kind, tag, octets in values)))
    return sequence(*map(rdn, rdns))


def extension(kind, value, critical=b""):
    """`critical` is the BOOLEAN as it is to stand, b"" for none."""
    return sequence(oid(kind), critical, encode(0x04, value))


def dns_names(*hosts):
    return sequence(*(encode(0x82, host.encode()) for host in hosts))


def attribute(kind, *values):
    return sequence(oid(kind), encode(0x31, b"".join(values)))


def new_key(bench, file):
    bench.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file)
    bench.path(file).chmod(0o600)
    bench.openssl("pkey", "-in", file, "-pubout", "-outform", "DER", "-out", f"{file}.spki")
    return bench.read(f"{file}.spki")


def sign(bench, key, signed, out, label):
    """Writes PEM of SEQUENCE { signed, algorithm, signature }."""
    bench.path("signed.der").write_bytes(signed)
    bench.openssl("dgst", "-sha256", "-sign", key, "-out", "signature.der", "signed.der")
    whole = sequence(signed, sequence(oid(ECDSA_SHA256)), bits(bench.read("signature.der")))
    bench.path(f"{out}.der").write_bytes(whole)
    import base64
    text = base64.encodebytes(whole).decode()
    bench.path(out).write_text(f"-----BEGIN {label}-----\n{text}-----END {label}-----\n")


def make_request(bench, subject, attributes=(), version=0, out="a.csr", key="a.key"):
    spki = new_key(bench, key)
    number = version if isinstance(version, bytes) else integer(version)
    info = sequence(number, subject, spki, encode(0xa0, b"".join(attributes)))
    sign(bench, key, info, out, "CERTIFICATE REQUEST")
    return out


def make_certificate(bench, subject, extensions, out, key, issuer=None, issuer_key=None, serial=0x1234567890):
    spki = new_key(bench, key)
    tbs = sequence(encode(0xa0, integer(2)), integer(serial), sequence(oid(ECDSA_SHA256)), issuer or subject,
                   sequence(encode(0x17, b"240101000000Z"), encode(0x17, b"440101000000Z")), subject, spki,
                   encode(0xa3, sequence(*extensions)))
    sign(bench, issuer_key or key, tbs, out, "CERTIFICATE")
    return out
