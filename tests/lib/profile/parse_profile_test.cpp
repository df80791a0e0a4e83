#include "lib/profile/profile_text.hpp"

#include <doctest/doctest.h>

#include <chrono>

using mtls::Errc;
using mtls::crypto::Digest;
using mtls::profile::parse_profile;
using mtls::profile::Profile;
using mtls::profile::Role;
using mtls::test::hint_of;
using mtls::test::parse;
using mtls::test::ProfileText;
using mtls::test::refusal;
using mtls::test::refused_at;
using std::chrono::hours;
using std::chrono::minutes;

TEST_CASE("the smallest profile has the defaults that are documented") {
  const ProfileText text;
  const Profile profile = parse(text);
  CHECK(profile.name == "test");
  CHECK(profile.description.empty());
  CHECK(profile.role == Role::client);
  CHECK(profile.keys.rsa_min_bits == 2048);
  CHECK(profile.keys.rsa_max_bits == 8192);
  CHECK_FALSE(profile.digest);
  CHECK(profile.validity.default_period == hours{24} * 90);
  CHECK(profile.validity.max_period == hours{24} * 365);
  CHECK(profile.validity.backdate == minutes{5});
  CHECK_FALSE(profile.subject.any_allowed);
  CHECK_FALSE(profile.subject.may_be_empty);
  CHECK(profile.san.allowed.empty());
  CHECK(profile.san.max_count == 0);
  CHECK_FALSE(profile.csr.subject);
  CHECK_FALSE(profile.csr.subject_alt_names);
  CHECK(profile.source == "test.toml");
  CHECK(profile.text == text.str());
}

TEST_CASE("the hash is SHA-256 of the text as it was read") {
  const std::string text = ProfileText().str();
  CHECK(parse_profile(text, "a").hash == mtls::crypto::sha256(mtls::as_bytes(text)));
  CHECK(parse_profile(text + "\n", "a").hash != parse_profile(text, "a").hash);
}

TEST_CASE("a byte order mark and CRLF line ends are read") {
  std::string text = "\xef\xbb\xbf";
  for (const char c : ProfileText().str()) {
    if (c == '\n') text += '\r';
    text += c;
  }
  CHECK_FALSE(refusal(text));
}

TEST_CASE("a complaint names file, line and column") {
  ProfileText text;
  text.role = "role =   \"clinet\"\n";
  const auto error = refusal(text.str());
  REQUIRE(error);
  CHECK(error->message().rfind("test.toml:3:10: ", 0) == 0);
  CHECK(error->hint().find("intermediate-ca") != std::string::npos);
}

TEST_CASE("the version is there and is 1") {
  ProfileText text;
  text.head = "name = \"test\"\n";
  CHECK(refusal(text.str())->code() == Errc::bad_profile);
  text.head = "name = \"test\"\nversion = 2\n";
  CHECK(refused_at(text, "version"));
  text.head = "name = \"test\"\nversion = \"1\"\n";
  CHECK(refused_at(text, "version"));
}

TEST_CASE("each table and key that must be there is missed") {
  const std::string whole = ProfileText().str();
  for (const std::string_view line :
       {"version = 1\n", "name = \"test\"\n", "role = \"client\"\n", "default = \"ec:p256\"\n",
        "allowed = [\"ec:p256\"]\n", "default = \"90d\"\n", "max = \"365d\"\n",
        "required = [\"CN\"]\n", "key_usage = [\"digitalSignature\"]\n",
        "extended_key_usage = [\"clientAuth\"]\n"}) {
    std::string text = whole;
    text.erase(text.find(line), line.size());
    INFO(std::string(line));
    const auto error = refusal(text);
    REQUIRE(error);
    CHECK(error->code() == Errc::bad_profile);
    CHECK_FALSE(error->hint().empty());
  }
  const auto error = refusal("version = 1\nname = \"test\"\nrole = \"client\"\n");
  REQUIRE(error);
  CHECK(error->hint().find("[key]") != std::string::npos);
}

