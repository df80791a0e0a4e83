// What was issued, for a person or a program.
#pragma once

#include "authority/enrol.hpp"
#include "cmd/json.hpp"
#include "cmd/session.hpp"

#include <string>
#include <vector>

namespace mtls::cmd {

/// Warnings on standard error: what was asked for and is not granted, what was clipped.
void tell_notices(const std::vector<ca::Notice>& notices, const Session& session);

/// The document of an enrolment: outcome, certificate fields, files, notices.
[[nodiscard]] Json receipt_document(const authority::Enrolled& enrolled, const std::string& profile,
                                    const Session& session);

/// A few lines for a person: what happened, the certificate, the files.
[[nodiscard]] std::string receipt_text(const authority::Enrolled& enrolled,
                                       const std::string& profile);

}  // namespace mtls::cmd
