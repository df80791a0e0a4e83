// Over generated directories (certificates, index rows in all states, CRLs, revoked/): what any
// source says is revoked is revoked in the ledger, and nothing else is.
#include "authority/import_ca.hpp"
#include "base/format.hpp"
#include "der/pem.hpp"
#include "der/writer.hpp"
#include "lib/authority/adopt_fixture.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>
#include <set>

namespace mtls::authority::test {
namespace {

constexpr std::uint8_t k_serials = 6;

/// What is there of one serial.
struct Told {
  bool in_ledger;     // imported before, as valid
  bool has_file;      // in newcerts/
  bool has_twin;      // another certificate with the serial, in another directory
  bool is_placed;     // in revoked/certs_by_serial/
  int row;            // of the index: see index_line
  unsigned in_lists;  // a bit for each CRL
};

/// A whole directory.
struct Tree {
  std::vector<Told> serials;  // from 1
  bool has_ca;                // next to the index
  unsigned list_forms;        // two bits for each CRL: how it is stored
};

constexpr int k_row_kinds = 7;
enum Row { none, valid, revoked, valid_with_date, expired, expired_with_date, both };

std::string line(char status, std::string_view revocation, std::uint8_t serial) {
  return format("{}\t301231235959Z\t{}\t{:02X}\tunknown\t/CN=c{}\n", status, revocation, serial,
                serial);
}

std::string index_line(int row, std::uint8_t serial) {
  constexpr std::string_view k_when = "250101000000Z,superseded";
  switch (row) {
    case valid:
      return line('V', "", serial);
    case revoked:
      return line('R', k_when, serial);
    case valid_with_date:
      return line('V', k_when, serial);
    case expired:
      return line('E', "", serial);
    case expired_with_date:
      return line('E', k_when, serial);
    case both:
      return line('R', k_when, serial) + line('V', "", serial);
    default:
      return {};
  }
}

bool revokes(int row) {
  return row == revoked || row == valid_with_date || row == expired_with_date || row == both;
}

constexpr unsigned k_lists = 3;

Bytes make_list(const OldCa& ca, const Tree& tree, unsigned which) {
  der::Writer tbs;
  tbs.sequence([&](der::Writer& fields) {
    fields.integer(1).raw(crypto::algorithm_identifier(k_algorithm)).raw(ca.name.der());
    fields.time(k_now).time(k_now + std::chrono::hours(1));
    fields.sequence([&](der::Writer& entries) {
      for (std::uint8_t serial = 1; serial <= tree.serials.size(); ++serial) {
        if ((tree.serials[serial - 1U].in_lists >> which & 1U) == 0) continue;
        entries.sequence([&](der::Writer& entry) { entry.integer(serial).time(k_now); });
      }
    });
  });
  der::Writer list;
  list.sequence([&](der::Writer& whole) {
    whole.raw(tbs.view()).raw(crypto::algorithm_identifier(k_algorithm));
    whole.bit_string(ca.key.sign(k_algorithm, tbs.view()));
  });
  return to_bytes(list.view());
}

/// What the test works on; the CA is made once.
struct Place : AdoptFixture {
  Place() {
    static_cast<void>(adopt(AdoptRequest::Reissue::no));
    const crypto::PrivateKey leaf = make_key();
    for (std::uint8_t serial = 1; serial <= k_serials; ++serial) {
      certificates.push_back(
          x509::to_pem(sign(serial, x509::Name::parse(format("CN=c{}", serial)), leaf)));
      twins.push_back(
          x509::to_pem(sign(serial, x509::Name::parse(format("CN=t{}", serial)), leaf)));
    }
  }

  void write(const Tree& tree, const Path& into) const {
    std::string index;
    for (std::uint8_t serial = 1; serial <= tree.serials.size(); ++serial) {
      const Told& told = tree.serials[serial - 1U];
      const std::string& own = certificates[serial - 1U];
      if (told.has_file) put(into / format("newcerts/{:02X}.pem", serial), own);
      if (told.has_twin) put(into / format("a/{}.pem", serial), twins[serial - 1U]);
      if (told.is_placed) put(into / format("revoked/certs_by_serial/{:02X}.crt", serial), own);
      index += index_line(told.row, serial);
    }
    if (!index.empty()) put(into / "index.txt", index);
    if (tree.has_ca) put(into / "ca.crt", x509::to_pem(certificate));
    for (unsigned which = 0; which < k_lists; ++which) {
      const Bytes list = make_list(*this, tree, which);
      const std::string pem = der::to_pem("X509 CRL", list);
      switch (tree.list_forms >> (2 * which) & 3U) {
        case 0:
          put(into / format("crl{}.pem", which), pem);
          break;
        case 1:
          put(into / format("crl/{}.crl", which), as_text(list));
          break;
        case 2:
          put(into / format("some.{}", which), "text\n" + pem + "text\n");
          break;
        default:
          put(into / format("certs/{}.der", which), as_text(list));
          break;
      }
    }
  }

