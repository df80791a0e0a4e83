// A bound on how much of what a peer sends libssl works through in one call. Private to this room.
#pragma once

#include "ossl/handle.hpp"

#include <openssl/bio.h>

namespace mtls::tls {

/// How much may still be read in this turn of a connection. libssl loops inside SSL_read and
/// SSL_do_handshake for as long as the peer keeps sending what is no application data (KeyUpdate,
/// empty records, pieces of handshake messages); where its reads run out, it returns instead.
struct TurnBudget {
  /// A record takes two reads: its header, then its content.
  static constexpr unsigned k_reads = 64;

  unsigned reads_left = k_reads;
  /// Whether a read was refused for it: "want read" then means "later", not "wait for the socket".
  bool exhausted = false;

  void renew() { *this = {}; }
};

/// Returns a BIO over `socket`, which it does not close, that reads as far as `budget` (which
/// outlives it) allows. Throws internal where libcrypto cannot make one.
[[nodiscard]] ossl::Handle<BIO> make_turn_bio(int socket, TurnBudget& budget);

}  // namespace mtls::tls
