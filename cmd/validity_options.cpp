#include "cmd/validity_options.hpp"

#include "cmd/value_types.hpp"

namespace mtls::cmd {

void ValidityOptions::add_to(OptionSet& options) {
  options.value("--days", days, days_value(), "Valid for N days");
  options.value("--validity", validity, duration_value(), "Valid for a period: 90d, 12h, 1y");
  options.value("--not-after", not_after, time_value(), "Valid until TIME (RFC 3339)");
  options.flag("--strict-validity", strict,
               "Refuse instead of clipping a validity that passes the CA's end");
}

void ValidityOptions::check() const {
  const auto* hint = "give one of --days, --validity and --not-after";
  if (days && validity) refuse_together("--days", "--validity", hint);
  if (days && not_after) refuse_together("--days", "--not-after", hint);
  if (validity && not_after) refuse_together("--validity", "--not-after", hint);
}

}  // namespace mtls::cmd
