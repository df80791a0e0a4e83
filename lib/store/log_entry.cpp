#include "store/log_entry.hpp"

#include "base/format.hpp"
#include "store/log_encoding.hpp"
#include "store/record_row.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace mtls::store {
namespace {

using Word = std::pair<LogAction, std::string_view>;

// Never changed: they are hashed.
constexpr std::array<Word, 14> k_words{{
    {LogAction::issuer, "issuer"},
    {LogAction::ca_certificate, "ca_certificate"},
    {LogAction::intent, "intent"},
    {LogAction::issue, "issue"},
    {LogAction::revoke, "revoke"},
    {LogAction::unhold, "unhold"},
    {LogAction::unknown, "unknown"},
    {LogAction::burn, "burn"},
    {LogAction::import, "import"},
    {LogAction::migration, "migration"},
    {LogAction::crl, "crl"},
    {LogAction::accept_rollback, "accept_rollback"},
    {LogAction::accept_clock, "accept_clock"},
    {LogAction::accept_loss, "accept_loss"},
}};

}  // namespace

std::string_view name(LogAction action) noexcept {
  const auto* found = std::find_if(k_words.begin(), k_words.end(),
                                   [action](const Word& word) { return word.first == action; });
  return found != k_words.end() ? found->second : "";
}

std::optional<LogAction> parse_log_action(std::string_view word) noexcept {
  const auto* found = std::find_if(k_words.begin(), k_words.end(),
                                   [word](const Word& known) { return known.second == word; });
  if (found == k_words.end()) return std::nullopt;
  return found->first;
}

std::string LogHead::to_text() const { return format("{}:{}", seq, to_hex(hash)); }

std::optional<LogHead> LogHead::parse(std::string_view text) {
  LogHead head{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, head.seq);
  if (error != std::errc{} || rest == end || *rest != ':' || head.seq < 0) return std::nullopt;
  const std::string_view hex = text.substr(static_cast<std::size_t>(rest - text.data()) + 1);
  const auto octets = from_hex(hex);
  if (!octets || octets->size() != head.hash.size() || hex.size() != 2 * head.hash.size()) {
    return std::nullopt;
  }
  std::copy(octets->begin(), octets->end(), head.hash.begin());
  return head;
}

crypto::Sha256 hash_of(const LogEntry& entry) {
  LogEncoding encoding("mtlsctl log entry 1");
  encoding.number(entry.seq)
      .number(to_seconds(entry.time))
      .text(entry.actor)
      .text(entry.host)
      .text(name(entry.action))
      .optional_text(entry.serial ? std::optional(entry.serial->to_text()) : std::nullopt)
      .text(entry.profile)
      .text(entry.profile_hash)
      .octets(entry.content)
      .number(entry.count)
      .text(entry.note)
      .octets(entry.previous);
  return encoding.hash();
}

crypto::Sha256 origin_of_log(std::string_view ledger_id, std::string_view subject_der,
                             std::string_view spki_hash) {
  return LogEncoding("mtlsctl log origin 1")
      .text(ledger_id)
      .text(subject_der)
      .text(spki_hash)
      .hash();
}

}  // namespace mtls::store
