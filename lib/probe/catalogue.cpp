#include "probe/catalogue.hpp"

#include <algorithm>
#include <array>

namespace mtls::probe {
namespace {

constexpr std::array k_entries{
    Entry{Id::p0, "P0", "the good certificate", Need::control},
    Entry{Id::p1, "P1", "no certificate", Need::refused},
    Entry{Id::p2, "P2", "self-signed, with the good one's names", Need::refused},
    Entry{Id::p3, "P3", "the same names under a rogue CA", Need::refused},
    Entry{Id::p4, "P4", "self-signed, with the anchor's name", Need::refused},
    Entry{Id::p5, "P5", "the good one, a bit of its signature flipped", Need::refused},
    Entry{Id::p6, "P6", "the good one with another private key", Need::refused},
    Entry{Id::p7, "P7", "no certificate, resuming a session made without one", Need::refused},
    Entry{Id::p8, "P8", "no certificate, another SNI than Host", Need::refused},
    Entry{Id::p9a, "P9a", "no certificate, HTTP/2", Need::refused},
    Entry{Id::p9b, "P9b", "plain HTTP on the port", Need::refused},
    Entry{Id::n0, "N0", "the neighbour's certificate, under its own name", Need::control},
    Entry{Id::n1, "N1", "the neighbour's certificate, under the target's name", Need::information},
    Entry{Id::n2, "N2", "the neighbour's certificate, no SNI", Need::available},
    Entry{Id::n3, "N3", "the neighbour's certificate and SNI, the target as Host", Need::available},
    Entry{Id::n4, "N4", "no certificate, resuming the neighbour's session", Need::available},
    Entry{Id::n5, "N5", "the target asked for on the neighbour's connection", Need::available},
    Entry{Id::n6, "N6", "the same over HTTP/2", Need::available},
    Entry{Id::e1, "E1", "expired", Need::available},
    Entry{Id::e2, "E2", "not yet valid", Need::available},
    Entry{Id::e3, "E3", "for servers only (serverAuth)", Need::available},
    Entry{Id::e4, "E4", "against its CA's name constraints", Need::available},
    Entry{Id::e5, "E5", "under a CA too many (path length)", Need::available},
    Entry{Id::e6, "E6", "signed by the good certificate, which is no CA", Need::available},
    Entry{Id::i1, "I1", "revoked", Need::information},
    Entry{Id::i2, "I2", "without extended key usage", Need::information},
    Entry{Id::i3, "I3", "X.509 version 1", Need::information},
    Entry{Id::i4, "I4", "signed with SHA-1", Need::information},
    Entry{Id::i5, "I5", "RSA of 1024 bits", Need::information},
};

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
  const auto upper = [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [upper](char a, char b) { return upper(a) == upper(b); });
}

std::span<const Entry> catalogue() noexcept { return k_entries; }

bool is_of_neighbour(Id id) noexcept { return id >= Id::n0 && id <= Id::n6; }

const Entry& entry(Id id) noexcept { return k_entries.at(static_cast<std::size_t>(id)); }

std::optional<Id> find_id(std::string_view name) noexcept {
  for (const Entry& one : k_entries) {
    if (equal_ignoring_case(one.name, name)) return one.id;
  }
  return std::nullopt;
}

}  // namespace mtls::probe
