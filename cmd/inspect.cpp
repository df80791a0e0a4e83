#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/certificate_view.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/input_file.hpp"
#include "cmd/value_types.hpp"
#include "crypto/key_check.hpp"
#include "crypto/private_key.hpp"
#include "der/content_kind.hpp"
#include "der/pem.hpp"
#include "x509/pkcs7.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

/// CRLs may be larger than everything else.
constexpr std::size_t k_list_limit = std::size_t{64} << 20U;

struct Options {
  std::vector<Path> files;
};

/// One thing in a file: what it is, and what can be shown of it. Private parts never are.
struct Object {
  std::string kind;  // "certificate"
  std::string title;
  std::string text;
  Json fields = Json::object();
  std::optional<x509::Certificate> certificate;  // for the chain
};

/// Before anything is rendered: only a CRL may be larger.
void require_file_limit(std::size_t size, std::string_view shown) {
  if (size <= k_file_limit) return;
  throw Error(Errc::too_large, format("{} is larger than 1 MiB, and not a CRL", shown));
}

Object certificate_object(ByteView der) {
  const auto certificate = x509::Certificate::from_der(der);
  return {"certificate", "certificate", certificate_text(certificate),
          certificate_json(certificate), certificate};
}

Object request_object(ByteView der, const ossl::Context& context) {
  const auto request = x509::CertificateRequest::from_der(der);
  const x509::Possession possession = request.proves_possession(context);
  Object object{"certificate_request",
                "certificate request",
                request_text(request),
                request_json(request),
                {}};
  Json& good = object.fields["self_signature_good"];
  switch (possession) {
    case x509::Possession::proven:
      good = true;
      break;
    case x509::Possession::refuted:
      good = false;
      object.text += "  self-signature BAD: it does not prove possession of the key\n";
      break;
    case x509::Possession::algorithm_not_accepted:
      object.text += "  self-signature not checked: its algorithm is not accepted\n";
      break;
    case x509::Possession::key_not_accepted:
      object.text += format("  self-signature not checked: {}\n",
                            crypto::find_bound_defects(request.public_key()).front().message);
      break;
  }
  return object;
}

Object list_object(ByteView der) {
  const auto list = x509::CertificateList::from_der(der);
  return {"certificate_list", "certificate revocation list", list_text(list), list_json(list), {}};
}

Object public_key_object(ByteView der) {
  const auto key = crypto::PublicKey::from_spki(der);
  return {"public_key", "public key", public_key_text(key), public_key_json(key), {}};
}

/// A private key is named by its public half; of an encrypted one nothing can be said.
Object private_key_object(ByteView text, std::string_view shown, const ossl::Context& context) {
  Object object{"private_key", "private key", {}, Json::object(), {}};
  const bool encrypted = crypto::is_encrypted_key(text);
  object.fields["encrypted"] = encrypted;
  if (encrypted) {
    object.title = "encrypted private key";
    object.text = "  its kind and its public half show only with the passphrase\n";
    return object;
  }
  try {
    const auto key =
        crypto::PrivateKey::from_file(text, shown, {}, crypto::LegacyKeys::refuse, context);
    object.text = public_key_text(key.public_key());
    object.fields.update(public_key_json(key.public_key()));
  } catch (const Error& error) {
    // Of a kind that is not used here, it is told what it is all the same.
    const auto words = crypto::describe_private_key(text);
    if (!words || (error.code() != Errc::weak_key && error.code() != Errc::unsupported)) throw;
    object.text = public_key_text(*words);
    object.fields["key"] = *words;
  }
  return object;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

Object pem_object(const der::PemBlock& block, std::string_view shown,
                  const ossl::Context& context) {
  const std::string& label = block.label;
  const ByteView der = block.der.view();
  if (label == "CERTIFICATE" || label == "X509 CERTIFICATE") return certificate_object(der);
  if (ends_with(label, "CERTIFICATE REQUEST")) return request_object(der, context);
  if (label == "X509 CRL") return list_object(der);
  if (label == "PUBLIC KEY") return public_key_object(der);
  if (block.encrypted_legacy) {
    Object object{"private_key", "encrypted private key", {}, Json{{"encrypted", true}}, {}};
    object.text = "  in the old form of RFC 1421; its kind shows only with the passphrase\n";
    return object;
  }
  if (ends_with(label, "PRIVATE KEY")) {
    return private_key_object(der::to_secret_pem(label, der).view(), shown, context);
  }
  return {"other",
          format("'{}', which is not shown", printable(label)),
          {},
          Json{{"label", printable(label)}},
          {}};
}

/// DER has no label: what can be read as one thing only is that thing.
Object der_object(ByteView der, std::string_view shown, const ossl::Context& context) {
  const auto attempt = [](const auto& read) -> std::optional<Object> {
    try {
      return read();
    } catch (const Error& error) {
      if (error.code() == Errc::malformed) return std::nullopt;
      throw;
    }
  };
  if (der.size() > k_file_limit) {
    if (auto object = attempt([&] { return list_object(der); })) return *std::move(object);
    require_file_limit(der.size(), shown);
  }
  if (auto object = attempt([&] { return certificate_object(der); })) return *std::move(object);
  if (auto object = attempt([&] { return request_object(der, context); })) {
    return *std::move(object);
  }
  if (auto object = attempt([&] { return list_object(der); })) return *std::move(object);
  if (auto object = attempt([&] { return public_key_object(der); })) return *std::move(object);
  if (auto object = attempt([&] { return private_key_object(der, shown, context); })) {
    return *std::move(object);
  }
  const std::string_view kind = der::name(der::content_kind(der));
  std::string hint = der::conversion_hint(der, der::FileForm::der, der::Wanted::any);
  throw Error(Errc::malformed,
              kind.empty()
                  ? format("{} is neither PEM nor DER of a certificate, request, CRL or key", shown)
                  : format("cannot read {}: it is {}", shown, kind),
              hint.empty() ? "check that the file is whole" : std::move(hint));
}

/// The certificates and CRLs of PKCS #7; a signed message shows them, too.
std::vector<Object> pkcs7_objects(ByteView der, der::FileForm form) {
  const x509::Pkcs7Content content = x509::read_pkcs7(der, form);
  std::vector<Object> objects;
  for (const ByteView one : content.certificates) objects.push_back(certificate_object(one));
  for (const ByteView one : content.lists) objects.push_back(list_object(one));
  return objects;
}

std::vector<Object> read_objects(const SecretBytes& content, std::string_view shown,
                                 const ossl::Context& context) {
  std::vector<Object> objects;
  if (der::looks_like_pem(content.view())) {
    const auto blocks = with_context(format("cannot read {}", shown),
                                     [&content] { return der::read_pem(content.view()); });
    for (const der::PemBlock& block : blocks) {
      if (block.label != "X509 CRL") require_file_limit(content.size(), shown);
      const std::string place = format("block {} of {}", objects.size() + 1, shown);
      if (der::content_kind(block.der.view()) == der::ContentKind::pkcs7) {
        for (Object& one : with_context(
                 place, [&] { return pkcs7_objects(block.der.view(), der::FileForm::pem); })) {
          objects.push_back(std::move(one));
        }
      } else {
        objects.push_back(with_context(place, [&] { return pem_object(block, shown, context); }));
      }
    }
  } else if (der::content_kind(content.view()) == der::ContentKind::pkcs7) {
    objects = with_context(format("cannot read {}", shown),
                           [&] { return pkcs7_objects(content.view(), der::FileForm::der); });
  } else {
    objects.push_back(der_object(content.view(), shown, context));
  }
  return objects;
}

/// Whether all are certificates, each issued by the name of the next.
bool is_chain(const std::vector<Object>& objects) {
  if (objects.size() < 2) return false;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!objects[i].certificate) return false;
    if (i > 0 && !objects[i - 1].certificate->issuer().matches(objects[i].certificate->subject())) {
      return false;
    }
  }
  return true;
}

