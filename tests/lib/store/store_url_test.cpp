#include "store/store_url.hpp"

#include "support/thrown.hpp"

namespace mtls::store::test {
namespace {

using mtls::test::code_of;
using mtls::test::thrown_by;

TEST_CASE("a file is named by sqlite: and whatever follows") {
  for (const char* name : {"ca.db", "a b'\"=?%41&;.db", "/x/y:z@w", "-x", "postgresql://h/d"}) {
    CAPTURE(name);
    const auto url = StoreUrl::parse(std::string("sqlite:") + name);
    CHECK(url.engine() == Engine::sqlite);
    CHECK(url.file() == Path(name));
    CHECK(url.text() == std::string("sqlite:") + name);
  }
}

TEST_CASE("a relative file starts where it is said to, and nothing else does") {
  CHECK(StoreUrl::parse("sqlite:ca.db").below("/ca").file() == Path("/ca/ca.db"));
  CHECK(StoreUrl::parse("sqlite:/x/ca.db").below("/ca").file() == Path("/x/ca.db"));
  CHECK(StoreUrl::parse("postgresql:///x").below("/ca").text() == "postgresql:///x");
}

TEST_CASE("URLs of PostgreSQL are taken as they are") {
  for (const char* text :
       {"postgresql://", "postgres://host", "postgresql://user@host:5432/db", "postgresql:///db",
        "postgresql://[::1]:5432,[2001:db8::1]/db", "postgresql://a:1,b:2/db",
        "postgresql://user@/db?host=%2Frun%2Fpostgresql&port=5433",
        "postgresql://u%40x@host/db?sslmode=verify-ca&sslrootcert=/etc/ca.pem", "postgresql://h/",
        "postgresql:///?service=ca", "postgresql://h/d?passfile=%2Fx"}) {
    CAPTURE(text);
    const auto url = StoreUrl::parse(text);
    CHECK(url.engine() == Engine::postgresql);
    CHECK(url.text() == text);
  }
  CHECK(StoreUrl::parse("postgresql://h/d?a=b&sslmode=require").sslmode() == "require");
  CHECK(StoreUrl::parse("postgresql://h/d?ssl%6dode=dis%61ble").sslmode() == "disable");
  CHECK(StoreUrl::parse("postgresql://h/d").sslmode() == std::nullopt);
}

TEST_CASE("a password is refused wherever it stands, and never repeated") {
  for (const char* text :
       {"postgresql://user:hunter2@host/db", "postgresql://:hunter2@host/db",
        "postgresql://user:@host/db", "postgresql://host/db?password=hunter2",
        "postgresql://host/db?user=x&p%61ssword=hunter2",
        "postgresql://host/db?sslpassword=hunter2",
        "postgresql://host/db?oauth_client_secret=hunter2", "postgresql://user:hunter2/x@host/db",
        "postgresql://user:hunter2?x@host/db", "postgresql://user:12/hunter2@host/db",
        "postgresql://user:hunter2@x@host/db", "postgresql://a:1,user:hunter2@host/db",
        "hunter2://host/db", "postgresql://user:hunt er2@host/db"}) {
    CAPTURE(text);
    const auto error = thrown_by([&] { static_cast<void>(StoreUrl::parse(text)); });
    REQUIRE(error);
    CHECK(error->code() == Errc::usage);
    CHECK((error->message() + error->hint()).find("hunter2") == std::string::npos);
  }
}

TEST_CASE("what is no URL of a ledger is refused") {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "ca.db"sv, "sqlite:"sv, "sqlite"sv, "sqlite:a\0b"sv, "sqlite:\xff"sv, "mysql://h/d"sv,
        "postgresql:/h/d"sv, "postgresql://h:port/d"sv, "postgresql://h/d?a=%zz"sv,
        "postgresql://h/d?%00=x"sv, "postgresql://h/\nd"sv, "postgresql://h/d?a=%4"sv,
        "postgresql://%/d@h"sv}) {
    CAPTURE(text);
    CHECK(code_of([&] { static_cast<void>(StoreUrl::parse(text)); }) == Errc::usage);
  }
}

}  // namespace
}  // namespace mtls::store::test
