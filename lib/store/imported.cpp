#include "store/imported.hpp"

#include "base/error.hpp"
#include "store/record_row.hpp"

#include <algorithm>

namespace mtls::store {
namespace {

constexpr std::string_view k_revoked = "revoked before it was imported";

}  // namespace

std::optional<std::string> find_unstorable(const x509::Certificate& certificate) {
  const auto serial = x509::SerialNumber::parse(certificate.serial().to_text());
  if (!serial || !(*serial == certificate.serial())) return "its serial is not a positive number";
  try {
    for (const x509::GeneralName& san : certificate.subject_alt_names()) {
      if (!is_storable(san.to_text())) return "a subject alternative name is not text";
    }
  } catch (const Error& error) {
    return error.message();
  }
  if (!is_storable(certificate.subject().to_text())) return "its subject is not text";
  return std::nullopt;
}

std::string revocation_note(std::string_view reason) {
  std::string note(k_revoked);
  if (!reason.empty()) note.append(": ").append(reason);
  return note;
}

std::optional<std::string> reason_in_note(std::string_view note) {
  if (note.substr(0, k_revoked.size()) != k_revoked) return std::nullopt;
  note.remove_prefix(k_revoked.size());
  if (note.substr(0, 2) != ": ") return std::nullopt;
  return std::string(note.substr(2));
}

}  // namespace mtls::store
