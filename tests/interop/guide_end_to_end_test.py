"""The guide from its first step to its last, with `serve` in the place of the load balancer (issue 3, point 5)."""

import json

import yaml

from serving import ServeBench
from workbench import GUIDE_ROOT, GUIDE_SUBJECT, main

HOST = "alb.ingress.alibaba.com"
ALBCONFIG = ["--vswitch", "vsw-uf6ccg2a9g71hx8go0001", "--vswitch", "vsw-uf6nun9tql5t8nh15t0002",
             "--server-certificate-id", "756b0000-cn-hangzhou", "--ca-certificate-id", "1234567890"]


class Guide(ServeBench):
    def test_from_ca_init_to_enforced(self):
        # 1 and 2: the root CA and the client.
        self.mtlsctl("ca", "init", *GUIDE_ROOT)
        self.mtlsctl("client", "issue", "--days", "3650", "--profile", "alb-client", *GUIDE_SUBJECT)
        # 3: what the cluster is told.
        albconfig = yaml.safe_load(self.mtlsctl("render", "albconfig", *ALBCONFIG).out)
        listener = albconfig["spec"]["listeners"][0]
        self.assertIs(listener["caEnabled"], True)
        self.assertEqual(listener["caCertificates"], [{"CertificateId": "1234567890"}])
        kinds = [one["kind"] for one in yaml.safe_load_all(self.mtlsctl("render", "k8s-demo").out)]
        self.assertEqual(kinds, ["Deployment", "Service", "Ingress"])
        # 4: try it.
        with self.serve("--ca", "ca", "--san", f"dns:{HOST}") as alb:
            resolve = ["--resolve", f"{HOST}:{alb.port}:127.0.0.1"]
            good = ["--cert", "client.crt", "--key", "client.key"]
            let_in = self.curl(alb, *resolve, *good, host=HOST)
            self.assertEqual(let_in.code, 0, str(let_in))
            headers = let_in.json["headers"]
            self.assertEqual(headers["X-Forwarded-Clientcert-subjectdn"], "CN=client,OU=test,O=alibaba,L=bj,ST=bj,C=cn")
            self.assertEqual(headers["X-Forwarded-Clientcert-clientverify"], "SUCCESS")
            turned_away = self.curl(alb, *resolve, host=HOST)
            self.assertIn(turned_away.code, (35, 56), str(turned_away))
            self.assertEqual(turned_away.out, b"")
            verdict = self.mtlsctl("probe", f"https://{HOST}:{alb.port}/", *resolve, *good, "--trust", "ca/ca.crt",
                                   "--ca", "ca", "--json")
            self.assertEqual(json.loads(verdict.out)["verdict"], "enforced", str(verdict))
        # What the probe had the CA sign is not valid in the ledger.
        rows = map(json.loads, self.mtlsctl("cert", "list", "--json").out.splitlines())
        probes = [row for row in rows if row["profile"] == "probe"]
        self.assertEqual([row["state"] for row in probes], ["revoked"] * 3)


if __name__ == "__main__":
    main()
