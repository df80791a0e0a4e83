// The answer to one GET request, over HTTP/1.1 (RFC 9112) or HTTP/2 (RFC 9113): as much of it as
// says who answered and whether two answers are the same.
#pragma once

#include "base/bytes.hpp"
#include "crypto/digest.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mtls::tls {

/// What came back. Texts are as received, not yet safe to show.
struct HttpAnswer {
  unsigned status = 0;
  std::string server;    // the field Server, empty where there is none
  std::string location;  // the field Location
  crypto::Sha256 body_hash{};
  std::size_t body_size = 0;
  /// Whether the body ended by its own framing, or was at least read to the limit.
  bool whole = false;
};

/// What is asked for.
struct HttpRequest {
  std::string host;    // Host, or :authority
  std::string target;  // path and query, "/"
};

/// Reads an answer as its octets come.
class AnswerReader {
 public:
  enum class State {
    more,      ///< it goes on
    complete,  ///< the answer is there
    refused,   ///< HTTP/2: the stream or the connection was ended without an answer
    foreign,   ///< this is no HTTP
  };
  /// Bodies are read up to here; what comes behind does not count.
  static constexpr std::size_t k_body_limit = std::size_t{1} << 20U;

  AnswerReader() = default;
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;
  virtual ~AnswerReader() = default;

  [[nodiscard]] virtual State take(ByteView octets) = 0;
  /// Whether the status has been read: there will be an answer.
  [[nodiscard]] virtual bool has_status() const = 0;
  /// No more will come. Returns the answer as far as a status was seen, nothing otherwise.
  [[nodiscard]] virtual std::optional<HttpAnswer> finish() = 0;
};

/// Returns the octets of a GET with "Connection: close", and nothing that varies from run to run.
[[nodiscard]] Bytes http1_request(const HttpRequest& request);
[[nodiscard]] std::unique_ptr<AnswerReader> make_http1_reader();

/// Returns the connection preface, SETTINGS and the same GET on stream 1.
[[nodiscard]] Bytes http2_request(const HttpRequest& request);
[[nodiscard]] std::unique_ptr<AnswerReader> make_http2_reader();

}  // namespace mtls::tls
