#include "ca/issuer.hpp"

#include "base/error.hpp"
#include "ca/granted.hpp"
#include "lib/ca/bench.hpp"

#include <doctest/doctest.h>

#include <functional>

namespace mtls::ca {

TEST_CASE("a root is self-signed, recorded, and lives as long as its profile says") {
  Bench bench;
  bench.make_root();
  const x509::Certificate& root = bench.chain.front();
  CHECK(root.is_self_issued());
  CHECK(root.is_signed_by(bench.signer.public_key(), context()));
  CHECK(root.validity().not_after - root.validity().not_before + seconds{1} == hours{24 * 3660});
  CHECK_FALSE(root.authority_key_identifier());
  const auto record = bench.ledger.find_by_fingerprint(root.fingerprint());
  REQUIRE(record);
  CHECK(record->state == store::State::issued);
}

TEST_CASE("a client's certificate is recorded with what it says") {
  Bench bench;
  bench.make_root();
  Request wanted = Bench::request(make_key().public_key(), "CN=alice,O=test");
  wanted.subject_alt_names = {x509::GeneralName::parse("dns:a.example")};
  wanted.period = hours{24 * 90};
  const x509::Certificate leaf = bench.issue(wanted).certificate;
  CHECK(leaf.validity().not_before == k_now - minutes{5});
  CHECK(leaf.validity().not_after == k_now - minutes{5} + hours{24 * 90} - seconds{1});
  CHECK(leaf.serial().content().size() <= 17);
  const auto record = bench.ledger.find_by_fingerprint(leaf.fingerprint());
  REQUIRE(record);
  CHECK(record->subject == "CN=alice,O=test");
  CHECK(record->sans == std::vector<std::string>{"dns:a.example"});
  CHECK(record->profile == "mtls-client");
  CHECK(equal(*record->certificate, leaf.der()));
}

TEST_CASE("a batch is issued as one, each with a serial of its own") {
  Bench bench;
  bench.make_root();
  Issuer issuer = bench.issuer();
  std::vector<Request> wanted;
  for (int i = 0; i < 20; ++i) {
    wanted.push_back(Bench::request(make_key().public_key(), "CN=n" + std::to_string(i)));
  }
  const auto issued = issuer.issue(issuer.prepare(wanted, bench.profiles.load("mtls-client")));
  CHECK(issued.size() == 20);
  CHECK(bench.ledger.count() == 21);
}

TEST_CASE("one bad request of a batch refuses all of it, and records nothing") {
  Bench bench;
  bench.make_root();
  Issuer issuer = bench.issuer();
  std::vector<Request> wanted{Bench::request(make_key().public_key(), "CN=good"),
                              Bench::request(bench.signer.public_key(), "CN=the CA's own key")};
  CHECK(failure([&] {
          static_cast<void>(issuer.prepare(wanted, bench.profiles.load("mtls-client")));
        }) == Errc::weak_key);
  CHECK(bench.ledger.count() == 1);
}

TEST_CASE("a validity past the issuer's end is clipped with a notice, or refused") {
  Bench bench;
  bench.make_root();
  bench.clock.set(k_now + hours{24 * 3600});
  Request wanted = Bench::request(make_key().public_key(), "CN=late");
  const IssuedCertificate clipped = bench.issue(wanted);
  CHECK(clipped.certificate.validity().not_after == bench.chain.front().validity().not_after);
  REQUIRE(clipped.notices.size() == 1);
  CHECK(clipped.notices.front().kind == Notice::Kind::clipped);
  wanted.past_issuer = ValidityPast::refuse;
  CHECK(failure([&] { bench.issue(wanted); }) == Errc::constraint_violated);
  bench.clock.set(k_now + hours{24 * 3700});
  CHECK(failure([&] { bench.issue(wanted); }) == Errc::expired);
}

TEST_CASE("a profile's limits are refusals") {
  Bench bench;
  bench.make_root();
  Request wanted = Bench::request(make_key().public_key(), "CN=x");
  wanted.period = hours{24 * 3651};
  CHECK(failure([&] { bench.issue(wanted); }) == Errc::denied_by_profile);
  wanted.period = std::nullopt;
  wanted.path_length = 0;
  CHECK(failure([&] { bench.issue(wanted); }) == Errc::denied_by_profile);
  wanted.path_length = std::nullopt;
  CHECK(failure([&] { bench.issue(wanted, "mtls-server"); }) == Errc::denied_by_profile);
  CHECK(failure([&] { bench.issue(wanted, "alb-client"); }) == Errc::denied_by_profile);
  CHECK(failure([&] { bench.issue(wanted, "root-ca"); }) == Errc::denied_by_profile);
  for (int i = 0; i < 101; ++i) {
    wanted.subject_alt_names.push_back(
        x509::GeneralName::dns("h" + std::to_string(i) + ".example"));
  }
  CHECK(failure([&] { bench.issue(wanted); }) == Errc::too_many_names);
}

TEST_CASE("an intermediate keeps within the path length and the constraints above it") {
  Bench bench;
  bench.make_root();
  Request wanted = Bench::request(make_key().public_key(), "CN=intermediate");
  wanted.name_constraints.permitted = {x509::GeneralName::parse_constraint("dns:a.example")};
  const crypto::PrivateKey key = make_key();
  wanted.public_key = key.public_key();
  const x509::Certificate intermediate = bench.issue(wanted, "intermediate-ca").certificate;
  CHECK(intermediate.basic_constraints()->path_length == 0U);
  Request long_path = Bench::request(make_key().public_key(), "CN=policy");
  long_path.path_length = 2;
  CHECK(bench.issue(long_path, "intermediate-ca").certificate.basic_constraints()->path_length ==
        2U);
  long_path.path_length = 5;
  CHECK(failure([&] { bench.issue(long_path, "intermediate-ca"); }) == Errc::denied_by_profile);

  const crypto::SoftwareSigner signer(key, crypto::SignatureAlgorithm::ecdsa_sha256);
  Issuer below(signer, {intermediate, bench.chain.front()}, bench.ledger, bench.surroundings());
  Request leaf = Bench::request(make_key().public_key(), "CN=leaf");
  const auto prepare = [&](std::string_view profile) {
    return failure([&] {
      static_cast<void>(below.prepare({&leaf, 1}, bench.profiles.load(profile)));
    });
  };
  CHECK(prepare("intermediate-ca") == Errc::constraint_violated);
  leaf.subject_alt_names = {x509::GeneralName::parse("dns:b.example")};
  CHECK(prepare("mtls-client") == Errc::constraint_violated);
  leaf.subject_alt_names = {x509::GeneralName::parse("dns:x.a.example")};
  CHECK_NOTHROW(static_cast<void>(below.prepare({&leaf, 1}, bench.profiles.load("mtls-client"))));
}

TEST_CASE("permitted names of a request narrow the profile's and never widen them") {
  Bench bench;
  bench.make_root();
  profile::Profile profile = bench.profiles.load("intermediate-ca");
  const auto base = [](std::string_view text) { return x509::GeneralName::parse_constraint(text); };
  profile.extensions.name_constraints = {
      .permitted = {base("dns:a.example"), base("dns:b.example"), base("ip:10.0.0.0/8")},
      .excluded = {base("dns:no.a.example")}};
  const auto granted = [&](x509::NameConstraints asked) {
    Request wanted = Bench::request(make_key().public_key(), "CN=intermediate");
    wanted.name_constraints = std::move(asked);
    return bench.issuer()
        .prepare({&wanted, 1}, profile)
        .front()
        .unsigned_certificate()
        .name_constraints()
        .value();
  };
  const auto refused = [&](x509::NameConstraints asked) {
    return failure([&] { static_cast<void>(granted(std::move(asked))); });
  };
  CHECK(granted({}).permitted == profile.extensions.name_constraints.permitted);

  const auto narrower = granted({.permitted = {base("dns:x.a.example"), base("email:a.example")},
                                 .excluded = {base("dns:y.x.a.example")}});
  CHECK(narrower.permitted == x509::GeneralNames{base("ip:10.0.0.0/8"), base("dns:x.a.example"),
                                                 base("email:a.example")});
  CHECK(narrower.excluded ==
        x509::GeneralNames{base("dns:no.a.example"), base("dns:y.x.a.example")});

  CHECK(refused({.permitted = {base("dns:c.example")}, .excluded = {}}) == Errc::denied_by_profile);
  CHECK(refused({.permitted = {base("dns:x.a.example"), base("dns:example")}, .excluded = {}}) ==
        Errc::denied_by_profile);
  CHECK(refused({.permitted = {base("ip:10.0.0.0/7")}, .excluded = {}}) == Errc::denied_by_profile);
}

TEST_CASE("a profile's URLs, policies, constraints and further extensions are what is issued") {
  Bench bench;
  bench.make_root();
  profile::Profile profile = bench.profiles.load("intermediate-ca");
  profile::ExtensionPolicy& extensions = profile.extensions;
  extensions.name_constraints.excluded = {x509::GeneralName::parse_constraint("dns:no.example")};
  extensions.crl_urls = {"http://pki.example/ca.crl"};
  extensions.ocsp_urls = {"http://ocsp.example/"};
  extensions.ca_issuers_urls = {"http://pki.example/ca.crt"};
  extensions.certificate_policies = {der::oid("1.3.6.1.4.1.55555.1")};
  extensions.further = {{.id = der::oid("1.3.6.1.5.5.7.1.24"),
                         .criticality = x509::Criticality::non_critical,
                         .value = {0x30, 0x03, 0x02, 0x01, 0x05}}};
  const Request wanted = Bench::request(make_key().public_key(), "CN=intermediate");
  Issuer issuer = bench.issuer();
  const x509::Certificate made =
      issuer.issue(issuer.prepare({&wanted, 1}, profile)).front().certificate;
  const auto value = [&made](const char* oid) {
    const x509::Extension* found = x509::find(made.extensions(), der::oid(oid));
    REQUIRE(found != nullptr);
    return found->value;
  };
  CHECK(made.name_constraints()->excluded == extensions.name_constraints.excluded);
  CHECK(x509::decode_certificate_policies(value("2.5.29.32")) == extensions.certificate_policies);
  CHECK(value("1.3.6.1.5.5.7.1.24") == extensions.further.front().value);
  CHECK(x509::find(made.extensions(), der::oid("2.5.29.31")) != nullptr);
  CHECK(x509::find(made.extensions(), der::oid("1.3.6.1.5.5.7.1.1")) != nullptr);
}

TEST_CASE("what does not conform to the profile is never signed") {
  Bench bench;
  bench.make_root();
  const profile::Profile made_with = bench.profiles.load("intermediate-ca");
  Request wanted = Bench::request(make_key().public_key(), "CN=intermediate");
  wanted.name_constraints.permitted = {x509::GeneralName::parse_constraint("dns:a.example")};
  Issuer issuer = bench.issuer();
  const x509::Certificate unsigned_certificate =
      issuer.prepare({&wanted, 1}, made_with).front().unsigned_certificate();
  const auto judged = [&](const profile::Profile& profile, const Request& request) {
    const Grounds grounds{.profile = profile,
                          .chain = bench.chain,
                          .issuer_key = bench.signer.public_key(),
                          .now = k_now,
                          .context = context()};
    return failure([&] {
      require_conformance(unsigned_certificate, request, grounds);
      throw Error(Errc::usage, "it conforms");
    });
  };
  const auto differs = [&](const std::function<void(profile::Profile&)>& change) {
    profile::Profile other = made_with;
    change(other);
    return judged(other, wanted) == Errc::internal;
  };
  REQUIRE(judged(made_with, wanted) == Errc::usage);

  const auto base = [](std::string_view text) { return x509::GeneralName::parse_constraint(text); };
  CHECK(differs([](auto& p) { p.validity.max_period = hours{1}; }));
  CHECK(differs([](auto& p) { p.extensions.key_usage = x509::KeyUsage{}; }));
  CHECK(differs(
      [](auto& p) { p.extensions.extended_key_usage = {x509::oids::any_extended_key_usage()}; }));
  CHECK(differs([](auto& p) {
    p.extensions.basic_constraints.subject = x509::BasicConstraints::Subject::end_entity;
  }));
  CHECK(
      differs([&](auto& p) { p.extensions.name_constraints.excluded = {base("dns:x.example")}; }));
  CHECK(
      differs([&](auto& p) { p.extensions.name_constraints.permitted = {base("dns:b.example")}; }));
  CHECK(
      differs([&](auto& p) { p.extensions.name_constraints.permitted = {base("ip:10.0.0.0/8")}; }));
  Request other = wanted;
  other.public_key = make_key().public_key();
  CHECK(judged(made_with, other) == Errc::internal);
  other = wanted;
  other.name_constraints = {};
  CHECK(judged(made_with, other) == Errc::internal);
  other.name_constraints.permitted = {base("dns:a.example"), base("dns:c.example")};
  CHECK(judged(made_with, other) == Errc::internal);
}

TEST_CASE("a key that is still to be made can be looked at and not be issued for") {
  Bench bench;
  bench.make_root();
  Request wanted = Bench::request(make_key().public_key(), "CN=x");
  wanted.key_to_come = crypto::KeySpec::rsa(4096);
  CHECK(failure([&] { static_cast<void>(bench.issue(wanted)); }) == Errc::internal);
  wanted.key_to_come = crypto::KeySpec::rsa(2047);
  CHECK(
      failure([&] {
        static_cast<void>(bench.issuer().prepare({&wanted, 1}, bench.profiles.load("mtls-client")));
      }) == Errc::denied_by_profile);
  CHECK(bench.ledger.count() == 1);
}

TEST_CASE("nothing is issued by a clock that is behind the ledger") {
  Bench bench;
  bench.make_root();
  const Request wanted = Bench::request(make_key().public_key(), "CN=x");
  bench.clock.set(k_now - minutes{5});
  CHECK_NOTHROW(
      static_cast<void>(bench.issuer().prepare({&wanted, 1}, bench.profiles.load("mtls-client"))));
  bench.clock.set(k_now - minutes{5} - seconds{1});
  CHECK(failure([&] { static_cast<void>(bench.issue(wanted)); }) == Errc::clock);
}

TEST_CASE("a key of another subject gets a warning, a renewal none") {
  Bench bench;
  bench.make_root();
  const crypto::PrivateKey key = make_key();
  static_cast<void>(bench.issue(Bench::request(key.public_key(), "CN=a")));
  CHECK(bench.issue(Bench::request(key.public_key(), "CN=a")).notices.empty());
  const auto notices = bench.issue(Bench::request(key.public_key(), "CN=b")).notices;
  REQUIRE(notices.size() == 1);
  CHECK(notices.front().kind == Notice::Kind::warning);
}

TEST_CASE("a CA below another does not bear its name") {
  Bench bench;
  bench.make_root();
  const auto refused = [&](std::string_view subject, std::string_view profile) {
    return failure([&] {
      static_cast<void>(bench.issue(Bench::request(make_key().public_key(), subject), profile));
      throw Error(Errc::usage, "it is issued");
    });
  };
  CHECK(refused("CN=Root", "intermediate-ca") == Errc::bad_name);
  CHECK(refused("CN=other", "intermediate-ca") == Errc::usage);
  CHECK(refused("CN=root", "mtls-client") == Errc::usage);
}

TEST_CASE("a certificate that is no CA issues nothing") {
  Bench bench;
  bench.make_root();
  const crypto::PrivateKey key = make_key();
  const x509::Certificate leaf =
      bench.issue(Bench::request(key.public_key(), "CN=leaf")).certificate;
  const crypto::SoftwareSigner signer(key, crypto::SignatureAlgorithm::ecdsa_sha256);
  CHECK(failure([&] {
          Issuer(signer, {leaf, bench.chain.front()}, bench.ledger, bench.surroundings());
        }) == Errc::issuer_unfit);
  CHECK(failure([&] { Issuer(signer, bench.chain, bench.ledger, bench.surroundings()); }) ==
        Errc::key_mismatch);
}

TEST_CASE("a request key is used once") {
  Bench bench;
  bench.make_root();
  Request wanted = Bench::request(make_key().public_key(), "CN=x");
  wanted.request_key = "job 1";
  static_cast<void>(bench.issue(wanted));
  CHECK(failure([&] { bench.issue(wanted); }) == Errc::request_key_used);
}

TEST_CASE("a window of its own is for the profile probe alone, and revoked when it is recorded") {
  Bench bench;
  bench.make_root();
  const x509::Validity life = bench.chain.front().validity();
  Request wanted = Bench::request(make_key().public_key(), "CN=mtlsctl-probe");
  wanted.window = x509::Validity{life.not_before, life.not_before + seconds{59}};
  for (const std::string_view profile : {"mtls-client", "mtls-server", "alb-client"}) {
    CHECK(failure([&] { bench.issue(wanted, profile); }) == Errc::denied_by_profile);
  }
  // A user's own profile of that name does not do.
  profile::Profile own = bench.profiles.load("probe", profile::ProfileUse::probe);
  own.source = "mine/probe.toml";
  Issuer issuer = bench.issuer();
  CHECK(failure([&] {
          static_cast<void>(issuer.prepare({&wanted, 1}, own));
        }) == Errc::denied_by_profile);
  const profile::Profile profile = bench.profiles.load("probe", profile::ProfileUse::probe);
  // As valid it is never issued.
  CHECK(failure([&] {
          static_cast<void>(issuer.issue(issuer.prepare({&wanted, 1}, profile)));
        }) == Errc::internal);
  CHECK(bench.ledger.count() == 1);
  const auto issued = issuer.issue(issuer.prepare({&wanted, 1}, profile), Standing::revoked);
  CHECK(issued.front().certificate.validity() == *wanted.window);
  const auto record = bench.ledger.find_by_fingerprint(issued.front().certificate.fingerprint());
  REQUIRE(record);
  CHECK(record->state == store::State::revoked);
  CHECK(record->revoked_time == record->issued_time);
  const auto refused = [&] {
    return failure([&] { static_cast<void>(issuer.prepare({&wanted, 1}, profile)); });
  };
  // Within the issuer's life, and minutes at most.
  wanted.window = x509::Validity{life.not_before - seconds{1}, life.not_before};
  CHECK(refused() == Errc::constraint_violated);
  wanted.window = x509::Validity{life.not_after, life.not_after + seconds{1}};
  CHECK(refused() == Errc::constraint_violated);
  wanted.window = x509::Validity{life.not_before, life.not_before + hours{1}};
  CHECK(refused() == Errc::constraint_violated);
}

TEST_CASE("a request may name fewer purposes than its profile, and no others") {
  Bench bench;
  bench.make_root();
  Request wanted = Bench::request(make_key().public_key(), "CN=mtlsctl-probe");
  wanted.purposes = std::vector{x509::oids::server_auth()};
  const profile::Profile profile = bench.profiles.load("probe", profile::ProfileUse::probe);
  Issuer issuer = bench.issuer();
  CHECK(issuer.issue(issuer.prepare({&wanted, 1}, profile), Standing::revoked)
            .front()
            .certificate.extended_key_usage() == std::vector{x509::oids::server_auth()});
  // Without a window it is for probes all the same.
  CHECK(failure([&] {
          static_cast<void>(issuer.issue(issuer.prepare({&wanted, 1}, profile)));
        }) == Errc::internal);
  CHECK(failure([&] { bench.issue(wanted, "mtls-client"); }) == Errc::denied_by_profile);
  wanted.purposes = std::vector<der::Oid>{};
  CHECK(failure([&] {
          static_cast<void>(issuer.prepare({&wanted, 1}, profile));
        }) == Errc::denied_by_profile);
}

}  // namespace mtls::ca
