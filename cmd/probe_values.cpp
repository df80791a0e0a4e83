#include "cmd/probe_values.hpp"

#include "base/time_text.hpp"

#include <algorithm>
#include <charconv>

namespace mtls::cmd {

ValueType<TrustPlace> trust_place_value() {
  return {"FILE", "the name of a file, or system",
          [](const std::string& text) -> std::optional<TrustPlace> {
            if (text.empty()) return std::nullopt;
            return TrustPlace{.file = text, .system = text == "system"};
          }};
}

ValueType<std::vector<tls::Version>> versions_value() {
  return {"VERSIONS", "1.2, 1.3 or 1.2,1.3",
          [](const std::string& text) -> std::optional<std::vector<tls::Version>> {
            std::vector<tls::Version> versions;
            std::string_view rest = text;
            for (;;) {
              const std::string_view one = rest.substr(0, rest.find(','));
              if (one != "1.2" && one != "1.3") return std::nullopt;
              const tls::Version version =
                  one == "1.2" ? tls::Version::tls_1_2 : tls::Version::tls_1_3;
              if (std::find(versions.begin(), versions.end(), version) == versions.end()) {
                versions.push_back(version);
              }
              if (one.size() == rest.size()) break;
              rest.remove_prefix(one.size() + 1);
            }
            std::sort(versions.begin(), versions.end());
            return versions;
          }};
}

ValueType<std::chrono::milliseconds> short_time_value() {
  return {"DURATION", "a number with ms, s or m, from 1ms to 10m, such as 500ms or 5s",
          [](const std::string& text) -> std::optional<std::chrono::milliseconds> {
            constexpr std::chrono::milliseconds k_most = std::chrono::minutes(10);
            const bool fine = text.size() > 2 && text.substr(text.size() - 2) == "ms";
            std::chrono::milliseconds time{};
            if (fine) {
              const char* end = text.data() + text.size() - 2;
              std::int64_t count = 0;
              const auto [rest, error] = std::from_chars(text.data(), end, count);
              if (error != std::errc() || rest != end || count < 1 || count > k_most.count()) {
                return std::nullopt;
              }
              time = std::chrono::milliseconds(count);
            } else {
              const auto parsed = parse_duration(text);
              if (!parsed || *parsed > k_most) return std::nullopt;
              time = *parsed;
            }
            return time;
          }};
}

}  // namespace mtls::cmd
