// The issuing half of a CA: prepare → issue. Everything a certificate says is settled, checked and
// fixed as DER in `prepare`; `issue` records, signs exactly those octets, checks and records again.
#pragma once

#include "base/clock.hpp"
#include "base/trace.hpp"
#include "crypto/signer.hpp"
#include "profile/profile.hpp"
#include "store/ledger.hpp"
#include "x509/certificate.hpp"
#include "x509/certificate_request.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace mtls::ca {

struct Grounds;  // what surrounds a request while it is prepared; private to lib/ca

enum class ValidityPast { clip, refuse };

/// What one certificate is wanted to be. `public_key` alone must be there; whatever else is absent
/// is the profile's default.
struct Request {
  crypto::PublicKey public_key;
  /// Set where the key is still to be made: `public_key` then stands in for one of this kind, only
  /// the kind is checked, and what is prepared can be looked at but not issued.
  std::optional<crypto::KeySpec> key_to_come = {};
  /// Asked for by flag, or the CSR's where it may be taken.
  x509::Name subject = {};
  /// Asked for by flag (and --san-from-csr): denied is exit 5.
  x509::GeneralNames subject_alt_names = {};
  std::optional<std::chrono::seconds> period = {};
  std::optional<UnixTime> not_after = {};  // an instant instead of a period
  /// What to do where the validity would pass the issuer's end: clip with a notice, or refuse.
  ValidityPast past_issuer = ValidityPast::clip;
  /// CA certificates only: overrides the profile's (never above it); permitted names narrow
  /// the profile's, excluded ones are added to them.
  std::optional<unsigned> path_length = {};
  x509::NameConstraints name_constraints = {};
  std::optional<std::string> request_key = {};
  std::optional<x509::SerialNumber> replaces_intent = {};
  std::optional<x509::SerialNumber> replaces = {};
  /// Fewer purposes than the profile's; nothing: all of them. One that it lacks is denied.
  std::optional<std::vector<der::Oid>> purposes = {};
  /// A window chosen by the caller, which need not hold now, within the issuer's own. Only under
  /// the built-in profile `probe`, and what comes of it is only issued as revoked.
  std::optional<x509::Validity> window = {};
  /// A root's that is made anew over the same key: the identifier that what it issued refers to.
  std::optional<Bytes> subject_key_identifier = {};
  /// The CSR that it came from, for `requested`: what it asked for and did not get.
  std::optional<x509::CertificateRequest> csr = {};
};

/// A difference between what was asked for and what is granted, or something worth saying.
/// `requested` and `granted` are texts safe to show; an empty `granted` means "nothing".
struct Notice {
  enum class Kind {
    not_granted,
    clipped,
    warning,
    rewritten,   // the same text in another string type
    key_reused,  // good to know: a key that was there is used, and none was made
  };
  Kind kind;
  std::string field;  // "extension basicConstraints", "subjectAltName", "notAfter", "emailAddress"
  std::string requested;
  std::string granted;
  std::string message;  // for a person
};

/// How a certificate stands in the ledger from the moment it is recorded.
enum class Standing {
  valid,
  /// Revoked: it was signed to be refused (`mtlsctl probe`) and is never valid.
  revoked,
};

/// One certificate, ready to be signed and nothing else. Owns the final TBS; cannot be changed.
/// Made only by Issuer::prepare, used once by Issuer::issue.
class Prepared final {
 public:
  Prepared(Prepared&&) noexcept = default;
  Prepared& operator=(Prepared&&) noexcept = default;
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  ~Prepared() = default;
  [[nodiscard]] ByteView tbs() const noexcept { return m_tbs; }
  /// The certificate parsed from the TBS with a dummy signature, for showing.
  [[nodiscard]] const x509::Certificate& unsigned_certificate() const noexcept {
    return m_unsigned;
  }
  [[nodiscard]] const std::vector<Notice>& notices() const noexcept { return m_notices; }

