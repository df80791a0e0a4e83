#include "authority/import_content.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file_beginning.hpp"
#include "base/format.hpp"
#include "base/utf16.hpp"
#include "der/content_kind.hpp"
#include "der/pem.hpp"
#include "der/reader.hpp"
#include "x509/pkcs7.hpp"

#include <algorithm>
#include <array>

namespace mtls::authority {
namespace {

constexpr std::size_t k_certificates_limit = 100'000;
constexpr std::size_t k_file_size_limit = std::size_t{16} << 20U;
constexpr std::size_t k_list_size_limit = std::size_t{256} << 20U;
constexpr std::string_view k_begin = "-----BEGIN ";
constexpr std::string_view k_dashes = "-----";

using Kind = der::ContentKind;

/// Whether an import uses what is of this kind, or says that it cannot.
bool is_evidence(Kind kind) {
  return kind == Kind::certificate || kind == Kind::certificate_list || kind == Kind::pkcs7 ||
         kind == Kind::pkcs12;
}

bool has_extension(const Path& file, std::initializer_list<std::string_view> extensions) {
  return std::find(extensions.begin(), extensions.end(), file.extension().native()) !=
         extensions.end();
}

/// Files that are a certificate's or a CRL's by their names: with nothing of it inside they are
/// damaged.
bool is_certificate_name(const Path& file) {
  return has_extension(
      file, {".pem", ".crt", ".cer", ".der", ".crl", ".p7b", ".p7c", ".p7s", ".p12", ".pfx"});
}

/// Labels that say what is in a block; what other labels hold is told by their octets.
bool is_known_label(std::string_view label) {
  constexpr std::array<std::string_view, 8> k_labels{"CERTIFICATE",
                                                     "X509 CERTIFICATE",
                                                     "TRUSTED CERTIFICATE",
                                                     "X509 CRL",
                                                     "PKCS7",
                                                     "PKCS #7 SIGNED DATA",
                                                     "CMS",
                                                     "PKCS12"};
  return std::find(k_labels.begin(), k_labels.end(), label) != k_labels.end();
}

/// Labels of what is never looked into.
bool is_other_label(std::string_view label) {
  constexpr std::array<std::string_view, 6> k_words{"KEY",     "REQUEST", "PARAMETERS",
                                                    "SESSION", "MESSAGE", "SIGNATURE"};
  return std::any_of(k_words.begin(), k_words.end(), [label](std::string_view word) {
    return label.find(word) != std::string_view::npos;
  });
}

/// A BEGIN line that is cut short, and what it says of its block.
bool is_near_label(std::string_view line) {
  return line.find("CERTIFICATE") != std::string_view::npos && !is_other_label(line);
}

/// Reads what one file holds, part by part: a damaged part hides no other.
class ContentReader final {
 public:
  explicit ContentReader(const Path& file) : m_file(file) {}

  ImportedFile read(ByteView octets) {
    if (octets.empty()) {
      if (is_certificate_name(m_file)) pass_over(PassedOver::Why::empty, "it has no octets at all");
    } else if (begins_as_utf16(octets)) {
      take_utf16(octets);
    } else if (der::looks_like_pem(octets)) {
      take_text(as_text(octets));
    } else {
      take_octets(octets);
    }
    return std::move(m_found);
  }

  /// What cannot be read and is a key or a request by its name is not what an import looks for.
  ImportedFile refuse(const Error& error) {
    if (error.code() != Errc::too_large && has_extension(m_file, {".key", ".csr", ".req"})) {
      return {};
    }
    const auto why =
        error.code() == Errc::too_large ? PassedOver::Why::too_large : PassedOver::Why::unreadable;
    pass_over(why, error.message());
    return std::move(m_found);
  }

 private:
  void pass_over(PassedOver::Why why, std::string message) {
    m_found.passed_over.push_back({.why = why, .file = m_file, .message = std::move(message)});
  }

  void take_utf16(ByteView octets) {
    try {
      take_text(as_text(decode_utf16(octets)->view()));
    } catch (const Error& error) {
      if (is_certificate_name(m_file)) {
        pass_over(PassedOver::Why::unreadable, format("{}; {}", error.message(), error.hint()));
      }
    }
  }

  void take_octets(ByteView octets) {
    const Kind kind = der::content_kind(octets);
    if (is_evidence(kind)) {
      take(kind, octets);
    } else if (is_certificate_name(m_file) && !der::is_well_formed(octets)) {
      pass_over(PassedOver::Why::unreadable, "it holds no certificate and no CRL");
    }
  }

  /// Whether a block's label says that it holds certificates or CRLs.
  enum class Label { known, other };

  /// Blocks of PEM among any other text: each ends before the next one begins.
  void take_text(std::string_view text) {
    std::size_t number = 0;
    for (std::size_t at = text.find(k_begin); at != std::string_view::npos;) {
      const std::size_t next = text.find(k_begin, at + k_begin.size());
      const std::string_view part =
          text.substr(at, next == std::string_view::npos ? next : next - at);
      at = next;
      const std::string_view line = part.substr(0, part.find('\n'));
      const std::size_t label_end = line.find(k_dashes, k_begin.size());
      const std::string_view label =
          line.substr(k_begin.size(),
                      label_end == std::string_view::npos ? label_end : label_end - k_begin.size());
      const bool known =
          label_end == std::string_view::npos ? is_near_label(label) : is_known_label(label);
      const Label kind = known ? Label::known : Label::other;
      if (known) ++number;
      if (known || !is_other_label(label)) take_part(part, label, kind, number);
    }
  }

