"""Point 3: many at once. What openssl ca, x509 -CAcreateserial and easy-rsa lose is not lost here."""

import concurrent.futures
import json
import time

from workbench import KEY, MTLSCTL, Workbench, main

MANY = 40
FEW = 8


class Parallel(Workbench):
    def at_once(self, commands):
        """Runs all commands at the same time; their results in order."""
        with concurrent.futures.ThreadPoolExecutor(len(commands)) as pool:
            return list(pool.map(lambda args: self.run_any([MTLSCTL, *args]), commands))

    def test_forty_clients_issued_at_once_are_forty_certificates(self):
        self.make_ca()
        names = [f"c{number}" for number in range(MANY)]
        for result in self.at_once([["client", "issue", "--name", name, *KEY] for name in names]):
            self.assertEqual(result.code, 0, str(result))
        certificates = [self.path(f"{name}.crt") for name in names]
        serials = {self.certificate_serial(certificate) for certificate in certificates}
        self.assertEqual(len(serials), MANY)
        rows = [row for row in self.ledger_rows() if row[0] in serials]
        self.assertEqual(len(rows), MANY)
        self.assertEqual({row[1] for row in rows}, {"issued"})
        self.assertEqual(len(self.ledger_rows()), MANY + 1, "only these and the root")
        self.assert_recorded([*certificates, self.path("ca", "ca.crt")])
        self.openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "ca/ca.crt",
                     *[path.name for path in certificates])
        for name in names:
            of_key = self.openssl("pkey", "-in", f"{name}.key", "-pubout").out
            self.assertEqual(self.openssl("x509", "-in", f"{name}.crt", "-noout", "-pubkey").out, of_key)
            subject = self.openssl("x509", "-in", f"{name}.crt", "-noout", "-subject", "-nameopt",
                                   "RFC2253").out.decode().strip()
            self.assertEqual(subject, f"subject=CN={name}")
        keys = {*(f"{name}.key" for name in names), "ca.key"}
        self.assert_no_key_material(self.dir, allowed=keys)
        self.assertEqual(sorted(path.name for path in self.dir.iterdir()),
                         sorted(["ca", *(f"{name}.{kind}" for name in names
                                         for kind in ("key", "csr", "crt"))]))

    def test_one_name_wanted_by_eight_at_once_is_issued_once(self):
        self.make_ca()
        results = self.at_once([["client", "issue", "--name", "same", "--json", *KEY]] * FEW)
        self.assertEqual(sorted(result.code for result in results), [0] + [5] * (FEW - 1),
                         "\n".join(map(str, results)))
        for result in results:
            if result.code == 5:
                self.assertEqual(result.json["error"]["code"], "would_overwrite")
        issued = next(result.json for result in results if result.code == 0)
        self.assertEqual(self.certificate_serial("same.crt"), issued["serial"])
        self.assertEqual(len(self.ledger_rows()), 2, "a second certificate was recorded")
        self.mtlsctl("verify", "same.crt", "--ca", "ca", "--key", "same.key")
        self.assert_no_key_material(self.dir, allowed=("ca.key", "same.key"))

    def test_one_name_if_missing_by_eight_at_once_is_issued_once_and_all_succeed(self):
        self.make_ca()
        results = self.at_once([["client", "issue", "--name", "same", "--if-missing", "--json",
                                 *KEY]] * FEW)
        self.assertEqual({result.code for result in results}, {0}, "\n".join(map(str, results)))
        self.assertEqual(sorted(result.json["outcome"] for result in results),
                         ["issued"] + ["unchanged"] * (FEW - 1))
        self.assertEqual(len({result.json["serial"] for result in results}), 1)
        self.assertEqual(len(self.ledger_rows()), 2)

    def test_one_request_key_used_by_eight_at_once_is_issued_once(self):
        self.make_ca()
        results = self.at_once([["client", "issue", "--name", f"n{number}", "--request-key", "job-7",
                                 *KEY] for number in range(FEW)])
        self.assertEqual(sorted(result.code for result in results), [0] + [5] * (FEW - 1),
                         "\n".join(map(str, results)))
        certificates = list(self.dir.glob("*.crt"))
        self.assertEqual(len(certificates), 1)
        self.assert_recorded(certificates)
        self.assertEqual(len([row for row in self.ledger_rows() if row[1] == "issued"]), 2)

    def test_eight_ca_init_if_missing_at_once_make_one_ca(self):
        results = self.at_once([["ca", "init", "--common-name", "Root", "--if-missing", "--json",
                                 *KEY]] * FEW)
        self.assertEqual({result.code for result in results}, {0}, "\n".join(map(str, results)))
        self.assertEqual(len({result.json["serial"] for result in results}), 1)
        self.assertEqual(sorted(result.json["outcome"] for result in results),
                         ["issued"] + ["unchanged"] * (FEW - 1))
        self.assertEqual(len(self.ledger_rows()), 1)
        self.assert_recorded([self.path("ca", "ca.crt")])
        self.assert_no_key_material(self.dir, allowed=("ca.key",))
        self.mtlsctl("client", "issue", *KEY)
        self.openssl("verify", "-x509_strict", "-CAfile", "ca/root.crt", "client.crt")

    def test_readers_beside_writers_see_whole_rows(self):
        self.make_ca()
        commands = []
        for number in range(FEW):
            commands.append(["client", "issue", "--name", f"c{number}", *KEY])
            commands.append(["cert", "list", "--json"])
        started = time.monotonic()
        for result in self.at_once(commands):
            self.assertEqual(result.code, 0, str(result))
            if "list" in result.argv:
                rows = [json.loads(line) for line in result.out.decode().splitlines()]
                self.assertEqual(len({row["serial"] for row in rows}), len(rows))
                self.assertLessEqual({row["state"] for row in rows}, {"intent", "issued"})
                for row in rows:
                    self.assertEqual(row["state"] == "issued", bool(row["fingerprint"]), row)
        self.assertLess(time.monotonic() - started, 60)


if __name__ == "__main__":
    main(verbosity=2)
