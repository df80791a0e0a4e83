"""A ledger in PostgreSQL: whom the program trusts on the way there, and what a role may do (issue 4)."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess

import postgresql
from workbench import KEY, MTLSCTL, Workbench, main

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"

PLANTED = r"""
#include <stdio.h>
__attribute__((constructor)) static void planted(void) {
  FILE* mark = fopen("%s", "w");
  if (mark) fclose(mark);
}
void* mtlsctl_libpq_table(void) { return 0; }
"""


class Trust(Workbench):
    @classmethod
    def setUpClass(cls):
        cls.server = postgresql.Server(listen="127.0.0.1")
        cls.addClassCleanup(cls.server.close)
        cls.databases = 0

    def setUp(self):
        super().setUp()
        Trust.databases += 1
        self.database = f"d{Trust.databases}"
        self.url = self.server.make_database(self.database)

    def tcp(self, host="localhost", user="test", **options):
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://{user}@{host}:{self.server.port}/{self.database}?{query}"

    def hba(self, *lines):
        """Who may come in how; over the socket `test` always may."""
        text = "\n".join(["local all test trust", *lines]) + "\n"
        hba = self.server.data / "pg_hba.conf"
        hba.write_text(text)
        self.server.sql("SELECT pg_reload_conf()")

    # --- TLS and passwords ---------------------------------------------------------------------------

    def make_certificates(self):
        """A CA and the server's certificate, made by mtlsctl itself and put where the server looks."""
        self.make_ca(directory="pki")
        self.mtlsctl("server", "issue", "--ca", "pki", "--name", "db", "--san", "dns:localhost",
                     "--common-name", "localhost", *KEY)
        for name, target in (("db.crt", "server.crt"), ("db.key", "server.key")):
            shutil.copy(self.path(name), self.server.data / target)
            os.chmod(self.server.data / target, 0o600)
            if os.geteuid() == 0:
                shutil.chown(self.server.data / target, self.server.user)

    def test_tcp_is_verified_unless_the_url_says_otherwise(self):
        self.make_ca("--store", self.url)
        self.hba("host all test 127.0.0.1/32 trust")

        def listing(url, exit):
            return self.mtlsctl("cert", "list", "--store", url, env={"HOME": str(self.dir)}, exit=exit)
        # No TLS there.
        self.assertIn(b"sslmode", listing(self.tcp(), 7).err)
        result = listing(self.tcp(sslmode="disable"), 0)
        self.assertIn(b"warning: the connection to the ledger on localhost is not protected by TLS", result.err)
        self.assertIn(b"not protected", listing(self.tcp(sslmode="prefer"), 0).err)

        self.make_certificates()
        self.server.settings["ssl"] = "on"
        self.server.stop()
        self.server.start()
        try:
            root = f"{self.dir}/pki/ca.crt"
            result = listing(self.tcp(sslrootcert=root), 0)
            self.assertEqual(result.err, b"")
            self.assertIn(b"~/.postgresql/root.crt", listing(self.tcp(), 7).err)
            self.path(".postgresql").mkdir(mode=0o700)
            shutil.copy(root, self.path(".postgresql", "root.crt"))
            self.assertEqual(listing(self.tcp(), 0).err, b"")
            # Another name, another CA.
            self.assertIn(b"does not match host name", listing(self.tcp(host="127.0.0.1"), 7).err)
            self.assertIn(b"certificate verify failed", listing(self.tcp(sslrootcert=f"{self.dir}/ca/ca.crt"), 7).err)
            result = listing(self.tcp(host="127.0.0.1", sslmode="require"), 0)
            self.assertIn(b"is not verified: the URL says sslmode=require", result.err)
            result = listing(self.tcp(host="127.0.0.1", sslmode="verify-ca", sslrootcert=root), 0)
            self.assertIn(b"is verified, but not whether it is that server's: the URL says sslmode=verify-ca", result.err)
            self.assertNotIn(b"is not verified", result.err)
            # An environment that says less does not count.
            self.mtlsctl("cert", "list", "--store", self.tcp(host="127.0.0.1"),
                         env={"HOME": str(self.dir), "PGSSLMODE": "disable"}, exit=7)
            # What it costs to go without is in the receipt.
            made = self.mtlsctl("client", "issue", "--name", "c", *KEY, "--json", "--store", self.tcp(sslmode="disable"))
            self.assertEqual([notice["field"] for notice in made.json["notices"]], ["ledger"])
        finally:
            self.server.settings["ssl"] = "off"
            self.server.stop()
            self.server.start()

    def test_a_password_comes_from_a_file_of_its_own(self):
        self.make_ca("--store", self.url)
        self.server.sql("CREATE ROLE locked LOGIN SUPERUSER PASSWORD 'hunter2'")
        self.hba("host all locked 127.0.0.1/32 scram-sha-256")
        url = self.tcp(user="locked", sslmode="disable")
        result = self.mtlsctl("cert", "list", "--store", url, env={"HOME": str(self.dir)}, exit=7)
        self.assertIn(b"PGPASSFILE", result.err)
        secret = self.path("pgpass")
        secret.write_text("*:*:*:locked:hunter2\n")
        secret.chmod(0o600)
        self.mtlsctl("cert", "list", "--store", url, env={"PGPASSFILE": str(secret)})
        service = self.path("service.conf")
        service.write_text(f"[ledger]\nhost=localhost\nport={self.server.port}\nuser=locked\npassword=hunter2\n"
                           f"dbname={self.database}\n")
        self.mtlsctl("cert", "list", "--store", "postgresql:///?service=ledger&sslmode=disable",
                     env={"PGSERVICEFILE": str(service)})
        secret.write_text("*:*:*:locked:wrong\n")
        result = self.mtlsctl("cert", "list", "--store", url, env={"PGPASSFILE": str(secret)}, exit=7)
        self.assertNotIn(b"hunter2", result.err)
        self.assertNotIn(b"wrong", result.err)

    def test_a_password_of_ours_is_refused_and_not_repeated(self):
        self.make_ca("--store", self.url)
        bad = "postgresql://test:hunter2@localhost/x"
        for result in (self.mtlsctl("cert", "list", "--store", bad, exit=2),
                       self.mtlsctl("cert", "list", env={"MTLSCTL_STORE": bad}, exit=2),
                       self.mtlsctl("ca", "init", "--ca", "x", "--common-name", "x", "--store", bad, "--json", exit=2)):
            self.assertNotIn(b"hunter2", result.err + result.out)
            self.assertIn(b"PGPASSFILE", result.err)
        self.assertFalse(self.path("x").exists())
        toml = self.path("ca", "ca.toml")
        toml.write_text(toml.read_text().replace(self.url, bad))
        result = self.mtlsctl("cert", "list", exit=6)
        self.assertIn(b"ca/ca.toml:", result.err)
        self.assertNotIn(b"hunter2", result.err)

    def test_a_server_that_does_not_sync_is_in_every_receipt(self):
        with postgresql.Server({"fsync": "off"}) as careless:
            url = careless.make_database()
            made = self.make_ca("--store", url, "--json").json
            self.assertIn("fsync=off", made["notices"][0]["message"])
            issued = self.mtlsctl("client", "issue", *KEY)
            self.assertIn(b"warning: the ledger's server runs with fsync=off", issued.err)
            again = self.mtlsctl("client", "issue", *KEY, "--if-missing", "--json").json
            self.assertIn("fsync=off", again["notices"][0]["message"])

    # --- the module ----------------------------------------------------------------------------------

    def plant(self, name, mark):
        source = self.path("planted.c")
        source.write_text(PLANTED % mark)
        self.path("planted").mkdir(exist_ok=True)
        self.tool("cc", "-shared", "-fPIC", "-o", self.path("planted", name), source)
        shutil.copy(self.path("planted", name), self.path(name))

    def test_a_planted_library_is_not_loaded(self):
        self.make_ca("--store", self.url)
        mark = self.path("mark")
        for name in ("mtlsctl-postgresql.so", "libpq.so.5", "libpq.so", "libldap-2.5.so.0", "libgssapi_krb5.so.2"):
            self.plant(name, mark)
        here = str(self.path("planted"))
        for variable in ("LD_LIBRARY_PATH", "PATH", "LIBRARY_PATH", "LD_RUN_PATH", "LIBPATH", "PGSYSCONFDIR", "HOME", None):
            for directory in (here, "", "."):
                env = {variable: f"{directory}:{os.environ['PATH']}"} if variable else {}
                self.mtlsctl("cert", "list", env=env)
                self.mtlsctl("cert", "list", "--ca", "../ca", env=env, cwd=here)
                self.assertFalse(mark.exists(), f"{variable}={directory}")
        # The trap itself works: named outright, it springs.
        self.run_any(["true"], env={"LD_PRELOAD": f"{here}/libpq.so.5"})
        self.assertTrue(mark.exists())

    def test_nothing_of_libpq_is_loaded_for_a_file(self):
        self.make_ca()
        maps = self.tool("strace", "-f", "-e", "trace=openat,open", MTLSCTL, "cert", "list").err
        self.assertNotIn(b"libpq", maps)
        self.assertNotIn(b"mtlsctl-postgresql", maps)

    def test_a_missing_module_is_named(self):
        self.make_ca("--store", self.url)
        self.path("bin").mkdir()
        program = self.path("bin", "mtlsctl")
        shutil.copy(MTLSCTL, program)
        result = self.run_any([program, "cert", "list"])
        self.assertEqual(result.code, 7, str(result))
        self.assertIn(b"mtlsctl-postgresql.so is neither beside the program nor in /", result.err)
        self.path("bin", "mtlsctl-postgresql.so").write_bytes(b"no library")
        result = self.run_any([program, "cert", "list"])
        self.assertEqual(result.code, 7, str(result))
        self.plant("mtlsctl-postgresql.so", self.path("mark"))
        shutil.copy(self.path("planted", "mtlsctl-postgresql.so"), self.path("bin"))
        result = self.run_any([program, "cert", "list"])
        self.assertEqual(result.code, 7, str(result))
        self.assertIn(b"not of this mtlsctl", result.err)
        shutil.copy(pathlib.Path(MTLSCTL).parent / "mtlsctl-postgresql.so", self.path("bin"))
        self.assertEqual(self.run_any([program, "cert", "list"]).code, 0)

    # --- roles ---------------------------------------------------------------------------------------

    def test_the_roles_of_the_documentation(self):
        """The SQL of docs/ledger.md as it stands there, and what it lets through."""
        sql = re.search(r"```sql\n(.*?)```", (DOCS / "ledger.md").read_text(encoding="utf-8"), re.S)[1]
        self.mtlsctl("store", "migrate", "--store", self.url)
        self.server.sql(sql, self.database)
        for role in ("issuer", "reader"):
            with contextlib.suppress(RuntimeError):
                self.server.sql(f"CREATE ROLE {role}_login LOGIN")
            self.server.sql(f"GRANT mtlsctl_{role} TO {role}_login")
        self.hba("local all all trust")

        def url(role):
            return self.url.replace("test@", f"{role}_login@")
        self.mtlsctl("ca", "init", "--common-name", "root", *KEY, "--store", url("issuer"))
        self.mtlsctl("ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "sub", *KEY, "--store", url("issuer"))
        self.mtlsctl("client", "issue", *KEY)
        self.mtlsctl("client", "issue", *KEY, "--ca", "sub", "--name", "c2")
        self.mtlsctl("client", "issue", *KEY, "--force", "--force-key")
        # The reader reads.
        self.assertEqual(self.mtlsctl("cert", "list", "--store", url("reader")).out, self.mtlsctl("cert", "list").out)
        self.mtlsctl("verify", "client.crt", "--ca", "ca", "--store", url("reader"))
        self.mtlsctl("client", "issue", *KEY, "--name", "c3", "--store", url("reader"), exit=7)
        self.mtlsctl("store", "copy", "--store", url("reader"), "--to", "sqlite:copy.db")
        # It can tell a schema that others changed, unless it may not make temporary tables.
        check = ["store", "check", "--store", url("reader"), "--json"]
        self.assertTrue(self.mtlsctl(*check).json["sound"])
        self.server.sql("DROP INDEX mtlsctl.certificates_key", self.database)
        self.assertEqual([one["flaw"] for one in self.mtlsctl(*check, exit=1).json["findings"]], ["schema"])
        self.server.sql(f"REVOKE TEMPORARY ON DATABASE {self.database} FROM PUBLIC", self.database)
        self.assertFalse(self.mtlsctl(*check).json["schema_compared"])
        refused = self.mtlsctl("store", "repair", "--store", url("issuer"), exit=7)
        self.assertRegex(refused.err, b"must be owner|permission denied for table")  # since PostgreSQL 17
        self.mtlsctl("store", "repair", "--store", self.url)
        self.server.sql(f"GRANT TEMPORARY ON DATABASE {self.database} TO PUBLIC", self.database)
        self.assertTrue(self.mtlsctl(*check).json["schema_compared"])
        # Neither can take anything back.
        for role in ("issuer", "reader"):
            for statement in ("UPDATE log_entries SET note = 'x'", "DELETE FROM log_entries", "TRUNCATE log_entries",
                              "DELETE FROM certificates", "UPDATE certificates SET serial = '00'",
                              "UPDATE certificates SET certificate = 'AAAA'", "UPDATE certificates SET fingerprint = '00'",
                              "UPDATE certificates SET certificate = NULL", "UPDATE certificates SET subject = 'CN=x'",
                              "DELETE FROM issuers", "UPDATE meta SET ledger_id = 'x'", "DELETE FROM log_heads",
                              "UPDATE log_heads SET seq = 0", "UPDATE certificates SET state = 'intent'",
                              "DROP TABLE log_entries", "ALTER TABLE certificates DISABLE TRIGGER ALL",
                              "CREATE TABLE mtlsctl.x (a int)", "UPDATE ca_certificates SET certificate = 'A'"):
                with self.assertRaises(RuntimeError, msg=f"{role}: {statement}"):
                    self.server.sql(f"SET search_path = mtlsctl; {statement}", self.database, f"{role}_login")
        self.mtlsctl("client", "issue", *KEY, "--name", "c4")

    def test_a_function_of_a_documented_trigger_that_was_replaced_is_found(self):
        documented = re.search(r"```sql\n(.*?)```", (DOCS / "ledger.md").read_text(encoding="utf-8"), re.S)[1]
        self.make_ca("--store", self.url)
        self.server.sql(documented, self.database)
        self.mtlsctl("store", "check")
        body = "RETURNS trigger LANGUAGE plpgsql {} AS $$ BEGIN {} RETURN NEW; END $$"
        safe = "SET search_path = pg_catalog"
        head = re.search(r"FUNCTION mtlsctl.keep_head.*?BEGIN(.*?)RETURN NEW", documented, re.S)[1]
        for trigger, change in (
                ("keep_head", f"CREATE OR REPLACE FUNCTION mtlsctl.keep_head() {body.format(safe, '')}"),
                ("keep_certificate", f"CREATE OR REPLACE FUNCTION mtlsctl.keep_certificate() {body.format(safe, '')}"),
                ("keep_head", f"CREATE OR REPLACE FUNCTION mtlsctl.keep_head() {body.format('', head)}"),
                ("keep_head", "ALTER FUNCTION mtlsctl.keep_head() SECURITY DEFINER"),
                ("keep_head", f"CREATE FUNCTION public.keep_head() {body.format(safe, head)}; "
                              "DROP TRIGGER keep_head ON mtlsctl.log_heads; CREATE TRIGGER keep_head BEFORE UPDATE ON "
                              "mtlsctl.log_heads FOR EACH ROW EXECUTE FUNCTION public.keep_head()")):
            with self.subTest(change=change):
                self.server.sql(change, self.database)
                found = self.mtlsctl("store", "check", "--json", exit=1).json["findings"]
                self.assertEqual([one["flaw"] for one in found], ["schema"])
                self.assertIn(trigger, found[0]["message"])
                self.server.sql(documented, self.database)
                if "SECURITY DEFINER" in change:
                    self.server.sql("ALTER FUNCTION mtlsctl.keep_head() SECURITY INVOKER", self.database)
                self.mtlsctl("store", "check")


if __name__ == "__main__":
    main()
