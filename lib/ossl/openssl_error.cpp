#include "ossl/openssl_error.hpp"

#include "base/format.hpp"

#include <openssl/err.h>

#include <array>

namespace mtls::ossl {
namespace {

struct Drained {
  std::vector<std::string> lines;
  bool out_of_memory = false;
};

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
      line += format(": {}", data);
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
    drained.lines.push_back(std::move(entry.line));
    drained.out_of_memory |= entry.reason == ERR_R_MALLOC_FAILURE;
  }
  return drained;
}

}  // namespace

std::vector<std::string> drain_queue() { return drain().lines; }

void throw_error(Errc code, std::string_view message, std::string_view hint) {
  Drained drained = drain();
  Error error(drained.out_of_memory ? Errc::io : code,
              drained.out_of_memory ? format("{}: out of memory", message) : std::string(message),
              std::string(hint));
  error.add_details(std::move(drained.lines));
  throw error;
}

void require(bool succeeded, std::string_view call) {
  if (!succeeded) throw_error(Errc::internal, format("libcrypto: {} failed", call));
}

}  // namespace mtls::ossl
