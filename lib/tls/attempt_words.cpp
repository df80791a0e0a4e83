#include "base/format.hpp"
#include "tls/attempt.hpp"

#include <algorithm>
#include <array>

namespace mtls::tls {
namespace {

struct NamedAlert {
  unsigned number;
  std::string_view name;
};
// RFC 8446 section 6 and RFC 5246 section 7.2; libssl's own table lacks some.
constexpr std::array k_alerts{NamedAlert{0, "close_notify"},
                              NamedAlert{10, "unexpected_message"},
                              NamedAlert{20, "bad_record_mac"},
                              NamedAlert{21, "decryption_failed"},
                              NamedAlert{22, "record_overflow"},
                              NamedAlert{30, "decompression_failure"},
                              NamedAlert{40, "handshake_failure"},
                              NamedAlert{41, "no_certificate"},
                              NamedAlert{42, "bad_certificate"},
                              NamedAlert{43, "unsupported_certificate"},
                              NamedAlert{44, "certificate_revoked"},
                              NamedAlert{45, "certificate_expired"},
                              NamedAlert{46, "certificate_unknown"},
                              NamedAlert{47, "illegal_parameter"},
                              NamedAlert{48, "unknown_ca"},
                              NamedAlert{49, "access_denied"},
                              NamedAlert{50, "decode_error"},
                              NamedAlert{51, "decrypt_error"},
                              NamedAlert{70, "protocol_version"},
                              NamedAlert{71, "insufficient_security"},
                              NamedAlert{80, "internal_error"},
                              NamedAlert{86, "inappropriate_fallback"},
                              NamedAlert{90, "user_canceled"},
                              NamedAlert{100, "no_renegotiation"},
                              NamedAlert{109, "missing_extension"},
                              NamedAlert{110, "unsupported_extension"},
                              NamedAlert{112, "unrecognized_name"},
                              NamedAlert{113, "bad_certificate_status_response"},
                              NamedAlert{115, "unknown_psk_identity"},
                              NamedAlert{116, "certificate_required"},
                              NamedAlert{120, "no_application_protocol"}};

}  // namespace

std::string Alert::name() const {
  const auto* const found =
      std::find_if(k_alerts.begin(), k_alerts.end(),
                   [this](const NamedAlert& entry) { return entry.number == number; });
  return found != k_alerts.end() ? std::string(found->name) : format("alert {}", number);
}

std::string_view name(Version version) noexcept {
  return version == Version::tls_1_2 ? "1.2" : "1.3";
}

std::string_view name(Stage stage) noexcept {
  switch (stage) {
    case Stage::connecting:
      return "connecting";
    case Stage::hello:
      return "hello";
    case Stage::handshake:
      return "handshake";
    case Stage::established:
      return "established";
    case Stage::answered:
      break;
  }
  return "answered";
}

std::string_view name(Ending ending) noexcept {
  constexpr std::array<std::string_view, 11> k_words{
      "answer",  "alert",       "closed",        "reset",   "timed_out",
      "refused", "unreachable", "proxy_refused", "foreign", "untrusted_server",
      "failed"};
  return k_words.at(static_cast<std::size_t>(ending));
}

}  // namespace mtls::tls