TEST_CASE("an unknown key is refused in every table, with the nearest as hint") {
  ProfileText text;
  text.head += "desciption = \"x\"\n";
  CHECK(refused_at(text, "desciption"));
  CHECK(hint_of(text).find("description") != std::string::npos);
  using Member = std::string ProfileText::*;
  for (const Member section : {&ProfileText::key, &ProfileText::validity, &ProfileText::subject,
                               &ProfileText::extensions}) {
    ProfileText other;
    other.*section += "colour = \"red\"\n";
    CHECK(refused_at(other, "colour"));
  }
  for (const char* table : {"[signature]\n", "[csr]\n", "[san]\n", "[colours]\n",
                            "[san]\n[[san.allow]]\nkind = \"dns\"\n",
                            "[[extensions.further]]\noid = \"1.2.3\"\nder = \"0500\"\n"}) {
    ProfileText other;
    other.tail = std::string(table) + "colour = \"red\"\n";
    INFO(table);
    const auto error = refusal(other.str());
    REQUIRE(error);
    CHECK(error->code() == Errc::bad_profile);
  }
}

TEST_CASE("a key that stands twice is refused where it stands again") {
  ProfileText text;
  text.validity += "max = \"10d\"  # again\n";
  CHECK(refused_at(text, "# again"));
}

TEST_CASE("values of the wrong type are refused") {
  ProfileText text;
  text.validity = "default = 90\nmax = \"365d\"\n";
  CHECK(refused_at(text, "default = 90"));
  text = ProfileText();
  text.key = "default = \"ec:p256\"\nallowed = \"ec:p256\"\n";
  CHECK(refused_at(text, "allowed"));
  text = ProfileText();
  text.tail = "[csr]\nsubject = \"yes\"\n";
  CHECK(refused_at(text, "subject = \"yes\""));
  text = ProfileText();
  text.head = "version = 1\nname = \"test\"\ncsr = true\n";
  CHECK(refused_at(text, "csr"));
}

TEST_CASE("a name is short, lower-case and safe in a path") {
  for (const std::string& good :
       {std::string("a"), std::string(64, 'a'), std::string("k8s-node-1")}) {
    ProfileText text;
    text.head = "version = 1\nname = \"" + good + "\"\n";
    CHECK_FALSE(refusal(text.str()));
  }
  for (const std::string& bad : {std::string(), std::string(65, 'a'), std::string("Client"),
                                 std::string("../x"), std::string("a b"), std::string("a.b")}) {
    ProfileText text;
    text.head = "version = 1\nname = \"" + bad + "\"\n";
    CHECK(refused_at(text, "name"));
  }
}

TEST_CASE("a description is one line without control or bidirectional characters") {
  ProfileText text;
  text.head += "description = \"Grüße\"\n";
  CHECK(parse(text).description == "Grüße");
  for (const char* bad : {"\\n", "\\u001b[2J", "\\u202e"}) {
    ProfileText other;
    other.head += "description = \"a" + std::string(bad) + "b\"\n";
    CHECK(refused_at(other, "description"));
  }
  text.head = "version = 1\nname = \"test\"\ndescription = \"" + std::string(200, 'a') + "\"\n";
  CHECK_FALSE(refusal(text.str()));
  text.head = "version = 1\nname = \"test\"\ndescription = \"" + std::string(201, 'a') + "\"\n";
  CHECK(refused_at(text, "description"));
}

TEST_CASE("key.allowed has kinds of keys, each once, at least one") {
  ProfileText text;
  text.key =
      "default = \"ed25519\"\nallowed = [\"rsa\", \"ec:p256\", \"ec:p384\", \"ec:p521\", "
      "\"ed25519\"]\n";
  CHECK_FALSE(refusal(text.str()));
  for (const char* bad : {"[]", "[\"dsa\"]", "[\"ec:secp256k1\"]", "[\"ed448\"]", "[\"rsa:4096\"]",
                          "[\"ec:p256\", \"ec:p256\"]", "[\"RSA\"]"}) {
    text.key = "default = \"ec:p256\"\nallowed = " + std::string(bad) + "\n";
    CHECK(refused_at(text, "allowed"));
  }
  text.key = "default = \"ec:p256\"\nallowed = [\"dsa\"]\n";
  CHECK(hint_of(text).find("ec:p384") != std::string::npos);
}

TEST_CASE("key.default is among the allowed") {
  ProfileText text;
  for (const char* bad : {"ed25519", "rsa:2048", "ec:p384", "rsa", "dsa"}) {
    text.key = "default = \"" + std::string(bad) + "\"\nallowed = [\"ec:p256\"]\n";
    CHECK(refused_at(text, "default"));
  }
  text.key = "default = \"rsa:2048\"\nallowed = [\"rsa\"]\nrsa_min_bits = 3072\n";
  CHECK(refused_at(text, "default"));
}

