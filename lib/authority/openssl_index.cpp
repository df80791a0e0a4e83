#include "authority/openssl_index.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "der/reader.hpp"
#include "der/writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mtls::authority {
namespace {

constexpr std::size_t k_fields = 6;

/// Names of CRLReason (RFC 5280 section 5.3.1) as openssl writes them, and what they are called
/// there; holdInstruction and the two times are openssl's own, each with one more field.
struct ReasonName {
  std::string_view index;
  std::string_view reason;
};
constexpr std::array k_reasons{
    ReasonName{"unspecified", ""},
    ReasonName{"keyCompromise", "keyCompromise"},
    ReasonName{"CACompromise", "cACompromise"},
    ReasonName{"affiliationChanged", "affiliationChanged"},
    ReasonName{"superseded", "superseded"},
    ReasonName{"cessationOfOperation", "cessationOfOperation"},
    ReasonName{"certificateHold", "certificateHold"},
    ReasonName{"removeFromCRL", ""},
    ReasonName{"holdInstruction", "certificateHold"},
    ReasonName{"keyTime", "keyCompromise"},
    ReasonName{"CAkeyTime", "cACompromise"},
};

std::optional<std::string> find_reason(std::string_view word) {
  for (const ReasonName& known : k_reasons) {
    if (known.index == word) return std::string(known.reason);
  }
  return std::nullopt;
}

std::string_view index_word(std::string_view reason) {
  for (const ReasonName& known : k_reasons) {
    if (!reason.empty() && known.reason == reason) return known.index;
  }
  return {};
}

/// YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ, as in a certificate.
std::optional<UnixTime> parse_time(std::string_view text) {
  constexpr std::size_t k_utc_length = 13;
  const ByteView octets = as_bytes(text);
  const std::uint8_t tag =
      text.size() == k_utc_length ? der::tag::utc_time : der::tag::generalized_time;
  try {
    return der::read_time({.tag = tag, .content = octets, .whole = octets}, "time");
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string to_time_text(UnixTime time) {
  constexpr std::size_t k_header = 2;  // tag and length
  der::Writer writer;
  writer.time(std::clamp(time, *parse_time("19500101000000Z"), k_latest_time));
  return std::string(as_text(writer.view().subspan(k_header)));
}

/// At tabs; one behind a backslash is no end of a field.
std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\t') {
      fields.emplace_back();
    } else if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '\t') {
      fields.back() += line[++i];
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

/// openssl writes hex digits and nothing else.
std::optional<x509::SerialNumber> parse_serial(const std::string& text) {
  if (text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return std::nullopt;
  return x509::SerialNumber::parse(text.size() % 2 == 0 ? text : "0" + text);
}

bool is_status(std::string_view text) { return text == "V" || text == "R" || text == "E"; }

void append_value(std::string& text, const x509::Attribute& attribute) {
  constexpr unsigned char k_first = 0x20;
  constexpr unsigned char k_last = 0x7e;
  for (const std::uint8_t octet : attribute.octets) {
    if (octet >= k_first && octet <= k_last) {
      text += static_cast<char>(octet);
    } else {
      text += format("\\x{:02X}", octet);
    }
  }
}

}  // namespace

OpensslIndex parse_openssl_index(std::string_view text) {
  OpensslIndexReader reader;
  reader.take(text);
  return reader.finish();
}

bool looks_like_openssl_index(std::string_view beginning) {
  constexpr std::size_t k_serial = 3;
  while (!beginning.empty()) {
    const std::size_t end = beginning.find('\n');
    std::string_view line = beginning.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!line.empty() && line.front() != '#') {
      const auto fields = split(line);
      return fields.size() > k_serial + 1 && is_status(fields[0]) && parse_time(fields[1]) &&
             parse_serial(fields[k_serial]);
    }
    if (end == std::string_view::npos) return false;
    beginning.remove_prefix(end + 1);
  }
  return false;
}

void OpensslIndexReader::take(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    const std::string_view part = piece.substr(0, end);
    if (m_begun.size() + part.size() > k_index_line_limit) m_too_long = true;
    if (!m_too_long) m_begun += part;
    if (end == std::string_view::npos) return;
    piece.remove_prefix(end + 1);
    take_line(m_begun, End::present);
    m_begun.clear();
  }
}

