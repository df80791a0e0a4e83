// A certificate in the course of one verification, with what has been found out about it so far.
// Private to this room.
#pragma once

#include "crypto/key_check.hpp"
#include "ossl/handle.hpp"
#include "x509/certificate.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::verify {

/// The extensions that the rules ask for, decoded. One that cannot be decoded counts as absent and
/// is named in `malformed`, which is an error of its own.
struct DecodedExtensions {
  std::optional<x509::BasicConstraints> basic_constraints;
  std::optional<x509::KeyUsage> key_usage;
  std::optional<std::vector<der::Oid>> extended_key_usage;
  std::optional<x509::NameConstraints> name_constraints;
  x509::GeneralNames subject_alt_names;
  std::optional<Bytes> subject_key_identifier;
  std::optional<x509::AuthorityKeyIdentifier> authority_key_identifier;
  std::vector<std::string> malformed;      // why, one sentence part each
  std::vector<der::Oid> unknown_critical;  // RFC 5280 section 4.2: must be refused

  [[nodiscard]] bool is_ca() const noexcept {
    return basic_constraints && basic_constraints->subject == x509::BasicConstraints::Subject::ca;
  }
};

enum class Trust { none, anchor };

/// One certificate of the request. What costs something is found out on first use and kept. For
/// one thread; neither copied nor moved, so that paths can point to it.
class Candidate final {
 public:
  Candidate(x509::Certificate certificate, Trust trust)
      : m_certificate(std::move(certificate)), m_trust(trust) {}
  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;
  ~Candidate() = default;

  [[nodiscard]] const x509::Certificate& certificate() const noexcept { return m_certificate; }
  [[nodiscard]] bool is_anchor() const noexcept { return m_trust == Trust::anchor; }
  [[nodiscard]] const DecodedExtensions& extensions();
  [[nodiscard]] bool is_self_issued();
  /// What check_key says of its key.
  [[nodiscard]] const std::vector<crypto::KeyFinding>& key_findings(const ossl::Context& context);
  /// Whether libcrypto may be given its key: not one of absurd size, of unknown kind or with a
  /// curve of its own making (CVE-2022-0778), since it computes with a key as soon as it has read
  /// it.
  [[nodiscard]] bool has_harmless_key(const ossl::Context& context);
  /// libcrypto's form, owned here; null where it refuses to read it. Only for a harmless key.
  [[nodiscard]] X509* libcrypto_form(const ossl::Context& context);
  /// The subject, else the first alternative name, else the serial: something to call it by, safe
  /// to show and not long.
  [[nodiscard]] const std::string& shown_name();

 private:
  x509::Certificate m_certificate;
  Trust m_trust;
  std::optional<DecodedExtensions> m_extensions;
  std::optional<bool> m_self_issued;
  std::optional<std::vector<crypto::KeyFinding>> m_key_findings;
  std::optional<ossl::Handle<X509>> m_libcrypto_form;
  std::optional<std::string> m_shown_name;
};

/// Words for a name, safe to show and not long.
[[nodiscard]] std::string shown_name(const x509::Name& name);

/// What the key identifiers of the two say about who issued `child`.
enum class KeyIdMatch { agree, silent, differ };
[[nodiscard]] KeyIdMatch match_key_ids(Candidate& child, Candidate& issuer);

}  // namespace mtls::verify