 private:
  friend class Issuer;
  Prepared(Bytes tbs, x509::Certificate unsigned_certificate)
      : m_tbs(std::move(tbs)), m_unsigned(std::move(unsigned_certificate)) {}
  Bytes m_tbs;
  x509::Certificate m_unsigned;
  std::vector<Notice> m_notices;
  std::string m_profile_name;
  crypto::Sha256 m_profile_hash{};
  std::optional<std::string> m_request_key;
  std::optional<x509::SerialNumber> m_replaces_intent;
  std::optional<x509::SerialNumber> m_replaces;
  bool m_for_probes = false;  // only to be issued as revoked
  bool m_key_to_come = false;
};

/// What issue gives back.
struct IssuedCertificate {
  x509::Certificate certificate;
  std::vector<Notice> notices;
};

/// Issues under one CA certificate, or makes roots. Holds references: signer, ledger, clock, trace
/// and context must outlive it. Not for several threads at once.
class Issuer final {
 public:
  struct Surroundings {
    const Clock& clock;
    Trace& trace;
    const ossl::Context& context;
    store::Actor actor;
  };

  /// A CA that signs with `signer` under `chain`: its own certificate first, then those above it up
  /// to the root. Throws key_mismatch where the signer's key is not the first one's, issuer_unfit
  /// where that certificate cannot sign certificates (no CA, no keyCertSign) or is not valid now
  /// (expired), weak_key for a key that check_key refuses.
  Issuer(const crypto::Signer& signer, std::vector<x509::Certificate> chain, store::Ledger& ledger,
         Surroundings surroundings);

  /// A CA that has no certificate yet and makes its own: issue() then takes exactly one request
  /// whose key is the signer's, under a root-ca profile.
  [[nodiscard]] static Issuer for_new_root(const crypto::Signer& signer, store::Ledger& ledger,
                                           Surroundings surroundings);

  /// Settles every request under `profile`, all or none: key checks, subject and SANs against
  /// profile and every constraint of the chain, extensions, validity, serial, TBS; then re-reads
  /// the TBS and compares it with the profile. Throws weak_key, bad_name, too_many_names,
  /// denied_by_profile, constraint_violated, key_mismatch (the CA's own key in a leaf: weak_key),
  /// bad_signature (a CSR without proof of possession), clock (it is before the ledger's newest
  /// time), issuer_unfit (under a throw-away CA all but the profile `probe`). A key that another
  /// subject is certified for gets a warning.
  [[nodiscard]] std::vector<Prepared> prepare(std::span<const Request> requests,
                                              const profile::Profile& profile) const;

  /// Records the intents durably, signs, parses back, compares octet by octet, checks the signature
  /// with the public key, records the certificates durably, and only then returns them. Throws
  /// faulty_signature (the intent is burnt and nothing released), revoked_meanwhile,
  /// serial_conflict, request_key_used, and the ledger's errors; internal where one under the
  /// profile `probe` is not to be revoked at once.
  [[nodiscard]] std::vector<IssuedCertificate> issue(std::vector<Prepared> prepared,
                                                     Standing standing = Standing::valid);

  /// Keeps this issuer's CA certificate in the ledger, where an earlier run recorded `recorded` and
  /// may have ended before that. For a new root it is that certificate.
  void adopt(const x509::Certificate& recorded);

  [[nodiscard]] const std::vector<x509::Certificate>& chain() const noexcept { return m_chain; }
  [[nodiscard]] const crypto::PublicKey& public_key() const noexcept {
    return m_signer.public_key();
  }

 private:
  Issuer(const crypto::Signer& signer, store::Ledger& ledger, Surroundings surroundings);
  /// Of this CA in its ledger; a new root (of its first and only request) may not be in it yet.
  void require_going_log(const Request& first, UnixTime now) const;
  [[nodiscard]] Prepared prepare_one(const Request& request, const Grounds& grounds) const;
  /// Throws internal for what was prepared only to be looked at, or may only be issued as revoked.
  static void require_issuable(const std::vector<Prepared>& prepared, Standing standing);
  [[nodiscard]] store::Author author() const;
  [[nodiscard]] std::vector<store::Intent> make_intents(const std::vector<Prepared>& prepared,
                                                        store::IssuerId issuer) const;
  const crypto::Signer& m_signer;
  std::vector<x509::Certificate> m_chain;  // empty for a new root
  store::Ledger& m_ledger;
  Surroundings m_surroundings;
};

}  // namespace mtls::ca
