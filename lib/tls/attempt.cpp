#include "tls/attempt.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "ossl/openssl_error.hpp"
#include "tls/client_ssl.hpp"
#include "tls/timed_socket.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>

namespace mtls::tls {
namespace {

constexpr unsigned k_protocol_version = 70;
/// How long a body may take to end once the status is there.
constexpr std::chrono::seconds k_body_time{2};

Ending ending_of(IoResult result) {
  switch (result) {
    case IoResult::end_of_file:
      return Ending::closed;
    case IoResult::reset:
      return Ending::reset;
    case IoResult::refused:
      return Ending::refused;
    case IoResult::unreachable:
      return Ending::unreachable;
    case IoResult::timed_out:
      return Ending::timed_out;
    case IoResult::done:
    case IoResult::failed:
      break;
  }
  return Ending::failed;
}

/// The whole way of one attempt. Each step returns whether the way goes on; where not, the record
/// says how it ended.
class Conversation final {
 public:
  Conversation(const Plan& plan, const Clock& clock, const ossl::Context& context)
      : m_plan(plan),
        m_clock(clock),
        m_context(context),
        m_start(clock.monotonic()),
        m_deadline(m_start + plan.timeout) {}

  Record run() {
    if (connect()) {
      if (m_plan.version) {
        ClientSsl client(m_plan, m_context);
        m_client = &client;
        if (shake_hands()) {
          listen();
          if (!m_ended) ask();
        }
        if (client.seen().server_hello) m_record.stage = std::max(m_record.stage, Stage::handshake);
        client.describe(m_record);
        m_client = nullptr;
      } else {
        m_record.stage = Stage::established;
        ask();
      }
    }
    ossl::clear_queue();
    m_record.total_time = elapsed();
    return std::move(m_record);
  }

 private:
  [[nodiscard]] std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(m_clock.monotonic() - m_start);
  }

  void end(Ending ending, std::string detail = {}) {
    if (m_ended) return;
    m_ended = true;
    m_record.ending = ending;
    m_record.detail = std::move(detail);
  }
  void end(IoResult result) { end(ending_of(result), m_socket.error_text()); }

  bool connect() {
    const Address& address = m_plan.proxy ? m_plan.proxy->address : m_plan.address;
    const IoResult result = m_socket.connect(address, m_deadline);
    m_record.connect_time = elapsed();
    if (result != IoResult::done) {
      const bool nobody = result == IoResult::refused || result == IoResult::unreachable;
      if (m_plan.proxy && nobody) {
        end(Ending::proxy_refused, format("it cannot be reached ({})", m_socket.error_text()));
      } else {
        end(result);
      }
      return false;
    }
    if (m_plan.proxy && !pass_proxy()) return false;
    m_record.stage = Stage::hello;
    return true;
  }

  bool pass_proxy() {
    const std::string text =
        format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", m_plan.proxy->target);
    IoResult result = m_socket.write(as_bytes(text), m_deadline);
    Bytes answer;
    constexpr std::size_t k_limit = 16384;
    while (result == IoResult::done && answer.size() < k_limit &&
           as_text(answer).find("\r\n\r\n") == std::string_view::npos) {
      result = m_socket.read(answer, m_deadline);
    }
    const std::string_view line = as_text(answer).substr(0, as_text(answer).find("\r\n"));
    if (result == IoResult::done && line.size() >= 12 && line.substr(0, 7) == "HTTP/1." &&
        line.substr(9, 1) == "2") {
      return true;
    }
    end(result == IoResult::timed_out ? Ending::timed_out : Ending::proxy_refused,
        line.empty() ? m_socket.error_text() : printable(line.substr(0, 100)));
    return false;
  }

  /// Sends what libssl has to send. A failure is no end: what came before it can still be read.
  void flush() {
    std::array<std::uint8_t, 16384> buffer{};
    for (;;) {
      const int count = BIO_read(m_client->outgoing(), buffer.data(), buffer.size());
      if (count <= 0) return;
      if (m_write_failed) continue;
      m_write_failed = m_socket.write({buffer.data(), static_cast<std::size_t>(count)},
                                      m_deadline) != IoResult::done;
    }
  }

