"""A workbench with a PKI and `probe`: a root, an issuing CA under it, a server, and good clients."""

import json

from workbench import KEY, MTLSCTL, Workbench


class Probing(Workbench):
    SERVER = ("server.crt", "server.key")

    def make_pki(self):
        """ca (root), issuing (under it); good.crt directly under the root; deep.crt under issuing, with chain."""
        self.make_ca()
        self.mtlsctl("ca", "init", "--ca", "issuing", "--parent", "ca", "--common-name", "Issuing", *KEY)
        self.mtlsctl("server", "issue", "--san", "dns:localhost", "--san", "dns:open.example", "--san", "ip:127.0.0.1",
                     "--san", "ip:::1")
        self.mtlsctl("client", "issue", "--name", "good", *KEY)
        self.mtlsctl("client", "issue", "--name", "revoked", *KEY)
        self.mtlsctl("client", "issue", "--ca", "issuing", "--name", "deep", *KEY)
        self.path("pem").write_bytes(self.read("server.crt") + self.read("server.key"))
        self.path("chain.pem").write_bytes(self.read("ca", "ca.crt") + self.read("issuing", "ca.crt"))
        self.ca = self.path("ca", "ca.crt")

    def probe(self, server, *args, name="good", trust=True, exit=None, **more):
        """Probes a server at its address; the one JSON document, with the exit code as "code"."""
        argv = [MTLSCTL, "probe", server.url if hasattr(server, "url") else server, "--json"]
        if name:
            argv += ["--cert", f"{name}.crt", "--key", f"{name}.key"]
        if trust:
            argv += ["--trust", self.ca]
        if hasattr(server, "port") and "--resolve" not in args:
            argv += ["--resolve", f"localhost:{server.port}:{getattr(server, 'host', '127.0.0.1')}"]
        result = self.run_any([*argv, *args], **more)
        lines = result.out.decode().splitlines()
        self.assertEqual(len(lines), 1, str(result))
        document = json.loads(lines[0])
        document["code"] = result.code
        if exit is not None:
            self.assertEqual(result.code, exit, self.explain(document))
        return document

    def attempts(self, document, id):
        return [one for one in document["attempts"] if one["id"] == id]

    def explain(self, document):
        if "attempts" not in document:
            return json.dumps(document)
        lines = [f"{document['verdict']} {document['mode']} ({document['code']}): {document['sentence']}"]
        lines += document["reasons"]
        lines += [f"{one['id']} {one['tls']} {one['variant']} {one['verdict']} {one['stage']} {one['ending']} "
                  f"{one['alert']} {one['http'] and one['http']['status']} {one['detail']}" for one in document["attempts"]]
        return "\n".join(lines)

    EXITS = {"enforced": 0, "not-enforced": 1, "no-verdict": 7}

    def assert_verdict(self, document, verdict, mode=None):
        self.assertEqual((document["verdict"], document["mode"]), (verdict, mode), self.explain(document))
        self.assertEqual(document["code"], self.EXITS[verdict], self.explain(document))
        self.assertEqual(document["exit"], document["code"])
