#include "tls/served_http.hpp"

#include "base/format.hpp"
#include "base/time_text.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <optional>
#include <sstream>
#include <utility>  // Boost 1.74's Asio needs it before itself

namespace mtls::tls {

namespace http = boost::beast::http;

namespace {

using Request = http::request<http::string_body>;

/// What a client expects before it sends the body. Of HTTP/1.0 nothing is expected, whatever it
/// says.
enum class Expectation { none, to_go_on, other };

Expectation expectation_of(const Request& request) {
  constexpr unsigned k_http_1_1 = 11;
  Expectation expectation = Expectation::none;
  if (request.version() < k_http_1_1) return expectation;
  const auto [first, last] = request.equal_range(http::field::expect);
  for (auto field = first; field != last; ++field) {
    std::string_view rest(field->value().data(), field->value().size());
    while (!rest.empty()) {
      std::string_view member = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(member.size() + 1, rest.size()));
      member.remove_prefix(std::min(member.find_first_not_of(" \t"), member.size()));
      member = member.substr(0, member.find_last_not_of(" \t") + 1);
      if (member.empty()) continue;
      if (!boost::beast::iequals({member.data(), member.size()}, "100-continue")) {
        return Expectation::other;
      }
      expectation = Expectation::to_go_on;
    }
  }
  return expectation;
}

}  // namespace

struct ServedRequestReader::Data {
  http::request_parser<http::string_body> parser;
  std::size_t longest;  // of what the parser takes only whole
  boost::beast::error_code error = {};
  /// From the end of the header on, until it is met.
  std::optional<Expectation> expectation = std::nullopt;
};

ServedRequestReader::ServedRequestReader(HttpLimits limits) : m_data(std::make_unique<Data>()) {
  m_data->longest = limits.header;
  m_data->parser.header_limit(static_cast<std::uint32_t>(limits.header));
  m_data->parser.body_limit(limits.body);
  m_data->parser.eager(true);
}

ServedRequestReader::~ServedRequestReader() = default;

ServedRequestReader::State ServedRequestReader::feed(std::string& buffer) {
  auto& [parser, longest, error, expectation] = *m_data;
  while (!buffer.empty() && !parser.is_done()) {
    const std::size_t taken = parser.put(boost::asio::buffer(buffer), error);
    buffer.erase(0, taken);
    if (error == http::error::need_more) {
      error = {};
      // A chunk's extension, or a trailer, that does not end: the parser has no limit for them.
      if (buffer.size() > longest) error = http::error::header_limit;
      break;
    }
    if (error) return State::bad;
  }
  if (error) return State::bad;
  if (!expectation && parser.is_header_done()) expectation = expectation_of(parser.get());
  if (expectation == Expectation::other) return State::bad;
  if (parser.is_done()) return State::complete;
  if (expectation != Expectation::to_go_on) return State::more;
  expectation = Expectation::none;
  return parser.get().body().empty() ? State::waits : State::more;
}

ServedRequest ServedRequestReader::request() const {
  // Boost's string_view is another type from version to version.
  const auto text = [](const auto& view) { return std::string(view.data(), view.size()); };
  const auto& message = m_data->parser.get();
  return {.method = text(message.method_string()),
          .target = text(message.target()),
          .accept = text(message[http::field::accept])};
}

KeepAlive ServedRequestReader::keep_alive() const {
  return m_data->parser.get().keep_alive() ? KeepAlive::yes : KeepAlive::no;
}

ServedResponse ServedRequestReader::objection() const {
  ServedResponse response{.status = 400, .content_type = "text/plain", .body = "bad request\n"};
  if (m_data->error == http::error::header_limit) {
    response.status = 431;
    response.body = "the request's header is too long\n";
  } else if (m_data->error == http::error::body_limit) {
    response.status = 413;
    response.body = "the request's body is too long\n";
  } else if (m_data->expectation == Expectation::other) {
    response.status = 417;
    response.body = "nothing can be expected here but 100-continue\n";
  }
  return response;
}

namespace {

/// IMF-fixdate (RFC 9110 section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(UnixTime time) {
  constexpr std::array k_days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array k_months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime civil = to_civil(time);
  const std::chrono::weekday day(std::chrono::floor<std::chrono::days>(time));
  return format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", k_days.at(day.c_encoding()), civil.day,
                k_months.at(civil.month - 1), civil.year, civil.hour, civil.minute, civil.second);
}

}  // namespace

std::string to_octets(const ServedResponse& response, const ResponseContext& context) {
  constexpr unsigned k_http_1_1 = 11;
  http::response<http::string_body> message{http::int_to_status(response.status), k_http_1_1};
  message.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.fields) message.set(name, value);
  message.set(http::field::date, http_date(context.now));
  message.keep_alive(context.keep_alive == KeepAlive::yes);
  message.body() = response.body;
  message.prepare_payload();
  std::ostringstream octets;
  if (context.method == "HEAD") {
    octets << message.base();
  } else {
    octets << message;
  }
  return octets.str();
}

}  // namespace mtls::tls