OpensslIndex OpensslIndexReader::finish() {
  if (!m_begun.empty() || m_too_long) take_line(m_begun, End::missing);
  return std::move(m_index);
}

void OpensslIndexReader::defect(std::string message) {
  m_index.defects.push_back({.line = m_line, .message = std::move(message)});
}

void OpensslIndexReader::take_line(std::string_view line, End end) {
  ++m_line;
  if (std::exchange(m_too_long, false)) {
    defect(format("it has over {} octets", k_index_line_limit));
    return;
  }
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.empty() || line.front() == '#') return;
  take_fields(split(line));
  if (end == End::missing) defect("it has no line end: the file was cut short");
}

void OpensslIndexReader::take_fields(const std::vector<std::string>& fields) {
  if (fields.size() != k_fields)
    defect(format("it has {} fields, not {}", fields.size(), k_fields));
  // A serial with nothing behind it may have been cut within.
  constexpr std::size_t k_serial = 3;
  if (fields.size() < k_serial + 2) return;
  const auto serial = parse_serial(fields[k_serial]);
  if (!serial) {
    defect(format("'{}' is no serial", printable(fields[k_serial].substr(0, 64))));
    return;
  }
  const std::string& status = fields[0];
  const bool known = is_status(status);
  const std::string& revocation = fields[2];
  if (!known) defect(format("'{}' is no status", printable(status.substr(0, 16))));
  if (!known && revocation.empty()) return;
  const std::optional<UnixTime> not_after = parse_time(fields[1]);
  if (!not_after) defect(format("'{}' is no time", printable(fields[1].substr(0, 32))));
  if (m_index.rows.size() == k_index_rows_limit) {
    throw Error(Errc::too_large, format("an index of over {} rows is not read", k_index_rows_limit),
                "split index.txt, and import its parts one after the other");
  }
  IndexRow row{.line = m_line,
               .serial = *serial,
               .revoked = status == "R" || !revocation.empty(),
               .not_after = not_after,
               .subject = fields.size() == k_fields ? fields.back() : std::string()};
  if (known && status != "R" && row.revoked) {
    defect(format("the status is {} and there is a revocation date: taken as revoked", status));
  }
  if (row.revoked) take_revocation(row, revocation);
  m_index.rows.push_back(std::move(row));
}

void OpensslIndexReader::take_revocation(IndexRow& row, std::string_view text) {
  const std::size_t comma = text.find(',');
  row.revoked_at = parse_time(text.substr(0, comma));
  if (!row.revoked_at) {
    defect(format("'{}' is no time of a revocation", printable(text.substr(0, 32))));
  }
  if (comma == std::string_view::npos) return;
  std::string_view word = text.substr(comma + 1);
  const std::size_t more = word.find(',');
  const std::string_view detail = more == std::string_view::npos ? "" : word.substr(more + 1);
  word = word.substr(0, more);
  if (const auto reason = find_reason(word)) {
    row.reason = *reason;
    if (word == "keyTime" || word == "CAkeyTime") row.invalid_since = parse_time(detail);
  } else {
    defect(format("'{}' is no reason of a revocation", printable(word.substr(0, 32))));
  }
}

std::string to_oneline(const x509::Name& name) {
  std::string text;
  for (const x509::Rdn& rdn : name.rdns()) {
    for (const x509::Attribute& attribute : rdn) {
      text += "/" + x509::attribute_name(attribute.type) + "=";
      append_value(text, attribute);
    }
  }
  return text;
}

std::string to_index_line(const IndexEntry& entry) {
  std::string revocation;
  if (entry.revoked_at) {
    revocation = to_time_text(*entry.revoked_at);
    const std::string_view word = index_word(entry.reason);
    if (!word.empty()) revocation.append(",").append(word);
  }
  std::string serial = entry.serial.to_text();
  std::transform(serial.begin(), serial.end(), serial.begin(), [](char c) {
    return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return format("{}\t{}\t{}\t{}\tunknown\t{}\n", entry.status, to_time_text(entry.not_after),
                revocation, serial, to_oneline(entry.subject));
}

}  // namespace mtls::authority
