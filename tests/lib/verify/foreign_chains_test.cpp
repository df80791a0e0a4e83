// Chains that other programs made, from their own keys and encoders.
#include "base/format.hpp"
#include "lib/verify/pki.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

namespace mtls::verify::test {
namespace {

using mtls::test::TemporaryDirectory;

void run(std::vector<std::string> words) {
  const mtls::test::Outcome outcome = mtls::test::run(std::move(words));
  CAPTURE(outcome.shown());
  REQUIRE(outcome.ok());
}

x509::Certificate load(const TemporaryDirectory& directory, std::string_view name) {
  return x509::read_certificates(as_bytes(directory.read(name)), name).at(0);
}

/// A request at the leaf's first hour: these programs date by the machine's clock.
VerifyRequest fresh_request(const TemporaryDirectory& directory) {
  VerifyRequest request = request_for(load(directory, "leaf.pem"), {load(directory, "root.pem")});
  request.at = request.leaf.validity().not_before + std::chrono::hours(1);
  return request;
}

/// The classic guide as it should be: root and client by the openssl program.
void make_with_openssl(const TemporaryDirectory& directory, const std::string& algorithm,
                       const std::vector<std::string>& signing) {
  directory.write("leaf.cnf",
                  "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                  "extendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\n"
                  "authorityKeyIdentifier=keyid\n");
  std::vector<std::string> root{"openssl", "req",
                                "-x509",   "-newkey",
                                algorithm, "-nodes",
                                "-keyout", directory.file("root.key"),
                                "-out",    directory.file("root.pem"),
                                "-subj",   "/C=cn/ST=bj/L=bj/O=alibaba/OU=test/CN=root",
                                "-days",   "30",
                                "-addext", "keyUsage=critical,keyCertSign,cRLSign"};
  run(std::move(root));
  run({"openssl", "req", "-newkey", algorithm, "-nodes", "-keyout", directory.file("leaf.key"),
       "-out", directory.file("leaf.csr"), "-subj", "/C=cn/O=alibaba/CN=client"});
  std::vector<std::string> leaf{"openssl",
                                "x509",
                                "-req",
                                "-in",
                                directory.file("leaf.csr"),
                                "-CA",
                                directory.file("root.pem"),
                                "-CAkey",
                                directory.file("root.key"),
                                "-set_serial",
                                "0x1234",
                                "-days",
                                "20",
                                "-extfile",
                                directory.file("leaf.cnf"),
                                "-out",
                                directory.file("leaf.pem")};
  leaf.insert(leaf.end(), signing.begin(), signing.end());
  run(std::move(leaf));
}

TEST_CASE("a chain that the openssl program made is accepted") {
  const TemporaryDirectory directory;
  make_with_openssl(directory, "rsa:2048", {});
  VerifyRequest request = fresh_request(directory);
  CHECK(summary(judge(request)).empty());
  request.purpose = Purpose::server;
  CHECK(summary(judge(request)) == "wrong_purpose@0");
}

TEST_CASE("a signature by RSASSA-PSS is accepted, and not one by it with SHA-1") {
  const TemporaryDirectory directory;
  make_with_openssl(directory, "rsa:2048", {"-sigopt", "rsa_padding_mode:pss"});
  CHECK(summary(judge(fresh_request(directory))).empty());
  make_with_openssl(directory, "rsa:2048", {"-sigopt", "rsa_padding_mode:pss", "-sha1"});
  CHECK(summary(judge(fresh_request(directory))) == "weak_signature@0");
}

TEST_CASE("an Ed25519 chain that the openssl program made is accepted") {
  const TemporaryDirectory directory;
  make_with_openssl(directory, "ed25519", {});
  CHECK(summary(judge(fresh_request(directory))).empty());
}

/// Version 1 is what the guide's `openssl x509 -req` makes; newer ones have to be told.
void make_version_1(const TemporaryDirectory& directory) {
  std::vector<std::string> making{"openssl", "x509", "-req"};
  if (mtls::test::run({"openssl", "req", "-help"}).err.find("-x509v1") != std::string::npos) {
    directory.write("plain.cnf", "[req]\ndistinguished_name = dn\n[dn]\n");
    making = {"openssl", "req", "-config", directory.file("plain.cnf"), "-x509", "-x509v1"};
  }
  const std::vector<std::string> signing{"-in",         directory.file("leaf.csr"),
                                         "-CA",         directory.file("root.pem"),
                                         "-CAkey",      directory.file("root.key"),
                                         "-set_serial", "1",
                                         "-days",       "20",
                                         "-out",        directory.file("leaf.pem")};
  making.insert(making.end(), signing.begin(), signing.end());
  run(std::move(making));
}

TEST_CASE("the classic guide's client certificate is refused as version 1") {
  const TemporaryDirectory directory;
  make_with_openssl(directory, "rsa:2048", {});
  make_version_1(directory);
  for (const Purpose purpose : {Purpose::client, Purpose::server, Purpose::any}) {
    VerifyRequest request = fresh_request(directory);
    request.purpose = purpose;
    CHECK(summary(judge(request)).find("not_version_3@0") != std::string::npos);
  }
}

TEST_CASE("a chain that GnuTLS made is accepted") {
  const TemporaryDirectory directory;
  directory.write("root.cfg",
                  "cn = root\nca\ncert_signing_key\ncrl_signing_key\nserial = 1\n"
                  "expiration_days = 30\n");
  directory.write("leaf.cfg",
                  "cn = client\ntls_www_client\nsigning_key\nserial = 2\n"
                  "expiration_days = 20\n");
  for (const std::string name : {"root", "leaf"}) {
    run({"certtool", "--generate-privkey", "--key-type=ecdsa", "--curve=secp256r1", "--outfile",
         directory.file(name + ".key")});
  }
  run({"certtool", "--generate-self-signed", "--load-privkey", directory.file("root.key"),
       "--template", directory.file("root.cfg"), "--outfile", directory.file("root.pem")});
  run({"certtool", "--generate-certificate", "--load-privkey", directory.file("leaf.key"),
       "--load-ca-certificate", directory.file("root.pem"), "--load-ca-privkey",
       directory.file("root.key"), "--template", directory.file("leaf.cfg"), "--outfile",
       directory.file("leaf.pem")});
  CHECK(summary(judge(fresh_request(directory))).empty());
}

}  // namespace
}  // namespace mtls::verify::test
