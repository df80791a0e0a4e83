#include "x509/certificate_request.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/utf8.hpp"
#include "crypto/key_check.hpp"
#include "der/content_kind.hpp"
#include "der/pem.hpp"
#include "der/reader.hpp"
#include "der/writer.hpp"
#include "x509/algorithm_field.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

constexpr std::string_view k_what = "certificate request";

/// Version ::= INTEGER { v1(0) }. Returns what is wrong with another one.
std::optional<std::string> read_version_fault(der::Reader& info) {
  const ByteView content = info.integer();
  if (content.size() == 1 && content[0] == 0) return std::nullopt;
  constexpr std::size_t k_most = 8;
  const std::string shown =
      content.size() == 1 && content[0] < 0x80
          ? format("{} (encoded as {})", content[0] + 1U, static_cast<unsigned>(content[0]))
          : format("encoded as 0x{}{}", to_hex(content.first(std::min(content.size(), k_most))),
                   content.size() > k_most ? "..." : "");
  return format("its version is {}: the only version of a request is 1 (encoded as 0)", shown);
}

}  // namespace

struct CertificateRequest::Data {
  Bytes der;  // the views below point into it
  ByteView info;
  Name subject;
  crypto::PublicKey public_key;
  std::optional<std::string> version_fault;
  RequestAttributes attributes;
  ByteView signature_algorithm;
  ByteView signature;
};

CertificateRequest CertificateRequest::from_der(ByteView der) {
  Bytes owned = to_bytes(der);
  der::Reader file(owned, k_what);
  der::Reader request = file.into(der::tag::sequence);
  file.end();
  const der::Element info_element = request.element(der::tag::sequence);
  const ByteView algorithm = read_algorithm_identifier(request);
  const ByteView signature = read_signature(request);
  request.end();

  der::Reader info(info_element.content, k_what);
  std::optional<std::string> version_fault = read_version_fault(info);
  const ByteView name = info.element(der::tag::sequence).whole;
  Name subject = with_context("subject of the request", [name] { return Name::from_der(name); });
  crypto::PublicKey key = crypto::PublicKey::from_spki(info.element(der::tag::sequence).whole);
  RequestAttributes attributes = read_request_attributes(info);
  info.end();
  // Moving a vector keeps its octets where they are, so the views stay good.
  return CertificateRequest(
      std::make_shared<const Data>(Data{.der = std::move(owned),
                                        .info = info_element.whole,
                                        .subject = std::move(subject),
                                        .public_key = std::move(key),
                                        .version_fault = std::move(version_fault),
                                        .attributes = std::move(attributes),
                                        .signature_algorithm = algorithm,
                                        .signature = signature}));
}

namespace {

constexpr std::string_view k_request_hint =
    "a request begins with -----BEGIN CERTIFICATE REQUEST-----";

/// Throws for a block that is no request.
[[noreturn]] void refuse_block(const der::PemBlock& block, std::string_view shown) {
  if (block.label.find("PRIVATE KEY") != std::string::npos) {
    throw Error(Errc::malformed, format("{} holds a private key", shown),
                "a request carries only the public key: keep the private one where it was made");
  }
  throw Error(Errc::malformed,
              format("{} holds '{}' where one request is wanted", shown, printable(block.label)),
              std::string(k_request_hint));
}

}  // namespace

CertificateRequest CertificateRequest::from_file(ByteView file, std::string_view shown) {
  if (!der::looks_like_pem(file)) {
    const der::ContentKind kind = der::content_kind(file);
    const bool named = kind != der::ContentKind::request && kind != der::ContentKind::other;
    if (named || file.empty() || file[0] != der::tag::sequence) {
      const std::string hint = der::conversion_hint(file, der::FileForm::der, der::Wanted::request);
      throw Error(Errc::malformed,
                  format("{} holds no certificate request{}{}", shown, named ? ": it is " : "",
                         der::name(kind)),
                  hint.empty() ? std::string(k_request_hint) : hint);
    }
    return with_context(shown, [file] { return require_version_1(from_der(file)); });
  }
  const auto blocks = with_context(shown, [file] { return der::read_pem(file); });
  const der::PemBlock* request = nullptr;
  for (const der::PemBlock& block : blocks) {
    if (block.label != "CERTIFICATE REQUEST" && block.label != "NEW CERTIFICATE REQUEST") {
      refuse_block(block, shown);
    }
    if (request != nullptr) {
      throw Error(Errc::malformed, format("{} holds more than one request", shown),
                  "give each request a file of its own");
    }
    request = &block;
  }
  if (request == nullptr) {
    throw Error(Errc::malformed, format("{} holds no certificate request", shown),
                std::string(k_request_hint));
  }
  return with_context(shown,
                      [request] { return require_version_1(from_der(request->der.view())); });
}

