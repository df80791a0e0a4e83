// Fills the ledger of a CA directory with real certificates, as its CA issues them: each over a key
// of its own, signed, checked and recorded, only many to a commit. One batch in ten is revoked from
// the first moment, with an entry in the log for each certificate. For large_ledger.py.
#include "authority/ca_directory.hpp"
#include "base/process_identity.hpp"
#include "ca/issuer.hpp"
#include "profile/catalogue.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace mtls {
namespace {

constexpr std::size_t k_batch = 500;
constexpr std::size_t k_revoked = 10;  // one batch of so many

void fill(const Path& directory, std::size_t count) {
  const SystemClock clock;
  NoTrace trace;
  const auto context = ossl::Context::process_default(ossl::Configuration::none);
  const ProcessIdentity self = this_process();
  const auto ca = authority::CaDirectory::open(directory, authority::Named::explicitly,
                                               TrustedOwners::of_process());
  const auto key = ca.load_key({}, authority::OpenKey::refuse, crypto::LegacyKeys::refuse, context);
  store::Ledger ledger = ca.open_ledger(
      std::chrono::seconds(30), {.actor = "large_ledger", .host = self.host, .time = clock.now()});
  const auto signer = authority::make_signer(key, std::nullopt);
  ca::Issuer issuer(
      *signer, ca.chain(), ledger,
      {.clock = clock,
       .trace = trace,
       .context = context,
       .actor = {
           .actor = "large_ledger", .host = self.host, .pid = self.pid, .session = self.session}});
  const auto profile = profile::Catalogue().load("mtls-client");
  const auto spec = crypto::KeySpec::parse("ec:p256").value();
  for (std::size_t done = 0; done < count; done += k_batch) {
    std::vector<ca::Request> requests;
    for (std::size_t i = done; i < std::min(count, done + k_batch); ++i) {
      requests.push_back(
          {.public_key =
               crypto::PrivateKey::generate(spec, crypto::Keygen::standard, context).public_key(),
           .subject = x509::Name::parse("CN=client-" + std::to_string(i))});
    }
    const bool revoked = done / k_batch % k_revoked == k_revoked - 1;
    static_cast<void>(issuer.issue(issuer.prepare(requests, profile),
                                   revoked ? ca::Standing::revoked : ca::Standing::valid));
  }
}

}  // namespace
}  // namespace mtls

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: fill_ledger CA-DIRECTORY COUNT\n", stderr);
    return 2;
  }
  try {
    mtls::fill(argv[1], std::strtoull(argv[2], nullptr, 10));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fill_ledger: %s\n", error.what());
    return 1;
  }
  return 0;
}
