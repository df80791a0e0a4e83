#include "x509/name_matching.hpp"

#include <doctest/doctest.h>

#include <string>

using mtls::Bytes;
using mtls::x509::GeneralName;
using mtls::x509::is_subtree_within;

namespace {

bool within(const std::string& base, const std::string& outer) {
  return is_subtree_within(GeneralName::parse_constraint(base),
                           GeneralName::parse_constraint(outer));
}

}  // namespace

TEST_CASE("a subtree of hosts is within those above it and itself") {
  CHECK(within("dns:a.example", "dns:a.example"));
  CHECK(within("dns:B.a.example", "dns:A.example"));
  CHECK_FALSE(within("dns:a.example", "dns:b.a.example"));
  CHECK_FALSE(within("dns:ba.example", "dns:a.example"));
  CHECK_FALSE(within("dns:example", "dns:a.example"));
  const auto dotted = GeneralName::dns(".a.example");
  CHECK(is_subtree_within(dotted, GeneralName::dns("a.example")));
  CHECK(is_subtree_within(dotted, dotted));
  CHECK_FALSE(is_subtree_within(GeneralName::dns("a.example"), dotted));
  CHECK(is_subtree_within(dotted, GeneralName::dns("")));
  CHECK_FALSE(is_subtree_within(GeneralName::dns(""), dotted));
}

TEST_CASE("a mailbox is within its host, a host within the domain above it") {
  CHECK(within("email:x@a.example", "email:x@A.example"));
  CHECK_FALSE(within("email:y@a.example", "email:x@a.example"));
  CHECK(within("email:x@a.example", "email:a.example"));
  CHECK(within("email:a.example", "email:a.example"));
  CHECK_FALSE(within("email:b.a.example", "email:a.example"));
  CHECK(within("email:b.a.example", "email:.a.example"));
  CHECK(within("email:x@b.a.example", "email:.a.example"));
  CHECK(within("email:.b.a.example", "email:.a.example"));
  CHECK(within("email:.a.example", "email:.a.example"));
  CHECK_FALSE(within("email:a.example", "email:.a.example"));
  CHECK_FALSE(within("email:.a.example", "email:a.example"));
  CHECK_FALSE(within("email:a.example", "email:x@a.example"));
}

TEST_CASE("a URI's host and domain are compared as an e-mail's") {
  CHECK(within("uri:a.example", "uri:a.example"));
  CHECK(within("uri:b.a.example", "uri:.a.example"));
  CHECK_FALSE(within("uri:b.a.example", "uri:a.example"));
  CHECK_FALSE(within("uri:a.example", "uri:.a.example"));
}

TEST_CASE("a network is within a shorter prefix of its own addresses") {
  CHECK(within("ip:10.1.0.0/16", "ip:10.0.0.0/8"));
  CHECK(within("ip:10.0.0.0/8", "ip:10.0.0.0/8"));
  CHECK_FALSE(within("ip:10.0.0.0/8", "ip:10.1.0.0/16"));
  CHECK_FALSE(within("ip:11.1.0.0/16", "ip:10.0.0.0/8"));
  CHECK(within("ip:2001:db8:1::/48", "ip:2001:db8::/32"));
  CHECK_FALSE(within("ip:10.1.0.0/16", "ip:::/0"));
  CHECK_FALSE(is_subtree_within(GeneralName::ip(Bytes(4, 0)), GeneralName::ip(Bytes(8, 0))));
}

TEST_CASE("a directory name is within its own first RDNs") {
  CHECK(within("dn:OU=test,O=alibaba", "dn:O=Alibaba"));
  CHECK_FALSE(within("dn:O=alibaba", "dn:OU=test,O=alibaba"));
}

TEST_CASE("nothing is within a base of another kind") {
  CHECK_FALSE(within("dns:a.example", "uri:a.example"));
  CHECK_FALSE(within("uri:a.example", "email:a.example"));
}