  /// Reads from the line and gives it to libssl, also what came too late: the next may fit to it.
  IoResult feed(MonotonicTime deadline) {
    Bytes octets;
    const IoResult result = m_socket.read(octets, deadline);
    if (!octets.empty()) {
      ossl::require(BIO_write(m_client->incoming(), octets.data(),
                              static_cast<int>(octets.size())) == static_cast<int>(octets.size()),
                    "BIO_write");
    }
    return result;
  }

  /// What an operation of libssl came to.
  enum class Step { done, wants_more, over };

  Step judge(int result) {
    if (result > 0) return Step::done;
    const int error = SSL_get_error(m_client->get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return Step::wants_more;
    const ClientSsl::Seen& seen = m_client->seen();
    const unsigned long first = ERR_peek_error();
    const int reason = ERR_GET_LIB(first) == ERR_LIB_SSL ? ERR_GET_REASON(first) : 0;
    const std::vector<std::string> queue = ossl::drain_queue();
    const std::string detail = queue.empty() ? std::string() : queue.front();
    if (seen.fatal_alert >= 0) {
      m_record.alert = Alert{static_cast<unsigned>(seen.fatal_alert)};
      m_record.version_refused = !seen.server_hello && m_record.alert->number == k_protocol_version;
      end(Ending::alert);
    } else if (error == SSL_ERROR_ZERO_RETURN || error == SSL_ERROR_SYSCALL) {
      end(Ending::closed);
    } else if (m_plan.distrust == Distrust::end_handshake && seen.verified &&
               seen.verify_error != X509_V_OK) {
      end(Ending::untrusted_server);
    } else if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_WRONG_SSL_VERSION) {
      m_record.version_refused = true;
      end(Ending::failed, detail);
    } else {
      end(seen.server_hello ? Ending::failed : Ending::foreign, detail);
    }
    return Step::over;
  }

  /// Does `operation` until it is done; false where the attempt is over.
  template <class Operation>
  bool drive(Operation&& operation) {
    for (;;) {
      ERR_clear_error();
      const Step step = judge(operation());
      flush();
      if (step == Step::done) return true;
      if (step == Step::over) return false;
      const IoResult result = feed(m_deadline);
      if (result == IoResult::done) continue;
      end(result);
      return false;
    }
  }

  bool shake_hands() {
    const bool done = drive([this] { return SSL_do_handshake(m_client->get()); });
    m_record.handshake_time = elapsed();
    if (done) m_record.stage = Stage::established;
    return done;
  }

  /// At TLS 1.3 the refusal comes after the client's handshake: it is waited for before anything
  /// is written, or the write fails and takes the reason with it.
  void listen() {
    if (m_plan.version != Version::tls_1_3) return;
    const MonotonicTime until = std::min(m_deadline, m_clock.monotonic() + m_plan.wait);
    while (!m_client->seen().ticket && m_early.empty()) {
      if (!read_once(m_early)) return;
      if (m_client->seen().ticket || !m_early.empty()) return;
      const IoResult result = feed(until);
      if (result == IoResult::timed_out) return;
      if (result != IoResult::done) {
        end(result);
        return;
      }
    }
  }

  /// Takes what libssl has decrypted; false where the attempt is over.
  bool read_once(Bytes& into) {
    std::array<std::uint8_t, 16384> buffer{};
    for (;;) {
      ERR_clear_error();
      const int count = SSL_read(m_client->get(), buffer.data(), buffer.size());
      const Step step = judge(count);
      flush();
      if (step == Step::over) return false;
      if (step == Step::wants_more) return true;
      into.insert(into.end(), buffer.begin(), buffer.begin() + count);
    }
  }

  /// Whether the listener chose HTTP/2.
  [[nodiscard]] bool speaks_http2() const {
    if (m_client == nullptr) return false;
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(m_client->get(), &chosen, &size);
    return as_text({chosen, size}) == "h2";
  }