TEST_CASE("sizes of RSA keys are from 2048 to 8192 bits, in order, and only with rsa") {
  const auto with = [](std::string_view sizes) {
    ProfileText text;
    text.key = "default = \"rsa:4096\"\nallowed = [\"rsa\"]\n" + std::string(sizes);
    return text;
  };
  CHECK_FALSE(refusal(with("rsa_min_bits = 2048\nrsa_max_bits = 8192\n").str()));
  CHECK_FALSE(refusal(with("rsa_min_bits = 4096\nrsa_max_bits = 4096\n").str()));
  CHECK(refused_at(with("rsa_min_bits = 2040\n"), "rsa_min_bits"));
  CHECK(refused_at(with("rsa_max_bits = 8200\n"), "rsa_max_bits"));
  CHECK(refused_at(with("rsa_min_bits = 2050\n"), "rsa_min_bits"));
  CHECK(refused_at(with("rsa_min_bits = 4096\nrsa_max_bits = 3072\n"), "rsa_min_bits"));
  CHECK(refused_at(with("rsa_min_bits = -1\n"), "rsa_min_bits"));
  ProfileText text;
  text.key += "rsa_min_bits = 3072\n";
  CHECK(refused_at(text, "rsa_min_bits"));
}

TEST_CASE("the digest is auto or a SHA-2, never SHA-1 or MD5") {
  ProfileText text;
  text.tail = "[signature]\ndigest = \"auto\"\n";
  CHECK_FALSE(parse(text).digest);
  text.tail = "[signature]\ndigest = \"sha384\"\n";
  CHECK(parse(text).digest == Digest::sha384);
  for (const char* bad : {"sha1", "md5", "SHA256", ""}) {
    text.tail = "[signature]\ndigest = \"" + std::string(bad) + "\"\n";
    CHECK(refused_at(text, "digest"));
    CHECK(hint_of(text).find("sha256") != std::string::npos);
  }
}

TEST_CASE("periods are durations within their range") {
  const auto with = [](std::string_view period, std::string_view most) {
    ProfileText text;
    text.validity = "default = \"" + std::string(period) + "\"\nmax = \"" + std::string(most) +
                    "\"\nbackdate = \"0s\"\n";
    return text;
  };
  CHECK_FALSE(refusal(with("1m", "1m").str()));
  CHECK_FALSE(refusal(with("36500d", "36500d").str()));
  CHECK_FALSE(refusal(with("1y", "365d").str()));
  CHECK(refused_at(with("59s", "1d"), "59s"));
  CHECK(refused_at(with("1d", "36501d"), "36501d"));
  CHECK(refused_at(with("366d", "365d"), "366d"));
  for (const char* bad : {"", "90", "d", "-1d", "90 d", "1.5d", "0d", "99999999999999999999d"}) {
    CHECK(refused_at(with(bad, "1y"), "default = \"" + std::string(bad) + "\""));
  }
}

TEST_CASE("back-dating is at most a day and shorter than the default period") {
  const auto with = [](std::string_view backdate) {
    ProfileText text;
    text.validity =
        "default = \"2d\"\nmax = \"365d\"\nbackdate = \"" + std::string(backdate) + "\"\n";
    return text;
  };
  CHECK(parse(with("0s")).validity.backdate == std::chrono::seconds{0});
  CHECK(parse(with("24h")).validity.backdate == hours{24});
  CHECK(refused_at(with("25h"), "backdate"));
  CHECK(refused_at(with("-1m"), "backdate"));
  ProfileText text;
  text.validity = "default = \"5m\"\nmax = \"365d\"\nbackdate = \"5m\"\n";
  CHECK(refused_at(text, "backdate"));
  text.validity = "default = \"6m\"\nmax = \"365d\"\nbackdate = \"5m\"\n";
  CHECK_FALSE(refusal(text.str()));
}

TEST_CASE("what a request may bring is said by [csr]") {
  ProfileText text;
  text.tail = "[csr]\nsubject = true\nsan = true\n";
  CHECK(parse(text).csr.subject);
  CHECK(parse(text).csr.subject_alt_names);
}

