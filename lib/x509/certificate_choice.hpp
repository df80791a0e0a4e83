// Which certificate of a file is the one that is meant: the first, unless the file has the root
// first, as PEM made from a PFX often does.
#pragma once

#include "x509/certificate.hpp"

#include <string_view>
#include <vector>

namespace mtls::x509 {

/// The certificates of a file, the chosen one first. Where it was not first in the file, those that
/// issued it follow in order, then the rest.
struct ChosenCertificate {
  std::vector<Certificate> certificates;
  std::size_t position = 1;  // of the chosen one in the file, from 1

  [[nodiscard]] const Certificate& chosen() const { return certificates.front(); }
  [[nodiscard]] bool is_first() const noexcept { return position == 1; }
  /// "certificate 3 of 3, CN=www.example.com", safe to show.
  [[nodiscard]] std::string description() const;
};

/// Chooses the first of `certificates` (not empty) whose key is `key`; the first of all where none
/// has it: the caller compares the keys.
[[nodiscard]] ChosenCertificate choose_by_key(std::vector<Certificate> certificates,
                                              const crypto::PublicKey& key,
                                              const ossl::Context& context);

/// Chooses the first of `certificates` (not empty), from the file `shown`. Throws malformed, naming
/// the position of the leaf, where the first is a CA that issued others of them and one below it is
/// no CA.
[[nodiscard]] ChosenCertificate choose_first(std::vector<Certificate> certificates,
                                             std::string_view shown, const ossl::Context& context);

}  // namespace mtls::x509
