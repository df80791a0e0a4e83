#include "authority/standing_set.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <algorithm>

namespace mtls::authority {
namespace {

KeyChoice to_make(const EnrolRequest& request) {
  return {.source = KeySource::to_make,
          .protection = request.key_passphrase ? KeyProtection::passphrase : KeyProtection::none};
}

/// Why a key that stands is not what the request asks for; empty where it is.
std::string why_unwanted(const FileContents& file, const crypto::PrivateKey& key,
                         const EnrolRequest& request) {
  if (request.key_passphrase && !crypto::is_encrypted_key(file.bytes.view())) {
    return "it is not encrypted, and a passphrase was given";
  }
  if (request.key_spec && key.public_key().spec() != request.key_spec) {
    return format("it is {}, and {} was asked for", key.public_key().description(),
                  request.key_spec->to_text());
  }
  return {};
}

/// Uses a key that stands there. One that is not as asked for is an error, unless the set is to get
/// a new key anyway.
KeyChoice use_standing(const FileContents& file, const std::string& name, KeySource source,
                       const Standing& standing) {
  require_trusted_key(file, name, standing);
  auto key = open_standing_key(file, name, standing);
  const std::string why = why_unwanted(file, key, standing.request);
  if (!why.empty()) {
    if (standing.request.existing == Existing::replace_key) return to_make(standing.request);
    throw set_mismatch(name, why, standing);
  }
  return {.source = source,
          .key = std::move(key),
          .protection = crypto::is_encrypted_key(file.bytes.view()) ? KeyProtection::passphrase
                                                                    : KeyProtection::none};
}

/// Nothing where the key cannot be opened: where it is to be replaced, that is no reason to stop.
std::optional<crypto::PrivateKey> try_to_open(const FileContents& file, const std::string& name,
                                              const Standing& standing) {
  try {
    return open_standing_key(file, name, standing);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Whether NAME.key is already the new one: a replacement that was cut short between its renames
/// left it beside the old certificate, and the ledger has a newer one for it.
bool is_renamed_already(const SetContents& contents, const Standing& standing) {
  if (contents.certificate->empty() || contents.key->bytes.empty()) return false;
  // A key of another user is none that an earlier run put there: it is replaced like any other.
  if (!standing.request.owners.contain(contents.key->owner.value_or(0))) return false;
  if (contents.key->reached == Reached::by_link) return false;
  const auto key = try_to_open(*contents.key, standing.output.key_name(), standing);
  if (!key) return false;
  const auto certificate = x509::read_certificates(contents.certificate->view(),
                                                   printable(standing.output.certificate_name()))
                               .front();
  if (key->public_key() == certificate.public_key()) return false;
  const auto records = standing.ledger.find_by_key(key->public_key().spki_hash());
  return std::any_of(records.begin(), records.end(), [&standing](const store::Record& record) {
    return standing.ledger.with_status(record).state == store::State::issued;
  });
}

}  // namespace

void require_trusted_key(const FileContents& file, const std::string& name,
                         const Standing& standing) {
  require_found_key(file, printable(name), standing.request.owners, standing.request.open_key);
}

bool has_own_key(const EnrolRequest& request) { return !request.csr && !request.key; }

bool is_replacing(const EnrolRequest& request) {
  return request.existing == Existing::replace || request.existing == Existing::replace_key;
}

void require_no_other_key(const SetContents& contents, const crypto::PublicKey& certified,
                          const Standing& standing) {
  if (!contents.key) return;
  const std::string name = standing.output.key_name();
  std::string why;
  try {
    if (open_standing_key(*contents.key, name, standing).public_key() == certified) return;
    why = "it is another key than the one to be certified";
  } catch (const Error& error) {
    why = "it cannot be told whether it is the key to be certified: " + error.message();
  }
  throw Error(Errc::set_mismatch,
              format("{} stands beside the certificate to be written: {}", printable(name), why),
              "choose another --name or --out-dir, or move that key away");
}

crypto::PrivateKey open_standing_key(const FileContents& file, const std::string& name,
                                     const Standing& standing) {
  return crypto::PrivateKey::from_file(file.bytes.view(), printable(name),
                                       standing.request.open_existing_key,
                                       crypto::LegacyKeys::refuse, standing.surroundings.context);
}

KeyChoice choose_key(const SetContents& contents, const Standing& standing) {
  const EnrolRequest& request = standing.request;
  if (!has_own_key(request)) {
    require_no_other_key(
        contents, request.csr ? request.csr->public_key() : request.key->public_key(), standing);
    if (request.csr) return {.source = KeySource::csr};
    return {.source = KeySource::given, .key = request.key};
  }
  const bool new_key = request.existing == Existing::replace_key;
  const std::string name = standing.output.key_name();
  if (contents.new_key && (new_key || !contents.key)) {
    if (new_key && !try_to_open(*contents.new_key, name + ".new", standing)) {
      return to_make(request);
    }
    return use_standing(*contents.new_key, name + ".new", KeySource::standing_new, standing);
  }
  if (!contents.key) return to_make(request);
  if (!new_key || (contents.certificate && is_renamed_already(contents, standing))) {
    return use_standing(*contents.key, name, KeySource::standing, standing);
  }
  return to_make(request);
}

Overwrite request_overwrite(const SetContents& contents, const KeyChoice& choice,
                            const Standing& standing) {
  if (is_replacing(standing.request)) return Overwrite::yes;
  if (choice.source == KeySource::csr || !contents.request) return Overwrite::no;
  const std::string name = printable(standing.output.request_name());
  try {
    const auto request = x509::CertificateRequest::from_file(contents.request->view(), name);
    if (choice.key && request.public_key() == choice.key->public_key()) return Overwrite::yes;
  } catch (const Error&) {
    // Whatever it is, it is not what an interrupted run left.
  }
  throw Error(Errc::would_overwrite, format("{} exists and is not a request over this key", name),
              "to have it signed pass it with --csr; to replace it pass --force; or choose another "
              "--name or --out-dir");
}

}  // namespace mtls::authority
