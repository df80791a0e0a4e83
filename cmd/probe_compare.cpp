#include "cmd/probe_compare.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/input_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace mtls::cmd {
namespace {

std::string text_of(const Json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The smaller, the more is let in.
int strength_of_verdict(const std::string& word) {
  if (word == "not-enforced") return 0;
  return word == "enforced" ? 2 : 1;
}

int strength_of_attempt(const std::string& word) {
  if (word == "accepted") return 0;
  if (word == "rejected-by-http" || word == "other-content") return 2;
  if (word.rfind("rejected-", 0) == 0) return 3;
  return 1;  // nothing was found out
}

/// Whether more is let in than was. A version that is spoken no more lets nobody in, and one that
/// is spoken now is judged by what it lets in.
bool is_weaker(const std::string& before, const std::string& now) {
  constexpr std::string_view k_not_offered = "not-offered";
  if (now == k_not_offered) return false;
  if (before == k_not_offered) return strength_of_attempt(now) == 0;
  return strength_of_attempt(now) < strength_of_attempt(before);
}

/// The attempts by what they are; of several addresses the one that lets in most.
std::map<std::string, std::string> attempts_of(const Json& document) {
  std::map<std::string, std::string> attempts;
  const auto list = document.find("attempts");
  if (list == document.end() || !list->is_array()) return attempts;
  for (const Json& one : *list) {
    if (!one.is_object()) continue;
    std::string what = text_of(one, "id");
    if (const std::string version = text_of(one, "tls"); !version.empty()) {
      what += format(" at TLS {}", version);
    }
    if (const std::string variant = text_of(one, "variant"); !variant.empty()) {
      what += format(" ({})", variant);
    }
    const std::string verdict = text_of(one, "verdict");
    const auto [place, added] = attempts.emplace(printable(what), printable(verdict));
    if (!added && strength_of_attempt(verdict) < strength_of_attempt(place->second)) {
      place->second = printable(verdict);
    }
  }
  return attempts;
}

bool is_control(const std::string& what) {
  return what.rfind("P0 ", 0) == 0 || what.rfind("N0 ", 0) == 0;
}

}  // namespace

StoredResult StoredResult::read(const Path& file) {
  constexpr std::size_t k_limit = std::size_t{16} << 20U;
  const SecretBytes content = read_input(file, k_limit);
  auto document = std::make_shared<Json>(
      Json::parse(as_text(content.view()), nullptr, /*allow_exceptions=*/false));
  const bool ours = document->is_object() && text_of(*document, "schema") == "mtlsctl/probe/1" &&
                    !text_of(*document, "verdict").empty();
  if (!ours) {
    throw Error(Errc::malformed,
                format("{} is no result of mtlsctl probe --json", shown_input(file)),
                "store one: mtlsctl probe --json … >FILE");
  }
  return StoredResult(std::move(document));
}

std::vector<Change> StoredResult::compare(const Json& now) const {
  std::vector<Change> changes;
  const std::string before_verdict = text_of(*m_document, "verdict");
  const std::string now_verdict = text_of(now, "verdict");
  const std::string before_mode = text_of(*m_document, "mode");
  const std::string now_mode = text_of(now, "mode");
  if (before_verdict != now_verdict || before_mode != now_mode) {
    const auto shown = [](const std::string& verdict, const std::string& mode) {
      return mode.empty() ? printable(verdict)
                          : format("{} ({})", printable(verdict), printable(mode));
    };
    changes.push_back({"verdict", shown(before_verdict, before_mode), shown(now_verdict, now_mode),
                       strength_of_verdict(now_verdict) < strength_of_verdict(before_verdict)});
  }
  const auto old_attempts = attempts_of(*m_document);
  const auto new_attempts = attempts_of(now);
  for (const auto& [what, verdict] : new_attempts) {
    const auto found = old_attempts.find(what);
    if (found == old_attempts.end()) {
      changes.push_back({what, "not tried", verdict, false});
    } else if (found->second != verdict) {
      changes.push_back(
          {what, found->second, verdict, !is_control(what) && is_weaker(found->second, verdict)});
    }
  }
  for (const auto& [what, verdict] : old_attempts) {
    if (!new_attempts.contains(what)) changes.push_back({what, verdict, "not tried", false});
  }
  return changes;
}

bool got_weaker(const std::vector<Change>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const Change& one) { return one.weaker; });
}

std::string changes_text(const std::vector<Change>& changes) {
  if (changes.empty()) return "unchanged since the stored result\n";
  std::string text = got_weaker(changes) ? "weaker than the stored result:\n"
                                         : "changed since the stored result:\n";
  for (const Change& one : changes) {
    text +=
        format("  {}{}: {}, was {}\n", one.weaker ? "weaker: " : "", one.what, one.now, one.before);
  }
  return text;
}

Json changes_json(const std::vector<Change>& changes) {
  Json list = Json::array();
  for (const Change& one : changes) {
    list.push_back(
        {{"what", one.what}, {"before", one.before}, {"now", one.now}, {"weaker", one.weaker}});
  }
  return list;
}

}  // namespace mtls::cmd
