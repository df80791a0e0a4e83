#include "authority/ledger_head.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/record_file.hpp"

namespace mtls::authority {
namespace {

constexpr const char* k_name = "ledger.head";
constexpr std::string_view k_label = "mtlsctl ledger.head 1 ";
constexpr std::size_t k_id_length = 32;
constexpr std::size_t k_seq_digits = 19;

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

}  // namespace

std::optional<SeenHead> read_ledger_head(const Directory& directory) {
  const auto line = read_record_file(directory, k_name);
  if (!line) return std::nullopt;
  auto seen = parse_line(*line);
  if (!seen) {
    throw Error(Errc::ledger_damaged,
                format("{} does not hold the head of a log",
                       printable((directory.path() / k_name).native())),
                "look at 'mtlsctl store check', then write it anew with 'mtlsctl store "
                "accept-rollback'");
  }
  return seen;
}

void require_seen(const store::Ledger& ledger, const SeenHead& seen, const x509::Certificate& ca,
                  const Directory& directory) {
  if (seen.ledger_id != ledger.id()) {
    throw Error(Errc::ledger_mismatch,
                format("{} is of another ledger than ca.toml names",
                       printable((directory.path() / k_name).native())),
                "was one of the two files replaced?");
  }
  const auto issuer = ledger.find_issuer(ca.subject(), ca.public_key());
  if (issuer && ledger.has_log_entry(*issuer, seen.head)) return;
  const std::string ends = issuer
                               ? format("its log ends with entry {}", ledger.log_head(*issuer).seq)
                               : "it knows nothing of this CA";
  throw Error(Errc::ledger_rolled_back,
              format("the ledger {} is not the one that was used last, or is older: {}, and entry "
                     "{} that was seen before is not in it",
                     ledger.shown(), ends, seen.head.seq),
              "restore the newest backup; should there be none that is newer, 'mtlsctl store "
              "accept-rollback' goes on with this one");
}

void advance_ledger_head(const Directory& directory, const SeenHead& seen) {
  change_record_file(directory, k_name,
                     [&seen](std::string_view current) -> std::optional<std::string> {
                       const auto before = parse_line(current);
                       if (before && before->head.seq >= seen.head.seq) return std::nullopt;
                       return to_line(seen);
                     });
}

void reset_ledger_head(const Directory& directory, const SeenHead& seen) {
  change_record_file(directory, k_name,
                     [&seen](std::string_view /*current*/) { return to_line(seen); });
}

}  // namespace mtls::authority
