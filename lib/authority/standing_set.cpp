#include "authority/standing_set.hpp"

#include "authority/kept_set.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"

namespace mtls::authority {
namespace {

/// Whether all there is to write is one certificate (`ca sign`).
bool is_single_file(const Standing& standing) { return standing.output.request_name().empty(); }

}  // namespace

namespace {

/// When the certificate that is there ended; nothing where it did not, or is none.
std::optional<UnixTime> ended(const SetContents& contents, const Standing& standing) {
  try {
    const auto certificates = x509::read_certificates(
        contents.certificate->view(), printable(standing.output.certificate_name()));
    const UnixTime end = certificates.front().validity().not_after;
    return end < standing.surroundings.clock.now() ? std::optional(end) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // whatever it is, it exists, which is the error to be reported
  }
}

}  // namespace

bool own_ca(const Standing& standing) {
  return has_own_key(standing.request) && standing.profile.extensions.basic_constraints.subject ==
                                              x509::BasicConstraints::Subject::ca;
}

std::string replace_hint(const Standing& standing) {
  if (own_ca(standing)) {
    return "ask for what is there, or choose another directory with --ca: a CA is never "
           "replaced";
  }
  const std::string_view instead =
      standing.request.existing == Existing::keep ? " in place of --if-missing" : "";
  if (is_single_file(standing)) {
    return format("replace it with --force{}, or choose another name with -o", instead);
  }
  const bool own_key = has_own_key(standing.request);
  return format("replace the {} with --force{}{}, or choose another --name or --out-dir",
                own_key ? "set" : "certificate", own_key ? " --force-key" : "", instead);
}

std::string mismatch_text(const std::vector<Mismatch>& mismatches) {
  std::string text;
  std::string file;
  for (const Mismatch& one : mismatches) {
    if (text.empty()) {
      text = format("{} is there and does not match: {}", printable(one.file), one.why);
    } else {
      text += one.file == file ? format("; {}", one.why)
                               : format("; {}: {}", printable(one.file), one.why);
    }
    file = one.file;
  }
  return text;
}

Error set_mismatch(const std::string& file, std::string_view why, const Standing& standing) {
  return set_mismatch({{file, std::string(why)}}, standing);
}

Error set_mismatch(const std::vector<Mismatch>& mismatches, const Standing& standing) {
  return {Errc::set_mismatch, mismatch_text(mismatches), replace_hint(standing)};
}

std::optional<Enrolled> settle_existing(const SetContents& contents, const Standing& standing) {
  if (!contents.certificate) return std::nullopt;
  const EnrolRequest& request = standing.request;
  const std::string name = printable(standing.output.certificate_name());
  switch (request.existing) {
    case Existing::keep:
      return keep_set(contents, standing);
    case Existing::replace_key:
      return std::nullopt;
    case Existing::replace:
      if (!has_own_key(request)) return std::nullopt;
      throw Error(Errc::would_overwrite,
                  format("{} exists, and a private key is not replaced by --force alone",
                         contents.key ? printable(standing.output.key_name()) : name),
                  "pass --force-key as well for a new key, or --key FILE to keep the old one");
    case Existing::refuse:
      break;
  }
  if (request.request_key) {
    throw Error(Errc::request_key_used,
                format("{} is there already: the request '{}' is complete", name,
                       printable(*request.request_key)),
                "nothing was done; pass --if-missing where that is success");
  }
  if (const auto end = ended(contents, standing)) {
    throw Error(
        Errc::would_overwrite,
        format("{} exists and is not overwritten; it expired at {}", name, to_rfc3339(*end)),
        replace_hint(standing));
  }
  throw Error(
      Errc::would_overwrite, format("{} exists and is not overwritten", name),
      is_single_file(standing)
          ? "pass --if-missing to keep it where it matches, --force to replace it, or choose "
            "another name with -o"
          : "pass --if-missing to keep the set where it matches, --force (and --force-key) to "
            "replace it, or choose another --name or --out-dir");
}

}  // namespace mtls::authority
