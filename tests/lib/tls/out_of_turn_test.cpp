// A client that talks before it has shown who it is (the defect of CVE-2026-34582: a server took
// application data in the place of Certificate, CertificateVerify and Finished). libssl's own
// client does not do that, so its flight is thrown away and a record is made here, under the keys
// that it would have used.
#include "lib/tls/tls_client.hpp"
#include "tls/server_stream.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/socket.h>

#include <algorithm>
#include <string_view>

namespace mtls::tls::test {
namespace {

/// HKDF-Expand-Label (RFC 8446 section 7.1) with SHA-384, for outputs up to 48 octets.
Bytes expand(ByteView secret, std::string_view label, std::size_t size) {
  Bytes info{static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)};
  const std::string whole = "tls13 " + std::string(label);
  info.push_back(static_cast<std::uint8_t>(whole.size()));
  info.insert(info.end(), whole.begin(), whole.end());
  info.push_back(0);  // no context
  info.push_back(1);  // T(1)
  Bytes out(48);
  unsigned length = 0;
  REQUIRE(HMAC(EVP_sha384(), secret.data(), static_cast<int>(secret.size()), info.data(),
               info.size(), out.data(), &length) != nullptr);
  out.resize(size);
  return out;
}

/// A TLS 1.3 record of AES-256-GCM: the first one under `secret`, of the inner type `type`.
Bytes make_record(ByteView secret, std::string_view content, std::uint8_t type) {
  const Bytes key = expand(secret, "key", 32);
  const Bytes nonce = expand(secret, "iv", 12);
  Bytes plain(content.begin(), content.end());
  plain.push_back(type);
  const std::size_t size = plain.size() + 16;
  Bytes record{0x17, 3, 3, static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)};
  const ossl::Handle<EVP_CIPHER_CTX> cipher(EVP_CIPHER_CTX_new());
  int count = 0;
  REQUIRE(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) ==
          1);
  REQUIRE(EVP_EncryptUpdate(cipher.get(), nullptr, &count, record.data(), 5) == 1);
  Bytes sealed(plain.size());
  REQUIRE(EVP_EncryptUpdate(cipher.get(), sealed.data(), &count, plain.data(),
                            static_cast<int>(plain.size())) == 1);
  REQUIRE(EVP_EncryptFinal_ex(cipher.get(), sealed.data() + count, &count) == 1);
  Bytes tag(16);
  REQUIRE(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, 16, tag.data()) == 1);
  record.insert(record.end(), sealed.begin(), sealed.end());
  record.insert(record.end(), tag.begin(), tag.end());
  return record;
}

Bytes g_secret;  // a keylog callback has no argument

void note_secret(const SSL* /*ssl*/, const char* line) {
  constexpr std::string_view k_label = "CLIENT_HANDSHAKE_TRAFFIC_SECRET ";
  const std::string_view text(line);
  if (text.rfind(k_label, 0) != 0) return;
  g_secret = from_hex(text.substr(text.rfind(' ') + 1)).value();
}

/// A client up to its second flight, which is not sent.
struct HalfClient {
  explicit HalfClient(int socket) : other(socket, std::nullopt, TLS1_3_VERSION) {
    SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(other.get()), note_secret);
    SSL_set_ciphersuites(other.get(), "TLS_AES_256_GCM_SHA384");
    SSL_set0_wbio(other.get(), BIO_new(BIO_s_mem()));
  }
  /// What it wrote meanwhile.
  [[nodiscard]] Bytes written() const {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(other.get()), &data);
    Bytes octets(data, data + size);
    BIO_reset(SSL_get_wbio(other.get()));
    return octets;
  }
  Client other;
};

void send_all(int socket, const Bytes& octets) {
  REQUIRE(::send(socket, octets.data(), octets.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(octets.size()));
}

TEST_CASE("application data in the place of the client's second flight is refused") {
  for (const ClientAuth client_auth :
       {ClientAuth::require, ClientAuth::optional, ClientAuth::none}) {
    SocketPair sockets;
    const auto judge = std::make_shared<FakeJudge>();
    ServerStream stream(make_context(judge, client_auth), sockets.server());
    HalfClient half(sockets.client());
    half.other.step();
    send_all(sockets.client(), half.written());
    REQUIRE(stream.handshake() == Io::want_read);
    g_secret.clear();
    half.other.step();
    REQUIRE(half.other.finished());
    REQUIRE(g_secret.size() == 48);
    static_cast<void>(half.written());  // Certificate (if asked for) and Finished: lost

    send_all(sockets.client(), make_record(g_secret, "GET / HTTP/1.1\r\n\r\n", 0x17));
    CHECK(stream.handshake() == Io::failed);
    REQUIRE(stream.turned_away());
    CHECK(stream.turned_away()->by == TurnedAway::By::us);
    CHECK(stream.turned_away()->reason == "data before the handshake was over");
    CHECK(judge->asked == 0);
    std::array<std::uint8_t, 100> octets{};
    CHECK(stream.read(octets).io != Io::done);
    half.other.step();
    CHECK(half.other.received().empty());
    CHECK(half.other.alert() == 10);  // unexpected_message: the record itself could be read
  }
}

TEST_CASE("so is a Finished without the certificate that must go before it") {
  SocketPair sockets;
  const auto judge = std::make_shared<FakeJudge>();
  ServerStream stream(make_context(judge, ClientAuth::require), sockets.server());
  HalfClient half(sockets.client());
  half.other.step();
  send_all(sockets.client(), half.written());
  REQUIRE(stream.handshake() == Io::want_read);
  g_secret.clear();
  half.other.step();
  static_cast<void>(half.written());
  std::string finished("\x14\x00\x00\x30", 4);
  finished.append(48, '\x00');
  send_all(sockets.client(), make_record(g_secret, finished, 0x16));
  CHECK(stream.handshake() == Io::failed);
  CHECK(stream.peer().path.empty());
}

}  // namespace
}  // namespace mtls::tls::test
