#include "authority/ledger_head.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/record_file.hpp"

#include <array>

namespace mtls::authority {
namespace {

constexpr const char* k_name = "ledger.head";
constexpr std::string_view k_label = "mtlsctl ledger.head 1 ";
constexpr std::size_t k_id_length = 32;
constexpr std::size_t k_seq_digits = 19;

std::string shown(const Directory& directory) {
  return printable((directory.path() / k_name).native());
}

/// One line of always the same length.
std::string to_line(const SeenHead& seen) {
  std::string seq = std::to_string(seen.head.seq);
  seq.insert(0, k_seq_digits - seq.size(), '0');
  return format("{}{} {}:{}\n", k_label, seen.ledger_id, seq, to_hex(seen.head.hash));
}

std::optional<SeenHead> parse_line(std::string_view line) {
  const std::size_t head_at = k_label.size() + k_id_length + 1;
  if (line.substr(0, k_label.size()) != k_label || line.size() < head_at || line.back() != '\n') {
    return std::nullopt;
  }
  line.remove_suffix(1);
  const auto head = store::LogHead::parse(line.substr(head_at));
  if (!head) return std::nullopt;
  return SeenHead{.ledger_id = std::string(line.substr(k_label.size(), k_id_length)),
                  .head = *head};
}

SeenState unreadable(std::string message, const Directory& directory) {
  return {.verdict = SeenVerdict::unreadable,
          .message = std::move(message),
          .hint = format("what was seen last cannot be compared: see 'mtlsctl log verify', with "
                         "--since a head that was kept elsewhere; then 'mtlsctl store "
                         "accept-rollback' writes {} anew (move it away first if it is a "
                         "directory)",
                         shown(directory))};
}

/// What stands there: held, as far as can be told without a ledger.
SeenState read(const Directory& directory) {
  const std::string name = shown(directory);
  const auto file = read_record_file(directory, k_name);
  if (!file) {
    return {.verdict = SeenVerdict::absent,
            .message = format("there is no {}: nothing says whether an end of this ledger's log "
                              "was cut off",
                              name),
            .hint =
                "the next command that records something makes one; --since compares with a "
                "head that was kept elsewhere"};
  }
  if (!file->flaw.empty()) return unreadable(format("{} {}", name, file->flaw), directory);
  auto seen = parse_line(file->record);
  if (!seen) return unreadable(format("{} does not hold the head of a log", name), directory);
  return {.verdict = SeenVerdict::held, .seen = std::move(seen)};
}

SeenState compare(const SeenHead& seen, const Directory& directory, const store::Ledger& ledger,
                  const x509::Certificate& ca) {
  if (seen.ledger_id != ledger.id()) {
    return {.verdict = SeenVerdict::other_ledger,
            .seen = seen,
            .message = format("{} is of another ledger (id {}) than ca.toml names",
                              shown(directory), printable(seen.ledger_id)),
            .hint =
                "was one of the two files replaced? if the ledger is this CA's newest, "
                "'mtlsctl store accept-rollback' writes ledger.head anew"};
  }
  const auto issuer = ledger.find_issuer(ca.subject(), ca.public_key());
  if (issuer && ledger.has_log_entry(*issuer, seen.head)) {
    return {.verdict = SeenVerdict::held, .seen = seen};
  }
  SeenState state{.verdict = SeenVerdict::not_held, .seen = seen};
  const std::string ends = issuer
                               ? format("its log ends with entry {}", ledger.log_head(*issuer).seq)
                               : "it knows nothing of this CA";
  state.message = format(
      "the ledger {} is not the one that was used last, or is older: {}, and entry {} that "
      "was seen before is not in it",
      ledger.shown(), ends, seen.head.seq);
  state.hint = issuer ? "restore the newest backup; should there be none that is newer, 'mtlsctl "
                        "store accept-rollback' goes on with this one"
                      : format("{}, and 'mtlsctl store accept-rollback' then goes on with it",
                               lost_issuer_hint());
  return state;
}

/// What stands there, with a way out where this user may not read it.
SeenState read_or_hint(const Directory& directory) {
  try {
    return read(directory);
  } catch (Error& error) {
    if (error.code() == Errc::permission) {
      error.set_hint(
          format("give {} back to the owner of the CA directory, mode 600; or move it "
                 "away, and it is written anew: nothing is compared then",
                 shown(directory)));
    }
    throw;
  }
}

Errc code_of(SeenVerdict verdict) {
  if (verdict == SeenVerdict::unreadable) return Errc::ledger_damaged;
  return verdict == SeenVerdict::other_ledger ? Errc::ledger_mismatch : Errc::ledger_rolled_back;
}

/// What is to stand there instead of `current`, should `seen` be later.
std::optional<std::string> later_line(std::string_view current, const SeenHead& seen,
                                      const Directory& directory) {
  const auto before = parse_line(current);
  if (!before) return to_line(seen);
  if (before->ledger_id != seen.ledger_id) {
    throw Error(Errc::ledger_mismatch,
                format("{} is of another ledger (id {}) than ca.toml names", shown(directory),
                       printable(before->ledger_id)),
                "was it replaced just now? 'mtlsctl log verify' compares");
  }
  if (before->head.seq == seen.head.seq && before->head.hash != seen.head.hash) {
    throw Error(Errc::ledger_rolled_back,
                format("{} names entry {} of the log with another hash than the ledger",
                       shown(directory), seen.head.seq),
                "was one of the two replaced just now? 'mtlsctl log verify' compares");
  }
  if (before->head.seq >= seen.head.seq) return std::nullopt;
  return to_line(seen);
}

/// Runs `work`, which writes ledger.head anew.
template <class Work>
void with_way_out(const Directory& directory, const Work& work) {
  try {
    work();
  } catch (Error& error) {
    error.set_hint(error.code() == Errc::permission
                       ? format("let this user write in {}, and replace {}",
                                printable(directory.path().native()), shown(directory))
                       : format("move {} away and run the same command again", shown(directory)));
    throw;
  }
}

}  // namespace

std::string_view name(SeenVerdict verdict) noexcept {
  constexpr std::array<std::string_view, 5> k_names{"held", "absent", "unreadable", "other_ledger",
                                                    "not_held"};
  return k_names.at(static_cast<std::size_t>(verdict));
}

std::string_view lost_issuer_hint() noexcept {
  return "look at 'store' in ca.toml, or restore a backup of this CA's ledger; if that is lost, "
         "'mtlsctl store import DIR' puts this CA in, with what it issued, from the certificates' "
         "files";
}

SeenState compare_ledger_head(const Directory& directory, const store::Ledger& ledger,
                              const x509::Certificate& ca) {
  try {
    SeenState state = read(directory);
    return state.seen ? compare(*state.seen, directory, ledger, ca) : state;
  } catch (const Error& error) {
    if (error.code() != Errc::permission) throw;
    return unreadable(error.message(), directory);
  }
}

void require_seen(const Directory& directory, const store::Ledger& ledger,
                  const x509::Certificate& ca) {
  SeenState state = read_or_hint(directory);
  if (state.seen) state = compare(*state.seen, directory, ledger, ca);
  if (state.verdict == SeenVerdict::held || state.verdict == SeenVerdict::absent) return;
  throw Error(code_of(state.verdict), state.message, state.hint);
}

void require_seen_and_note(const Directory& directory, const store::Ledger& ledger,
                           const x509::Certificate& ca) {
  const SeenState state = read_or_hint(directory);
  const auto issuer = ledger.find_issuer(ca.subject(), ca.public_key());
  const auto head = issuer ? std::optional(ledger.log_head(*issuer)) : std::nullopt;
  // The usual case asks no more: a log that ends with what was seen holds it.
  if (head && state.seen && state.seen->ledger_id == ledger.id() && state.seen->head == *head) {
    return;
  }
  require_seen(directory, ledger, ca);
  static_cast<void>(require_issuer(ledger, ca));
  if (head) note_ledger_head(directory, {.ledger_id = ledger.id(), .head = *head});
}

store::IssuerId require_issuer(const store::Ledger& ledger, const x509::Certificate& ca) {
  if (const auto issuer = ledger.find_issuer(ca.subject(), ca.public_key())) return *issuer;
  throw Error(Errc::ledger_mismatch,
              format("the ledger {} has the id that ca.toml names, and knows nothing of this CA "
                     "({})",
                     ledger.shown(), ca.subject().to_text(128)),
              std::string(lost_issuer_hint()));
}

bool was_never_used(const store::Ledger& ledger) {
  return ledger.brought_from() == 1 && ledger.issuers().empty();
}

void advance_ledger_head(const Directory& directory, const SeenHead& seen) {
  change_record_file(directory, k_name, [&](std::string_view current) {
    return later_line(current, seen, directory);
  });
}

void note_ledger_head(const Directory& directory, const SeenHead& seen) {
  static_cast<void>(try_change_record_file(
      directory, k_name, [&](std::string_view current) -> std::optional<std::string> {
        // What is no head is for who writes to say.
        if (!parse_line(current)) return std::nullopt;
        return later_line(current, seen, directory);
      }));
}

void require_resettable_head(const Directory& directory) {
  const SeenHead any{.ledger_id = std::string(k_id_length, '0'), .head = {}};
  with_way_out(directory,
               [&] { require_replaceable_record_file(directory, k_name, to_line(any).size()); });
}

void reset_ledger_head(const Directory& directory, const SeenHead& seen) {
  with_way_out(directory, [&] { replace_record_file(directory, k_name, to_line(seen)); });
}

}  // namespace mtls::authority
