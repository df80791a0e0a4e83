// A certificate that was issued elsewhere, as it is put into the ledger.
#pragma once

#include "store/record.hpp"
#include "x509/certificate.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mtls::store {

/// One that is to be put in. Whether it is `issuer`'s the caller has found out.
struct Imported {
  IssuerId issuer;
  x509::Certificate certificate;
  struct Revocation {
    std::optional<UnixTime> time;  // as it was said elsewhere; none: when it is put in, by the
                                   // ledger's clock, than which no time is taken to be later
    std::string reason;            // RFC 5280's name ("keyCompromise"); empty where none was given
    std::optional<UnixTime> invalid_since = {};  // when it became invalid, where that was said
  };
  std::optional<Revocation> revocation = {};
};

/// A serial that another tool revoked, whether or not there is a certificate with it.
struct RevokedSerial {
  IssuerId issuer;
  x509::SerialNumber serial;
  std::optional<UnixTime> not_after = {};  // of its certificate, where that was said
  Imported::Revocation revocation;
};

enum class RevokedOutcome {
  recorded,         // the ledger has no certificate with the serial: it is recorded without one
  now_revoked,      // certificates with it were there as valid, and are revoked from now on
  already_revoked,  // it is left as it is
};

enum class ImportOutcome {
  recorded,
  recorded_revoked,  // and as revoked, since its serial is (find_revocation)
  now_revoked,       // it was there as valid, and is revoked from here on
  already_there,     // the ledger has this very certificate of this issuer; it is left as it stands
};

/// Says why the ledger cannot hold a certificate, whatever its signature: a serial that is
/// negative, names that cannot be read or are no text. Nothing where it can.
[[nodiscard]] std::optional<std::string> find_unstorable(const x509::Certificate& certificate);

/// The note of an imported row that is revoked from the first moment, and the reason in such a
/// note; nothing where none stands in it.
[[nodiscard]] std::string revocation_note(std::string_view reason);
[[nodiscard]] std::optional<std::string> reason_in_note(std::string_view note);

}  // namespace mtls::store
