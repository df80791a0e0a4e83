#include "probe/neighbour_report.hpp"

#include "base/format.hpp"
#include "probe/neighbour.hpp"

#include <algorithm>

namespace mtls::probe {
namespace {

using tls::Ending;

/// Returns the first attempt of any address for which `predicate` holds, with the others of its
/// address; null where there is none.
template <class Predicate>
const Judged* find_attempt(const Report& report, Predicate&& predicate) {
  for (const AddressReport& address : report.addresses) {
    for (const Judged& one : address.attempts) {
      if (is_of_neighbour(one.attempt.id) && predicate(one, address.attempts)) return &one;
    }
  }
  return nullptr;
}

const Judged* find_not_let_in(const Report& report) {
  return find_attempt(report, [](const Judged& one, const std::vector<Judged>& all) {
    return one.attempt.id == Id::n0 && one.judgement != Judgement::accepted &&
           one.judgement != Judgement::not_offered && !shares_trust(all, one);
  });
}

const Judged* find_open(const Report& report) {
  return find_attempt(report, [](const Judged& one, const std::vector<Judged>& all) {
    return one.attempt.id == Id::n0 && one.judgement == Judgement::accepted &&
           is_open_to_all(one.attempt) && !shares_trust(all, one);
  });
}

const Judged* find_distrusted(const Report& report) {
  return find_attempt(report, [](const Judged& one, const std::vector<Judged>&) {
    return one.attempt.record.ending == Ending::untrusted_server;
  });
}

/// An answer that is neither the target's as the good client sees it nor another's.
const Judged* find_unknown_page(const Report& report) {
  return find_attempt(report, [](const Judged& one, const std::vector<Judged>&) {
    return one.judgement == Judgement::inconclusive && one.attempt.record.answer.has_value();
  });
}

/// Whether the neighbour's own page, which `one` (N0) got, is the target's as well.
bool shows_the_same(const Judged& one, const std::vector<Judged>& all) {
  return one.attempt.record.answer &&
         std::any_of(all.begin(), all.end(), [&one](const Judged& other) {
           return other.attempt.id == Id::p0 && other.attempt.version == one.attempt.version &&
                  other.attempt.record.answer &&
                  same_content(*other.attempt.record.answer, *one.attempt.record.answer);
         });
}

}  // namespace

std::vector<std::string> notes_on_neighbours(const Report& report, const Options& options) {
  std::vector<std::string> notes;
  const std::optional<std::string>& other = options.target.alternate_name;
  const bool tried = other && std::any_of(options.neighbours.begin(), options.neighbours.end(),
                                          [&other](const Neighbour& one) {
                                            return equal_ignoring_case(one.name, *other);
                                          });
  if (other && !tried) {
    notes.push_back(
        format("the clients of {0} were not tried: whether a certificate that is valid there gets "
               "in here is not known; give one with --neighbour {0}=CERT,KEY",
               *other));
  }
  for (const Neighbour& neighbour : options.neighbours) {
    const auto is_it = [&neighbour](const Judged& one) {
      return one.attempt.variant == neighbour.name;
    };
    if (find_attempt(report, [&](const Judged& one, const std::vector<Judged>&) {
          return one.attempt.id == Id::n1 && is_it(one) && one.judgement == Judgement::accepted;
        }) != nullptr) {
      notes.push_back(
          format("the target itself admits the certificate of {0} (N1): the two names share a "
                 "trust, and nothing is concluded from other attempts of this neighbour",
                 neighbour.name));
      continue;
    }
    if (find_attempt(report, [&](const Judged& one, const std::vector<Judged>& all) {
          return one.attempt.id == Id::n0 && is_it(one) && shows_the_same(one, all);
        }) != nullptr) {
      notes.push_back(
          format("{} answers PATH with the same content as the target, so content cannot tell them "
                 "apart: name a PATH where they differ",
                 neighbour.name));
    }
  }
  return notes;
}

std::optional<std::string> why_neighbours_unknown(const Report& report) {
  if (find_distrusted(report) != nullptr) {
    return "the server's certificate is not trusted under every name, so the neighbour's key "
           "signed nothing for it";
  }
  if (const Judged* one = find_not_let_in(report)) {
    return format(
        "the certificate of the neighbour {} does not get in under its own name, so "
        "whether its clients get in here is not known",
        one->attempt.variant);
  }
  if (const Judged* one = find_open(report)) {
    return format(
        "{} lets in clients without a certificate as well, so whether the one given is "
        "valid there is not known",
        one->attempt.variant);
  }
  if (const Judged* one = find_unknown_page(report)) {
    return format(
        "the client of {} is answered with content that may be the target's and may be "
        "another's",
        one->attempt.variant);
  }
  return std::nullopt;
}

std::string advise_on_neighbours_unknown(const Report& report) {
  if (const Judged* one = find_distrusted(report)) {
    return format(
        "{} ({}): name the CA of that certificate with --trust FILE too, or go without "
        "with --insecure-server",
        one->attempt.record.distrusted.value_or("?"), one->attempt.variant);
  }
  if (find_not_let_in(report) != nullptr) {
    return "give --neighbour a certificate that its name admits today (in date, not revoked, with "
           "its intermediates behind it), and a PATH that exists there";
  }
  if (const Judged* one = find_open(report)) {
    return format("an open name needs no certificate: try it with --alt-sni {}",
                  one->attempt.variant);
  }
  return "name a PATH whose content is the same for every client of the target, and another under "
         "the neighbour's name";
}

}  // namespace mtls::probe
