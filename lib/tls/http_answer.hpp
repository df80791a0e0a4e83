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
  /// Returns the octets after a complete answer, which belong to the next one; empty where there
  /// are none.
  [[nodiscard]] virtual Bytes rest() = 0;
};

/// Whether more requests will follow on the connection.
enum class Follow { last, more };

/// Returns the octets of a GET, with "Connection: close" on the last one, and nothing that varies
/// from run to run.
[[nodiscard]] Bytes http1_request(const HttpRequest& request, Follow follow = Follow::last);
[[nodiscard]] std::unique_ptr<AnswerReader> make_http1_reader();

/// Which request of an HTTP/2 connection: stream 1, then stream 3.
enum class Stream : std::uint8_t { first = 1, second = 3 };

/// Returns the same GET as a HEADERS frame on `stream`; before the first one the connection
/// preface and SETTINGS. The settings allow answers up to k_body_limit, and forbid the dynamic
/// table of field compression, so that each answer can be read without the ones before it.
[[nodiscard]] Bytes http2_request(const HttpRequest& request, Stream stream = Stream::first);
/// Reads the answer on `stream`; for the second one the server's SETTINGS have come already.
[[nodiscard]] std::unique_ptr<AnswerReader> make_http2_reader(Stream stream = Stream::first);

}  // namespace mtls::tls
