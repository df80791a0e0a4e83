"""Names at issuance: what is refused for the CA's name constraints is dangerous, what is issued is not.

Each name that mtlsctl refuses is certified with openssl by the same CA key, and some program then accepts
that certificate, constraints and all, for a host, address or user outside them. Each name that is issued
verifies with openssl and GnuTLS.
"""

import socket
import subprocess
import time

from workbench import KEY, MTLSCTL, Workbench, main


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class IssuedNames(Workbench):
    def setUp(self):
        super().setUp()
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "k.pem")

    def make_constrained_ca(self, *constraints):
        name = "ca" + "-".join(constraints).replace(":", "_").replace("/", "_")
        if not self.path(name).exists():
            flags = [word for one in constraints for word in (one.split("=")[0], one.split("=")[1])]
            self.mtlsctl("-q", "ca", "init", "--ca", name, "--common-name", "root", *KEY, *flags)
        return name

    def csr(self, subject, san=None, string_mask="utf8only"):
        """A request whose common names have the string type that `string_mask` says."""
        lines = ["[req]", "prompt=no", "distinguished_name=dn", f"string_mask={string_mask}", "utf8=yes", "[dn]"]
        lines += [f"{i}.CN={value}" for i, value in enumerate(subject)]
        self.path("r.cnf").write_text("\n".join(lines) + "\n")
        self.path("x.cnf").write_text(f"subjectAltName={san}\n" if san else "basicConstraints=CA:FALSE\n")
        self.openssl("req", "-new", "-key", "k.pem", "-config", "r.cnf", "-out", "x.csr",
                     *(["-addext", f"subjectAltName={san}"] if san else []))
        return "x.csr"

    def sign_with_openssl(self, ca):
        self.openssl("x509", "-req", "-in", "x.csr", "-CA", f"{ca}/ca.crt", "-CAkey", f"{ca}/ca.key", "-set_serial", "7",
                     "-days", "5", "-extfile", "x.cnf", "-out", "twin.crt")

    def openssl_accepts(self, ca, file, host):
        flag = "-verify_ip" if host.startswith("ip:") else "-verify_hostname"
        return self.run_any(["openssl", "verify", "-CAfile", f"{ca}/ca.crt", flag, host.removeprefix("ip:"),
                             file]).code == 0

    def refuse(self, ca, *args):
        result = self.run_any([MTLSCTL, "ca", "sign", "x.csr", "--ca", ca, "-o", "refused.crt", "--force", *args])
        self.assertEqual(result.code, 5, result)
        self.assertIn(b"name constraints", result.err)
        self.assertFalse(self.path("refused.crt").exists())

    def test_what_is_refused_is_dangerous(self):
        dns, ip = "--permit=dns:example.com", "--permit=ip:192.168.0.0/16"
        for constraint, names, san, host, *mask in [
            (dns, ["*.evil.com"], None, "www.evil.com"),
            (dns, ["*.EVIL.com"], None, "www.evil.com"),
            (dns, ["alice", "*.evil.com"], None, "www.evil.com"),
            (dns, ["*.evil.com", "a.example.com"], None, "www.evil.com"),
            (dns, ["*.evil.com"], "email:a@example.com", "www.evil.com"),
            (dns, ["evil.com."], None, "evil.com."),
            (dns, ["2001:db8::1"], None, "2001:db8::1"),
            (dns, ["[2001:db8::1]"], None, "[2001:db8::1]"),
            (dns, ["*.evil.com"], None, "www.evil.com", "MASK:0x800"),  # BMPString
            (dns, ["*.evil.com"], None, "www.evil.com", "MASK:0x4"),  # T61String
            ("--exclude=dns:evil.com", ["*.evil.com"], None, "www.evil.com"),
            (ip, ["10.0.0.1"], None, "10.0.0.1"),
            (ip, ["2001:db8::1"], None, "2001:db8::1"),
            ("--exclude=ip:10.0.0.0/8", ["10.0.0.1"], None, "10.0.0.1"),
            ("--exclude=ip:10.0.0.0/8", ["::ffff:10.0.0.1"], None, "::ffff:10.0.0.1"),
            ("--exclude=ip:10.0.0.0/8", ["x"], "IP:::ffff:10.0.0.1", "ip:::ffff:10.0.0.1"),
        ]:
            with self.subTest(constraint=constraint, names=names, san=san):
                ca = self.make_constrained_ca(constraint)
                self.csr(names, san, *mask)
                self.refuse(ca, *(["--san-from-csr"] if san else []))
                self.sign_with_openssl(ca)
                self.assertTrue(self.openssl_accepts(ca, "twin.crt", host))

    def test_haproxy_looks_at_the_common_name_beside_the_alternative_names(self):
        ca = self.make_constrained_ca("--permit=dns:example.com")
        self.csr(["www.evil.com"], "DNS:a.example.com")
        self.refuse(ca, "--san-from-csr")
        self.sign_with_openssl(ca)
        server, front = free_port(), free_port()
        self.path("haproxy.cfg").write_text(f"""
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend front
    bind 127.0.0.1:{front}
    default_backend back
backend back
    server s 127.0.0.1:{server} ssl verify required ca-file {self.path(ca, 'ca.crt')} verifyhost www.evil.com
""")
        log = self.path("servers.log").open("wb")
        self.addCleanup(log.close)
        for command in (["openssl", "s_server", "-accept", f"127.0.0.1:{server}", "-cert", "twin.crt", "-key", "k.pem",
                         "-www", "-quiet"], ["haproxy", "-db", "-f", "haproxy.cfg"]):
            process = subprocess.Popen(command, cwd=self.path(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self.addCleanup(process.wait, 10)
            self.addCleanup(process.terminate)
        for _ in range(100):
            answer = self.run_any(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                                   f"http://127.0.0.1:{front}/"]).out
            if answer not in (b"000", b"503"):
                break
            time.sleep(0.1)
        self.assertEqual(answer, b"200", self.path("servers.log").read_text())

    def test_every_ca_above_counts(self):
        ca = self.make_constrained_ca("--permit=dns:example.com")
        self.mtlsctl("-q", "ca", "init", "--ca", "sub", "--parent", ca, "--common-name", "sub", *KEY)
        self.csr(["*.evil.com"])
        self.refuse("sub")
        self.csr(["*.example.com"])
        self.mtlsctl("ca", "sign", "x.csr", "--ca", "sub", "-o", "sub.crt")
        self.openssl("verify", "-CAfile", f"{ca}/ca.crt", "-untrusted", "sub/ca.crt", "sub.crt")

    def test_what_is_issued_verifies_and_is_no_host_outside(self):
        ca = self.make_constrained_ca("--permit=dns:example.com")
        for names, san in [
            (["alice"], None), (["Alice Smith"], None), (["B. Evil"], None), (["localhost"], None),
            (["alice@evil.com"], None), (["02:42:ac:11:00:02"], None), (["www.example.com"], None),
            (["WWW.Example.COM"], None), (["*.example.com"], None), (["www.example.com."], None),
            (["my_host.example.com"], None), (["alice", "a.example.com"], None),
            (["alice"], "DNS:a.example.com,IP:10.0.0.1"),
        ]:
            with self.subTest(names=names, san=san):
                self.csr(names, san)
                self.mtlsctl("ca", "sign", "x.csr", "--ca", ca, "-o", "x.crt", "--force",
                             *(["--san-from-csr"] if san else []))
                self.openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", f"{ca}/ca.crt", "x.crt")
                self.mtlsctl("verify", "--ca", ca, "x.crt")
                gnutls = self.run_any(["certtool", "--verify", "--load-ca-certificate", f"{ca}/ca.crt", "--infile", "x.crt"])
                self.assertEqual(gnutls.code, 0, gnutls)
                for host in ("www.evil.com", "evil.com", "10.9.9.9"):
                    self.assertFalse(self.openssl_accepts(ca, "x.crt", host))


if __name__ == "__main__":
    main()