TEST_CASE("hostile text is refused and ends at once") {
  std::string dotted;
  for (int i = 0; i < 100'000; ++i) dotted += "a.";
  std::string inline_tables = "x = ";
  for (int i = 0; i < 100'000; ++i) inline_tables += "{a=";
  const std::string good = ProfileText().str();
  for (const std::string& text :
       {good + '\0', "x = " + std::string(100'000, '['), inline_tables, dotted + "a = 1",
        "[" + dotted + "a]", good + "\xff", good + "x = \"\xc0\xaf\"", std::string("\x1b[2J"),
        good + "[key]\n", std::string()}) {
    const auto error = refusal(text);
    REQUIRE(error);
    CHECK(error->code() == Errc::bad_profile);
    CHECK(error->message().find('\x1b') == std::string::npos);
  }
  CHECK(refusal(std::string(2'000'000, '\n'))->code() == Errc::too_large);
}

TEST_CASE("every truncation of a profile ends in a profile or a complaint") {
  const std::string whole = ProfileText().str();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto error = refusal(whole.substr(0, size));
    if (error) CHECK(error->code() == Errc::bad_profile);
  }
}

TEST_CASE("a file's name in a complaint cannot act on a terminal") {
  try {
    static_cast<void>(parse_profile("role", "\x1b[2J.toml"));
    FAIL("nothing was thrown");
  } catch (const mtls::Error& error) {
    CHECK(error.message().find('\x1b') == std::string::npos);
  }
}

TEST_CASE("check_profile finds all errors of a text, in its order") {
  ProfileText text;
  text.head = "version = 2\nname = \"Test\"\nnmae = \"x\"\n";
  text.role = "role = \"clinet\"\n";
  text.key = "default = \"ec:p999\"\nallowed = [\"ec:p256\", \"dsa\"]\nrsa_min_bits = \"many\"\n";
  text.validity = "default = \"0d\"\nmax = 365\nbackdat = \"5m\"\n";
  text.subject = "required = [\"CN\", \"nonsense\", \"CN\"]\nallow_empty = \"yes\"\n";
  text.san =
      "[san]\nmin = -1\n[[san.allow]]\nkind = \"fax\"\n[[san.allow]]\nkind = \"ip\"\n"
      "patterns = [\"10.0.0.0/8\", \"10.0.0.0/99\"]\n";
  text.extensions =
      "key_usage = [\"digitalSignature\", \"sign\"]\nextended_key_usage = [\"client\"]\n"
      "crl_urls = [\"gopher://x\"]\n";
  text.tail = "[csr]\nsubject = 1\nsan = 2\n";
  const std::string whole = text.str();
  const auto check = mtls::profile::check_profile(whole, "test.toml");
  CHECK_FALSE(check.profile);
  const std::vector<std::string> snippets{
      "version = 2", "name = \"Test\"", "nmae",         "role =",    "default = \"ec:p999\"",
      "dsa",         "rsa_min_bits",    "\"0d\"",       "max = 365", "backdat",
      "nonsense",    "nonsense",        "allow_empty",  "min = -1",  "fax",
      "10.0.0.0/99", "\"sign\"",        "[\"client\"]", "gopher",    "subject = 1",
      "san = 2"};
  REQUIRE(check.errors.size() == snippets.size());
  for (std::size_t i = 0; i < snippets.size(); ++i) {
    CAPTURE(i);
    CAPTURE(check.errors[i].message());
    CHECK(check.errors[i].code() == Errc::bad_profile);
    const std::string place = mtls::test::place_of(whole, snippets[i]);
    CHECK(check.errors[i].message().substr(0, place.size()) == place);
  }
}

TEST_CASE("an error hides the rules that depend on what it is about, and no others") {
  ProfileText text;
  text.role = "role = \"cleint\"\n";
  text.extensions = "key_usage = [\"keyCertSign\"]\n";  // wrong for a client, right for a CA
  CHECK(mtls::profile::check_profile(text.str(), "test.toml").errors.size() == 1);
  text.validity = "default = \"2y\"\nmax = \"1y\"\nbackdate = \"3y\"\n";
  const auto errors = mtls::profile::check_profile(text.str(), "test.toml").errors;
  CHECK(errors.size() == 3);  // the role, default over max, backdate over its limit
}

TEST_CASE("a missing section is one error, and the others are read") {
  const std::string text = "version = 1\nname = \"a\"\nrole = \"client\"\n[subject]\nfoo = 1\n";
  const auto errors = mtls::profile::check_profile(text, "test.toml").errors;
  // [key], [validity] and [extensions] are missing; foo is unknown; nothing is allowed.
  CHECK(errors.size() == 4);
}

TEST_CASE("check_profile and parse_profile agree on the first error") {
  ProfileText text;
  text.validity = "default = \"90\"\nmax = \"365\"\n";
  const auto errors = mtls::profile::check_profile(text.str(), "test.toml").errors;
  REQUIRE(errors.size() == 2);
  CHECK(refusal(text.str())->message() == errors.front().message());
}