ByteView CertificateRequest::der() const noexcept { return m_data->der; }
ByteView CertificateRequest::info() const noexcept { return m_data->info; }
const Name& CertificateRequest::subject() const noexcept { return m_data->subject; }
const crypto::PublicKey& CertificateRequest::public_key() const noexcept {
  return m_data->public_key;
}
const Extensions& CertificateRequest::requested_extensions() const noexcept {
  return m_data->attributes.extensions;
}
const std::vector<RequestAttribute>& CertificateRequest::attributes() const noexcept {
  return m_data->attributes.all;
}
const std::vector<std::string>& CertificateRequest::faults() const noexcept {
  return m_data->attributes.faults;
}
const std::optional<std::string>& CertificateRequest::version_fault() const noexcept {
  return m_data->version_fault;
}
ByteView CertificateRequest::signature_algorithm() const noexcept {
  return m_data->signature_algorithm;
}

GeneralNames CertificateRequest::subject_alt_names() const {
  if (m_data->attributes.unreadable) {
    throw Error(Errc::malformed, "the CSR: " + *m_data->attributes.unreadable);
  }
  const Extension* names = nullptr;
  for (const Extension& extension : requested_extensions()) {
    if (extension.id != oids::subject_alt_name()) continue;
    if (names != nullptr) {
      throw Error(Errc::malformed,
                  "the CSR asks for different names in extensionRequest and msExtensionRequest",
                  "leave out --san-from-csr, and name what is meant with --san");
    }
    names = &extension;
  }
  return names == nullptr ? GeneralNames{} : decode_subject_alt_name(names->value);
}

bool CertificateRequest::has_challenge_password() const noexcept {
  return find(attributes(), oids::challenge_password()) != nullptr;
}

std::optional<std::string> CertificateRequest::unstructured_name() const {
  const RequestAttribute* const name = find(attributes(), oids::unstructured_name());
  if (name == nullptr || name->values.empty()) return std::nullopt;
  const der::Element value = der::Reader(name->values.front(), k_what).any();
  return Attribute{.type = name->type, .tag = value.tag, .octets = to_bytes(value.content)}.text();
}

Possession CertificateRequest::proves_possession(const ossl::Context& context) const {
  const auto algorithm = crypto::find_signature_algorithm(signature_algorithm());
  if (!algorithm) return Possession::algorithm_not_accepted;
  if (!crypto::find_bound_defects(public_key()).empty()) return Possession::key_not_accepted;
  return crypto::verify_signature(public_key(), *algorithm, info(), m_data->signature, context)
             ? Possession::proven
             : Possession::refuted;
}

CertificateRequest require_version_1(CertificateRequest request) {
  if (const auto& fault = request.version_fault()) {
    throw Error(Errc::malformed,
                "malformed certificate request: " + *fault + ", and it is signed so",
                "make it again with the same key: openssl req -new -sha256 -key KEY -out NEWFILE");
  }
  return request;
}

void require_possession(const CertificateRequest& request, const ossl::Context& context) {
  switch (request.proves_possession(context)) {
    case Possession::proven:
      return;
    case Possession::refuted:
      throw Error(Errc::bad_signature, "the signature of the CSR does not verify with its own key",
                  "it proves nothing: ask for the CSR again (another opinion: openssl req -verify "
                  "-noout -in FILE)");
    case Possession::key_not_accepted:
      crypto::require_good_key(request.public_key(), "the key of the CSR", context);
      break;
    case Possession::algorithm_not_accepted:
      break;
  }
  der::Reader algorithm(request.signature_algorithm(), "algorithm");
  throw Error(Errc::unsupported,
              format("the CSR is signed with {}, which is not accepted",
                     oid_name(algorithm.into(der::tag::sequence).oid())),
              "make it again with the same key: openssl req -new -sha256 -key KEY -out NEWFILE");
}

