// The attributes of a request (RFC 2985 section 5.4; Microsoft's: [MS-WCCE] section 2.2.2.7).
#pragma once

#include "der/reader.hpp"
#include "x509/extension.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::x509 {

/// One attribute as read: `values` are whole DER elements.
struct RequestAttribute {
  der::Oid type;
  std::vector<Bytes> values;
};

/// What the attributes of a request say. Nothing in it is granted unless a flag takes it over, so
/// that what breaks a rule without hiding what is meant is a fault to be told, not an error.
struct RequestAttributes {
  std::vector<RequestAttribute> all;
  /// Of extensionRequest and of Microsoft's older attribute for the same: an extension that both
  /// have with one value is listed once, with two values twice.
  Extensions extensions;
  /// Sentences that begin with what is faulty; safe to show.
  std::vector<std::string> faults;
  /// Why extensions could not be read, so that none of them may be taken over.
  std::optional<std::string> unreadable;
};

/// Reads what follows the key in `info`. Throws malformed for what is not DER and for an attribute
/// that occurs twice.
[[nodiscard]] RequestAttributes read_request_attributes(der::Reader& info);

/// Returns the attribute with `type`, or null.
[[nodiscard]] const RequestAttribute* find(const std::vector<RequestAttribute>& attributes,
                                           const der::Oid& type) noexcept;

/// Returns one line that shows the values: text, numbers, and the fields of a SEQUENCE of those;
/// anything else as hex with its size. A challenge password is "present (not shown)". Safe to show.
[[nodiscard]] std::string describe(const RequestAttribute& attribute);

namespace oids {
[[nodiscard]] const der::Oid& unstructured_name();
[[nodiscard]] const der::Oid& challenge_password();
[[nodiscard]] const der::Oid& extension_request();
[[nodiscard]] const der::Oid& ms_extension_request();  // szOID_CERT_EXTENSIONS
}  // namespace oids

}  // namespace mtls::x509
