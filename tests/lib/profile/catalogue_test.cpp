#include "profile/catalogue.hpp"

#include "lib/profile/profile_text.hpp"
#include "profile/builtin.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using mtls::Errc;
using mtls::Error;
using mtls::Path;
using mtls::profile::Catalogue;
using mtls::profile::load_profile;
using mtls::profile::ProfileUse;
using mtls::test::ProfileText;
using mtls::test::TemporaryDirectory;

namespace {

template <class Work>
std::optional<Error> thrown_by(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

std::optional<Error> refusal(const Catalogue& catalogue, std::string_view name) {
  return thrown_by([&] { static_cast<void>(catalogue.load(name)); });
}

std::string text_named(const std::string& name) {
  ProfileText text;
  text.head = "version = 1\nname = \"" + name + "\"\n";
  return text.str();
}

std::string content_of(const Path& path) {
  std::ifstream stream(path, std::ios::binary);
  REQUIRE(stream);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("the built-in profiles are the files in profiles/, octet by octet") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MTLSCTL_PROFILES)) {
    const std::string name = entry.path().stem().string();
    INFO(name);
    CHECK(Catalogue().load(name, ProfileUse::showing).text == content_of(entry.path()));
    ++files;
  }
  CHECK(files == mtls::profile::builtin_profiles().size());
}

TEST_CASE("the built-in profiles are eight, sorted") {
  CHECK(Catalogue().names() == std::vector<std::string>{"alb-client", "intermediate-ca",
                                                        "mtls-client", "mtls-server", "probe",
                                                        "probe-ca", "root-ca", "serve"});
}

TEST_CASE("a name that no profile has is not found, with the nearest as hint") {
  const auto near = refusal(Catalogue(), "mtls-cleint");
  REQUIRE(near);
  CHECK(near->code() == Errc::not_found);
  CHECK(near->hint().find("mtls-client") != std::string::npos);
  const auto far = refusal(Catalogue(), "zzz");
  REQUIRE(far);
  CHECK(far->hint().find("root-ca") != std::string::npos);
}

TEST_CASE("a name is never a path") {
  const TemporaryDirectory directory;
  directory.write("x.toml", text_named("x"));
  const TemporaryDirectory other;
  const Catalogue catalogue{Path(other.path())};
  for (const std::string& name :
       {directory.file("x"), "../" + directory.path().filename().string() + "/x", std::string("."),
        std::string(), std::string("mtls-client.toml"), std::string("\x1b[2J")}) {
    const auto error = refusal(catalogue, name);
    REQUIRE(error);
    CHECK(error->code() == Errc::not_found);
    CHECK(error->message().find('\x1b') == std::string::npos);
  }
}

TEST_CASE("a directory adds profiles and comes before the built-in ones") {
  const TemporaryDirectory directory;
  directory.write("mtls-client.toml", text_named("mtls-client"));
  directory.write("peer.toml", text_named("peer"));
  directory.write("notes.txt", "no profile");
  const Catalogue catalogue{Path(directory.path())};
  CHECK(catalogue.names().size() == Catalogue().names().size() + 1);
  CHECK(catalogue.load("peer").source == directory.file("peer.toml"));
  CHECK(catalogue.load("mtls-client").text == text_named("mtls-client"));
  CHECK(catalogue.load("mtls-server").source == "built-in");
}

TEST_CASE("a reserved profile is loaded for its own use alone") {
  struct Row {
    const char* name;
    ProfileUse use;
  };
  for (const auto& [name, use] :
       {Row{"probe", ProfileUse::probe}, Row{"probe-ca", ProfileUse::ca_init},
        Row{"serve", ProfileUse::serve}}) {
    for (const ProfileUse asked : {ProfileUse::signing, ProfileUse::ca_init, ProfileUse::probe,
                                   ProfileUse::serve, ProfileUse::showing}) {
      CAPTURE(name);
      CAPTURE(static_cast<int>(asked));
      const auto error = thrown_by([&] { static_cast<void>(Catalogue().load(name, asked)); });
      if (asked == use || asked == ProfileUse::showing) {
        CHECK_FALSE(error);
      } else {
        REQUIRE(error);
        CHECK(error->code() == Errc::denied_by_profile);
      }
    }
    CHECK(refusal(Catalogue(), name)->code() == Errc::denied_by_profile);
  }
  CHECK_FALSE(mtls::profile::reserved_for("mtls-client"));
}