std::string headline(const std::vector<Object>& objects) {
  if (is_chain(objects)) return format("a chain of {} certificates", objects.size());
  if (objects.size() == 1) return objects.front().title;
  return format("{} objects", objects.size());
}

void print_text(const std::vector<Object>& objects, std::string_view shown, std::string_view form,
                const Session& session) {
  std::string text = format("{}: {} ({})\n", shown, headline(objects), form);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (objects.size() > 1) text += format("{}. {}\n", i + 1, objects[i].title);
    text += objects[i].text;
  }
  session.out().write(text);
}

void print_json(const std::vector<Object>& objects, std::string_view shown, std::string_view form,
                const Session& session) {
  Json document = session.document();
  document["file"] = shown;
  document["encoding"] = form;
  document["chain"] = is_chain(objects);
  document["objects"] = Json::array();
  for (const Object& object : objects) {
    Json json{{"kind", object.kind}};
    json.update(object.fields);
    document["objects"].push_back(std::move(json));
  }
  session.print(document);
}

ExitCode run(const Options& options, Session& session) {
  const ossl::Context& context = session.openssl(ossl::Configuration::none);
  ExitCode code = ExitCode::ok;
  for (const Path& file : options.files) {
    const std::string shown = shown_input(file);
    try {
      const SecretBytes content = read_input(file, k_list_limit);
      const std::vector<Object> objects = read_objects(content, shown, context);
      const std::string_view form = der::looks_like_pem(content.view()) ? "PEM" : "DER";
      if (session.json()) {
        print_json(objects, shown, form, session);
      } else {
        print_text(objects, shown, form, session);
      }
    } catch (const Error& error) {
      code = combine(code, session.report(error, shown));
    }
  }
  return code;
}

}  // namespace

void add_inspect(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Certificates, chains, requests, CRLs, PKCS #7, public and private keys and bundles of them. "
      "It says "
      "what is there and does not judge it: that is what 'mtlsctl verify' is for. Of a private key "
      "only the public half is shown, and an encrypted one is not opened.");
  command.options().positionals("FILE", options->files, file_value(), "PEM or DER; - is stdin");
  command.example(
      "$ mtlsctl inspect client.csr\n"
      "client.csr: certificate request (PEM)\n"
      "  subject      CN=client,OU=test,O=alibaba,L=bj,ST=bj,C=cn\n"
      "  key          RSA 4096\n"
      "  signature    sha256WithRSAEncryption\n"
      "  spki sha256  0e7c…");
  command.without_openssl_configuration();
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
