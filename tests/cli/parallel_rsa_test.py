"""Point 3 with the default keys: many searches for RSA primes at once (soak: minutes of work)."""

import concurrent.futures

from workbench import MTLSCTL, Workbench, main

MANY = 40


class ParallelRsa(Workbench):
    def test_forty_clients_with_rsa_keys_issued_at_once(self):
        self.make_ca()
        names = [f"c{number}" for number in range(MANY)]
        with concurrent.futures.ThreadPoolExecutor(MANY) as pool:
            results = list(pool.map(
                lambda name: self.run_any([MTLSCTL, "client", "issue", "--name", name], timeout=1500),
                names))
        for result in results:
            self.assertEqual(result.code, 0, str(result))
        certificates = [self.path(f"{name}.crt") for name in names]
        self.assertEqual(len({self.certificate_serial(path) for path in certificates}), MANY)
        self.assertEqual(len(self.ledger_rows()), MANY + 1)
        self.assert_recorded(certificates)
        moduli = {self.openssl("x509", "-in", path, "-noout", "-modulus").out for path in certificates}
        self.assertEqual(len(moduli), MANY, "two clients share a key")
        for name in names:
            self.mtlsctl("verify", f"{name}.crt", "--ca", "ca", "--key", f"{name}.key")


if __name__ == "__main__":
    main(verbosity=2)
