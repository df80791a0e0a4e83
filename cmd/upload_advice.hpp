// What of a CA goes where: `ca show` and `ca export` tell it alike.
#pragma once

#include "authority/ca_directory.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mtls::cmd {

/// Why the CA key is never uploaded.
inline constexpr std::string_view k_why_never =
    "who has it can issue client certificates that every such listener accepts, and no listener "
    "needs it: checking a client takes the certificate alone";

struct UploadAdvice {
  std::string file;  // the certificate to upload, safe to show
  std::string text;  // where to
  /// Further notes for an intermediate, one sentence each: who is admitted, and how to admit fewer.
  std::vector<std::string> notes;
  std::vector<std::string>
      admitted;  // subjects of the CAs whose clients are admitted, as far known
};

/// The advice for `ca`. For an intermediate its ledger is read; where that fails, a note says so.
[[nodiscard]] UploadAdvice make_upload_advice(const authority::CaDirectory& ca,
                                              const CaOptions& options, Session& session);

/// The CA key's file, or its URI where it is none; safe to show.
[[nodiscard]] std::string key_shown(const authority::CaDirectory& ca);
/// Puts "upload", "upload_file", "admitted_cas", "upload_notes" and "never_upload" into a document.
void put_upload_advice(Json& document, const UploadAdvice& advice,
                       const authority::CaDirectory& ca);

}  // namespace mtls::cmd
