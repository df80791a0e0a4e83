"""A CA of openssl's own, as `openssl ca` keeps it: the thing that is imported, adopted and exported."""

CONFIG = """
[ca]
default_ca = here
[here]
dir = .
database = index.txt
new_certs_dir = newcerts
serial = serial
crlnumber = crlnumber
certificate = cacert.pem
private_key = cakey.pem
default_md = {md}
default_days = {days}
default_crl_days = 30
policy = any
unique_subject = no
x509_extensions = leaf
[any]
countryName = optional
organizationName = optional
commonName = supplied
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[req]
distinguished_name = empty
[empty]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[bare]
"""


class OpensslCa:
    """Works in a directory of its own, with the test's openssl."""

    def __init__(self, test, directory, md="sha256", days=365, section="root", subject="/C=cn/O=alibaba/CN=Old root"):
        self.test, self.dir = test, test.path(directory)
        self.dir.mkdir(parents=True)
        (self.dir / "newcerts").mkdir()
        (self.dir / "index.txt").write_text("")
        (self.dir / "serial").write_text("01\n")
        (self.dir / "crlnumber").write_text("01\n")
        (self.dir / "openssl.cnf").write_text(CONFIG.format(md=md, days=days))
        self.key("cakey.pem")
        self.run("req", "-new", "-x509", "-config", "openssl.cnf", "-extensions", section, "-key", "cakey.pem",
                 "-subj", subject, "-days", "3650", f"-{md}", "-out", "cacert.pem")

    def run(self, *args, exit=0, **more):
        return self.test.openssl(*args, exit=exit, cwd=self.dir, **more)

    def key(self, name):
        self.run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", name)
        (self.dir / name).chmod(0o600)

    def request(self, name, subject=None):
        self.key(f"{name}.key")
        self.run("req", "-new", "-config", "openssl.cnf", "-key", f"{name}.key", "-subj", subject or f"/CN={name}",
                 "-out", f"{name}.csr")

    def issue(self, name, *more, subject=None):
        """By `openssl ca`, which writes newcerts/SERIAL.pem and NAME.crt."""
        self.request(name, subject)
        self.run("ca", "-batch", "-config", "openssl.cnf", "-in", f"{name}.csr", "-out", f"{name}.crt",
                 "-utf8", *more)
        return self.dir / f"{name}.crt"

    def issue_aside(self, name, serial, *more):
        """By `openssl x509 -req`, which no index knows of."""
        self.request(name)
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", "cacert.pem", "-CAkey", "cakey.pem", "-set_serial",
                 serial, "-days", "365", "-out", f"{name}.crt", *more)
        return self.dir / f"{name}.crt"

    def revoke(self, name, reason=None):
        more = ["-crl_reason", reason] if reason else []
        self.run("ca", "-config", "openssl.cnf", "-revoke", f"{name}.crt", *more)

    def lines(self):
        return (self.dir / "index.txt").read_text().splitlines()

    def write_lines(self, lines, end="\n"):
        (self.dir / "index.txt").write_text("\n".join(lines) + end)

    def revoked(self, crl):
        """{serial: reason} of a CRL, as openssl shows it."""
        found, serial = {}, None
        for line in self.run("crl", "-in", crl, "-noout", "-text").out.decode().splitlines():
            if "Serial Number:" in line:
                serial = line.split(":", 1)[1].strip()
                found[serial] = None
            elif serial and line.startswith(" " * 16) and "Reason" not in line:
                found[serial] = line.strip()
        return found
