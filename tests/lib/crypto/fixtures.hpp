// What the tests of keys share.
#pragma once

#include "crypto/private_key.hpp"
#include "crypto/public_key.hpp"
#include "ossl/context.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mtls::crypto::test {

using mtls::test::code_of;
using mtls::test::Command;
using mtls::test::Outcome;
using mtls::test::run;
using mtls::test::TemporaryDirectory;
using mtls::test::thrown_by;

/// The process's own library context, without openssl.cnf.
const ossl::Context& context();

/// Runs a program that must succeed, and returns its output.
std::string must_run(std::vector<std::string> arguments, std::string input = {});

/// A source that has `text`; or none.
PassphraseSource passphrase(std::string text);
PassphraseSource no_passphrase();

PrivateKey read_key(std::string_view text, const PassphraseSource& source = no_passphrase(),
                    LegacyKeys legacy = LegacyKeys::refuse);
PrivateKey read_key(ByteView text, const PassphraseSource& source = no_passphrase(),
                    LegacyKeys legacy = LegacyKeys::refuse);

/// SubjectPublicKeyInfo of an AlgorithmIdentifier's content and key octets.
Bytes make_spki(ByteView algorithm, ByteView key_bits, unsigned unused = 0);
Bytes rsa_spki(ByteView modulus, ByteView exponent);
Bytes ec_spki(std::string_view curve_oid, ByteView point);
Bytes ed25519_spki(ByteView point);

/// 65537.
ByteView usual_exponent();

/// The public half that openssl sees in a private key's file, as DER.
PublicKey openssl_public(const std::string& key_path, std::vector<std::string> more = {});

/// The same by GnuTLS.
PublicKey gnutls_public(const std::string& key_path, std::vector<std::string> more = {});

/// One key of each kind, made once a process.
const std::vector<PrivateKey>& keys();

}  // namespace mtls::crypto::test