std::string to_pem(const CertificateRequest& request) {
  return der::to_pem("CERTIFICATE REQUEST", request.der());
}

namespace {

/// pkcs-9-ub-challengePassword and pkcs-9-ub-unstructuredName.
constexpr std::size_t k_text_limit = 255;

bool is_printable_string(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" '()+,-./:=?").find(c) != std::string_view::npos;
  });
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

/// Throws bad_name unless `text` is 1 to 255 characters that act on no terminal. The text itself
/// may be a secret and stays out of the message.
void require_good_text(std::string_view text, std::string_view what) {
  const auto points = decode_utf8(text);
  if (!points) throw Error(Errc::bad_name, format("the {} is not UTF-8", what));
  if (points->empty() || points->size() > k_text_limit) {
    throw Error(Errc::bad_name, format("the {} has {} characters, allowed are 1 to {}", what,
                                       points->size(), k_text_limit));
  }
  if (std::any_of(points->begin(), points->end(), [](char32_t point) {
        return is_control(point) || is_bidirectional_mark(point);
      })) {
    throw Error(Errc::bad_name, format("the {} holds a control character", what));
  }
}

/// Returns Attribute with one value, which `value` writes.
template <class Value>
Bytes make_attribute_der(const der::Oid& type, Value&& value) {
  der::Writer writer;
  writer.sequence([&](der::Writer& attribute) {
    attribute.oid(type);
    attribute.constructed(der::tag::set, value);
  });
  return std::move(writer).take();
}

/// The string types are those that RFC 2985 sections 5.4.1 and 5.4.3 prefer.
std::vector<Bytes> encode_attributes(const RequestFields& fields) {
  std::vector<Bytes> attributes;
  if (fields.unstructured_name) {
    const std::string_view text = *fields.unstructured_name;
    require_good_text(text, "optional company name");
    const auto tag = is_ascii(text) ? der::tag::ia5_string : der::tag::utf8_string;
    attributes.push_back(make_attribute_der(oids::unstructured_name(),
                                            [&](der::Writer& set) { set.text(tag, text); }));
  }
  if (fields.challenge_password) {
    const std::string_view text = as_text(fields.challenge_password->view());
    require_good_text(text, "challenge password");
    const auto tag = is_printable_string(text) ? der::tag::printable_string : der::tag::utf8_string;
    attributes.push_back(make_attribute_der(oids::challenge_password(),
                                            [&](der::Writer& set) { set.text(tag, text); }));
  }
  if (!fields.subject_alt_names.empty()) {
    for (const GeneralName& name : fields.subject_alt_names) name.require_good("the request");
    // RFC 5280 section 4.2.1.6: critical exactly where the subject is empty.
    const auto criticality =
        fields.subject.empty() ? Criticality::critical : Criticality::non_critical;
    const Extensions extensions{encode_subject_alt_name(fields.subject_alt_names, criticality)};
    attributes.push_back(make_attribute_der(
        oids::extension_request(), [&](der::Writer& set) { write_extensions(set, extensions); }));
  }
  // DER's order of a SET OF (X.690 section 11.6).
  std::sort(attributes.begin(), attributes.end(),
            [](const Bytes& left, const Bytes& right) { return as_text(left) < as_text(right); });
  return attributes;
}

}  // namespace

CertificateRequest make_request(const RequestFields& fields, const crypto::Signer& signer) {
  const std::vector<Bytes> attributes = encode_attributes(fields);
  der::Writer info;
  info.sequence([&](der::Writer& parts) {
    parts.integer(0);  // v1
    parts.raw(fields.subject.der());
    parts.raw(signer.public_key().spki());
    parts.constructed(der::tag::context_constructed(0), [&](der::Writer& set) {
      for (const Bytes& attribute : attributes) set.raw(attribute);
    });
  });
  der::Writer request;
  request.sequence([&](der::Writer& parts) {
    parts.raw(info.view());
    parts.raw(crypto::algorithm_identifier(signer.algorithm()));
    parts.bit_string(signer.sign(info.view()));
  });
  return CertificateRequest::from_der(request.view());
}

}  // namespace mtls::x509