  void take_part(std::string_view part, std::string_view label, Label kind, std::size_t number) {
    const std::string last = format("-----END {}-----", label);
    const std::size_t end = part.find(last);
    if (end != std::string_view::npos) {
      take_block(part.substr(0, end + last.size()), kind, number);
    } else if (kind == Label::known) {
      pass_over(PassedOver::Why::unreadable,
                format("block {}: '{}' has no END line", number, printable(label.substr(0, 64))));
    }
  }

  void take_block(std::string_view text, Label kind, std::size_t number) {
    try {
      for (const der::PemBlock& block : der::read_pem(as_bytes(text))) {
        take_body(block, kind, number);
      }
    } catch (const Error& error) {
      if (kind == Label::other) return;
      pass_over(PassedOver::Why::unreadable, format("block {}: {}", number, error.message()));
    }
  }

  void take_body(const der::PemBlock& block, Label label, std::size_t number) {
    ByteView octets = block.der.view();
    // openssl's own form: trust settings follow the certificate.
    if (block.label == "TRUSTED CERTIFICATE") {
      octets = der::Reader(octets, "certificate").any().whole;
    }
    const Kind found = der::content_kind(octets);
    if (is_evidence(found)) {
      take(found, octets);
    } else if (label == Label::known) {
      pass_over(PassedOver::Why::unreadable,
                format("block {}: '{}' without what it says", number, printable(block.label)));
    }
  }

  void take(Kind kind, ByteView octets) {
    try {
      take_parsed(kind, octets);
    } catch (const Error& error) {
      const bool unused = error.code() == Errc::unsupported;
      const std::string hint = unused ? format("; {}", error.hint()) : std::string();
      pass_over(unused ? PassedOver::Why::unused : PassedOver::Why::unreadable,
                error.message() + hint);
    }
  }

  void take_parsed(Kind kind, ByteView octets) {
    switch (kind) {
      case Kind::certificate:
        if (m_found.certificates.size() == k_certificates_limit) {
          throw Error(Errc::malformed,
                      format("it holds over {} certificates", k_certificates_limit));
        }
        m_found.certificates.push_back(x509::Certificate::from_der(octets));
        break;
      case Kind::certificate_list:
        m_found.lists.push_back(x509::CertificateList::from_der(octets));
        break;
      case Kind::pkcs7:
        take_pkcs7(octets);
        break;
      case Kind::pkcs12:
        pass_over(PassedOver::Why::unused,
                  format("it is PKCS #12, which is not read; {}",
                         der::unpack_pkcs12(octets, der::Wanted::certificate)));
        break;
      default:
        break;
    }
  }

  void take_pkcs7(ByteView octets) {
    const x509::Pkcs7Content content = x509::read_pkcs7(octets);
    for (const ByteView one : content.certificates) take(Kind::certificate, one);
    for (const ByteView one : content.lists) take(Kind::certificate_list, one);
    if (content.others > 0) {
      pass_over(
          PassedOver::Why::unused,
          format("{} of its certificates or CRLs are of kinds that are not read", content.others));
    }
  }

  const Path& m_file;
  ImportedFile m_found;
};

bool begins_as_list(const Path& file) {
  constexpr std::size_t k_enough = 4096;
  const std::string beginning = read_beginning(file, k_enough).value_or("");
  return beginning.find("-----BEGIN X509 CRL-----") != std::string::npos ||
         der::content_kind(as_bytes(beginning)) == Kind::certificate_list;
}

/// Whether a file that is too large to be read holds what an import uses.
bool may_hold_evidence(const Path& file) {
  constexpr std::array<std::string_view, 4> k_words{
      "-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----",
      "-----BEGIN X509 CRL-----", "-----BEGIN PKCS7-----"};
  constexpr std::size_t k_overlap = 64;
  if (is_certificate_name(file)) return true;
  bool found = false;
  std::string window;
  bool first = true;
  read_in_pieces(file, [&](std::string_view piece) {
    if (found) return;
    if (first) found = is_evidence(der::content_kind(as_bytes(piece)));
    first = false;
    window += piece;
    found = found || std::any_of(k_words.begin(), k_words.end(), [&window](std::string_view word) {
              return window.find(word) != std::string::npos;
            });
    if (window.size() > k_overlap) window.erase(0, window.size() - k_overlap);
  });
  return found;
}

FileContents read_content(const Path& file) {
  return read_file(file, begins_as_list(file) ? k_list_size_limit : k_file_size_limit);
}

}  // namespace

ImportedFile read_import_file(const Path& file) {
  ContentReader reader(file);
  try {
    try {
      return reader.read(read_content(file).bytes.view());
    } catch (const Error& error) {
      if (error.code() != Errc::too_large || may_hold_evidence(file)) throw;
      return {};
    }
  } catch (const Error& error) {
    return reader.refuse(error);
  }
}

ImportedFile read_named_file(const Path& file) {
  const std::string shown = printable(file.native());
  // Read once: it may be a pipe.
  const FileContents content = read_file(file, k_list_size_limit);
  ImportedFile found = ContentReader(file).read(content.bytes.view());
  if (!found.certificates.empty() || !found.lists.empty()) return found;
  if (!found.passed_over.empty()) {
    throw Error(Errc::malformed, format("{}: {}", shown, found.passed_over.front().message));
  }
  throw Error(Errc::malformed, format("{} holds no certificate and no CRL", shown),
              "a certificate begins with -----BEGIN CERTIFICATE-----, a CRL with -----BEGIN X509 "
              "CRL-----");
}

}  // namespace mtls::authority
