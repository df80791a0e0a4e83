"""CRLs made with openssl, which mtlsctl itself does not make yet."""

import datetime

CONFIG = """
[ca]
default_ca = it
[it]
database = {index}
default_md = sha256
crlnumber = {number}
"""


def make_crl(bench, ca, out, revoked=(), stale=False):
    """A CRL of the CA directory `ca` into `out`: lists the certificates `revoked`; `stale` ended yesterday."""
    index, number = bench.path(f"{out}.index"), bench.path(f"{out}.number")
    lines = [f"R\t491231235959Z\t260101000000Z\t{bench.certificate_serial(one).upper()}\tunknown\t/CN=x\n"
             for one in revoked]
    index.write_text("".join(lines))
    number.write_text("01\n")
    config = bench.path(f"{out}.cnf")
    config.write_text(CONFIG.format(index=index, number=number))
    now = datetime.datetime.now(datetime.timezone.utc)
    first, last = (now - datetime.timedelta(days=9), now - datetime.timedelta(days=1)) if stale else (
        now - datetime.timedelta(hours=1), now + datetime.timedelta(days=9))
    bench.openssl("ca", "-gencrl", "-config", config, "-cert", bench.path(ca, "ca.crt"), "-keyfile",
                  bench.path(ca, "ca.key"), "-crl_lastupdate", first.strftime("%Y%m%d%H%M%SZ"), "-crl_nextupdate",
                  last.strftime("%Y%m%d%H%M%SZ"), "-out", bench.path(out))
    return bench.path(out)
