#include "base/file_events.hpp"

#include <atomic>
#include <string>

namespace mtls {
namespace {

/// What the kernel says of processes is no file of anybody's.
bool is_of_interest(std::string_view shown) { return !shown.starts_with("/proc/"); }

// Set for the time of a run, and only looked at: see TracedFiles.
std::atomic<Trace*> s_trace{nullptr};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<int> s_untraced_sizes{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

}  // namespace

TracedFiles::TracedFiles(Trace& trace) noexcept { s_trace = &trace; }
TracedFiles::~TracedFiles() { s_trace = nullptr; }

UntracedSizes::UntracedSizes() noexcept { ++s_untraced_sizes; }
UntracedSizes::~UntracedSizes() { --s_untraced_sizes; }

void note_file(std::string_view event, std::string_view shown, std::optional<std::size_t> size) {
  Trace* const trace = s_trace;
  if (trace == nullptr || !is_of_interest(shown)) return;
  if (size && s_untraced_sizes == 0) {
    trace->note(event, {{"file", std::string(shown)}, {"size", std::to_string(*size)}});
  } else {
    trace->note(event, {{"file", std::string(shown)}});
  }
}

void note_renamed_file(std::string_view from, std::string_view to) {
  Trace* const trace = s_trace;
  if (trace == nullptr) return;
  trace->note("file.rename", {{"from", std::string(from)}, {"file", std::string(to)}});
}

}  // namespace mtls
