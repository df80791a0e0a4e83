#include "ossl/openssl_error.hpp"

#include "base/format.hpp"

#include <openssl/err.h>
#include <system_error>

#include <array>

namespace mtls::ossl {
namespace {

struct Drained {
  std::vector<std::string> lines;
  bool out_of_memory = false;
};

/// What goes with an entry, without the blanks that libcrypto pads numbers with.
std::string_view trimmed(const char* data) {
  std::string_view text(data);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<QueueEntry> drain_entries() {
  std::vector<QueueEntry> entries;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    std::string line = text.data();
    if ((static_cast<unsigned>(flags) & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') {
      line += format(": {}", trimmed(data));
    }
    entries.push_back(
        {.library = ERR_GET_LIB(code), .reason = ERR_GET_REASON(code), .line = std::move(line)});
  }
  return entries;
}

namespace {

Drained drain() {
  Drained drained;
  for (QueueEntry& entry : drain_entries()) {
    // Only the oldest is a cause: libssl says so of whatever it could not make.
    if (drained.lines.empty()) drained.out_of_memory = entry.reason == ERR_R_MALLOC_FAILURE;
    drained.lines.push_back(std::move(entry.line));
  }
  return drained;
}

/// What goes with an entry of the queue.
struct Entry {
  const char* data = nullptr;
  int flags = 0;
};

bool has_text(const Entry& entry) {
  return (static_cast<unsigned>(entry.flags) & ERR_TXT_STRING) != 0 && entry.data != nullptr &&
         *entry.data != '\0';
}

std::string reason_of(unsigned long code, const Entry& entry) {
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  const char* const known = ERR_reason_error_string(code);
  const std::string reason = known != nullptr ? known : format("error {}", ERR_GET_REASON(code));
  return has_text(entry) ? format("{}: {}", reason, trimmed(entry.data)) : reason;
}

}  // namespace

void clear_queue() noexcept { ERR_clear_error(); }

std::vector<std::string> drain_queue() { return drain().lines; }

void throw_error(Errc code, std::string_view message, std::string_view hint) {
  Drained drained = drain();
  Error error(drained.out_of_memory ? Errc::io : code,
              drained.out_of_memory ? format("{}: out of memory", message) : std::string(message),
              std::string(hint));
  error.add_details(std::move(drained.lines));
  throw error;
}

void throw_unavailable(std::string_view what) {
  throw_error(Errc::algorithm_unavailable, format("libcrypto has no {} here", what),
              "see the providers and properties in openssl.cnf");
}

std::string queued_reason() {
  Entry oldest;
  const unsigned long code =
      ERR_peek_error_all(nullptr, nullptr, nullptr, &oldest.data, &oldest.flags);
  if (code == 0) return {};
  std::string reason = reason_of(code, oldest);
  if (has_text(oldest)) return reason;
  Entry latest;
  const unsigned long last =
      ERR_peek_last_error_all(nullptr, nullptr, nullptr, &latest.data, &latest.flags);
  if (last != code) reason += "; " + reason_of(last, latest);
  return reason;
}

void require(bool succeeded, std::string_view call) {
  if (!succeeded) throw_error(Errc::internal, format("libcrypto: {} failed", call));
}

}  // namespace mtls::ossl
