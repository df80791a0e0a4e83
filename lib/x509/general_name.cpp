#include "x509/general_name.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "x509/general_name_syntax.hpp"
#include "x509/host_name.hpp"
#include "x509/name_matching.hpp"

#include <algorithm>
#include <array>

namespace mtls::x509 {
namespace {

namespace tag = der::tag;
using enum GeneralNameKind;

constexpr std::array<std::string_view, 9> k_kind_words = {"other", "email", "dns", "x400", "dn",
                                                          "edi",   "uri",   "ip",  "rid"};

/// The identifier octet of each choice: x400Address and ediPartyName are SEQUENCEs, and a Name,
/// being a CHOICE, is tagged explicitly.
std::uint8_t tag_of(GeneralNameKind kind) {
  const auto number = static_cast<unsigned>(kind);
  const bool constructed =
      kind == other_name || kind == x400_address || kind == directory || kind == edi_party;
  return constructed ? tag::context_constructed(number) : tag::context(number);
}

/// `text` so that neither a terminal nor a list joined by ", " can take it for more than one name.
std::string listed(std::string_view text, std::string_view separators) {
  std::string result;
  for (const char c : printable(text)) {
    if (separators.find(c) == std::string_view::npos) {
      result += c;
    } else {
      result += format("\\x{:02x}", static_cast<unsigned>(c));
    }
  }
  return result;
}

const der::Oid& user_principal_type() {
  static const der::Oid type = der::oid("1.3.6.1.4.1.311.20.2.3");
  return type;
}

/// The text of a user principal name: `value` is a UTF8String.
std::optional<std::string_view> user_principal(const der::Oid& type, ByteView value) {
  if (type != user_principal_type() || !der::is_well_formed(value) ||
      value[0] != tag::utf8_string) {
    return std::nullopt;
  }
  return as_text(der::Reader(value, "user principal name").element(tag::utf8_string).content);
}

void require_well_formed(ByteView der) {
  if (!der::is_well_formed(der))
    throw Error(Errc::malformed, "general name: a value that is no DER");
}

template <class T>
const T& held_as(const auto& value) {
  const T* held = std::get_if<T>(&value);
  if (held == nullptr) throw Error(Errc::internal, "a general name of another kind was asked for");
  return *held;
}

}  // namespace

std::string_view name(GeneralNameKind kind) noexcept {
  return k_kind_words[static_cast<std::size_t>(kind)];
}

std::optional<GeneralNameKind> parse_general_name_kind(std::string_view word) noexcept {
  const auto* const found = std::find(k_kind_words.begin(), k_kind_words.end(), word);
  if (found == k_kind_words.end()) return std::nullopt;
  return static_cast<GeneralNameKind>(found - k_kind_words.begin());
}

GeneralName GeneralName::dns(std::string host) { return {GeneralNameKind::dns, std::move(host)}; }
GeneralName GeneralName::email(std::string address) {
  return {GeneralNameKind::email, std::move(address)};
}
GeneralName GeneralName::uri(std::string uri) { return {GeneralNameKind::uri, std::move(uri)}; }
GeneralName GeneralName::ip(Bytes octets) { return {GeneralNameKind::ip, std::move(octets)}; }
GeneralName GeneralName::directory(Name name) {
  return {GeneralNameKind::directory, std::move(name)};
}
GeneralName GeneralName::other(der::Oid type, Bytes value) {
  return {other_name, Other{.type = std::move(type), .value = std::move(value)}};
}

GeneralName GeneralName::from_der(const der::Element& element) {
  const auto number = static_cast<std::size_t>(element.tag & 0x1fU);
  const auto kind = static_cast<GeneralNameKind>(number);
  if (number >= k_kind_words.size() || element.tag != tag_of(kind)) {
    throw Error(Errc::malformed, format("general name: the tag {:#04x} is none", element.tag));
  }
  der::Reader reader(element.content, "general name");
  switch (kind) {
    case GeneralNameKind::email:
    case GeneralNameKind::dns:
    case GeneralNameKind::uri:
      return {kind, std::string(as_text(element.content))};
    case GeneralNameKind::ip:
      return ip(to_bytes(element.content));
    case GeneralNameKind::directory:
      return directory(Name::from_der(element.content));
    case registered_id:
      return {kind, der::Oid::from_content(element.content)};
    case other_name: {
      der::Oid type = reader.oid();
      der::Reader value = reader.into(tag::context_constructed(0));
      reader.end();
      const ByteView whole = value.any().whole;
      value.end();
      require_well_formed(whole);
      return other(std::move(type), to_bytes(whole));
    }
    case x400_address:
    case edi_party:
      break;
  }
  require_well_formed(element.whole);
  return {kind, to_bytes(element.whole)};
}

const std::string& GeneralName::text() const { return held_as<std::string>(m_value); }

const Bytes& GeneralName::octets() const {
  if (m_kind == other_name) return held_as<Other>(m_value).value;
  return held_as<Bytes>(m_value);
}

const Name& GeneralName::directory_name() const { return held_as<Name>(m_value); }

const der::Oid& GeneralName::type() const {
  if (m_kind == other_name) return held_as<Other>(m_value).type;
  return held_as<der::Oid>(m_value);
}

std::string GeneralName::to_text() const {
  const auto with_kind = [this](std::string_view value) {
    return format("{}:{}", name(m_kind), value);
  };
  switch (m_kind) {
    case GeneralNameKind::email:
    case GeneralNameKind::dns:
      return with_kind(listed(text(), " ,"));
    case GeneralNameKind::uri:  // which may well have a comma
      return with_kind(listed(text(), " "));
    case GeneralNameKind::ip:
      return with_kind(ip_to_text(octets()));
    case GeneralNameKind::directory:
      return with_kind(directory_name().to_text());
    case registered_id:
      return with_kind(type().to_dotted());
    case other_name:
      if (const auto principal = user_principal(type(), octets())) {
        return "upn:" + listed(*principal, " ,");
      }
      return with_kind(format("{};{}", type().to_dotted(), to_hex(octets())));
    case x400_address:
    case edi_party:
      break;
  }
  return with_kind(to_hex(octets()));
}

void GeneralName::write(der::Writer& writer) const {
  const std::uint8_t own = tag_of(m_kind);
  switch (m_kind) {
    case GeneralNameKind::email:
    case GeneralNameKind::dns:
    case GeneralNameKind::uri:
      writer.text(own, text());
      return;
    case GeneralNameKind::ip:
      writer.element(own, octets());
      return;
    case GeneralNameKind::directory:
      writer.element(own, directory_name().der());
      return;
    case registered_id:
      writer.element(own, type().content());
      return;
    case other_name:
      writer.constructed(own, [this](der::Writer& fields) {
        fields.oid(type()).element(tag::context_constructed(0), octets());
      });
      return;
    case x400_address:
    case edi_party:
      writer.raw(octets());
      return;
  }
}

void GeneralName::require_good(std::string_view whose) const {
  with_context(whose, [this] {
    switch (m_kind) {
      case GeneralNameKind::email:
        return require_email(text());
      case GeneralNameKind::dns:
        return require_dns(text());
      case GeneralNameKind::uri:
        return require_uri(text());
      case GeneralNameKind::ip:
        if (octets().size() != 4 && octets().size() != 16) {
          refuse_name("ip:", to_hex(octets()), "neither 4 nor 16 octets");
        }
        return;
      case GeneralNameKind::directory:
        return require_good_name(directory_name(), "the directory name");
      case other_name:
        if (!der::is_well_formed(octets())) {
          refuse_name("other:", type().to_dotted(), "a value that is no DER");
        }
        if (type() == user_principal_type()) {
          const auto principal = user_principal(type(), octets());
          if (!principal) refuse_name("upn:", to_hex(octets()), "a value that is no UTF8String");
          require_user_principal(*principal);
        }
        return;
      case x400_address:
      case edi_party:
      case registered_id:
        return;
    }
  });
}

std::vector<std::string> to_texts(const GeneralNames& names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const GeneralName& name : names) texts.push_back(name.to_text());
  return texts;
}

GeneralNames read_general_names(ByteView der, std::string_view what) {
  der::Reader reader(der, what);
  der::Reader elements = reader.into(tag::sequence);
  reader.end();
  if (elements.at_end()) elements.fail("an empty list of names");
  GeneralNames names;
  while (!elements.at_end()) names.push_back(GeneralName::from_der(elements.any()));
  return names;
}

}  // namespace mtls::x509
