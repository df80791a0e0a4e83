#include "probe/advice.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "probe/neighbour_report.hpp"
#include "probe/server_kind.hpp"

#include <algorithm>

namespace mtls::probe {
namespace {

constexpr std::string_view k_no_resumption =
    "let no session of one name resume under another, which a comparison of names does not show "
    "(haproxy: no-tls-tickets on the bind line and tune.ssl.cachesize 0; nginx: 1.26.3, 1.27.4 or "
    "newer, else ssl_session_tickets off and ssl_session_cache off), or give each name a port of "
    "its own";

const ServerKind& kind_of(const Report& report) { return find_server_kind(server_name(report)); }

std::string with_kind(const ServerKind& kind, std::string_view text) {
  return kind.title.empty() ? std::string(text) : format("{}: {}", kind.title, text);
}

template <class Predicate>
bool any_attempt(const Report& report, Predicate&& predicate) {
  return std::any_of(report.addresses.begin(), report.addresses.end(), [&](const auto& address) {
    return std::any_of(address.attempts.begin(), address.attempts.end(), predicate);
  });
}

std::string versions_text(const std::vector<tls::Version>& versions) {
  std::string text;
  for (const tls::Version version : versions) {
    text += format("{}TLS {}", text.empty() ? "" : " and ", name(version));
  }
  return text;
}

bool speaks_plain_http_alone(const Report& report) {
  const bool speaks_tls = any_attempt(report, [](const Judged& one) {
    return one.attempt.version && one.attempt.record.stage > tls::Stage::hello;
  });
  return !speaks_tls && any_attempt(report, [](const Judged& one) {
    return one.attempt.id == Id::p9b && one.attempt.record.ending == tls::Ending::answer;
  });
}

/// Whether nothing got in but past the handshake (--require handshake).
bool refuses_by_http_alone(const Report& report) {
  return !any_attempt(report, [](const Judged& one) {
    return one.attempt.id != Id::p0 && one.attempt.id != Id::n0 && one.attempt.id != Id::n1 &&
           one.let_in && one.judgement == Judgement::accepted;
  });
}

/// Whether P8 or P9b came to nothing for want of content that stays the same.
bool content_varies(const Report& report) {
  return any_attempt(report, [](const Judged& one) {
    return one.judgement == Judgement::inconclusive && one.attempt.record.answer &&
           (one.attempt.id == Id::p8 || one.attempt.id == Id::p9b);
  });
}

/// Whether handshakes ended by an alert before they began, for something else than their version.
bool refused_at_once(const Report& report) {
  return any_attempt(report, [](const Judged& one) {
    const tls::Record& record = one.attempt.record;
    return one.attempt.id == Id::p1 && record.stage == tls::Stage::hello && record.alert &&
           !record.version_refused;
  });
}

/// Whether P0 came to this anywhere.
bool control_came_to(const Report& report, Judgement wanted) {
  return any_attempt(report, [wanted](const Judged& one) {
    return one.attempt.id == Id::p0 && one.judgement == wanted;
  });
}

/// Whether no connection came as far as a ServerHello.
bool all_cut(const Report& report) {
  return !any_attempt(report, [](const Judged& one) {
    const tls::Record& record = one.attempt.record;
    return one.attempt.version &&
           (record.stage > tls::Stage::hello ||
            (record.ending != tls::Ending::closed && record.ending != tls::Ending::reset));
  });
}

/// Why there is nobody to judge; nothing where there is a listener that speaks with its clients.
std::optional<std::string> why_unheard(const Report& report) {
  const auto all_bare = [&report](tls::Ending ending) {
    return !any_attempt(report, [ending](const Judged& one) {
      return one.attempt.id == Id::p1 && one.attempt.record.ending != ending;
    });
  };
  if (all_bare(tls::Ending::refused)) return "nothing listens there";
  if (all_bare(tls::Ending::unreachable)) return "it cannot be reached";
  if (all_bare(tls::Ending::proxy_refused)) return "the proxy does not lead there";
  if (speaks_plain_http_alone(report)) {
    return "it speaks plain HTTP and no TLS: nothing is enforced there, and there is nothing to "
           "prove";
  }
  if (all_cut(report)) return "every connection is closed before TLS begins";
  if (control_came_to(report, Judgement::accepted)) return std::nullopt;
  if (all_bare(tls::Ending::timed_out)) return "it does not answer in time";
  if (all_bare(tls::Ending::foreign)) {
    const bool speaks_tls = any_attempt(report, [](const Judged& one) {
      return one.attempt.version && one.attempt.record.stage >= tls::Stage::established;
    });
    return speaks_tls ? "it speaks TLS, but no HTTP inside" : "it does not speak TLS";
  }
  if (!report.overall.offered.empty()) return std::nullopt;
  return refused_at_once(report) ? "every handshake is refused before the listener has said "
                                   "hello, whatever is shown to it"
                                 : "none of the TLS versions asked for is offered";
}

/// Whether nobody got an answer in time at an address, neither with a certificate nor without.
bool is_silent(const AddressReport& address) {
  const auto any = [&address](auto&& predicate) {
    return std::any_of(address.attempts.begin(), address.attempts.end(), predicate);
  };
  return any([](const Judged& one) { return one.attempt.id == Id::p1; }) &&
         !any([](const Judged& one) {
           return one.attempt.id <= Id::p1 && one.attempt.record.ending != tls::Ending::timed_out;
         });
}

/// What is said of silent addresses beside others that answer; nothing where there are none.
std::optional<std::string> why_partly_unheard(const Report& report) {
  std::string silent;
  std::size_t count = 0;
  for (const AddressReport& one : report.addresses) {
    if (!is_silent(one)) continue;
    silent += format("{}{}", count++ == 0 ? "" : ", ", one.address.to_text());
  }
  if (count == 0 || count == report.addresses.size()) return std::nullopt;
  return format("{} {} not answer in time, so nothing is known of {}", silent,
                count == 1 ? "does" : "do", count == 1 ? "that address" : "those addresses");
}

std::string why_no_verdict(const Report& report) {
  if (auto why = why_unheard(report)) return *std::move(why);
  if (control_came_to(report, Judgement::withheld)) {
    return report.distrusted
               ? "the server's certificate is not trusted, so the good key signed nothing for it"
               : "the good certificate was not sent, for the listener takes no signature that its "
                 "key makes";
  }
  const auto any_control = [&report](auto&& predicate) {
    return any_attempt(
        report, [&](const Judged& one) { return one.attempt.id == Id::p0 && predicate(one); });
  };
  if (any_control([](const Judged& one) { return !one.attempt.variant.empty(); })) {
    return "the good client got in at first and does not any more";
  }
  if (any_control([](const Judged& one) { return is_refusal(one.judgement); })) {
    return format("everything is refused at {}, the good client too",
                  versions_text(report.overall.without_control));
  }
  if (!any_control([](const Judged&) { return true; })) {
    return "without a good certificate, refusals prove nothing";
  }
  if (auto why = why_neighbours_unknown(report)) return *std::move(why);
  if (content_varies(report)) {
    return "PATH is answered with other content every time, so that content cannot tell whether "
           "there is a way round";
  }
  if (auto why = why_partly_unheard(report)) return *std::move(why);
  const bool silent = any_attempt(report, [](const Judged& one) {
    return one.attempt.id == Id::p1 && one.attempt.record.ending == tls::Ending::timed_out;
  });
  return silent && control_came_to(report, Judgement::accepted)
             ? "the good client gets in, and those without a certificate get no answer in time, "
               "which is no refusal"
             : "some attempts came to nothing";
}

}  // namespace

std::string sentence(const Report& report) {
  const Finding& finding = report.overall;
  if (finding.overall == Overall::enforced) {
    return format(
        "enforced: the good client gets in, and everything else that was tried is refused "
        "({})",
        versions_text(finding.offered));
  }
  if (finding.overall == Overall::no_verdict) return "no verdict: " + why_no_verdict(report);
  if (refuses_by_http_alone(report)) {
    return format("not enforced ({}): handshakes are let through, and refused over HTTP alone",
                  name(*finding.mode));
  }
  switch (finding.mode.value()) {
    case Mode::no_mtls:
      return "not enforced (no-mtls): clients are not asked for a certificate";
    case Mode::optional:
      return "not enforced (optional): clients without a certificate get in as well";
    case Mode::any_certificate:
      return "not enforced (any-certificate): a certificate is asked for, but who made it is not "
             "checked";
    case Mode::bypass:
      return "not enforced (bypass): there is a way round it";
    case Mode::gaps:
      break;
  }
  return "not enforced (gaps): certificates get in that should not be taken";
}

namespace {

std::vector<std::string> advise_on_bypass(const Report& report, const ServerKind& kind) {
  std::vector<std::string> lines;
  if (any_attempt(report, [](const Judged& one) {
        return one.let_in && one.attempt.id >= Id::p7 && one.attempt.id <= Id::p9a;
      })) {
    lines.push_back(with_kind(kind, kind.bypass));
  }
  const auto neighbour_got_in = [&report](auto&& of_these) {
    return any_attempt(report, [&](const Judged& one) {
      return one.let_in && one.attempt.id >= Id::n2 && one.attempt.id <= Id::n6 &&
             of_these(one.attempt.id);
    });
  };
  if (neighbour_got_in([](Id id) { return id != Id::n4; })) {
    lines.push_back(with_kind(kind, kind.neighbour));
  }
  if (neighbour_got_in([](Id id) { return id == Id::n4; })) lines.emplace_back(k_no_resumption);
  if (any_attempt(report,
                  [](const Judged& one) { return one.let_in && one.attempt.id == Id::p9b; })) {
    lines.emplace_back(
        "answer plain HTTP on the port with a redirect to https, or not at all, never with "
        "content");
  }
  return lines;
}

std::vector<std::string> advise_on_gaps(const Report& report, const ServerKind& kind) {
  std::vector<std::string> lines;
  if (any_attempt(report,
                  [](const Judged& one) { return one.let_in && one.attempt.id == Id::i1; })) {
    lines.push_back(with_kind(kind, kind.revocation));
  }
  if (any_attempt(report, [](const Judged& one) {
        return one.let_in && one.attempt.id >= Id::e1 && one.attempt.id <= Id::e6;
      })) {
    lines.emplace_back(
        "leave the purpose, time and constraints of certificates to be checked: no options that "
        "ignore errors");
  }
  return lines;
}

}  // namespace

std::vector<std::string> advise(const Report& report) {
  const Finding& finding = report.overall;
  if (finding.overall == Overall::enforced) return {};
  const ServerKind& kind = kind_of(report);
  if (finding.overall == Overall::not_enforced && refuses_by_http_alone(report)) {
    return {
        "nginx cannot refuse in the handshake: leave out --require handshake, or put a listener "
        "in front that can (haproxy, apache, envoy)"};
  }
  if (finding.overall == Overall::not_enforced) {
    switch (finding.mode.value()) {
      case Mode::bypass:
        return advise_on_bypass(report, kind);
      case Mode::gaps:
        return advise_on_gaps(report, kind);
      default:
        return {with_kind(kind, kind.require)};
    }
  }
  if (report.distrusted) {
    return {format("the server's certificate: {}", *report.distrusted),
            "name its CA with --trust FILE (or --trust system), or go without with "
            "--insecure-server"};
  }
  const auto any_control = [&report](auto&& predicate) {
    return any_attempt(
        report, [&](const Judged& one) { return one.attempt.id == Id::p0 && predicate(one); });
  };
  if (any_control([](const Judged& one) { return one.judgement == Judgement::withheld; })) {
    return {
        "take a good certificate with a key of another kind (the signature algorithms that the "
        "listener takes stand in the document of --json), or let the listener take more"};
  }
  if (any_control([](const Judged& one) { return !one.attempt.variant.empty(); })) {
    return {
        "a limit of connections, a ban of whoever tried something, a back end that went away? "
        "except this client from it for the probe, or try with --jobs 1"};
  }
  if (finding.offered.empty() && refused_at_once(report)) {
    return {
        "does it know the name that it is asked for? name one that it serves with --sni; or it "
        "takes none of OpenSSL's usual cipher suites and groups"};
  }
  if (control_came_to(report, Judgement::accepted) && why_neighbours_unknown(report)) {
    return {advise_on_neighbours_unknown(report)};
  }
  if (content_varies(report)) {
    return {"name a PATH that answers the good client with the same content every time"};
  }
  if (!any_control([](const Judged& one) { return is_refusal(one.judgement); })) return {};
  return {
      "why is the good client refused? a stale CRL, or one for only a part of the chain; a "
      "missing intermediate (put it behind the certificate in --cert); too small a verify "
      "depth; another CA than the listener trusts",
      "or PATH answers every client with that status: name another one"};
}

std::string server_name(const Report& report) {
  std::string name;
  for (const AddressReport& address : report.addresses) {
    for (const Judged& one : address.attempts) {
      const auto& answer = one.attempt.record.answer;
      if (answer && !answer->server.empty() && name.empty()) name = printable(answer->server);
    }
  }
  return name;
}

}  // namespace mtls::probe