  void ask() {
    const bool http2 = speaks_http2();
    if (m_plan.first_request && !ask_first()) return;
    const Stream stream = m_plan.first_request ? Stream::second : Stream::first;
    const auto reader = http2 ? make_http2_reader(stream) : make_http1_reader();
    write_request(http2 ? http2_request(m_plan.request, stream) : http1_request(m_plan.request));
    read_answer(*reader);
    m_record.answer = reader->finish();
    if (!m_record.answer) {
      // A part of a status line is neither an answer nor a refusal. (HTTP/2 servers may send their
      // SETTINGS before they have looked at the client.)
      const bool cut = m_record.ending == Ending::closed || m_record.ending == Ending::reset;
      if (cut && m_read_any && !http2) m_record.ending = Ending::foreign;
      return;
    }
    m_record.stage = Stage::answered;
    m_record.ending = Ending::answer;
    m_record.detail.clear();
    m_record.alert.reset();
  }

  /// The first of two requests on this connection: false where the second cannot be made.
  bool ask_first() {
    const bool http2 = speaks_http2();
    const HttpRequest& request = *m_plan.first_request;
    const MonotonicTime deadline = m_deadline;
    const auto reader = http2 ? make_http2_reader() : make_http1_reader();
    write_request(http2 ? http2_request(request) : http1_request(request, Follow::more));
    read_answer(*reader);
    m_record.first_answer = reader->finish();
    if (m_ended) return false;
    const bool whole = m_record.first_answer && m_record.first_answer->whole;
    if (!whole || m_record.first_answer->body_size >= AnswerReader::k_body_limit) {
      end(Ending::failed, "the answer to the first request is too long to ask again after it");
      return false;
    }
    m_early = reader->rest();
    m_read_any = false;
    m_deadline = deadline;
    return true;
  }

  void write_request(const Bytes& request) {
    if (m_client == nullptr) {
      m_write_failed = m_socket.write(request, m_deadline) != IoResult::done;
      return;
    }
    ERR_clear_error();
    SSL_write(m_client->get(), request.data(), static_cast<int>(request.size()));
    ossl::clear_queue();  // whatever was wrong shows in reading
    flush();
  }

  /// Reads until the answer is whole or the attempt is over. Where a status has come, a body that
  /// does not end is waited for only so long.
  void read_answer(AnswerReader& reader) {
    Bytes octets = std::move(m_early);
    bool hurried = false;
    for (;;) {
      const bool goes_on = m_client == nullptr || read_once(octets);
      const AnswerReader::State state =
          octets.empty() ? AnswerReader::State::more : reader.take(octets);
      m_read_any = m_read_any || !octets.empty();
      octets.clear();
      if (state == AnswerReader::State::complete) return;
      if (state == AnswerReader::State::refused)
        return end(Ending::closed, "HTTP/2 stream refused");
      if (state == AnswerReader::State::foreign) return end(Ending::foreign, "not HTTP");
      if (!goes_on) return;
      if (!hurried && reader.has_status()) {
        hurried = true;
        m_deadline = std::min(m_deadline, m_clock.monotonic() + k_body_time);
      }
      const IoResult result =
          m_client == nullptr ? m_socket.read(octets, m_deadline) : feed(m_deadline);
      if (result != IoResult::done) return end(result);
    }
  }

  const Plan& m_plan;
  const Clock& m_clock;
  const ossl::Context& m_context;
  MonotonicTime m_start;
  MonotonicTime m_deadline;
  TimedSocket m_socket;
  ClientSsl* m_client = nullptr;
  Record m_record;
  Bytes m_early;
  bool m_ended = false;
  bool m_write_failed = false;
  bool m_read_any = false;
};

}  // namespace

Record attempt(const Plan& plan, const Clock& clock, const ossl::Context& context) {
  return Conversation(plan, clock, context).run();
}

}  // namespace mtls::tls
