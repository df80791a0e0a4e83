"""`probe --neighbour`: two names on one port, each with its own client CA, on real servers.

tenant-a.example is the neighbour, localhost is the target; `clerk` is a client of the neighbour's CA.
"""

import listeners
from probing import Probing
from workbench import KEY, MTLSCTL, main

A = "tenant-a.example"
NEIGHBOUR = ["--neighbour", f"{A}=clerk.crt,clerk.key"]
# What keeps names apart in nginx; the advice of probe.
APART = "if ($ssl_server_name != $host) { return 421; }"


class NeighbourCase(Probing):
    def setUp(self):
        super().setUp()
        self.make_pki()
        self.mtlsctl("ca", "init", "--ca", "ca-a", "--common-name", "Tenant A", *KEY)
        self.mtlsctl("client", "issue", "--ca", "ca-a", "--name", "clerk", *KEY)
        # One server certificate for both names, as many ports have; and one of each its own.
        self.mtlsctl("server", "issue", "--name", "both", "--san", "dns:localhost", "--san", f"dns:{A}", *KEY)
        self.mtlsctl("server", "issue", "--name", "only-a", "--san", f"dns:{A}", *KEY)
        for name in ("both", "only-a", "server"):
            self.path(f"{name}.pem").write_bytes(self.read(f"{name}.crt") + self.read(f"{name}.key"))
        self.ca_a = self.path("ca-a", "ca.crt")

    def let_in(self, document):
        return {(one["id"], one["tls"]) for one in document["attempts"] if one["let_in"] and one["id"] != "P0"}

    def verdicts(self, document, id):
        return {one["tls"]: one["verdict"] for one in self.attempts(document, id)}

    def bypasses(self, document):
        """The ids of N2 to N6 that got in."""
        return {id for id, _ in self.let_in(document) if id.startswith("N")} - {"N0", "N1"}

    def assert_controls(self, document):
        """The neighbour's client gets in under its own name and not under the target's."""
        for version in document["offered"]:
            self.assertEqual(self.verdicts(document, "N0")[version], "accepted", self.explain(document))
            self.assertIn(self.verdicts(document, "N1")[version],
                          ("rejected-in-handshake", "rejected-after-handshake", "rejected-by-http"), self.explain(document))


class Nginx(NeighbourCase):
    def nginx(self, target="", neighbour="", cert="both", neighbour_cert=None, first="a", more="", ca=None):
        """Two server blocks on a port: `first` is the default one."""
        own = f"ssl_certificate {self.path(neighbour_cert)}.crt; ssl_certificate_key {self.path(neighbour_cert)}.key;" \
            if neighbour_cert else ""
        blocks = {
            "a": f"server {{ listen 127.0.0.1:{{port}} ssl http2; server_name {A}; {own} ssl_client_certificate {self.ca_a}; "
                 f"ssl_verify_client on; {neighbour} location / {{ return 200 'page of tenant a'; }} }}",
            "b": f"server {{ listen 127.0.0.1:{{port}} ssl http2; server_name localhost; ssl_client_certificate "
                 f"{ca or self.ca}; ssl_verify_client on; {target} location / {{ return 200 'page of tenant b'; }} }}"}
        blocks = more + blocks[first] + blocks["b" if first == "a" else "a"]
        return listeners.nginx_blocks(self, f"{cert}.crt", f"{cert}.key", blocks)

    def test_the_client_of_the_default_name_gets_in_without_sni(self):
        """Tenant A's client connects without SNI, sends Host: b, and gets tenant B's page."""
        server = self.nginx()
        # The oracle: nginx itself, and another client.
        page = self.run_any(["openssl", "s_client", "-quiet", "-noservername", "-connect", f"127.0.0.1:{server.port}",
                             "-cert", "clerk.crt", "-key", "clerk.key", "-CAfile", self.ca, "-ign_eof"],
                            stdin=b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        self.assertIn(b"page of tenant b", page.out)
        self.assert_verdict(self.probe(server), "enforced")  # nobody else's client gets in, and it was not tried
        document = self.probe(server, *NEIGHBOUR)
        self.assert_verdict(document, "not-enforced", "bypass")
        self.assert_controls(document)
        self.assertEqual(self.let_in(document) - {("N0", "1.2"), ("N0", "1.3")}, {("N2", "1.2"), ("N2", "1.3")},
                         self.explain(document))
        self.assertIn("if ($ssl_server_name != $host) { return 421; }", " ".join(document["advice"]))
        self.assertIn(f"N2 at TLS 1.2 ({A}) was let in", " ".join(document["reasons"]))
        for versions in ("1.2", "1.3"):
            self.assert_verdict(self.probe(server, "--tls", versions, *NEIGHBOUR), "not-enforced", "bypass")

    def test_names_that_are_kept_apart(self):
        for server in (self.nginx(target=APART), self.nginx(target=APART, first="b"), self.nginx(first="b"),
                       self.nginx(more="server { listen 127.0.0.1:{port} ssl http2 default_server; "
                                       "ssl_reject_handshake on; }")):
            document = self.probe(server, *NEIGHBOUR)
            self.assert_verdict(document, "enforced")
            self.assert_controls(document)
            self.assertEqual(document["notes"], [])
            ids = {one["id"] for one in document["attempts"]}
            self.assertLessEqual({"N0", "N1", "N2", "N3", "N5", "N6"}, ids, self.explain(document))
            for one in self.attempts(document, "N6"):
                self.assertEqual((one["alpn"], one["first_http"]["status"]), ("h2", 200), self.explain(document))
            for one in self.attempts(document, "N3") + self.attempts(document, "N5") + self.attempts(document, "N6"):
                self.assertEqual((one["verdict"], one["http"]["status"]), ("rejected-by-http", 421), self.explain(document))


if __name__ == "__main__":
    main()
