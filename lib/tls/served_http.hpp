// HTTP/1.1 as far as a listener needs it: requests read bit by bit, responses written whole.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mtls::tls {

/// What the handler is asked. Texts are as they came: not safe to show.
struct ServedRequest {
  std::string method;
  std::string target;
  std::string accept;  // the Accept header; empty without
};

struct ServedResponse {
  unsigned status = 200;
  std::string content_type = {};
  std::string body = {};
  /// Further header fields; values must be printable ASCII.
  std::vector<std::pair<std::string, std::string>> fields = {};
};

struct HttpLimits {
  std::size_t header = std::size_t{16} << 10U;  // also of one chunk's header, and of the trailers
  std::size_t body = std::size_t{64} << 10U;
};

enum class KeepAlive { no, yes };

/// The interim response that has a client send the body that it holds back.
inline constexpr std::string_view k_go_on = "HTTP/1.1 100 Continue\r\n\r\n";

/// Reads one request from octets as they arrive. The body is read and dropped.
class ServedRequestReader final {
 public:
  explicit ServedRequestReader(HttpLimits limits);
  ServedRequestReader(const ServedRequestReader&) = delete;
  ServedRequestReader& operator=(const ServedRequestReader&) = delete;
  ~ServedRequestReader();

  enum class State {
    more,      ///< it goes on
    waits,     ///< its body is held back until k_go_on is sent (RFC 9110 section 10.1.1); said once
    complete,  ///< request() is it
    bad,       ///< objection() answers it
  };
  /// Takes octets from the front of `buffer`, and leaves what it does not take yet.
  [[nodiscard]] State feed(std::string& buffer);
  [[nodiscard]] ServedRequest request() const;
  [[nodiscard]] KeepAlive keep_alive() const;
  /// The answer to a request that cannot be read, or expects what is not met: 400, 413, 417, 431.
  [[nodiscard]] ServedResponse objection() const;

 private:
  struct Data;
  std::unique_ptr<Data> m_data;
};

/// What a response says beside itself.
struct ResponseContext {
  std::string method;  // of the request: HEAD gets no body
  KeepAlive keep_alive;
  UnixTime now;  // for Date (RFC 9110 section 6.6.1)
};
/// Returns the octets of a response.
[[nodiscard]] std::string to_octets(const ServedResponse& response, const ResponseContext& context);

}  // namespace mtls::tls