  std::vector<std::string> certificates;
  std::vector<std::string> twins;
};

/// Whether a source that counts revokes the serial.
bool is_revoked(const Tree& tree, const Told& told) {
  const bool attributable = tree.has_ca || told.has_file || told.is_placed || told.in_ledger;
  return told.in_lists != 0 || told.is_placed || (revokes(told.row) && attributable);
}

rc::Gen<Told> any_told() {
  return rc::gen::build<Told>(
      rc::gen::set(&Told::in_ledger), rc::gen::set(&Told::has_file), rc::gen::set(&Told::has_twin),
      rc::gen::set(&Told::is_placed,
                   rc::gen::map(rc::gen::inRange(0, 4), [](int n) { return n == 0; })),
      rc::gen::set(&Told::row, rc::gen::inRange(0, k_row_kinds)),
      rc::gen::set(&Told::in_lists, rc::gen::element(0U, 0U, 0U, 1U, 2U, 4U, 5U)));
}

rc::Gen<Tree> any_tree() {
  return rc::gen::build<Tree>(
      rc::gen::set(&Tree::serials, rc::gen::container<std::vector<Told>>(k_serials, any_told())),
      rc::gen::set(&Tree::has_ca), rc::gen::set(&Tree::list_forms, rc::gen::inRange(0U, 64U)));
}

ImportReport import(const CaDirectory& ca, store::Ledger& ledger, const Path& path,
                    ImportRequest::Trial trial) {
  return import_ca({.path = path,
                    .ca = ca,
                    .ledger = ledger,
                    .author = {.actor = "a", .host = "h", .time = k_now},
                    .trial = trial},
                   context());
}

void require_states(const Tree& tree, const store::Ledger& ledger, store::IssuerId issuer) {
  std::set<std::string> without;
  ledger.list_revocations(issuer, [&](const store::RevokedSerial& one) {
    without.insert(one.serial.to_text());
    return store::Continue::yes;
  });
  for (std::uint8_t serial = 1; serial <= tree.serials.size(); ++serial) {
    const Told& told = tree.serials[serial - 1U];
    const auto rows = ledger.find_by_serial(x509::SerialNumber::from_content(Bytes{serial}));
    const bool expected = is_revoked(tree, told);
    for (const store::Record& row : rows) {
      // The root itself has serial 1.
      RC_ASSERT((row.state == store::State::revoked) == expected);
    }
    RC_ASSERT(without.contains(format("{:02x}", serial)) == (rows.empty() && expected));
  }
}

TEST_CASE("what any source says is revoked is revoked in the ledger, and nothing else") {
  const Place place;
  const CaDirectory ca = CaDirectory::open(place.directory.path() / "ca", Named::explicitly,
                                           TrustedOwners::of_process());
  int runs = 0;
  CHECK(rc::check([&] {
    const Tree tree = *any_tree();
    const Path root = format("run{}", ++runs);
    const Path before = format("before{}", runs);
    place.write(tree, root);
    store::Ledger ledger = store::Ledger::create_in_memory(store::make_ledger_id());
    const auto issuer =
        ledger.add_issuer(place.certificate.subject(), place.certificate.public_key(),
                          place.certificate, {.actor = "a", .host = "h", .time = k_now});
    for (std::uint8_t serial = 1; serial <= tree.serials.size(); ++serial) {
      if (!tree.serials[serial - 1U].in_ledger) continue;
      place.put(before / format("{}.pem", serial), place.certificates[serial - 1U]);
    }
    const Path earlier = place.directory.path() / before;
    if (std::filesystem::exists(earlier)) {
      static_cast<void>(import(ca, ledger, earlier, ImportRequest::Trial::no));
    }
    const Path path = place.directory.path() / root;
    const ImportReport trial = import(ca, ledger, path, ImportRequest::Trial::yes);
    const ImportReport done = import(ca, ledger, path, ImportRequest::Trial::no);
    RC_ASSERT(trial.imported == done.imported);
    RC_ASSERT(trial.revoked == done.revoked);
    RC_ASSERT(trial.revoked_without_certificate == done.revoked_without_certificate);
    RC_ASSERT(trial.damaged == done.damaged);
    require_states(tree, ledger, issuer);
    const ImportReport again = import(ca, ledger, path, ImportRequest::Trial::no);
    RC_ASSERT(again.imported + again.revoked_without_certificate == 0);
    require_states(tree, ledger, issuer);
    RC_ASSERT(AdoptFixture::flaws(ledger) == 0);
  }));
}

}  // namespace
}  // namespace mtls::authority::test