TEST_CASE("a file with a reserved name changes nothing") {
  const TemporaryDirectory directory;
  for (const char* name : {"probe", "probe-ca", "serve"}) {
    CAPTURE(name);
    const std::string path = directory.write(std::string(name) + ".toml", text_named(name));
    const Catalogue catalogue{Path(directory.path())};
    CHECK(catalogue.names() == Catalogue().names());
    CHECK(refusal(catalogue, name)->code() == Errc::denied_by_profile);
    CHECK(catalogue.load(name, ProfileUse::showing).source == "built-in");
    CHECK(catalogue.unused_files().at(name) == Path(path));
    // Nor is it called good.
    CHECK(thrown_by([&] { static_cast<void>(load_profile(path)); })->code() == Errc::bad_profile);
    // One that is no profile at all is not read either.
    directory.write(std::string(name) + ".toml", "]");
    CHECK(Catalogue{Path(directory.path())}.load(name, ProfileUse::showing).source == "built-in");
  }
}

TEST_CASE("a profile whose name is not its file's is refused") {
  const TemporaryDirectory directory;
  directory.write("peer.toml", text_named("other"));
  const auto error = refusal(Catalogue{Path(directory.path())}, "peer");
  REQUIRE(error);
  CHECK(error->code() == Errc::bad_profile);
}

TEST_CASE("a bad file in the directory spoils only itself") {
  const TemporaryDirectory directory;
  const std::string path = directory.write(
      "bad.toml",
      "version = 1\nname = 5\nrole = \"client\"\n[key]\n[validity]\n[subject]\n[extensions]\n");
  const Catalogue catalogue{Path(directory.path())};
  CHECK_FALSE(refusal(catalogue, "mtls-client"));
  const auto error = refusal(catalogue, "bad");
  REQUIRE(error);
  CHECK(error->code() == Errc::bad_profile);
  CHECK(error->message().rfind(path + ":2:8: ", 0) == 0);
}

TEST_CASE("a profile that replaces a built-in one and is bad is refused, not passed over") {
  const TemporaryDirectory directory;
  directory.write("mtls-client.toml", "");
  CHECK(refusal(Catalogue{Path(directory.path())}, "mtls-client")->code() == Errc::bad_profile);
}

TEST_CASE("a directory that cannot be opened is unreadable") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("x.toml", text_named("x"));
  for (const std::string& path : {directory.file("absent"), file}) {
    const auto error = thrown_by([&] { const Catalogue catalogue{Path(path)}; });
    REQUIRE(error);
    CHECK(error->code() == Errc::unreadable_file);
  }
}

TEST_CASE("a directory of more than 1,000 profiles is the wrong one") {
  const TemporaryDirectory directory;
  for (unsigned i = 0; i < 1000; ++i) directory.write("p" + std::to_string(i) + ".toml", "");
  CHECK(Catalogue{Path(directory.path())}.names().size() == Catalogue().names().size() + 1000);
  directory.write("last.toml", "");
  const auto error = thrown_by([&] { const Catalogue catalogue{Path(directory.path())}; });
  REQUIRE(error);
  CHECK(error->code() == Errc::unreadable_file);
}

TEST_CASE("a file is read whatever its name") {
  const TemporaryDirectory directory;
  CHECK(load_profile(directory.write("draft of peer", text_named("peer"))).name == "peer");
  CHECK(thrown_by([&] { static_cast<void>(load_profile(directory.file("absent"))); })->code() ==
        Errc::unreadable_file);
  CHECK(thrown_by([&] {
          static_cast<void>(load_profile(directory.write("huge", std::string(1'048'577, '#'))));
        })->code() == Errc::too_large);
}
